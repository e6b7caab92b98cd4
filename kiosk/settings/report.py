"""The settings as text: YAML for technicians, a JSON Schema for editors, and the reference page.

Rule: values under `headers` are never shown. The values under `secret_headers` are shown: they are names of files.
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
"""Maps the last part of a setting's name to the unit that it stands for."""


def effective(settings: Settings) -> str:
    """Return all settings as YAML, with the defaults; a device that does not exist is left out."""
    return _yaml(_plain(settings))


def changes(settings: Settings) -> str:
    """Return the settings that differ from their defaults, as YAML; "" if none differs."""
    changed = _changed(settings)
    return _yaml(changed) if changed else ""


def json_schema() -> str:
    """Return the JSON Schema (draft 2020-12) of a settings file, for YAML language servers."""
    schema = {"$schema": DIALECT, **Settings.model_json_schema(schema_generator=_EditorSchema)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def reference() -> str:
    """Return the reference of all settings in Markdown, for docs/settings.md."""
    lines = [_INTRODUCTION, *_tables(_FILE, "the sections and settings of the file", table_of(Settings))]
    return "\n".join(lines)


class _Hexadecimal(int):
    """A number that the YAML text shows in hexadecimal, such as 0x5A."""


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper, which quotes every text that YAML could read as another type."""


_Dumper.add_representer(
    _Hexadecimal, lambda dumper, number: dumper.represent_scalar("tag:yaml.org,2002:int", f"0x{number:02X}")
)


def _yaml(values: object) -> str:
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _plain(section: Section) -> dict[str, Any]:
    """Return the section as dicts, lists and plain values, which `_Dumper` can write."""
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
    """Return the settings of the section that differ from their defaults."""
    settings = table_of(type(section)).settings
    values = {name: value for name, value in section if value != settings[name].default}
    return {name: _changed_value(name, settings[name].shape, value) for name, value in values.items()}


def _changed_value(name: str, shape: Shape, value: Any) -> Any:
    """Return the value as `_value` does; of a section, only the settings that differ from their defaults."""
    match value:
        case Section():
            return _changed(value)
        case dict():
            return {_value("", shape, key): _changed_value(name, shape, item) for key, item in value.items()}
        case _:
            return _value(name, shape, value)


class _EditorSchema(GenerateJsonSchema):
    """pydantic's generator of JSON Schema, without null, which the file does not use, and without titles of keys."""

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

All settings of `config/kiosk.yaml`, with their meaning, allowed values and defaults. This page is generated:
`kiosk schema --page > docs/settings.md`. `kiosk check FILE` reports every mistake in a file with its line.

* The end of a name is its unit: `_s` seconds, `_ms` milliseconds, `_c` °C, `_hz` Hz, `_px` pixels, `_pin` GPIO number.
* A section with the default "none" is a device or a scheme that exists only if the file names it.
* Names of files are relative to the folder of the settings file.
"""


def _tables(name: str, about: str, table: Table) -> Iterator[str]:
    """Yield the lines for one section: a heading, a table, and then the sections inside it."""
    yield from (f"## {name}", "", f"{about[0].upper()}{about[1:]}.", "")
    yield from ("| setting | meaning | allowed | default |", "|---|---|---|---|")
    for key, setting in table.settings.items():
        if setting.required:
            default = "must be given"
        elif setting.optional:
            default = "none"
        elif isinstance(setting.default, Section):
            default = "see below"
        else:
            value = _value(key, setting.shape, setting.default)
            default = f"`{json.dumps(value, ensure_ascii=False)}`"
        cells = (f"`{key}`", setting.help, _allowed(key, setting.shape), default)
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
