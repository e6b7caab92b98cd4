"""Where each setting was written, so that every mistake can point to its line."""

from dataclasses import dataclass

from kiosk.settings.yaml.mistakes import Position
from kiosk.settings.yaml.shapes import Shape

Loc = tuple[str | int, ...]
"""The way to a setting as pydantic's errors spell it: keys, and numbers of entries from 0. `()` is the file."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A setting that was written. `at` is its value, for a section its key; `written` is its text, if it has one."""

    name: str
    key_at: Position
    at: Position
    shape: Shape
    help: str
    written: str


class SourceLocations:
    """Every setting that was written, by its way."""

    def __init__(self) -> None:
        self._places: dict[Loc, SourceLocation] = {}

    def add(self, loc: Loc, place: SourceLocation) -> None:
        """Note where a setting stands."""
        self._places[loc] = place

    def __contains__(self, loc: Loc) -> bool:
        return loc in self._places

    def __getitem__(self, loc: Loc) -> SourceLocation:
        return self._places[loc]

    def at(self, loc: Loc) -> Position:
        """Where a setting stands, or the section that it would stand in."""
        while loc not in self._places:
            loc = loc[:-1]
        return self._places[loc].at

    def name(self, loc: Loc) -> str:
        """The setting's name for the technician, also of one that was not written."""
        return self._places[loc].name if loc in self._places else ".".join(map(str, loc))


def overlap(one: Loc, other: Loc) -> bool:
    """Whether one of the two is the other or stands within it."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]
