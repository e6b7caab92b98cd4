"""Converts pydantic's errors into mistakes with a line, and with words for a technician."""

from typing import TYPE_CHECKING

from kiosk.settings.schema.header import at_place
from kiosk.settings.yaml.locations import Loc, SourceLocations
from kiosk.settings.yaml.mistakes import Mistake, mistake_at, quoted
from kiosk.settings.yaml.reading import is_hidden
from kiosk.settings.yaml.shapes import Entries, Listing, Number, Shape, Table, Text, ValueLimits, Whole

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def limit_mistake(error: "ErrorDetails", locations: SourceLocations) -> Mistake:
    """Return the mistake that reports `error`, one of pydantic's errors."""
    loc: Loc = error["loc"]
    if error["type"] == "missing":
        section, key = locations[loc[:-1]], str(loc[-1])
        assert isinstance(section.shape, Table)
        name = f"{section.name}.{key}" if section.name else key
        return mistake_at(section.at, name, f"missing; it has no default ({section.shape.settings[key].help})")
    if loc not in locations:
        # A key that the technician chose does not fit; pydantic then adds "[key]" to the loc of the entry.
        entry, entries = locations[loc[:-1]], locations[loc[:-2]].shape
        assert isinstance(entries, Entries)
        text = _text(error, str(loc[-2]), entries.key)
        return mistake_at(entry.key_at, entry.name, f"the key {text} ({entry.help})")
    location = locations[loc]
    text = _text(error, location.written, location.shape)
    if is_hidden(loc):
        text = text.removesuffix(_not(location.written))
    return mistake_at(location.at, location.name, f"{text} ({location.help})")


def _text(error: "ErrorDetails", written: str, shape: Shape) -> str:
    match error["type"], shape:
        case "greater_than_equal" | "less_than_equal", Whole() | Number():
            hint = _at_header(error["loc"], written)
            return f"{written} is outside {shape.range}{hint}"
        case "multiple_of", Whole(limits=ValueLimits(multiple=int(step))):
            below = int(written) // step * step
            return f"{written} is not a multiple of {step}; the nearest are {below} and {below + step}"
        case "string_too_short", _:
            return "must not be empty"
        case "string_too_long", Text(limits=limits):
            return f"has {len(written)} characters; at most {limits.most} are allowed"
        case "string_pattern_mismatch", Text(limits=limits):
            return f"must be {limits.words}{_not(written)}"
        case "too_short", _:
            return "needs at least one entry"
        case "too_long", Listing(limits=limits):
            return f"has too many entries; at most {limits.most} are allowed"
        case _:
            return error["msg"].lower()


def _at_header(loc: Loc, written: str) -> str:
    """Return what is at this place of the header if a pin was given by its place instead of its GPIO number."""
    is_pin = str(loc[-1]).rpartition("_")[2] == "pin"
    found = at_place(int(written)) if is_pin and written.isascii() and written.isdigit() else ""
    return f"; header pin {written} is {found}" if found else ""


def _not(written: str) -> str:
    return f", not {quoted(written)}"
