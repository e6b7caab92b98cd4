"""`kiosk safe`, as systemd runs it when the kiosk has ended: the pins that it drives and its messages."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.simulator.clock import VirtualClock
from tests.commands.test_cli import ROOT, kiosk
from tests.hardware.header import Header

WRONG = "door: {relay_pin: 17, hold_S: 5}\nsequence: [temperature]\n"


class Pins(Header):
    """A header whose levels can be read after its lines were closed."""

    def close(self) -> None:
        pass


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Pins]:
    """The header that the command opens, with an energised relay; the runtime folder is `tmp_path`."""
    pins = Pins(VirtualClock())
    monkeypatch.setattr("kiosk.hardware.board.open_board", lambda: pins)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    pins.pin(17).move(True)
    yield pins
    pins.factory.close()


def test_the_noted_outputs_are_driven_safe_although_the_settings_are_invalid(
    pins: Pins, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "outputs.json").write_text('[["door.relay_pin", 17, true]]')
    (tmp_path / "kiosk.yaml").write_text(WRONG)
    assert kiosk("safe", "--config", tmp_path / "kiosk.yaml") == 0
    assert not pins.high(17)
    assert "door.relay_pin: GPIO17 at rest (low)" in capsys.readouterr().out


def test_the_driven_outputs_are_json_on_request(pins: Pins, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "outputs.json").write_text('[["door.relay_pin", 17, true]]')
    assert kiosk("safe", "--json", "--config", tmp_path / "kiosk.yaml") == 0
    assert not pins.high(17)
    driven = json.loads(capsys.readouterr().out)
    assert driven == [{"key": "door.relay_pin", "pin": 17, "high": False, "trouble": ""}]


def test_without_a_readable_note_the_outputs_of_the_settings_are_driven(
    pins: Pins, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "outputs.json").write_text("spoilt")
    shutil.copy(ROOT / "config" / "demo.yaml", tmp_path / "kiosk.yaml")
    assert kiosk("safe", "--config", tmp_path / "kiosk.yaml") == 0
    assert not pins.high(17)
    assert "the outputs of the settings are used instead" in capsys.readouterr().err


def test_unknown_outputs_are_not_guessed(pins: Pins, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kiosk.yaml").write_text(WRONG)
    assert kiosk("safe", "--config", tmp_path / "kiosk.yaml") == 3
    assert pins.high(17)
    message = capsys.readouterr().err
    assert "kiosk.yaml:1:23: door.hold_S: unknown setting" in message
    assert "no pin is driven" in message
