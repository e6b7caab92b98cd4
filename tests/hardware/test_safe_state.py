from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.hardware.relay import Relay
from kiosk.hardware.safe_state import drive_safe, note_path, outputs, read_note, write_note
from kiosk.settings.schema.doors import DoorSettings, StreetDoorSettings
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import BuzzerSettings, LightsSettings, SprayerSettings
from kiosk.simulator.clock import VirtualClock

from .header import Header

BOOTH = Settings(
    door=DoorSettings(relay_pin=17),
    sprayer=SprayerSettings(relay_pin=5, active_high=False),
    buzzer=BuzzerSettings(pin=18),
    lights=LightsSettings(red_pin=22, green_pin=23, blue_pin=24),
)


def test_every_output_is_driven_to_rest_and_reported(header: Header) -> None:
    for pin in (17, 18, 22, 23, 24):
        header.pin(pin).move(True)
    header.pin(5).move(False)
    assert [str(line) for line in drive_safe(header, outputs(BOOTH))] == [
        "sprayer.relay_pin: GPIO5 at rest (high)",
        "door.relay_pin: GPIO17 at rest (low)",
        "buzzer.pin: GPIO18 at rest (low)",
        "lights.red_pin: GPIO22 at rest (low)",
        "lights.green_pin: GPIO23 at rest (low)",
        "lights.blue_pin: GPIO24 at rest (low)",
    ]
    assert header.high(5)
    assert not any(header.high(pin) for pin in (17, 18, 22, 23, 24))


def test_a_pin_that_cannot_be_opened_does_not_stop_the_others(header: Header, clock: VirtualClock) -> None:
    holder = Relay(header, "sprayer", 5, False, clock, 1.0)
    header.pin(17).move(True)
    sprayer, door, *_ = drive_safe(header, outputs(BOOTH))
    assert "GPIO5 is in use" in sprayer.trouble
    assert str(door) == "door.relay_pin: GPIO17 at rest (low)"
    assert not header.high(17)
    holder.close()


def test_the_lock_of_a_street_door_is_driven_to_rest_too(header: Header) -> None:
    street_door = StreetDoorSettings(relay_pin=6, active_high=False)
    header.pin(6).move(False)
    lines = drive_safe(header, outputs(Settings(door=DoorSettings(relay_pin=17), street_door=street_door)))
    assert [str(line) for line in lines] == [
        "door.relay_pin: GPIO17 at rest (low)",
        "street_door.relay_pin: GPIO6 at rest (high)",
    ]
    assert header.high(6)


def test_a_booth_with_only_a_door_has_one_output(header: Header) -> None:
    assert [line.key for line in drive_safe(header, outputs(Settings(door=DoorSettings(relay_pin=17))))] == [
        "door.relay_pin"
    ]


def test_the_outputs_that_a_run_noted_are_read_back_in_order(tmp_path: Path) -> None:
    note = note_path({"RUNTIME_DIRECTORY": str(tmp_path)})
    assert note is not None
    assert read_note(note) == []
    write_note(note, outputs(BOOTH))
    assert read_note(note) == list(outputs(BOOTH))


def test_a_run_that_systemd_did_not_start_writes_no_note() -> None:
    assert note_path({}) is None


def test_a_note_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KioskError, match="cannot be noted"):
        write_note(tmp_path / "none" / "outputs.json", outputs(BOOTH))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}x",
        "7",
        '[["door.relay_pin", 17]]',
        '[["door.relay_pin", 28, true]]',
        '[["door.relay_pin", true, true]]',
        '[["door.relay_pin", 17, 1]]',
        "[" * 4000,
    ],
)
def test_a_file_that_is_not_a_note_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "outputs.json").write_text(text)
    with pytest.raises(KioskError, match="is not a list of outputs"):
        read_note(tmp_path / "outputs.json")
