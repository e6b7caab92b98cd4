"""`kiosk test` on the command line."""

import io
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.commands import parts
from kiosk.display.server import DisplayServer
from kiosk.runtime.maintenance import PARTS, SOCKET, MaintenanceTests
from kiosk.scanner.wire.messages import ScannerFigures
from kiosk.simulator.mlx90614 import BusFault
from kiosk.support.root_socket import Message, RootSocket
from tests.booth import Booth, settings
from tests.commands.test_cli import kiosk
from tests.scenarios.test_part_tests import page_of


def test_the_command_knows_the_parts_of_the_kiosk() -> None:
    assert parts.PARTS == PARTS


def test_without_a_kiosk_it_says_how_to_start_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("test", "door", "--folder", folder) == 3
    assert "sudo systemctl start kiosk" in capsys.readouterr().err


def test_the_end_of_the_input_is_no_consent(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert kiosk("test", "sprayer", "--folder", folder) == 3
    assert "the input ended before the question was answered" in capsys.readouterr().err


def test_the_answers_are_printed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "SIGNAL_S", 0.0)
    monkeypatch.setattr(parts, "POLL_S", 0.01)
    asked: list[Message] = []

    def answer(question: Message) -> Message:
        asked.append(question)
        match question["part"]:
            case "lights":
                return {"done": "signal", "signals": ["ready", "enter"]}
            case "inputs":
                return {"inputs": {"officer": len(asked) % 2 == 0}}
            case "door":
                return {"error": "not in maintenance"}
        return {"done": "it works"}

    served = RootSocket(folder / SOCKET, answer, os.getuid())
    served.start()
    assert kiosk("test", "door", "--folder", folder) == 1
    assert kiosk("test", "speaker", "--folder", folder) == 0
    assert kiosk("test", "sprayer", "--yes", "--folder", folder) == 0
    assert kiosk("test", "inputs", "--seconds", "0.02", "--folder", folder) == 0
    asked.clear()
    assert kiosk("test", "lights", "--folder", folder) == 0
    served.close()
    assert [question.get("signal") for question in asked] == [None, "ready", "enter", None]
    out = capsys.readouterr().out
    assert "not in maintenance" in out
    assert "officer         active" in out


class LivingBooth:
    """A kiosk in maintenance on mock pins that goes on by itself, with its socket in `folder`."""

    booth: Booth

    def __init__(self, folder: Path, display: DisplayServer | None = None) -> None:
        self._folder = folder
        self._display = display
        self._ready, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live)
        self._thread.start()
        assert self._ready.wait(20.0)

    def _live(self) -> None:
        booth = Booth(self._folder, settings(lights={"single_pin": 22}), display=self._display).start()
        booth.advance(10.0)
        booth.set("service", active=True)
        booth.advance(0.5)
        tests = MaintenanceTests(booth.kiosk)
        root_socket = RootSocket(self._folder / SOCKET, tests.answer, os.getuid())
        root_socket.start()
        self.booth = booth
        self._ready.set()
        while not self._ending.wait(0.002):
            booth.advance(0.05)
            tests.check()
        root_socket.close()
        booth.close()

    def close(self) -> None:
        self._ending.set()
        self._thread.join(20.0)


@pytest.fixture
def living(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LivingBooth]:
    monkeypatch.setattr(parts, "POLL_S", 0.02)
    monkeypatch.setattr(parts, "SIGNAL_S", 0.0)
    found = LivingBooth(folder)
    yield found
    found.close()


def test_the_thermometer_is_shown_as_it_reads(
    living: LivingBooth, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kiosk("test", "thermometer", "--seconds", "0.6", "--folder", folder) == 0
    out = capsys.readouterr().out
    assert re.search(r"in front +26\.\d\d C +itself +2\d\.\d\d C +corrected +28\.\d\d C +empty spot +26\.\d\d C", out)
    assert "the thermometer works" in out


def test_a_thermometer_without_an_answer_is_a_failure(
    living: LivingBooth, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    living.booth.bus.fault = BusFault.SILENT
    while "thermometer" not in dict(living.booth.kiosk.loop.state.faults):
        threading.Event().wait(0.01)
    assert kiosk("test", "thermometer", "--seconds", "0.1", "--folder", folder) == 1
    assert "thermometer_silent" in capsys.readouterr().out


def test_the_camera_is_shown_as_it_reads_and_the_code_is_not_printed(
    living: LivingBooth, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scanner, code = living.booth.scanner, living.booth.good_pass
    assert scanner
    scanner.figures = ScannerFigures(15.0, 3, 20.0, 30.0, 90.0)
    holding = threading.Timer(0.4, lambda: scanner.show(code))
    holding.start()
    assert kiosk("test", "camera", "--seconds", "2", "--folder", folder) == 0
    out = capsys.readouterr().out
    assert "15.0 frames a second   brightness  90 of 255   decoding: median 20 ms, 95 of 100 within 30 ms" in out
    assert f"read: a code of {len(code)} bytes, KP1:" in out
    assert code.decode() not in out


def test_the_number_on_the_test_picture_is_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    display = page_of(folder)
    living = LivingBooth(folder, display)
    typed = iter(["the number", "y", "wrong"])

    def type_in(_text: str) -> str:
        text = next(typed)
        return display._current[0].test if text == "the number" else text

    monkeypatch.setattr("builtins.input", type_in)
    try:
        assert kiosk("test", "screen", "--folder", folder) == 0
        assert "the screen shows what the kiosk sends" in capsys.readouterr().out
        assert kiosk("test", "screen", "--folder", folder) == 1
        assert "another screen" in capsys.readouterr().out
    finally:
        living.close()
        assert display.stop(10.0)


def test_the_other_parts_are_tested_by_the_same_controller(
    living: LivingBooth, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kiosk("test", "inputs", "--seconds", "0.1", "--folder", folder) == 0
    assert "service         active" in capsys.readouterr().out
    assert kiosk("test", "lights", "--folder", folder) == 0
    assert kiosk("test", "door", "--folder", folder) == 0
    assert "unlocked for 5 s" in capsys.readouterr().out
    assert kiosk("test", "speaker", "--folder", folder) == 1
    assert kiosk("test", "screen", "--folder", folder) == 1
