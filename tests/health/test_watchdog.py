import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.health.watchdog import Watchdog

PID = 4711


class Systemd:
    """systemd's end of the socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.setblocking(False)

    def received(self) -> list[str]:
        """Return the messages that arrived since the last call, in order."""
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@kiosk-test-{os.getpid()}"
    other = Systemd(address)
    yield other
    other.socket.close()


@pytest.fixture
def watchdog(systemd: Systemd) -> Iterator[Watchdog]:
    made = Watchdog({"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(PID)}, PID)
    yield made
    made.close()


def test_ready_status_and_stopping_arrive(systemd: Systemd, watchdog: Watchdog) -> None:
    watchdog.ready("waiting for visitors")
    watchdog.status("out of service: camera_silent")
    watchdog.stopping("asked to stop")
    assert systemd.received() == [
        "READY=1\nSTATUS=waiting for visitors",
        "STATUS=out of service: camera_silent",
        "STOPPING=1\nSTATUS=asked to stop",
    ]


def test_keep_alives_are_sent_at_half_the_limit(systemd: Systemd, watchdog: Watchdog) -> None:
    assert watchdog.timeout_s == 10.0
    assert watchdog.interval_s == 5.0
    for now_s in (100.0, 101.0, 104.9, 105.0, 106.0, 110.0):
        watchdog.feed(now_s)
    assert systemd.received() == ["WATCHDOG=1"] * 3


def test_a_line_break_in_a_status_does_not_start_another_message(systemd: Systemd, watchdog: Watchdog) -> None:
    watchdog.status("out of\nREADY=1\nservice")
    assert systemd.received() == ["STATUS=out of READY=1 service"]


def test_the_watchdog_of_another_process_gets_no_keep_alive(systemd: Systemd) -> None:
    other = Watchdog({"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, PID)
    other.ready("")
    other.feed(0.0)
    other.close()
    assert other.interval_s is None
    assert systemd.received() == ["READY=1\nSTATUS="]


def test_without_systemd_nothing_is_sent() -> None:
    alone = Watchdog({}, PID)
    alone.ready("")
    alone.feed(0.0)
    alone.stopping("")
    alone.close()
    assert alone.interval_s is None


@pytest.mark.parametrize("text", ["abc", "0", "-5", "1e6", ""])
def test_a_malformed_limit_is_an_error(text: str) -> None:
    with pytest.raises(KioskError, match=r"WATCHDOG_USEC is .*; it must be a whole number above 0"):
        Watchdog({"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": text}, PID)


def test_a_malformed_address_is_an_error() -> None:
    with pytest.raises(KioskError, match="NOTIFY_SOCKET is 'vsock:2:1'; it must begin with '/' or '@'"):
        Watchdog({"NOTIFY_SOCKET": "vsock:2:1"}, PID)


def test_a_systemd_that_reads_nothing_does_not_block_the_kiosk(
    systemd: Systemd, watchdog: Watchdog, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for number in range(2000):  # far more than its queue holds
            watchdog.status(f"status {number}")
    assert len(caplog.records) == 1
    assert "systemd does not accept STATUS=status" in caplog.text
    systemd.received()
    watchdog.status("again")
    assert systemd.received() == ["STATUS=again"]


def test_a_missing_systemd_does_not_block_the_kiosk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    alone = Watchdog({"NOTIFY_SOCKET": str(tmp_path / "gone")}, PID)
    alone.ready("")
    alone.close()
    assert "systemd does not accept READY=1: " in caplog.text
