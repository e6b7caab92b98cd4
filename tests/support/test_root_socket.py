"""The socket that answers root only: users, long and broken questions, a peer that never asks."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kiosk.support import root_socket
from kiosk.support.root_socket import MAX_QUESTION_BYTES, RootSocket, ask

ME = os.getuid()


@pytest.fixture
def path(folder: Path) -> Iterator[Path]:
    served = RootSocket(folder / "test.sock", lambda question: {"asked": question}, ME)
    served.start()
    yield folder / "test.sock"
    served.close()
    assert not (folder / "test.sock").exists()


def test_a_question_is_answered(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert ask(path, {"part": "door"}, 5.0) == {"asked": {"part": "door"}}
    assert ask(path, {"part": "inputs"}, 5.0) == {"asked": {"part": "inputs"}}


def test_another_user_gets_no_answer(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked = []
    served = RootSocket(folder / "test.sock", lambda question: asked.append(question) or {}, ME + 1)  # type: ignore[func-returns-value]
    served.start()
    with pytest.raises(OSError, match=r"only root is answered|reset|Broken"):
        ask(folder / "test.sock", {"part": "door"}, 5.0)
    served.close()
    assert asked == []
    assert "a user who is not root" in caplog.text


@pytest.mark.parametrize("data", [b"{\n", b"\xff\n", b"[" * 400 + b"\n", b"x" * (4 * MAX_QUESTION_BYTES)])
def test_a_broken_question_ends_its_connection_and_no_other(path: Path, data: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(5.0)
        peer.connect(str(path))
        peer.sendall(data)
        with suppress(ConnectionResetError):  # the rest of a long question was not read
            assert peer.recv(100) == b""
    assert ask(path, {"part": "door"}, 5.0)["asked"] == {"part": "door"}


def test_a_list_is_no_question(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.connect(str(path))
        peer.sendall(b"[1]\n")
        assert b"not a question" in peer.recv(100)


def test_a_peer_that_never_asks_blocks_nobody_for_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root_socket, "ANSWER_S", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.connect(str(path))
        assert ask(path, {"part": "door"}, 10.0)["asked"]


def test_a_folder_that_is_not_there_is_logged(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    served = RootSocket(folder / "none" / "test.sock", lambda question: question)
    served.start()
    served.close()
    assert "cannot be made" in caplog.text
