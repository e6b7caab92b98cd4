"""The position of each setting in the file, so that every mistake can name its line and column."""

from dataclasses import dataclass

from kiosk.settings.yaml.mistakes import Position
from kiosk.settings.yaml.shapes import Shape

Loc = tuple[str | int, ...]
"""The path to a setting as in pydantic's errors: keys, and list indexes from 0. `()` is the whole file."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """The place of one setting in the file.

    `at` is the position of its value, or of its key if the setting is a section. `written` is the text of a scalar as
    it was written, and "" for a section or a list.
    """

    name: str
    key_at: Position
    at: Position
    shape: Shape
    help: str
    written: str


class SourceLocations:
    """The places of all settings that are in the file, by the loc of the setting."""

    def __init__(self) -> None:
        self._locations: dict[Loc, SourceLocation] = {}

    def add(self, loc: Loc, location: SourceLocation) -> None:
        """Record the location of a setting."""
        self._locations[loc] = location

    def __contains__(self, loc: Loc) -> bool:
        return loc in self._locations

    def __getitem__(self, loc: Loc) -> SourceLocation:
        return self._locations[loc]

    def at(self, loc: Loc) -> Position:
        """Return the position of a setting; if it is not in the file, the position of the nearest section around it."""
        while loc not in self._locations:
            loc = loc[:-1]
        return self._locations[loc].at

    def name(self, loc: Loc) -> str:
        """Return the full name of a setting for messages, also if it is not in the file."""
        return self._locations[loc].name if loc in self._locations else ".".join(map(str, loc))


def overlap(one: Loc, other: Loc) -> bool:
    """Return True if the two settings are the same, or if one contains the other."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]
