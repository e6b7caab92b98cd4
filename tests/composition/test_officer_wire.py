"""The officer's wire: only an edge from released to pressed is a press, so that a shorted wire opens at most once."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.model import Phase
from tests.booth import DOOR_PIN, PINS, Booth


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder)
    with closing(booth.header):
        yield booth
        booth.kiosk.close("test")


def unlockings(booth: Booth) -> int:
    """Return how often the relay of the door was energised."""
    levels = [on for _, on in booth.header.factory.pin(DOOR_PIN).moves]
    return sum(on and not before for before, on in zip([False, *levels], levels, strict=False))


def test_a_wire_that_is_shorted_at_start_opens_nothing(booth: Booth) -> None:
    booth.set("officer", active=True)
    booth.start().advance(300.0)
    assert unlockings(booth) == 0


def test_after_a_start_with_a_held_button_its_release_opens_nothing_and_the_next_press_opens(booth: Booth) -> None:
    booth.set("officer", active=True)
    booth.start()
    booth.set("officer", active=False)
    booth.advance(10.0)
    assert unlockings(booth) == 0
    booth.press("officer")
    assert booth.door_energised
    assert unlockings(booth) == 1


def test_a_wire_that_is_shorted_while_the_kiosk_runs_opens_once(booth: Booth) -> None:
    booth.start()
    booth.set("officer", active=True)
    booth.advance(300.0)
    assert unlockings(booth) == 1
    assert not booth.door_energised


def test_a_short_that_only_the_poll_sees_opens_once(booth: Booth) -> None:
    booth.start()
    booth.header.pin(PINS["officer"]).move_unseen(False)
    booth.advance(300.0)
    assert unlockings(booth) == 1
    assert not booth.door_energised


def test_a_wire_that_is_shorted_at_start_ends_no_emergency(booth: Booth) -> None:
    booth.set("officer", active=True)
    booth.set("emergency", active=True)
    booth.start()
    booth.set("emergency", active=False)
    booth.advance(60.0)
    assert booth.phase is Phase.EMERGENCY
