"""What a cross-check found: settings that are each right, and wrong together."""

from dataclasses import dataclass

from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.locations import Loc, SourceLocations
from kiosk.settings.yaml.mistakes import Severity


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """What is wrong at `loc`; `also` are the other settings that the judgement rests on."""

    loc: Loc
    text: str
    also: tuple[Loc, ...] = ()
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Sheet:
    """The finished settings with what was written where."""

    settings: Settings
    places: SourceLocations

    def value(self, loc: Loc) -> float | None:
        """A number in the settings; None where its section is not there."""
        found: object = self.settings
        for part in loc:
            found = getattr(found, str(part), None)
        assert found is None or isinstance(found, int | float)
        return found

    def source(self, loc: Loc) -> str:
        """Where a value comes from: "on line 12", or "by default"."""
        return f"on line {self.places[loc].at.line}" if loc in self.places else "by default"

    def first_written(self, *locs: Loc) -> Loc:
        """The first of these that the technician wrote, where a message is of use; the first if none was written."""
        return next((loc for loc in locs if loc in self.places), locs[0])
