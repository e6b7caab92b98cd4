"""`kiosk test` on the command line."""

import os
from pathlib import Path

import pytest

from kiosk.commands import parts
from kiosk.runtime.maintenance import PARTS, SOCKET
from kiosk.support.root_socket import Message, RootSocket
from tests.commands.test_cli import kiosk


def test_the_command_knows_the_parts_of_the_kiosk() -> None:
    assert parts.PARTS == PARTS


def test_without_a_kiosk_it_says_how_to_start_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("test", "door", "--folder", folder) == 3
    assert "sudo systemctl start kiosk" in capsys.readouterr().err


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
    assert kiosk("test", "camera", "--folder", folder) == 0
    assert kiosk("test", "sprayer", "--yes", "--folder", folder) == 0
    assert kiosk("test", "inputs", "--seconds", "0.02", "--folder", folder) == 0
    asked.clear()
    assert kiosk("test", "lights", "--folder", folder) == 0
    served.close()
    assert [question.get("signal") for question in asked] == [None, "ready", "enter", None]
    out = capsys.readouterr().out
    assert "not in maintenance" in out
    assert "officer         active" in out
