"""From the values of a file to settings: pydantic judges every limit, and what it finds becomes mistakes."""

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from kiosk.settings.schema.settings import Settings
from kiosk.settings.yaml.limits import limit_mistake
from kiosk.settings.yaml.locations import Loc, overlap
from kiosk.settings.yaml.mistakes import Mistake
from kiosk.settings.yaml.reading import TreeReader

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_ANY_PIN = 4
"""For a door that stands in for one that cannot be used; nothing is said about that door's pin."""


def finish(reading: TreeReader, mistakes: list[Mistake]) -> tuple[Settings, set[Loc]]:
    """The settings without what is wrong, and the ways of what is."""
    broken = reading.named | reading.meant
    try:
        return Settings.model_validate(reading.values), broken
    except ValidationError as trouble:
        errors = trouble.errors(include_url=False, include_context=False, include_input=False)
    mistakes += [limit_mistake(error, reading.places) for error in errors if not _is_known(error, errors, reading)]
    return _mended(reading.values, [error["loc"] for error in errors], broken), broken


def _is_known(error: "ErrorDetails", errors: list["ErrorDetails"], reading: TreeReader) -> bool:
    """Whether another mistake says it already."""
    loc = error["loc"]
    if error["type"] == "missing":
        return loc in reading.meant
    if error["type"] == "too_short":  # pydantic does not count an entry that is wrong itself
        return loc in reading.named or any(overlap(loc, other["loc"]) for other in errors if other is not error)
    return loc in reading.named


def _mended(values: dict[str, object], locs: list[Loc], broken: set[Loc]) -> Settings:
    """Settings for the cross-checks alone: what is wrong is left out until the rest fits.

    Ends, because each round takes away at least one value; the door, which every kiosk has, is then a stand-in.
    """
    while True:
        broken.update([_taken_out(values, loc) for loc in locs])
        values.setdefault("door", {"relay_pin": _ANY_PIN})
        try:
            return Settings.model_validate(values)
        except ValidationError as trouble:
            locs = [error["loc"] for error in trouble.errors(include_url=False, include_context=False)]


def _taken_out(values: dict[Any, Any], loc: Loc) -> Loc:
    """Take out the value at `loc`, the section where it is missing, or the list where it is an entry; says which."""
    section, key, depth = values, loc[0], 1
    for part in loc[1:]:
        inner = section.get(key)
        if not isinstance(inner, dict) or part not in inner:
            break
        section, key, depth = inner, part, depth + 1
    section.pop(key, None)
    return loc[:depth]
