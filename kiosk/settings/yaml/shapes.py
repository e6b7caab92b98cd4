"""The schema as simple shapes, for the code that reads the file and the code that writes the reference page.

Rule: all facts are taken from the pydantic models; no default, limit or help text is repeated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from kiosk.settings.schema.wiring import Hex, Section


@dataclass(frozen=True, slots=True)
class ValueLimits:
    """The limits of one setting; None for a limit that the setting does not have.

    low, high: least and greatest number. multiple: the number must be a multiple of this. least, most: number of
    characters of a text, or of entries of a list. words: the pattern of a text, described in words.
    """

    low: float | None = None
    high: float | None = None
    multiple: int | None = None
    least: int | None = None
    most: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """The shape of a setting that is true or false."""

    words = "true or false"


@dataclass(frozen=True, slots=True)
class Whole:
    """The shape of a whole number; `hex` is True if it may be written in hexadecimal, such as 0x5A."""

    limits: ValueLimits
    hex: bool = False
    words = "a whole number"

    @property
    def range(self) -> str:
        """Return the range of allowed numbers as text, in hexadecimal if `hex` is set."""
        low, high = int(self.limits.low or 0), int(self.limits.high or 0)
        return f"0x{low:02X} to 0x{high:02X}" if self.hex else f"{low} to {high}"


@dataclass(frozen=True, slots=True)
class Number:
    """The shape of a number that may have a fraction."""

    limits: ValueLimits
    words = "a number"

    @property
    def range(self) -> str:
        """Return the range of allowed numbers as text."""
        return f"{self.limits.low} to {self.limits.high}"


@dataclass(frozen=True, slots=True)
class Text:
    """The shape of a text with a limited number of characters."""

    limits: ValueLimits
    words = "a text"


@dataclass(frozen=True, slots=True)
class Choice:
    """The shape of a word from a list; `options` maps each word to its value."""

    options: Mapping[str, object]
    words = "one word"


@dataclass(frozen=True, slots=True)
class Listing:
    """The shape of a list whose entries all have the shape `item`."""

    item: "Shape"
    limits: ValueLimits
    words = "a list"


@dataclass(frozen=True, slots=True)
class Entries:
    """The shape of a section whose keys the technician chooses; all values have the shape `value`."""

    key: "Choice | Text"
    value: "Shape"
    limits: ValueLimits
    words = "a section with settings below it"


@dataclass(frozen=True, slots=True)
class Table:
    """The shape of a section with known keys."""

    settings: Mapping[str, "Setting"]
    words = "a section with settings below it"

    @property
    def has_required(self) -> bool:
        """Return True if the section has a setting without a default."""
        return any(setting.required for setting in self.settings.values())


Shape = Flag | Whole | Number | Text | Choice | Listing | Entries | Table


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a section. `optional` is True if the device or scheme does not exist when the key is left out."""

    shape: Shape
    help: str
    required: bool
    optional: bool
    default: object


@cache
def table_of(section: type[Section]) -> Table:
    """Return the shape of a section of the schema."""
    settings: dict[str, Setting] = {}
    for name, field in section.model_fields.items():
        required = field.is_required()
        settings[name] = Setting(
            shape=_shape(field.annotation, _limits(field), any(isinstance(item, Hex) for item in field.metadata)),
            help=field.description or "",
            required=required,
            optional=not required and field.default is None,
            default=None if required else field.get_default(call_default_factory=True),
        )
    return Table(settings)


_ATTRIBUTES = {"low": "ge", "high": "le", "multiple": "multiple_of", "least": "min_length", "most": "max_length"}
"""Maps each field of `ValueLimits` to the attribute of annotated-types or pydantic that holds the limit."""


def _limits(field: FieldInfo) -> ValueLimits:
    found = {
        name: getattr(item, attribute)
        for item in field.metadata
        for name, attribute in _ATTRIBUTES.items()
        if hasattr(item, attribute)
    }
    extra = field.json_schema_extra
    words = extra.get("patternErrorMessage", "") if isinstance(extra, dict) else ""
    return ValueLimits(**found, words=str(words))


def _shape(annotation: Any, limits: ValueLimits, hexadecimal: bool = False) -> Shape:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shape(arguments[0], _limits(next(item for item in arguments[1:] if isinstance(item, FieldInfo))))
    if origin in (Union, UnionType):  # `X | None`, where the limits may belong to X or to the whole
        shape = _shape(arguments[0], ValueLimits(), hexadecimal)
        if isinstance(shape, Whole | Number | Text) and limits != ValueLimits():
            return replace(shape, limits=limits)
        return shape
    if origin is tuple:
        return Listing(_shape(arguments[0], ValueLimits()), limits)
    if origin is dict:
        key = _shape(arguments[0], ValueLimits())
        assert isinstance(key, Choice | Text)
        return Entries(key, _shape(arguments[1], ValueLimits()), limits)
    if origin is Literal:
        return Choice({str(option): option for option in arguments})
    return _plain_shape(annotation, limits, hexadecimal)


def _plain_shape(annotation: Any, limits: ValueLimits, hexadecimal: bool) -> Shape:
    if issubclass(annotation, Section):
        return table_of(annotation)
    if issubclass(annotation, Enum):
        return Choice({member.value: member for member in annotation})
    if annotation is bool:
        return Flag()
    if annotation is int:
        return Whole(limits, hexadecimal)
    if annotation is float:
        return Number(limits)
    assert annotation is str
    return Text(limits)
