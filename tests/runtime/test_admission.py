"""The decisions of the admission protocol; the whole protocol is tested in tests/composition/faults/test_card.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import JournalError
from kiosk.flow import events as e
from kiosk.flow.state import Outcome, Situation, State, Visit
from kiosk.journal.records import Record, RowKind
from kiosk.journal.store import Journal
from kiosk.journal.writer import JournalWriter
from kiosk.model import Door, Phase
from kiosk.runtime.admission import Admission, cancels, withdraw
from kiosk.simulator.clock import VirtualClock
from tests.credentials.passes import SURE

ADMITTED = Record(RowKind.VISIT, 10.0, Phase.ADMITTING, 3, Outcome.ADMITTED)
ADMISSION = Admission(1, 11.0, ADMITTED, e.OfficerPressed(10.0))
SKIP = e.SkipPressed(10.5)


def record(kind: RowKind, visit: int | None = None, outcome: Outcome | None = None) -> Record:
    return Record(kind, 10.5, Phase.IDLE, visit, outcome)


def test_a_request_to_skip_the_spray_and_a_second_admission_are_deferred() -> None:
    assert ADMISSION.defers(SKIP, None)
    assert ADMISSION.defers(e.OfficerPressed(10.5), ADMITTED)
    assert not ADMISSION.defers(e.DoorOpened(10.5, Door.STREET), None)
    assert not ADMISSION.defers(e.PresenceLost(10.5), record(RowKind.VISIT, 3, Outcome.LEFT))


def test_only_a_request_to_skip_the_spray_is_remembered() -> None:
    assert ADMISSION.with_deferred(e.OfficerPressed(10.5)) == ADMISSION
    assert ADMISSION.with_deferred(SKIP).skip == SKIP


@pytest.mark.parametrize("event", [e.EmergencyRaised(10.5), e.StopPressed(10.5)])
def test_an_emergency_and_a_stop_cancel_though_they_change_nothing(event: e.Event) -> None:
    assert cancels(event, None)


@pytest.mark.parametrize("kind", list(RowKind))
def test_a_row_without_a_visit_cancels_except_a_harmless_one(kind: RowKind) -> None:
    harmless = kind in (RowKind.FAULT_CLEARED, RowKind.IN_SERVICE)
    assert cancels(e.PresenceSeen(10.5), record(kind)) is not harmless
    assert cancels(e.PresenceSeen(10.5), record(kind, 3, Outcome.LEFT))


def test_an_event_without_a_record_cancels_nothing() -> None:
    assert not cancels(e.DoorOpened(10.5, Door.STREET), None)


def test_the_second_decision_confirms_the_same_visit_alone() -> None:
    assert ADMISSION.is_confirmed_by(record(RowKind.VISIT, 3, Outcome.ADMITTED_BY_OFFICER))
    assert not ADMISSION.is_confirmed_by(record(RowKind.VISIT, 4, Outcome.ADMITTED))
    assert not ADMISSION.is_confirmed_by(record(RowKind.VISIT, 3, Outcome.REFERRED))
    assert not ADMISSION.is_confirmed_by(None)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[JournalWriter]:
    journal = Journal(tmp_path / "journal.db", "kiosk", lambda: SURE, 30, 16)
    made = JournalWriter(journal, lambda: SURE, VirtualClock(), lambda _answer: True, lambda: None)
    yield made
    made.close()


def hand_over(writer: JournalWriter) -> Admission:
    return Admission(writer.hand_over(ADMITTED), 11.0, ADMITTED, e.OfficerPressed(10.0))


def test_a_row_that_still_waits_is_removed_and_the_number_of_the_visit_is_not_used(writer: JournalWriter) -> None:
    state = State(Situation.IDLE, visits=2)
    assert withdraw(hand_over(writer), writer, state) is state
    assert writer.waiting_since_s is None


def test_a_row_that_is_written_is_corrected_by_a_second_one(writer: JournalWriter) -> None:
    admission = hand_over(writer)
    writer.handle(None)
    state = withdraw(admission, writer, State(Situation.IDLE, visits=2))
    assert (state.visits, state.phase) == (3, Phase.IDLE)
    assert writer.waiting_since_s is not None


def test_a_row_that_is_written_needs_no_correction_while_the_visit_is_open(writer: JournalWriter) -> None:
    admission = hand_over(writer)
    writer.handle(None)
    state = State(Situation.CHECKING, visits=3, visit=Visit(3))
    assert withdraw(admission, writer, state) == state
    assert writer.waiting_since_s is None


def test_a_row_that_was_refused_needs_no_correction(writer: JournalWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise JournalError("journal: full", "journal_full")

    monkeypatch.setattr(Journal, "append", refuse)
    admission = hand_over(writer)
    writer.handle(None)
    state = State(Situation.IDLE, visits=2)
    assert withdraw(admission, writer, state) is state
    assert writer.waiting_since_s is None
