"""The service as a process: READY, SIGTERM, crashes; the outputs are safe whatever way it ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.journal.reading import JournalReader
from tests.booth import DOOR_PIN, PUMP_PIN

PATIENCE_S = 60.0
SAFE = repr({DOOR_PIN: False, PUMP_PIN: False})


class Service:
    def __init__(self, folder: Path, how: str) -> None:
        self.folder = folder
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.settimeout(PATIENCE_S)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.composition.service_child", str(folder), how],
            env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "1000000"},
            cwd=Path(__file__).parents[2],
            stderr=subprocess.PIPE,
        )

    def hear(self, word: str) -> None:
        """Wait until the service tells systemd `word`."""
        while word not in self._socket.recv(4096).decode():
            pass

    def end(self) -> tuple[int, str]:
        """Exit code and log."""
        _, log = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, log.decode()

    def levels(self) -> str:
        return (self.folder / "levels").read_text()

    def rows(self) -> list[tuple[str, str]]:
        with JournalReader(self.folder / "journal.db") as reading:
            return [(row.kind, row.outcome or row.detail) for row in reading.rows()]

    def close(self) -> None:
        self._socket.close()
        self.process.kill()
        self.process.communicate()


@contextmanager
def service(folder: Path, how: str) -> Iterator[Service]:
    running = Service(folder, how)
    try:
        yield running
    finally:
        running.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_service_that_is_asked_to_stop_locks_the_door_and_says_so(folder: Path, number: signal.Signals) -> None:
    with service(folder, "well") as running:
        running.hear("READY=1")
        running.hear("WATCHDOG=1")
        running.process.send_signal(number)
        running.hear("STOPPING=1")
        assert running.end()[0] == 0
        assert running.levels() == SAFE
        assert ("visit", "admitted_by_officer") in running.rows(), "there was no open door to lock"
        assert running.rows()[-1] == ("stopped", "asked")


def test_who_asks_twice_does_not_break_off_the_clean_up(folder: Path) -> None:
    with service(folder, "asked_again") as running:
        running.hear("READY=1")
        running.process.send_signal(signal.SIGINT)
        assert running.end()[0] == 0
        assert running.levels() == SAFE
        assert running.rows()[-1] == ("stopped", "asked")


def test_no_visitor_waits_while_the_garbage_collector_looks_through_what_was_built(folder: Path) -> None:
    with service(folder, "well") as running:
        running.hear("READY=1")
        running.process.terminate()
        running.end()
        assert int((folder / "kept").read_text()) > 10_000


@pytest.mark.parametrize(
    ("how", "error"), [("worker_crashes", "worker 'camera' ended"), ("loop_crashes", "a bug in the loop")]
)
def test_a_bug_ends_the_whole_service_with_the_outputs_safe(folder: Path, how: str, error: str) -> None:
    with service(folder, how) as running:
        code, log = running.end()
        assert code == 1
        assert error in log
        assert running.levels() == SAFE
        assert running.rows()[-1] == ("stopped", "crash")
