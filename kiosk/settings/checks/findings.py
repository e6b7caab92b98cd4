"""The findings of the cross-checks, and the settings as the cross-checks see them."""

from dataclasses import dataclass

from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.locations import Loc, SourceLocations
from kiosk.settings.yaml.mistakes import Severity


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """A problem with the setting at `loc`; `also` has the locs of the other settings on which the finding depends."""

    loc: Loc
    text: str
    also: tuple[Loc, ...] = ()
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Sheet:
    """The finished settings, and the locations of those settings that are in the file."""

    settings: Settings
    locations: SourceLocations

    def value(self, loc: Loc) -> float | None:
        """Return the number at `loc` in the settings; None if its section does not exist."""
        found: object = self.settings
        for part in loc:
            found = getattr(found, str(part), None)
        assert found is None or isinstance(found, int | float)
        return found

    def source(self, loc: Loc) -> str:
        """Return the words of a message that say where a value comes from: "on line 12" or "by default"."""
        return f"on line {self.locations[loc].at.line}" if loc in self.locations else "by default"

    def first_written(self, *locs: Loc) -> Loc:
        """Return the first of `locs` that is in the file; if none of them is in the file, return the first."""
        return next((loc for loc in locs if loc in self.locations), locs[0])
