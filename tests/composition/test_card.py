"""While the card does not answer nobody is let in, and everything that locks, stops or frees goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.flow import events as e
from kiosk.flow.transitions import DOOR_GRACE_S
from kiosk.journal.writer import WAITING_LIMIT
from kiosk.model import Phase
from kiosk.runtime.admission import DURABLE_S
from kiosk.runtime.inbox import INBOX_SIZE
from tests.booth import DOOR_PIN
from tests.composition.card import BoothWithCard
from tests.scenarios.test_bad_input import disk_full

FAULT = (("journal", "journal_full"),)


@pytest.fixture
def booth(folder: Path) -> Iterator[BoothWithCard]:
    booth = BoothWithCard(folder).start()
    assert booth.phase is Phase.IDLE
    yield booth
    booth.close()
    booth.card.let_go()


def answer(booth: BoothWithCard) -> None:
    booth.card.answer()
    booth.settle()


def tap(booth: BoothWithCard, name: str) -> None:
    """A press with no time beside it."""
    for active in (True, False):
        booth.set(name, active=active)
        booth.clock.advance(0.1)
        booth.settle()


def never_unlocked(booth: BoothWithCard) -> bool:
    return booth.header.levels(DOOR_PIN) == [False]


def test_the_door_opens_when_the_row_is_durable_and_not_before(booth: BoothWithCard) -> None:
    booth.press("officer")
    assert (booth.phase, never_unlocked(booth), booth.admitted()) == (Phase.IDLE, True, [])
    booth.card.answer()
    assert (never_unlocked(booth), booth.admitted()) == (True, [1])
    booth.settle()
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)


def test_a_visitor_who_did_everything_waits_for_the_row_too(booth: BoothWithCard) -> None:
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    assert (booth.phase, booth.door_energised) == (Phase.CHECKING, False)
    answer(booth)
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)


def test_a_row_before_it_that_is_durable_lets_nobody_in(booth: BoothWithCard) -> None:
    booth.press("stop")
    for active in (True, False, True):
        booth.set("officer", active=active)
        booth.advance(0.1)

    def look() -> None:
        booth.settle()
        assert not booth.door_energised

    booth.card.answer(look)
    booth.settle()
    assert booth.door_energised


def test_a_deadline_waits_for_the_answer(booth: BoothWithCard) -> None:
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


def test_an_officer_who_presses_while_the_card_is_at_fault_holds_up_nothing_for_longer(booth: BoothWithCard) -> None:
    booth.press("stop")
    booth.press("officer")
    booth.advance(DURABLE_S)
    assert booth.kiosk.loop.state.faults == FAULT
    booth.press("officer")
    booth.set("presence", active=True)
    booth.advance(DURABLE_S)
    assert booth.kiosk.loop.state.presence.seen
    assert never_unlocked(booth)


def test_an_emergency_waits_for_no_row(booth: BoothWithCard) -> None:
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


def test_a_stop_waits_for_no_row_and_a_late_answer_opens_nothing(booth: BoothWithCard) -> None:
    booth.press("officer")
    booth.press("stop")
    assert booth.phase is Phase.OUT_OF_SERVICE
    answer(booth)
    booth.advance(5.0)
    assert never_unlocked(booth)
    assert booth.admitted() == []


def test_a_door_is_locked_in_time_though_no_row_becomes_durable(booth: BoothWithCard) -> None:
    booth.press("officer")
    answer(booth)
    assert booth.door_energised
    booth.set("passage", active=True)
    booth.advance(0.1)
    assert not booth.door_energised


def test_what_happens_meanwhile_is_taken_down_at_once(booth: BoothWithCard) -> None:
    booth.press("officer")
    booth.press("passage")
    booth.set("presence", active=True)
    booth.advance(0.1)
    assert booth.kiosk.loop.state.presence.seen
    answer(booth)
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True), "nobody went in before it was unlocked"


@pytest.mark.parametrize("presses", [1, 2, 3])
@pytest.mark.parametrize("last", ["stop", "emergency"])
def test_presses_before_a_stop_or_an_emergency_undo_neither(booth: BoothWithCard, presses: int, last: str) -> None:
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


def test_an_officer_who_presses_for_a_visitor_and_then_stop_has_stopped(booth: BoothWithCard) -> None:
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    tap(booth, "officer")
    tap(booth, "stop")
    answer(booth)
    assert (booth.phase, never_unlocked(booth)) == (Phase.OUT_OF_SERVICE, True)


def test_a_stop_that_changes_nothing_else_voids_an_admission_too(booth: BoothWithCard) -> None:
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


def test_the_spray_of_who_is_let_in_stops_before_the_row_is_durable(booth: BoothWithCard) -> None:
    spray(booth)
    tap(booth, "officer")
    assert (booth.pump_on, booth.door_energised) == (False, False)
    tap(booth, "skip")
    answer(booth)
    assert (booth.phase, booth.pump_on, booth.door_energised) == (Phase.ADMITTING, False, True)


@pytest.mark.parametrize("skips", [True, False])
def test_who_is_not_let_in_after_all_is_sprayed_on_only_unless_they_skip(booth: BoothWithCard, *, skips: bool) -> None:
    spray(booth)
    tap(booth, "officer")
    if skips:
        tap(booth, "skip")
    tap(booth, "door_contact")  # somebody forces the door
    answer(booth)
    assert (booth.pump_on, never_unlocked(booth)) == (False, True)
    ran_s = booth.pump_ran_s
    booth.advance(5.0)
    assert booth.phase is not Phase.ADMITTING
    assert (booth.pump_ran_s > ran_s) is not skips
    assert booth.pump_ran_s <= 3.0


def test_a_locked_door_that_opens_while_a_row_waits_is_forced(booth: BoothWithCard) -> None:
    booth.advance(DOOR_GRACE_S)
    booth.press("officer")
    booth.set("door_contact", active=True)
    booth.advance(0.1)
    assert booth.kiosk.loop.state.faults == (("lock", "door_forced"),)
    answer(booth)
    assert never_unlocked(booth)
    assert booth.kiosk.loop.state.faults == (("lock", "door_forced"),)
    assert booth.admitted() == []


def test_what_works_again_meanwhile_voids_no_admission(booth: BoothWithCard) -> None:
    booth.kiosk.inbox.post(e.DeviceFailed(booth.clock.now_s(), "display", "display_silent"))
    answer(booth)
    booth.press("officer")
    booth.kiosk.inbox.post(e.DeviceRecovered(booth.clock.now_s(), "display"))
    answer(booth)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.ADMITTING, ())


def test_a_visitor_who_leaves_meanwhile_is_not_let_in(booth: BoothWithCard) -> None:
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    booth.kiosk.inbox.post(e.PresenceLost(booth.clock.now_s()))
    booth.settle()
    answer(booth)
    assert never_unlocked(booth)
    assert booth.outcomes() == [(1, "left")]


@pytest.mark.parametrize("in_hand", [False, True])
@pytest.mark.parametrize("who", ["officer", "visitor"])
def test_nobody_is_admitted_in_the_journal_who_waited_at_the_end(
    booth: BoothWithCard, who: str, *, in_hand: bool
) -> None:
    if who == "officer":
        booth.press("officer")
    else:
        booth.walk_to_camera()
        booth.show(booth.good_pass)
    if in_hand:
        booth.card.answer()
    booth.close()
    assert never_unlocked(booth)
    outcomes = [outcome for _, outcome in booth.outcomes()]
    assert [outcome for outcome in outcomes if "admitted" not in outcome] == ["interrupted"] * in_hand
    assert len(outcomes) == 2 * in_hand
    assert booth.rows()[-1][0] == "stopped"


def test_the_door_is_open_for_its_whole_time_from_the_unlocking_on(booth: BoothWithCard) -> None:
    booth.press("officer")
    booth.advance(0.5)
    answer(booth)
    hold_s = booth.kiosk.rules.hold_s
    booth.advance(hold_s - 0.1)
    assert (booth.phase, booth.door_energised) == (Phase.ADMITTING, True)
    booth.advance(0.1)
    assert (booth.phase, booth.door_energised) == (Phase.IDLE, False)


def test_a_row_that_takes_too_long_is_the_journals_fault_and_is_withdrawn(booth: BoothWithCard) -> None:
    booth.walk_to_camera()
    booth.show(booth.good_pass)
    booth.advance(DURABLE_S)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.OUT_OF_SERVICE, FAULT)
    answer(booth)
    assert booth.kiosk.loop.state.faults == ()
    assert never_unlocked(booth)
    assert booth.outcomes() == [(1, "interrupted")]


def test_a_row_of_anything_else_that_takes_too_long_is_a_fault_too(booth: BoothWithCard) -> None:
    booth.press("stop")
    booth.press("officer")
    assert booth.phase is Phase.IDLE
    booth.advance(DURABLE_S)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.OUT_OF_SERVICE, FAULT)


@pytest.mark.parametrize("meanwhile", ["nothing", "stop", "emergency"])
def test_a_row_that_the_card_has_in_hand_cannot_be_withdrawn_and_is_taken_back(
    booth: BoothWithCard, meanwhile: str
) -> None:
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
    assert booth.admitted()[1:] == [2], "a number was used twice"


def test_what_was_refused_admits_nobody_and_its_visit_keeps_its_number(booth: BoothWithCard) -> None:
    booth.press("officer")
    with disk_full():
        answer(booth)
    assert (booth.phase, booth.kiosk.loop.state.faults) == (Phase.OUT_OF_SERVICE, FAULT)
    booth.press("officer")
    answer(booth)
    assert (booth.phase, booth.door_energised, booth.admitted()) == (Phase.ADMITTING, True, [1])
    assert booth.kiosk.loop.state.faults == ()


def test_the_journal_works_again_only_when_nothing_old_waits(booth: BoothWithCard) -> None:
    booth.press("stop")
    booth.press("officer")
    booth.advance(DURABLE_S)
    booth.card.answer(booth.settle)
    booth.settle()
    assert booth.kiosk.loop.state.faults == ()
    answer(booth)
    kinds = [row[0] for row in booth.rows()]
    assert [kinds.count(kind) for kind in ("fault_raised", "fault_cleared")] == [1, 1]


def test_the_pins_rest_before_the_writer_is_waited_for(booth: BoothWithCard) -> None:
    booth.press("officer")
    answer(booth)
    assert booth.door_energised
    booth.press("skip")
    booth.card.stalls_at_end = True
    booth.close()
    assert booth.levels_when_the_writer_was_stopped == [False, False]


def test_what_waits_at_the_end_is_written(booth: BoothWithCard) -> None:
    booth.press("stop")
    booth.close()
    assert [row[0] for row in booth.rows()][-2:] == ["officer_stopped", "stopped"]


def test_a_flood_of_events_neither_ends_the_wait_nor_prolongs_it(booth: BoothWithCard) -> None:
    booth.press("officer")
    for _ in range(INBOX_SIZE + 1):
        booth.kiosk.inbox.post(e.SkipPressed(booth.clock.now_s()))
        booth.kiosk.loop.turn(0.0)
    answer(booth)
    assert (booth.phase, booth.door_energised, booth.admitted()) == (Phase.ADMITTING, True, [1])


def test_what_happens_while_the_card_stalls_for_long_is_bounded_and_counted(booth: BoothWithCard) -> None:
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


def test_an_admission_is_taken_though_more_waits_than_is_kept(booth: BoothWithCard) -> None:
    for _ in range(WAITING_LIMIT):
        booth.press("stop")
        booth.press("officer")
    booth.press("officer")
    assert never_unlocked(booth)
    for _ in range(2):  # the inbox is too small for so many answers at once
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
