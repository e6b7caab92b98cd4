"""Commands move lock and pump as they say; the answers reach the flow, also if the inbox is full at that moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.flow import events as e
from kiosk.flow.commands import LockDoor, ReleaseDoor, StartSpray, StopSpray, UnlockDoor
from kiosk.flow.state import Outcome, Situation
from kiosk.model import Phase, Step
from kiosk.runtime.dispatch import Devices, Dispatch
from tests.booth import Booth

HOUR_S = 3600.0


@pytest.fixture
def booth(folder: Path) -> Iterator[Booth]:
    booth = Booth(folder).start()
    yield booth
    booth.close()


@pytest.fixture
def dispatch(booth: Booth) -> Dispatch:
    """A dispatch to the booth's lock and sprayer without the flow, whose own commands would follow."""
    return Dispatch(booth.kiosk.devices, booth.clock, lambda _event: True)


def test_the_command_to_lock_ends_an_unlocking_before_its_time(booth: Booth, dispatch: Dispatch) -> None:
    dispatch((UnlockDoor(5.0),))
    booth.clock.advance(1.0)
    assert booth.door_energised
    dispatch((LockDoor(),))
    assert not booth.door_energised


def test_a_released_door_stays_free_until_the_command_to_lock(booth: Booth, dispatch: Dispatch) -> None:
    dispatch((ReleaseDoor(),))
    booth.clock.advance(HOUR_S)
    assert booth.door_energised
    dispatch((LockDoor(),))
    assert not booth.door_energised


def stand_in_the_chamber(booth: Booth) -> None:
    """Let somebody be seen for the time that the interlock wants before a spray."""
    booth.set("presence", active=True)
    booth.clock.advance(booth.kiosk.rules.warn_s + 0.5)


def test_the_pump_runs_for_the_time_of_the_command_and_not_longer(booth: Booth, dispatch: Dispatch) -> None:
    stand_in_the_chamber(booth)
    dispatch((StartSpray(2.0),))
    booth.clock.advance(HOUR_S)
    assert booth.pump_ran_s == pytest.approx(2.0)


def test_the_command_to_stop_the_pump_ends_a_spray_before_its_time(booth: Booth, dispatch: Dispatch) -> None:
    stand_in_the_chamber(booth)
    dispatch((StartSpray(2.0),))
    booth.clock.advance(0.5)
    assert booth.pump_on
    dispatch((StopSpray(),))
    assert not booth.pump_on


def advance_to_the_end_of_the_warning(booth: Booth) -> None:
    """Warn a visitor; the spray would begin in 10 ms."""
    booth.set("presence", active=True)
    booth.advance(0.5)
    assert booth.kiosk.loop.state.situation is Situation.WARNED
    assert booth.kiosk.loop.state.deadline_s is not None
    booth.advance(booth.kiosk.loop.state.deadline_s - booth.clock.now_s() - 0.01)


def fill_the_inbox(booth: Booth) -> None:
    while booth.kiosk.inbox.post(e.CodeHinted(booth.clock.now_s(), "too_small", 1)):
        pass


def start_the_spray_with_a_full_inbox(booth: Booth) -> None:
    booth.clock.advance(0.01)
    fill_the_inbox(booth)
    booth.kiosk.loop.turn(0.0)
    assert booth.kiosk.loop.state.sprayer_on


def steps_done(booth: Booth) -> tuple[Step, ...]:
    assert booth.kiosk.loop.state.visit is not None
    return booth.kiosk.loop.state.visit.done


def test_a_refused_spray_is_reported_until_the_inbox_accepts_it_and_is_repeated(booth: Booth) -> None:
    advance_to_the_end_of_the_warning(booth)
    booth.set("street_contact", active=True)
    start_the_spray_with_a_full_inbox(booth)
    booth.settle()
    booth.set("street_contact", active=False)
    booth.advance(3.2)
    assert (booth.phase, steps_done(booth)) == (Phase.DISINFECTING, ())
    booth.advance(2.0)
    assert (booth.phase, steps_done(booth)) == (Phase.MEASURING, (Step.DISINFECT,))
    assert booth.pump_ran_s == pytest.approx(3.0)


def test_a_refused_spray_whose_report_is_never_accepted_does_not_count_as_done(booth: Booth) -> None:
    advance_to_the_end_of_the_warning(booth)
    booth.set("street_contact", active=True)
    start_the_spray_with_a_full_inbox(booth)
    booth.set("street_contact", active=False)
    while booth.phase is Phase.DISINFECTING:
        fill_the_inbox(booth)
        booth.clock.advance(0.1)
        booth.settle()
    assert (booth.phase, steps_done(booth), booth.pump_ran_s) == (Phase.REFERRING, (), 0.0)


def test_a_spray_that_started_while_the_inbox_was_full_counts_once(booth: Booth) -> None:
    advance_to_the_end_of_the_warning(booth)
    start_the_spray_with_a_full_inbox(booth)
    booth.advance(3.2)
    assert (booth.phase, steps_done(booth)) == (Phase.MEASURING, (Step.DISINFECT,))
    assert booth.pump_ran_s == pytest.approx(3.0)


def test_stopping_the_spray_cancels_an_answer_that_is_not_accepted_yet(booth: Booth) -> None:
    offered: list[e.Event] = []

    def refuse(event: e.Event) -> bool:
        offered.append(event)
        return False

    dispatch = Dispatch(Devices(booth.kiosk.devices.door), booth.clock, refuse)
    dispatch((StartSpray(3.0),))
    booth.clock.advance(0.025)
    assert offered == [e.SprayStopped(booth.clock.now_s() - 0.025)] * 3
    dispatch((StopSpray(),))
    booth.clock.advance(1.0)
    assert len(offered) == 3


def test_an_unlock_that_the_relay_refuses_ends_the_visit_as_interrupted(
    booth: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booth.kiosk.door, "unlock", lambda _hold_s: False)
    booth.press("officer")
    assert booth.phase is Phase.IDLE
    assert booth.kiosk.door.locked
    assert booth.ended[0] is Outcome.INTERRUPTED
    assert [row[:2] for row in booth.rows()][-2:] == [("visit", "admitted_by_officer"), ("visit", "interrupted")]
