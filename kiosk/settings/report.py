"""The settings as a technician, an editor or a reader of the documentation wants to see them.

Rule 1: values under `headers` are never shown; what stands under `secret_headers` is the name of a file.
"""

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any

import yaml
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import Section
from kiosk.settings.yaml.shapes import (
    Choice,
    Entries,
    Flag,
    Listing,
    Number,
    Setting,
    Shape,
    Table,
    Text,
    Whole,
    table_of,
)

MASK = "***"
_FILE = "The whole file"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

UNITS = {
    "s": "seconds",
    "ms": "milliseconds",
    "c": "°C",
    "hz": "Hz",
    "px": "pixels",
    "mb": "MB",
    "bytes": "bytes",
    "days": "days",
}
"""The last part of a setting's name, and the unit that it tells."""


def effective(settings: Settings) -> str:
    """The whole settings as YAML, defaults included; what is not there (a device) is left out."""
    return _yaml(_plain(settings))


def changes(settings: Settings) -> str:
    """Only what differs from the defaults, as YAML; empty when nothing does."""
    changed = _changed(settings)
    return _yaml(changed) if changed else ""


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) for editors, as YAML language servers use it."""
    schema = {"$schema": DIALECT, **Settings.model_json_schema(schema_generator=_EditorSchema)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def reference() -> str:
    """The reference of all settings in Markdown, for docs/settings.md."""
    lines = [_INTRODUCTION, *_tables(_FILE, "what the file holds", table_of(Settings))]
    return "\n".join(lines)


class _Hexadecimal(int):
    """A number that is written as 0x5A."""


class _Dumper(yaml.SafeDumper):
    """PyYAML's own, which quotes every text that YAML could take for something else."""


_Dumper.add_representer(
    _Hexadecimal, lambda dumper, number: dumper.represent_scalar("tag:yaml.org,2002:int", f"0x{number:02X}")
)


def _yaml(values: object) -> str:
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _plain(section: Section) -> dict[str, Any]:
    """The section in YAML's own types."""
    settings = table_of(type(section)).settings
    return {name: _value(name, settings[name].shape, value) for name, value in section if value is not None}


def _value(name: str, shape: Shape, value: Any) -> Any:
    match value:
        case Section():
            return _plain(value)
        case Enum():
            return value.value
        case tuple():
            return [_value(name, shape, item) for item in value]
        case dict():
            return {_value("", shape, key): _value(name, shape, item) for key, item in value.items()}
        case _ if name == "headers":
            return MASK
        case _ if isinstance(shape, Whole) and shape.hex:
            return _Hexadecimal(value)
        case _:
            return value


def _changed(section: Section) -> dict[str, Any]:
    """The settings of the section that are not its defaults."""
    settings = table_of(type(section)).settings
    values = {name: value for name, value in section if value != settings[name].default}
    return {name: _lean(name, settings[name].shape, value) for name, value in values.items()}


def _lean(name: str, shape: Shape, value: Any) -> Any:
    """As `_value`, but of each section within only what is not its default."""
    match value:
        case Section():
            return _changed(value)
        case dict():
            return {_value("", shape, key): _lean(name, shape, item) for key, item in value.items()}
        case _:
            return _value(name, shape, value)


class _EditorSchema(GenerateJsonSchema):
    """Without nulls, as what is not there is left out of the file; and without titles that only repeat the key."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") is None or isinstance(schema["default"], Section):
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


_INTRODUCTION = """\
# Settings

Every setting of `config/kiosk.yaml`, with its meaning, what is allowed and its default. This page is made from
`kiosk/settings`; a test keeps it current. `kiosk check FILE` names every mistake in a file with its line.

* The end of a name is its unit: `_s` seconds, `_ms` milliseconds, `_c` °C, `_hz` Hz, `_px` pixels, `_pin` GPIO number.
* A section without a default is a device or a kind of credential that is not there unless the file names it.
* Files are named relative to the folder of the settings file.
"""


def _tables(name: str, about: str, table: Table) -> Iterator[str]:
    """A heading and a table for one section, then the sections within it."""
    yield from (f"## {name}", "", f"{about[0].upper()}{about[1:]}.", "")
    yield from ("| setting | meaning | allowed | default |", "|---|---|---|---|")
    for key, setting in table.settings.items():
        cells = (f"`{key}`", setting.help, _allowed(key, setting.shape), _default(key, setting))
        yield f"| {' | '.join(cells)} |"
    yield ""
    for key, setting in table.settings.items():
        full_name = key if name == _FILE else f"{name}.{key}"
        if isinstance(setting.shape, Table):
            yield from _tables(full_name, setting.help, setting.shape)
        if isinstance(setting.shape, Listing) and isinstance(setting.shape.item, Table):
            yield from _tables(f"{full_name}[]", setting.help, setting.shape.item)
        if isinstance(setting.shape, Entries) and isinstance(setting.shape.value, Table):
            yield from _tables(f"{full_name}.(key)", setting.help, setting.shape.value)


def _allowed(key: str, shape: Shape) -> str:
    match shape:
        case Flag():
            return "`true` or `false`"
        case Choice():
            return ", ".join(f"`{option}`" for option in shape.options)
        case Whole() | Number():
            step = f", in steps of {shape.limits.multiple}" if shape.limits.multiple else ""
            return f"{shape.range} {UNITS.get(key.rpartition('_')[2], '')}".rstrip() + step
        case Text():
            return shape.limits.words or (f"up to {shape.limits.most} characters" if shape.limits.most else "text")
        case Listing():
            return f"a list; each: {_allowed(key, shape.item)}"
        case Entries():
            return f"keys and values; key: {_allowed(key, shape.key)}; value: {_allowed(key, shape.value)}"
        case _:
            return "a section, see below"


def _default(key: str, setting: Setting) -> str:
    if setting.required:
        return "must be given"
    if setting.optional or isinstance(setting.default, Section):
        return "none" if setting.optional else "see below"
    value = _value(key, setting.shape, setting.default)
    return f"`0x{value:02X}`" if isinstance(value, _Hexadecimal) else f"`{json.dumps(value, ensure_ascii=False)}`"
