"""A written value as the schema's type: from its text, never from what YAML 1.1 makes of it.

Rule 1: what two programs could read differently (`on`, `010`, `1:30`) is a mistake that says what to write.
Rule 2: limits are not judged here; pydantic does that with the finished values.
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
"""YAML 1.1 reads these as true or false (yaml.org/type/bool.html, as PyYAML does), YAML 1.2 the first two only."""

_EMPTY = frozenset({"", "~", "null"})

_NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, halves of a pair, line and paragraph separators."""

_MOST_DIGITS = 30
"""No setting needs more; Python refuses to convert some thousands."""

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
    """Why a text is not what the schema wants, and what to write."""

    text: str


def is_empty(node: ScalarNode) -> bool:
    """Whether nothing was written (or YAML's words for nothing)."""
    return node.plain and node.text.lower() in _EMPTY


def convert(node: ScalarNode, shape: ScalarShape) -> object:
    """The value of the node, or an `Unfit`."""
    match shape:
        case Text():
            return _text(node)
        case Choice():
            return _choice(node, shape)
        case _:
            value = _plain(node.text, shape)
    if node.plain or isinstance(value, Unfit):
        return value
    return Unfit(f"must be {shape.words}, not a text; write it without quotes")


def _plain(text: str, shape: Flag | Whole | Number) -> object:
    if isinstance(shape, Flag):
        return _flag(text)
    return _whole(text, shape) if isinstance(shape, Whole) else _number(text, shape)


def _text(node: ScalarNode) -> str | Unfit:
    if node.plain and node.text.lower() in _YAML_FLAGS:
        return Unfit(f"{quoted(node.text)} is true or false to many programs; as a text, write it in quotes")
    if any(unicodedata.category(sign) in _NOT_IN_A_LINE for sign in node.text):
        return Unfit("has a line break or an invisible character in it; write one line")
    return node.text


def _choice(node: ScalarNode, shape: Choice) -> object:
    if node.text in shape.options:
        return shape.options[node.text]
    return Unfit(f"must be {either(shape.options)}, not {quoted(node.text)}{did_you_mean(node.text, shape.options)}")


def _flag(text: str) -> bool | Unfit:
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    word = "true" if text.lower() in _TRUE else "false" if text.lower() in _FALSE else ""
    return Unfit(f"must be true or false, not {quoted(text)}" + (f"; write {word}" if word else ""))


def _whole(text: str, shape: Whole) -> int | Unfit:
    if len(text) <= _MOST_DIGITS:
        if _WHOLE.fullmatch(text):
            return int(text)
        if shape.hex and _HEX.fullmatch(text):
            return int(text, 16)
    meant = _meant(text)
    return _unfit_number(text, shape, str(int(meant)) if float(meant).is_integer() else "")


def _number(text: str, shape: Number) -> float | Unfit:
    if len(text) <= _MOST_DIGITS and _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    meant = _meant(text)
    return _unfit_number(text, shape, str(meant) if math.isfinite(meant) else "")


def _unfit_number(text: str, shape: Whole | Number, meant: str) -> Unfit:
    remedy = ""
    if clock := _CLOCK.fullmatch(text[:_MOST_DIGITS]):
        minutes, seconds = int(clock[1]), int(clock[2])
        remedy = f"; write {60 * minutes + seconds} if {minutes} min {seconds} s is meant"
    elif _COMMA.fullmatch(text) and meant:
        remedy = f"; write {meant}, with a point"
    elif meant:
        remedy = f"; write {meant}"
    return Unfit(f"must be {shape.words}, not {quoted(text)}{remedy}")


def _meant(text: str) -> float:
    """The number that was probably meant, NaN where that cannot be told."""
    if len(text) > _MOST_DIGITS or _THOUSANDS.search(text):
        return math.nan
    text = text.replace("_", "")
    for pattern, form in ((_COMMA, r"\1.\2"), (_GPIO, r"\1"), (_UNIT, r"\1")):
        if pattern.fullmatch(text):
            text = pattern.sub(form, text)
    for read in (int, _prefixed, float):
        try:
            return read(text)
        except ValueError:
            continue
    return math.nan


def _prefixed(text: str) -> int:
    return int(text, 0)
