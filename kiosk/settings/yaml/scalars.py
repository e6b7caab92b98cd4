"""Converts a scalar, from its text in the file, to the type that the schema demands.

Rule 1: text that two programs could read differently (`on`, `010`, `1:30`) is a mistake whose message says what to
write instead. YAML's own types are never applied.
Rule 2: limits are not checked here; pydantic checks them in the finished values.
"""

import math
import re
import unicodedata
from dataclasses import dataclass

from kiosk.settings.yaml.mistakes import did_you_mean, either, quoted
from kiosk.settings.yaml.shapes import Choice, Flag, Number, Text, Whole
from kiosk.settings.yaml.tree import ScalarNode

ScalarShape = Flag | Whole | Number | Text | Choice

_TRUE = frozenset({"true", "yes", "on", "y", "1"})
_FALSE = frozenset({"false", "no", "off", "n", "0"})
_YAML_FLAGS = frozenset({"true", "false", "yes", "no", "on", "off"})
"""Words that YAML 1.1 reads as true or false (yaml.org/type/bool.html, as in PyYAML). YAML 1.2 reads only `true` and
`false` so."""

_EMPTY = frozenset({"", "~", "null"})

_NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that a text must not contain: control characters, surrogates, line and paragraph separators."""

_MAX_DIGITS = 30
"""No setting needs more digits than this; Python refuses to convert a text of thousands of digits."""

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_CLOCK = re.compile(r"([0-9]+):([0-5]?[0-9])")
_COMMA = re.compile(r"(-?[0-9]+),([0-9]+)")
_THOUSANDS = re.compile(r"[.,][0-9]{3}$")
_GPIO = re.compile(r"(?:GPIO|BCM) ?([0-9]+)", re.IGNORECASE)
_UNIT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) ?(°?[A-Za-z%]+)")


@dataclass(frozen=True, slots=True)
class Unfit:
    """The message about a text that does not have the type of the schema."""

    text: str


def is_empty(node: ScalarNode) -> bool:
    """Return True if the scalar is empty, or a YAML word for "no value"."""
    return node.plain and node.text.lower() in _EMPTY


def convert(node: ScalarNode, shape: ScalarShape) -> object:
    """Return the value of a scalar, or an `Unfit` if the text does not have the type of `shape`."""
    value: object
    match shape:
        case Text():
            if node.plain and node.text.lower() in _YAML_FLAGS:
                return Unfit(f"{quoted(node.text)} means true or false in many programs; as a text, write it in quotes")
            if any(unicodedata.category(character) in _NOT_IN_A_LINE for character in node.text):
                return Unfit("has a line break or an invisible character in it; write one line")
            return node.text
        case Choice(options=options):
            if node.text in options:
                return options[node.text]
            return Unfit(f"must be {either(options)}, not {quoted(node.text)}{did_you_mean(node.text, options)}")
        case Flag():
            value = _flag(node.text)
        case Whole():
            value = _whole(node.text, shape)
        case _:
            value = _number(node.text, shape)
    if node.plain or isinstance(value, Unfit):
        return value
    return Unfit(f"must be {shape.words}, not a text; write it without quotes")


def _flag(text: str) -> bool | Unfit:
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    word = "true" if text.lower() in _TRUE else "false" if text.lower() in _FALSE else ""
    return Unfit(f"must be true or false, not {quoted(text)}" + (f"; write {word}" if word else ""))


def _whole(text: str, shape: Whole) -> int | Unfit:
    if len(text) <= _MAX_DIGITS:
        if _WHOLE.fullmatch(text):
            return int(text)
        if shape.hex and _HEX.fullmatch(text):
            return int(text, 16)
    likely = _likely_number(text)
    return _unfit_number(text, shape, str(int(likely)) if float(likely).is_integer() else "")


def _number(text: str, shape: Number) -> float | Unfit:
    if len(text) <= _MAX_DIGITS and _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    likely = _likely_number(text)
    return _unfit_number(text, shape, str(likely) if math.isfinite(likely) else "")


def _unfit_number(text: str, shape: Whole | Number, likely: str) -> Unfit:
    remedy = ""
    if clock := _CLOCK.fullmatch(text[:_MAX_DIGITS]):
        minutes, seconds = int(clock[1]), int(clock[2])
        remedy = f"; write {60 * minutes + seconds} if {minutes} min {seconds} s is meant"
    elif _COMMA.fullmatch(text) and likely:
        remedy = f"; write {likely}, with a decimal point"
    elif likely:
        remedy = f"; write {likely}"
    return Unfit(f"must be {shape.words}, not {quoted(text)}{remedy}")


def _likely_number(text: str) -> float:
    """Return the number that was probably meant, for use in a message; NaN if `text` is ambiguous or is no number."""
    if len(text) > _MAX_DIGITS or _THOUSANDS.search(text):
        return math.nan
    text = text.replace("_", "")
    for pattern, form in ((_COMMA, r"\1.\2"), (_GPIO, r"\1"), (_UNIT, r"\1")):
        if pattern.fullmatch(text):
            text = pattern.sub(form, text)
    for base in (10, 0):  # 0 reads the prefixes 0x, 0o and 0b
        try:
            return int(text, base)
        except ValueError:
            continue
    try:
        return float(text)
    except ValueError:
        return math.nan
