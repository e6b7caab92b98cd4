"""The last settings that served: what is kept, and when the wiring of another file is known to be the same."""

from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.settings.last_good import NAME, WIRED, WIRES, keep, read_wiring, recall
from kiosk.settings.schema.settings import Settings

from .booth import HERE

BOOTH = """
door: {relay_pin: 5, active_high: false, hold_s: 5}
sprayer: {relay_pin: 6, active_high: false}
inputs:
  door_contact: {pin: 16}
  presence: {pin: 24, active_low: false, linger_s: 1.5}
  officer: {pin: 21}
thermometer: {offset_c: 2}
"""


def wiring(text: str) -> dict[str, object] | None:
    found = read_wiring(text.encode(), HERE)
    return found[0] if found else None


def test_a_kept_file_is_recalled_and_written_only_if_it_differs(tmp_path: Path) -> None:
    assert recall(tmp_path) is None
    keep(tmp_path, b"name: a")
    first = (tmp_path / NAME).stat().st_ino
    keep(tmp_path, b"name: a")
    assert (tmp_path / NAME).stat().st_ino == first
    keep(tmp_path, b"name: b")
    assert recall(tmp_path) == b"name: b"


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KioskError, match="cannot be kept"):
        keep(tmp_path / "none", b"name: a")


def test_the_wiring_is_read_by_full_names() -> None:
    found = wiring(BOOTH)
    assert found
    assert found["door.relay_pin"] == 5
    assert found["inputs.presence.active_low"] is False
    assert found["thermometer.bus"] == 1
    assert "door.hold_s" not in found


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("hold_s: 5", "hold_s: 5000"),
        ("hold_s: 5", "hold_S: 5"),
        ("linger_s: 1.5", "lingers_s: 1.5"),
        ("offset_c: 2", "offset_c: two"),
        ("thermometer", "kamera: {}\nthermometer"),
        ("thermometer", "site: FILL_IN Balai Kota\nthermometer"),
        ("thermometer", "sequence: [nothing]\nthermometer"),
    ],
)
def test_a_mistake_that_concerns_no_wire_leaves_the_wiring_readable_and_the_same(right: str, wrong: str) -> None:
    assert right in BOOTH
    assert wiring(BOOTH.replace(right, wrong)) == wiring(BOOTH)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("relay_pin: 5", "relay_pin: 5, relay_pin: 6"),
        ("relay_pin: 5", "relay_pin: 99"),
        ("relay_pin: 5", "relais_pin: 5"),
        ("active_high: false}", "active_hgh: false}"),
        ("sprayer:", "spraier:"),
        ("sprayer:", "pompa:"),
        ("officer: {pin: 21}", "ofificer: {pin: 21}"),
        ("officer: {pin: 21}", "bell: {pin: 21}"),
        ("officer: {pin: 21}", "officer:"),
        ("pin: 16", "pin: FILL_IN 16"),
        ("pin: 16", "pin: 5"),
        ("thermometer: {", "thermometer: {buss: 3, "),
        ("thermometer", "inputs: {}\nthermometer"),
        ("thermometer", "\tthermometer"),
        ("linger_s: 1.5", "!!linger_s: 1.5"),
        ("linger_s: 1.5", "linger.s: 1.5"),
        ("thermometer: {offset_c: 2}", "thermometer: {offset_c: 2"),
    ],
)
def test_a_mistake_that_may_concern_a_wire_makes_the_wiring_unreadable(right: str, wrong: str) -> None:
    assert right in BOOTH
    assert wiring(BOOTH.replace(right, wrong)) is None


def test_the_names_of_wires_are_settings_of_the_wired_sections() -> None:
    assert set(WIRED) <= set(Settings.model_fields)
    known: set[str] = set()
    for name, value in Settings.model_json_schema()["$defs"].items():
        if name.endswith("Settings"):
            known |= set(value.get("properties", {}))
    assert known >= WIRES
    assert {key for key in known if key.endswith("pin")} <= WIRES, "every pin is a wire"
