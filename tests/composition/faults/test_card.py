"""The admission protocol with a card that stalls: no visitor is admitted, but the kiosk locks, stops and releases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.flow import events as e
from kiosk.flow.handlers.interrupts import SECOND_PRESS_S
from kiosk.flow.transitions import DOOR_GRACE_S
from kiosk.journal.writer import WAITING_LIMIT
from kiosk.model import Phase
from kiosk.runtime.admission import DURABLE_S
from kiosk.runtime.inbox import INBOX_SIZE
from tests.booth import DOOR_PIN
from tests.composition.faults.card import BoothWithCard
from tests.scenarios.test_bad_input import disk_full

FAULT = (("journal", "journal_full"),)


@pytest.fixture
def booth(folder: Path) -> Iterator[BoothWithCard]:
    booth = BoothWithCard(folder).start()
    assert booth.phase is Phase.IDLE
    yield booth
    booth.close()
    booth.card.close_journal()


def answer(booth: BoothWithCard) -> None:
    booth.card.answer()
    booth.settle()


def tap(booth: BoothWithCard, name: str) -> None:
    """Press and release a button within 0.2 s."""
    for active in (True, False):
        booth.set(name, active=active)
        booth.clock.advance(0.1)
        booth.settle()


def never_unlocked(booth: BoothWithCard) -> bool:
    return booth.header.levels(DOOR_PIN) == [False]


def test_the_door_is_unlocked_when_the_row_is_durable_and_not_before(booth: BoothWithCard) -> None:
    booth.press("officer")
    assert (booth.phase, never_unlocked(booth), booth.admitted()) == (Phase.IDLE, True, [])
    booth.card.answer()
    assert (never_unlocked(booth), booth.admitted()) == (True, [1])
    booth.settle()
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)


def test_a_visitor_with_every_step_done_waits_for_the_row_too(booth: BoothWithCard) -> None:
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    assert (booth.phase, booth.door_energised) == (Phase.CHECKING, False)
    answer(booth)
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)


def test_another_row_that_becomes_durable_does_not_unlock_the_door(booth: BoothWithCard) -> None:
    booth.set("service", active=True)
    booth.advance(0.1)
    booth.set("service", active=False)
    booth.advance(0.1)
    booth.set("officer", active=True)
    booth.advance(0.1)

    def check() -> None:
        booth.settle()
        assert not booth.door_energised

    booth.card.answer(check)
    booth.settle()
    assert booth.door_energised


def test_no_deadline_passes_while_an_admission_waits(booth: BoothWithCard) -> None:
    booth.set("presence", active=True)
    booth.advance(2.8)
    booth.set("officer", active=True)
    for _ in range(2):  # the spray ends in between
        booth.clock.advance(0.1)
        booth.settle()
    booth.clock.advance(0.2)
    booth.settle()
    answer(booth)
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)


def test_an_admission_during_a_fault_of_the_journal_is_withdrawn_in_time(booth: BoothWithCard) -> None:
    booth.press("stop")
    booth.press("officer")
    booth.advance(DURABLE_S + SECOND_PRESS_S)
    assert booth.kiosk.loop.state.faults == FAULT
    booth.press("officer")
    booth.set("presence", active=True)
    booth.advance(DURABLE_S)
    assert booth.kiosk.loop.state.presence.seen
    assert never_unlocked(booth)
    answer(booth)
    assert (never_unlocked(booth), booth.admitted()) == (True, []), "the card answers after the admission was given up"


def test_an_emergency_does_not_wait_for_a_row(booth: BoothWithCard) -> None:
    booth.press("officer")
    booth.set("emergency", active=True)
    booth.advance(0.1)
    assert (booth.phase, booth.door_energised) == (Phase.EMERGENCY, True)
    answer(booth)
    assert (booth.phase, booth.door_energised) == (Phase.EMERGENCY, True)
    assert booth.admitted() == []
    booth.set("emergency", active=False)
    booth.advance(0.1)
    booth.press("officer")
    assert (booth.phase, booth.door_energised) == (Phase.IDLE, False)


def test_a_stop_does_not_wait_for_a_row_and_a_late_answer_unlocks_nothing(booth: BoothWithCard) -> None:
    booth.press("officer")
    booth.press("stop")
    assert booth.phase is Phase.OUT_OF_SERVICE
    answer(booth)
    booth.advance(5.0)
    assert never_unlocked(booth)
    assert booth.admitted() == []


def test_the_door_is_locked_in_time_although_no_row_becomes_durable(booth: BoothWithCard) -> None:
    booth.press("officer")
    answer(booth)
    assert booth.door_energised
    booth.set("passage", active=True)
    booth.advance(0.1)
    assert not booth.door_energised


def test_events_are_handled_while_an_admission_waits(booth: BoothWithCard) -> None:
    booth.press("officer")
    booth.press("passage")
    booth.set("presence", active=True)
    booth.advance(0.1)
    assert booth.kiosk.loop.state.presence.seen
    answer(booth)
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True), "a passage before the unlocking counts"


@pytest.mark.parametrize("presses", [1, 2, 3])
@pytest.mark.parametrize("last", ["stop", "emergency"])
def test_presses_before_a_stop_or_an_emergency_do_not_undo_it(booth: BoothWithCard, presses: int, last: str) -> None:
    for _ in range(presses):
        tap(booth, "officer")
    tap(booth, last)
    assert booth.phase is (Phase.OUT_OF_SERVICE if last == "stop" else Phase.EMERGENCY)
    for _ in range(2):
        answer(booth)
        booth.advance(0.3)
    assert booth.phase is (Phase.OUT_OF_SERVICE if last == "stop" else Phase.EMERGENCY)
    assert booth.door_energised is (last == "emergency")
    assert booth.admitted() == []


def test_a_stop_after_the_officer_admitted_a_visitor_stops_the_kiosk(booth: BoothWithCard) -> None:
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    tap(booth, "officer")
    tap(booth, "stop")
    answer(booth)
    assert (booth.phase, never_unlocked(booth)) == (Phase.OUT_OF_SERVICE, True)


def test_a_stop_that_changes_nothing_else_cancels_an_admission_too(booth: BoothWithCard) -> None:
    booth.set("service", active=True)
    booth.advance(0.1)
    tap(booth, "stop")
    answer(booth)
    assert booth.phase is Phase.MAINTENANCE
    tap(booth, "officer")
    tap(booth, "stop")
    answer(booth)
    assert (booth.phase, never_unlocked(booth)) == (Phase.MAINTENANCE, True)


def spray(booth: BoothWithCard) -> None:
    booth.set("presence", active=True)
    booth.advance(2.0)
    assert booth.pump_on


def test_the_spray_stops_before_the_row_of_an_admission_is_durable(booth: BoothWithCard) -> None:
    spray(booth)
    tap(booth, "officer")
    assert (booth.pump_on, booth.door_energised) == (False, False)
    tap(booth, "skip")
    answer(booth)
    assert (booth.phase, booth.pump_on, booth.door_energised) == (Phase.ADMITTING, False, True)


@pytest.mark.parametrize("skips", [True, False])
def test_after_a_cancelled_admission_the_spray_continues_unless_skipped(booth: BoothWithCard, *, skips: bool) -> None:
    spray(booth)
    tap(booth, "officer")
    if skips:
        tap(booth, "skip")
    tap(booth, "door_contact")  # the locked door is forced
    answer(booth)
    assert (booth.pump_on, never_unlocked(booth)) == (False, True)
    ran_s = booth.pump_ran_s
    booth.advance(5.0)
    assert booth.phase is not Phase.ADMITTING
    assert (booth.pump_ran_s > ran_s) is not skips
    assert booth.pump_ran_s <= 3.0


def test_a_locked_door_that_opens_while_an_admission_waits_is_forced(booth: BoothWithCard) -> None:
    booth.advance(DOOR_GRACE_S)
    booth.press("officer")
    booth.set("door_contact", active=True)
    booth.advance(0.1)
    assert booth.kiosk.loop.state.faults == (("lock", "door_forced"),)
    answer(booth)
    assert never_unlocked(booth)
    assert booth.kiosk.loop.state.faults == (("lock", "door_forced"),)
    assert booth.admitted() == []


def test_a_recovered_device_does_not_cancel_an_admission(booth: BoothWithCard) -> None:
    booth.kiosk.inbox.post(e.DeviceFailed(booth.clock.now_s(), "display", "display_silent"))
    answer(booth)
    booth.press("officer")
    booth.kiosk.inbox.post(e.DeviceRecovered(booth.clock.now_s(), "display"))
    answer(booth)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.ADMITTING, ())


def test_a_visitor_who_leaves_while_the_admission_waits_is_not_admitted(booth: BoothWithCard) -> None:
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    booth.kiosk.inbox.post(e.PresenceLost(booth.clock.now_s()))
    booth.settle()
    answer(booth)
    assert never_unlocked(booth)
    assert booth.outcomes() == [(1, "left")]


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("who", ["officer", "visitor"])
def test_an_admission_that_waits_at_the_end_is_withdrawn(booth: BoothWithCard, who: str, *, written: bool) -> None:
    if who == "officer":
        booth.press("officer")
    else:
        booth.walk_to_camera()
        booth.show(booth.good_pass)
    if written:
        booth.card.answer()
    booth.close()
    assert never_unlocked(booth)
    outcomes = [outcome for _, outcome in booth.outcomes()]
    assert [outcome for outcome in outcomes if "admitted" not in outcome] == ["interrupted"] * written
    assert len(outcomes) == 2 * written
    assert booth.rows()[-1][0] == "stopped"


def test_the_time_of_the_unlocked_door_begins_with_the_unlocking(booth: BoothWithCard) -> None:
    booth.press("officer")
    booth.advance(0.5)
    answer(booth)
    hold_s = booth.kiosk.rules.hold_s
    booth.advance(hold_s - 0.1)
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)
    booth.advance(0.1)
    assert (booth.phase, booth.door_energised) == (Phase.IDLE, False)


def test_an_admission_whose_row_takes_too_long_is_withdrawn_and_a_fault(booth: BoothWithCard) -> None:
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    booth.advance(DURABLE_S)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.OUT_OF_SERVICE, FAULT)
    answer(booth)
    assert booth.kiosk.loop.state.faults == ()
    assert never_unlocked(booth)
    assert booth.outcomes() == [(1, "interrupted")]


def test_any_other_row_that_takes_too_long_is_a_fault_too(booth: BoothWithCard) -> None:
    booth.press("stop")
    booth.press("officer")
    assert booth.phase is Phase.IDLE
    booth.advance(DURABLE_S)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.OUT_OF_SERVICE, FAULT)


@pytest.mark.parametrize("meanwhile", ["nothing", "stop", "emergency"])
def test_a_row_that_is_already_being_written_is_corrected_by_a_second_row(booth: BoothWithCard, meanwhile: str) -> None:
    booth.press("officer")

    def stall() -> None:
        if meanwhile != "nothing":
            booth.set(meanwhile, active=True)
        booth.advance(DURABLE_S)

    booth.card.answer(stall)
    booth.settle()
    assert booth.kiosk.loop.state.visit is None
    assert booth.door_energised is (meanwhile == "emergency")
    answer(booth)
    assert booth.outcomes() == [(1, "admitted_by_officer"), (1, "interrupted")]
    for name in ("stop", "emergency"):
        booth.set(name, active=False)
    booth.advance(0.1)
    for _ in range(2):  # the first ends the stop, or the emergency
        booth.press("officer")
        answer(booth)
        booth.advance(SECOND_PRESS_S)
    assert booth.admitted()[1:] == [2], "the number of a visit was used twice"


def test_a_refused_row_admits_no_visitor_and_its_visit_number_is_used_again(booth: BoothWithCard) -> None:
    booth.press("officer")
    with disk_full():
        answer(booth)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.OUT_OF_SERVICE, FAULT)
    booth.press("officer")
    answer(booth)
    assert (booth.phase, booth.door_energised, booth.admitted()) == (Phase.ADMITTING, True, [1])
    assert booth.kiosk.loop.state.faults == ()


def test_the_journal_has_recovered_only_when_no_old_row_waits(booth: BoothWithCard) -> None:
    booth.press("stop")
    booth.press("officer")
    booth.advance(DURABLE_S)
    booth.card.answer(booth.settle)
    booth.settle()
    assert booth.kiosk.loop.state.faults == ()
    answer(booth)
    kinds = [row[0] for row in booth.rows()]
    assert [kinds.count(kind) for kind in ("fault_raised", "fault_cleared")] == [1, 1]


def test_the_outputs_are_safe_before_the_end_of_the_writer_is_awaited(booth: BoothWithCard) -> None:
    booth.press("officer")
    answer(booth)
    assert booth.door_energised
    booth.press("skip")
    booth.card.stalls_at_end = True
    booth.close()
    assert booth.levels_when_the_writer_was_stopped == [False, False]


def test_the_pump_is_off_before_the_end_of_the_writer_is_awaited(booth: BoothWithCard) -> None:
    spray(booth)
    booth.close()
    assert booth.levels_when_the_writer_was_stopped == [False, False]


def test_rows_that_wait_at_the_end_are_written(booth: BoothWithCard) -> None:
    booth.press("stop")
    booth.close()
    assert [row[0] for row in booth.rows()][-2:] == ["officer_stopped", "stopped"]


def test_a_flood_of_events_neither_cancels_nor_delays_an_admission(booth: BoothWithCard) -> None:
    booth.press("officer")
    for _ in range(INBOX_SIZE + 1):
        booth.kiosk.inbox.post(e.SkipPressed(booth.clock.now_s()))
        booth.kiosk.loop.turn(0.0)
    answer(booth)
    assert (booth.phase, booth.door_energised, booth.admitted()) == (Phase.ADMITTING, True, [1])


def test_rows_beyond_the_limit_are_counted_and_not_kept(booth: BoothWithCard) -> None:
    for _ in range(WAITING_LIMIT):
        booth.press("stop")
        booth.press("officer")
    booth.card.answer()
    booth.press("stop")
    answer(booth)
    rows = booth.rows()
    assert len(rows) < WAITING_LIMIT + 10
    with booth.reading() as reading:
        missed = [int(row.detail) for row in reading.rows() if row.kind == "rows_missed"]
    assert len(missed) == 1
    assert missed[0] >= WAITING_LIMIT
    assert rows[-1][0] == "officer_stopped"


def test_the_row_of_an_admission_is_kept_beyond_the_limit(booth: BoothWithCard) -> None:
    for _ in range(WAITING_LIMIT):
        booth.press("stop")
        booth.press("officer")
    booth.advance(SECOND_PRESS_S)
    booth.press("officer")
    assert never_unlocked(booth)
    for _ in range(2):  # the inbox has no room for all answers at once
        answer(booth)
    assert booth.door_energised


def test_an_answer_that_the_full_inbox_refused_is_offered_again(booth: BoothWithCard) -> None:
    booth.press("officer")
    while booth.kiosk.inbox.post(e.SkipPressed(booth.clock.now_s())):
        pass
    booth.card.answer()
    booth.kiosk.loop.turn(0.0)
    assert not booth.door_energised
    booth.card.answer()
    while booth.kiosk.loop.turn(0.0) and not booth.door_energised:
        pass
    assert booth.door_energised
