"""The records that wait to be written: their numbers, their order and their limit."""

import logging
from pathlib import Path

import pytest

from kiosk.journal.backlog import PENDING_LIMIT, Backlog
from kiosk.journal.records import RowKind, started
from kiosk.model import WallTime
from tests.journal.books import NOON, admitted, journal, referred

AT = WallTime(NOON, True)


def test_a_record_that_is_tried_again_keeps_its_number() -> None:
    backlog = Backlog()
    first = backlog.entry(referred(1), AT)
    backlog.failed(first)
    assert backlog.entry(referred(1), AT) == first
    assert backlog.entry(referred(2), AT).number == 2


def test_a_refused_admission_does_not_wait_but_keeps_its_number() -> None:
    backlog = Backlog()
    refused = backlog.entry(admitted(1), AT)
    backlog.failed(refused)
    assert backlog.due() == []
    assert backlog.entry(admitted(1), AT) == refused
    assert not backlog


def test_waiting_records_are_due_in_order_and_once() -> None:
    backlog = Backlog()
    entries = [backlog.entry(referred(visit), AT) for visit in (1, 2, 3)]
    for entry in (*entries, entries[0]):
        backlog.failed(entry)
    assert backlog.due(entries[1]) == entries
    backlog.written()
    assert backlog.due() == []


def test_beyond_the_limit_one_row_gives_the_number_of_dropped_records() -> None:
    backlog = Backlog()
    for visit in range(PENDING_LIMIT + 3):
        backlog.failed(backlog.entry(referred(visit), AT))
    newest = backlog.entry(started(9.0), AT)
    due = backlog.due(newest)
    assert len(due) == PENDING_LIMIT + 2
    assert due[0].record == referred(3)
    assert (due[-1].record.kind, due[-1].record.detail) == (RowKind.ROWS_MISSED, "3")


def test_a_record_that_fails_many_times_waits_once() -> None:
    backlog = Backlog()
    for _ in range(2 * PENDING_LIMIT):
        backlog.failed(backlog.entry(referred(1), AT))
    assert len(backlog) == 1


def test_the_log_gives_the_number_of_rows_lost_at_close(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = journal(tmp_path / "gone" / "journal.db")
    backlog = book._backlog
    backlog.failed(backlog.entry(referred(1), AT))
    with caplog.at_level(logging.ERROR):
        book.close()
    assert "1 rows of the journal are lost: " in caplog.text
