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


def fill_the_inbox(booth: Booth) -> None:
    while booth.kiosk.inbox.post(e.SkipPressed(booth.clock.now_s())):
        pass


def test_a_full_inbox_refuses_an_event() -> None:
    inbox = Inbox()
    assert all(inbox.post(e.PassageSeen(float(n))) for n in range(INBOX_SIZE))
    assert inbox.post(e.EmergencyRaised(1.0)) is False
    assert inbox.take(0.0) == e.PassageSeen(0.0)
    assert inbox.post(e.EmergencyRaised(1.0)) is True


def test_a_flood_of_events_does_not_delay_a_deadline(booth: Booth) -> None:
    booth.press("officer")
    assert booth.door_energised
    ends_at_s = booth.kiosk.loop.state.deadline_s
    assert ends_at_s is not None
    booth.clock.advance_to(ends_at_s)
    fill_the_inbox(booth)
    booth.kiosk.loop.turn(0.0)
    assert (booth.phase, booth.door_energised) == (Phase.IDLE, False)


def test_a_spray_that_the_interlock_ended_before_a_late_turn_does_not_count(booth: Booth) -> None:
    booth.set("presence", active=True)
    booth.advance(2.0)
    assert booth.pump_on
    booth.set("door_contact", active=True)
    booth.clock.advance(10.0)
    booth.settle()
    assert booth.phase is Phase.DISINFECTING
    assert booth.kiosk.loop.state.visit is not None
    assert booth.kiosk.loop.state.visit.done == ()


def test_an_emergency_that_the_full_inbox_refused_is_repeated_until_it_is_accepted(booth: Booth) -> None:
    fill_the_inbox(booth)
    booth.set("emergency", active=True)
    booth.clock.advance(0.5)
    booth.settle()
    booth.advance(0.5)
    assert (booth.phase, booth.door_energised) == (Phase.EMERGENCY, True)


def test_a_turn_without_an_event_refreshes_the_heartbeat(booth: Booth) -> None:
    booth.clock.advance(3.0)
    booth.settle()
    assert booth.kiosk.loop.turn(0.0) is False
    assert booth.kiosk.loop.beat_at_s == booth.clock.now_s()
