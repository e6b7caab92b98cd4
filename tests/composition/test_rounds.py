"""Never 5: systemd's watchdog is fed only while every worker is fresh; whoever is stuck for long ends the run."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.composition.service import LAST_WAIT_S, Rounds
from kiosk.errors import FAULTS, KioskError
from kiosk.health.watchdog import Watchdog
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


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder).start()
    yield booth
    booth.close()


def hang(booth: Booth, name: str) -> None:
    """As if it had last beaten long before any limit."""
    beating = {worker.name: worker for worker in booth.kiosk.workers} | {"inputs": booth.kiosk.inputs}
    beating[name].beat_at_s = 0.0


def test_a_writer_that_is_stuck_ends_the_run_while_the_outputs_can_still_be_put_to_rest(booth: Booth) -> None:
    rounds = Rounds(booth.kiosk, None, Watchdog({}))
    hang(booth, "journal")
    rounds.make()
    booth.clock.advance(LAST_WAIT_S)
    hang(booth, "journal")
    with pytest.raises(KioskError, match="stuck: journal") as caught:
        rounds.make()
    assert caught.value.fault in FAULTS


def test_an_emergency_is_not_ended_by_a_worker_that_is_stuck_but_by_the_inputs_it_needs(booth: Booth) -> None:
    rounds = Rounds(booth.kiosk, None, Watchdog({}))
    booth.set("emergency", active=True)
    booth.advance(0.2)
    for _ in range(2):
        hang(booth, "journal")
        rounds.make()
        booth.clock.advance(LAST_WAIT_S)
    hang(booth, "journal")
    hang(booth, "inputs")
    with pytest.raises(KioskError, match="stuck: inputs, journal"):
        rounds.make()
