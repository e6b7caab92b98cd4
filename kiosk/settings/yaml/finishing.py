"""Makes the settings from the values of a file: pydantic checks every limit, and its errors become mistakes."""

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
"""Relay pin of a substitute for a `door` section that cannot be used; the cross-checks do not report this pin."""


def finish(reading: TreeReader, mistakes: list[Mistake]) -> tuple[Settings, set[Loc]]:
    """Return the settings without the values that cannot be used, and the locs of those values.

    Adds a mistake to `mistakes` for each of pydantic's errors whose cause was not reported before.
    """
    values, broken = reading.values, reading.reported | reading.intended
    try:
        return Settings.model_validate(values), broken
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
    mistakes += [
        limit_mistake(error, reading.locations) for error in errors if not _is_reported(error, errors, reading)
    ]
    # Settings for the cross-checks only. The loop ends, because each round removes at least one value; the door, which
    # every kiosk must have, is replaced.
    locs = [error["loc"] for error in errors]
    while True:
        removed: list[Loc] = []
        for loc in locs:
            if not any(loc[: len(section)] == section for section in removed):
                removed.append(_remove(values, loc))
        broken.update(removed)
        values.setdefault("door", {"relay_pin": _ANY_PIN})
        try:
            return Settings.model_validate(values), broken
        except ValidationError as error:
            locs = [found["loc"] for found in error.errors(include_url=False, include_context=False)]


def _is_reported(error: "ErrorDetails", errors: list["ErrorDetails"], reading: TreeReader) -> bool:
    """Return True if another mistake already reports the cause of `error`."""
    loc = error["loc"]
    if error["type"] == "missing":
        return loc in reading.intended
    if error["type"] == "too_short":  # pydantic does not count an entry that is wrong itself
        return loc in reading.reported or any(overlap(loc, other["loc"]) for other in errors if other is not error)
    return loc in reading.reported


def _remove(values: dict[Any, Any], loc: Loc) -> Loc:
    """Remove the value at `loc`, and return the loc of what was removed.

    If a required value is missing, the section that needs it is removed. If the value is an entry of a list, the whole
    list is removed.
    """
    section, key, depth = values, loc[0], 1
    for part in loc[1:]:
        inner = section.get(key)
        if not isinstance(inner, dict) or part not in inner:
            break
        section, key, depth = inner, part, depth + 1
    section.pop(key, None)
    return loc[:depth]
