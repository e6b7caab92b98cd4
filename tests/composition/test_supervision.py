"""systemd's watchdog is fed only while every worker is fresh, and a worker that is stuck for long ends the run."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.composition.supervision import LAST_WAIT_S, Supervision
from kiosk.display import screen_beats
from kiosk.display.screens import screen_of
from kiosk.display.speech import speech_of
from kiosk.errors import KioskError
from kiosk.faults import FAULTS
from kiosk.flow import questions
from kiosk.health.watchdog import Watchdog
from kiosk.model import Phase, Signal
from kiosk.screen.controller_link import ControllerLink
from tests.booth import Booth
from tests.display.served import served


def received(listener: socket.socket) -> str:
    """Return all messages that systemd's socket has received so far."""
    text = ""
    while True:
        try:
            text += listener.recv(4096).decode() + "\n"
        except BlockingIOError:
            return text


def test_the_watchdog_is_not_fed_while_a_worker_is_stuck(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "notify"))
        listener.setblocking(False)
        watchdog = Watchdog({"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "1000000"})
        booth = Booth(folder).start()
        supervision = Supervision(booth.kiosk, None, watchdog)
        supervision.check()
        assert "WATCHDOG=1" in received(listener)
        booth.advance(2.0)
        booth.kiosk.workers[0].beat_at_s -= 1000.0
        supervision.check()
        text = received(listener)
        assert f"stuck: {booth.kiosk.workers[0].name}" in text
        assert "WATCHDOG=1" not in text
        booth.close()
        watchdog.close()


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder).start()
    yield booth
    booth.close()


def stop_heartbeat(booth: Booth, name: str) -> None:
    """Set the last heartbeat to a time before any limit."""
    beating = {worker.name: worker for worker in booth.kiosk.workers} | {"inputs": booth.kiosk.inputs}
    beating[name].beat_at_s = 0.0


def test_a_writer_that_is_stuck_ends_the_run_while_the_outputs_can_still_be_made_safe(booth: Booth) -> None:
    supervision = Supervision(booth.kiosk, None, Watchdog({}))
    stop_heartbeat(booth, "journal")
    supervision.check()
    booth.clock.advance(LAST_WAIT_S)
    stop_heartbeat(booth, "journal")
    with pytest.raises(KioskError, match="stuck: journal") as caught:
        supervision.check()
    assert caught.value.fault in FAULTS


def test_an_emergency_is_ended_by_stuck_inputs_but_not_by_a_stuck_worker(booth: Booth) -> None:
    supervision = Supervision(booth.kiosk, None, Watchdog({}))
    booth.set("emergency", active=True)
    booth.advance(0.2)
    for _ in range(2):
        stop_heartbeat(booth, "journal")
        supervision.check()
        booth.clock.advance(LAST_WAIT_S)
    stop_heartbeat(booth, "journal")
    stop_heartbeat(booth, "inputs")
    with pytest.raises(KioskError, match="stuck: inputs, journal"):
        supervision.check()


def test_a_clock_that_jumped_is_a_fault_until_it_is_explained(booth: Booth) -> None:
    found = ["clock_jumped"]
    booth.kiosk.environment = replace(booth.kiosk.environment, clock_fault=lambda: found[0])
    supervision = Supervision(booth.kiosk, None, Watchdog({}))
    for fault, faults in (("clock_jumped", (("clock", "clock_jumped"),)), ("", ())):
        found[0] = fault
        supervision.check()
        booth.advance(0.1)
        assert booth.kiosk.loop.state.faults == faults
    assert booth.phase is Phase.IDLE


def test_a_dark_screen_is_a_fault_that_heals_by_itself_and_stops_no_service(
    booth: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served() as server:
        supervision = Supervision(booth.kiosk, server, Watchdog({}))
        link = ControllerLink(server.port, lambda: True)
        for dark_after_s, faults, signal in ((0.0, ["screen_dark"], Signal.FAULT), (1000.0, [], Signal.READY)):
            monkeypatch.setattr(screen_beats, "DARK_S", dark_after_s)
            link.ask()
            supervision.check()
            booth.advance(0.2)
            state = booth.kiosk.loop.state
            assert [fault for _, fault in state.faults] == faults
            assert (state.phase, questions.signal(state, booth.kiosk.rules)) == (Phase.IDLE, signal)
            said = speech_of(screen_of(state, booth.kiosk.rules, can_skip=True)).sentences
            assert ("idle.screen_dark" in said) is (faults != [])
