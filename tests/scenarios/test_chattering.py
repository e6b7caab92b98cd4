"""A contact that bounces without end: emergency and stop take effect, the pump stays off, and no door opens."""

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
    """Change the level `times` times; each level is shorter than the debounce time of 30 ms."""
    for _ in range(times):
        for active in (True, False):
            booth.set(name, active=active)
            booth.advance(0.02)


def test_an_emergency_input_that_chatters_releases_the_door_and_keeps_it_released(booth: Booth) -> None:
    chatter(booth, "emergency", 1)
    assert (booth.phase, booth.door_energised, booth.pump_on) == (Phase.EMERGENCY, True, False)
    chatter(booth, "emergency", 200)
    booth.set("officer", active=True)
    chatter(booth, "emergency", 50)
    assert booth.door_energised, "the officer cannot reset while the input chatters"
    booth.set("officer", active=False)
    booth.set("emergency", active=False)
    booth.advance(1.0)
    booth.press("officer")
    assert not booth.door_energised


def test_a_stop_button_that_chatters_stops_the_kiosk(booth: Booth) -> None:
    chatter(booth, "stop", 1)
    assert (booth.phase, booth.pump_on) == (Phase.OUT_OF_SERVICE, False)


def test_the_pump_stays_off_while_the_emergency_input_chatters(booth: Booth) -> None:
    booth.set("emergency", active=True)
    booth.set("emergency", active=False)
    assert booth.kiosk.sprayer
    assert not booth.pump_on
    assert not booth.kiosk.sprayer.spray(1.0), "the level is gone, but not for long enough"
