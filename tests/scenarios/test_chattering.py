"""A contact that bounces for ever: emergency and stop are believed, the pump rests, and no door opens by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.model import Phase
from tests.booth import Booth


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder).start()
    booth.set("presence", active=True)
    booth.advance(2.0)
    assert booth.pump_on
    yield booth
    booth.close()


def chatter(booth: Booth, name: str, times: int) -> None:
    """Each level lasts less long than the debounce of 30 ms asks for."""
    for _ in range(times):
        for active in (True, False):
            booth.set(name, active=active)
            booth.advance(0.02)


def test_an_emergency_line_that_chatters_frees_the_door_and_keeps_it_free(booth: Booth) -> None:
    chatter(booth, "emergency", 1)
    assert (booth.phase, booth.door_energised, booth.pump_on) == (Phase.EMERGENCY, True, False)
    chatter(booth, "emergency", 200)
    booth.set("officer", active=True)
    chatter(booth, "emergency", 50)
    assert booth.door_energised, "no reset while it chatters"
    booth.set("officer", active=False)
    booth.set("emergency", active=False)
    booth.advance(1.0)
    booth.press("officer")
    assert not booth.door_energised


def test_a_stop_button_that_chatters_stops_the_machine(booth: Booth) -> None:
    chatter(booth, "stop", 1)
    assert (booth.phase, booth.pump_on) == (Phase.OUT_OF_SERVICE, False)


def test_the_pump_rests_while_the_emergency_line_chatters(booth: Booth) -> None:
    booth.set("emergency", active=True)
    booth.set("emergency", active=False)
    assert booth.kiosk.sprayer
    assert not booth.pump_on
    assert not booth.kiosk.sprayer.spray(1.0), "the level is gone, and has not rested yet"
