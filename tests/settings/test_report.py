"""The settings shown as YAML, as a JSON Schema and as the reference page."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.settings.report import changes, effective, json_schema, reference
from kiosk.settings.schema.settings import Settings
from tests.samples import examples

from .booth import settings_of

ROOT = Path(__file__).parents[2]

ALL_KINDS = """\
site: "no"
door: {relay_pin: 17, hold_s: 4}
thermometer: {}
credentials:
  online_status:
    address: https://status.bekasi.go.id/check
    prefixes: ["010", "on", 'a: b']
    headers: {X-Kiosk: geheim}
    secret_headers: {Authorization: booth.py}
    status: {"yes": pass, red: status_denied}
referrals:
  officer: {title: Meja depan}
  places:
    fever: {title: "1:30", hours: 08.00}
"""


def test_changes_are_the_settings_that_differ_from_their_defaults() -> None:
    assert changes(settings_of(ALL_KINDS)) == (
        """\
site: 'no'
sequence:
- credential
door:
  relay_pin: 17
  hold_s: 4.0
thermometer: {}
camera: {}
credentials:
  online_status:
    address: https://status.bekasi.go.id/check
    prefixes:
    - '010'
    - 'on'
    - 'a: b'
    headers:
      X-Kiosk: '***'
    secret_headers:
      Authorization: booth.py
    status:
      'yes': pass
      red: status_denied
referrals:
  officer:
    title: Meja depan
  places:
    fever:
      title: '1:30'
      hours: '08.00'
"""
    )


def test_effective_settings_show_every_default_and_no_header() -> None:
    whole = effective(settings_of(ALL_KINDS.replace("thermometer: {}", "thermometer: {address: 90}")))
    assert "  address: 0x5A\n" in whole
    assert "  max_hold_s: 10.0\n" in whole
    assert "      X-Kiosk: '***'\n" in whole
    assert "geheim" not in whole
    assert "buzzer" not in whole


def test_non_ascii_letters_are_shown_unescaped() -> None:
    assert "site: Café 医院\n" in effective(settings_of("site: Café 医院"))


@pytest.mark.parametrize("shown", [effective, changes])
def test_the_shown_settings_load_back_to_the_same_settings(shown: Any) -> None:
    made = settings_of(ALL_KINDS.replace("geheim", "'***'"))
    assert settings_of(shown(made)) == made


@settings(max_examples=examples(40))
@given(
    site=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=80),
    hold_s=st.floats(0.5, 9.9),
    address=st.integers(0x03, 0x77),
    report_forced=st.booleans(),
)
def test_random_settings_load_back_to_the_same_settings(
    site: str, hold_s: float, address: int, report_forced: bool
) -> None:
    values = settings_of("thermometer: {}").model_dump()
    values |= {"site": site}
    values["door"] |= {"hold_s": hold_s, "report_forced": report_forced}
    values["thermometer"]["address"] = address
    made = Settings.model_validate(values)
    assert settings_of(effective(made)) == made
    assert settings_of(changes(made)) == made


def test_the_changes_of_a_minimal_kiosk_are_its_door_pin() -> None:
    assert changes(Settings.model_validate({"door": {"relay_pin": 4}})) == "door:\n  relay_pin: 4\n"


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "config/kiosk.schema.json").read_text("utf-8")
    assert committed == json_schema(), "run: kiosk schema > config/kiosk.schema.json"


def test_the_schema_names_its_dialect_and_has_no_null() -> None:
    schema = json.loads(json_schema())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["DoorSettings"]["properties"]["hold_s"] == {
        "default": 5.0,
        "description": "how long the door stays unlocked",
        "maximum": 30.0,
        "minimum": 0.5,
        "type": "number",
    }
    assert "null" not in json_schema()


def test_every_setting_has_a_help_text_in_the_schema() -> None:
    for name, section in json.loads(json_schema())["$defs"].items():
        for key, setting in section.get("properties", {}).items():
            assert setting.get("description"), f"{name}.{key}"


def test_the_committed_reference_is_current() -> None:
    committed = (ROOT / "docs/settings.md").read_text("utf-8")
    assert committed == reference(), "run: kiosk schema --page > docs/settings.md"


@pytest.mark.parametrize(
    "row",
    [
        "| `hold_s` | how long the door stays unlocked | 0.5 to 30.0 seconds | `5.0` |",
        "| `door` | the building door, which the kiosk unlocks | a section, see below | must be given |",
        "| `buzzer` | the buzzer | a section, see below | none |",
        "| `width_px` | picture width | 320 to 4096 pixels, in steps of 16 | `1280` |",
        (
            "| `budget_ms` | processing time for one picture; a slow machine measures itself and takes up to five times"
            " this | 5 to 500 milliseconds | `40` |"
        ),
        '| `site` | name of the building, shown to visitors | up to 80 characters | `""` |',
        "## referrals.places.(key)",
        "## inputs.emergency",
    ],
)
def test_the_reference_shows_meaning_limits_and_default(row: str) -> None:
    assert row in reference().splitlines()


def test_the_reference_shows_the_i2c_address_in_hexadecimal() -> None:
    assert "| 0x03 to 0x77 | none |" in reference()
