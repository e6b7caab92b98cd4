from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.flow import events as e
from kiosk.model import Phase
from kiosk.runtime.inbox import INBOX_SIZE, Inbox
from tests.booth import Booth


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder).start()
    yield booth
    booth.close()


def test_a_full_inbox_says_so_to_the_sender() -> None:
    inbox = Inbox()
    assert all(inbox.post(e.PassageSeen(float(n))) for n in range(INBOX_SIZE))
    assert inbox.post(e.EmergencyRaised(1.0)) is False
    assert inbox.take(0.0) == e.PassageSeen(0.0)
    assert inbox.post(e.EmergencyRaised(1.0)) is True


def test_a_flood_of_events_does_not_keep_a_deadline_waiting(booth: Booth) -> None:
    booth.press("officer")
    assert booth.door_energised
    ends_at_s = booth.kiosk.loop.state.deadline_s
    assert ends_at_s is not None
    booth.clock.advance_to(ends_at_s)
    while booth.kiosk.inbox.post(e.SkipPressed(booth.clock.now_s())):
        pass
    booth.kiosk.loop.turn(0.0)
    assert (booth.phase, booth.door_energised) == (Phase.IDLE, False)


def test_a_spray_that_was_broken_off_in_time_does_not_count_when_the_loop_was_late(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(2.0)
    assert booth.pump_on
    booth.set("street_contact", active=True)
    booth.clock.advance(10.0)
    booth.settle()
    assert booth.phase is Phase.DISINFECTING
    assert booth.kiosk.loop.state.visit is not None
    assert booth.kiosk.loop.state.visit.done == ()


def test_an_emergency_that_finds_the_inbox_full_is_told_until_it_is_taken(booth: Booth) -> None:
    while booth.kiosk.inbox.post(e.SkipPressed(booth.clock.now_s())):
        pass
    booth.set("emergency", active=True)
    booth.clock.advance(0.5)
    booth.settle()
    booth.advance(0.5)
    assert (booth.phase, booth.door_energised) == (Phase.EMERGENCY, True)


def test_the_loop_turns_and_beats_when_nothing_happens(booth: Booth) -> None:
    booth.clock.advance(3.0)
    booth.settle()
    assert booth.kiosk.loop.turn(0.0) is False
    assert booth.kiosk.loop.beat_at_s == booth.clock.now_s()
