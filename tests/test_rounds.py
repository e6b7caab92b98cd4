"""Never 5: systemd's watchdog is fed only while every worker is fresh."""

import socket
from pathlib import Path

from kiosk.health.watchdog import Watchdog
from kiosk.service import Rounds
from tests.booth import Booth


def heard(listener: socket.socket) -> str:
    told = ""
    while True:
        try:
            told += listener.recv(4096).decode() + "\n"
        except BlockingIOError:
            return told


def test_the_watchdog_goes_hungry_while_a_worker_is_stuck(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "notify"))
        listener.setblocking(False)
        watchdog = Watchdog({"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "1000000"})
        booth = Booth(folder).start()
        rounds = Rounds(booth.kiosk, None, watchdog)
        rounds.make()
        assert "WATCHDOG=1" in heard(listener)
        booth.advance(2.0)
        booth.kiosk.workers[0].beat_at_s -= 1000.0
        rounds.make()
        told = heard(listener)
        assert f"stuck: {booth.kiosk.workers[0].name}" in told
        assert "WATCHDOG=1" not in told
        booth.close()
        watchdog.close()
