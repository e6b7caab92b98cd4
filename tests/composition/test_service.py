"""The service as a process: READY, signals, crashes. The outputs are safe however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.journal.reading import JournalReader
from tests.booth import DOOR_PIN, PUMP_PIN
from tests.samples import every

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

    def wait_for(self, word: str) -> None:
        """Wait until the service sends `word` to systemd; fail after `PATIENCE_S`, also if it sends other words."""
        ends_at_s = time.monotonic() + PATIENCE_S
        while word not in self._socket.recv(4096).decode():
            assert time.monotonic() < ends_at_s, f"the service does not send {word}"

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and the log."""
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


@pytest.mark.parametrize("number", every(3, [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]))
def test_a_signal_stops_the_service_with_the_door_locked_and_a_row(folder: Path, number: signal.Signals) -> None:
    with service(folder, "well") as running:
        running.wait_for("READY=1")
        running.wait_for("WATCHDOG=1")
        running.process.send_signal(number)
        running.wait_for("STOPPING=1")
        assert running.end()[0] == 0
        assert running.levels() == SAFE
        assert ("visit", "admitted_by_officer") in running.rows(), "the door was never unlocked"
        assert running.rows()[-1] == ("stopped", "asked")
        assert int((folder / "frozen").read_text()) > 10_000, "the garbage collector examines the objects of the start"


def test_a_second_signal_does_not_interrupt_the_clean_up(folder: Path) -> None:
    with service(folder, "second_signal") as running:
        running.wait_for("READY=1")
        running.process.send_signal(signal.SIGINT)
        assert running.end()[0] == 0
        assert running.levels() == SAFE
        assert running.rows()[-1] == ("stopped", "asked")


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


@pytest.mark.parametrize(
    "how", every(3, ["emergency_and_silent_camera", "emergency_and_crashed_camera", "service_key_and_silent_camera"])
)
def test_a_start_without_the_camera_is_ready_in_an_emergency_and_under_the_service_key(folder: Path, how: str) -> None:
    with service(folder, how) as running:
        running.wait_for("READY=1")
        for _ in range(5):  # every 0.5 s, beyond the limit of the start
            running.wait_for("WATCHDOG=1")
        assert running.process.poll() is None
        running.process.terminate()
        code, _ = running.end()
        assert code == 0
        assert running.rows()[-1] == ("stopped", "asked")


def test_a_start_without_the_camera_is_ready_in_time_for_the_officer(folder: Path) -> None:
    with service(folder, "silent_camera") as running:
        running.wait_for("STATUS=ready, not for visitors")
        running.process.terminate()
        code, log = running.end()
        assert code == 0
        assert "not ready after 2 s" in log
