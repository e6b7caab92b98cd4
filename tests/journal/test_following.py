"""Reading the journal row by row while it is written, as the outbox of the fleet does."""

from pathlib import Path

import pytest

from kiosk.errors import JournalError
from kiosk.flow.state import Outcome
from kiosk.journal.following import JournalFollower
from kiosk.journal.pages import PAGE_BYTES
from kiosk.journal.portions import AT_UTC, SENT_COLUMNS, START, Place
from kiosk.journal.records import Record, RowKind
from kiosk.journal.retention import DELETED_PER_APPEND
from kiosk.journal.salvage import COLUMNS
from kiosk.model import Phase

from .books import BOOT, Wall, admitted, journal, look, referred

OTHER_BOOT = "99999999-2222-3333-4444-555555555555"


def test_the_rows_come_in_their_order_and_in_portions(tmp_path: Path) -> None:
    book = journal(tmp_path / "j.db")
    for visit in range(1, 8):
        book.append(admitted(visit))
    follower = JournalFollower(tmp_path / "j.db")
    first = follower.after(START, 5)
    assert [row[0] for row in first.rows] == [1, 2, 3, 4, 5]
    assert first.end == Place(5, BOOT, 5)
    second = follower.after(first.end, 5)
    assert [row[0] for row in second.rows] == [6, 7]
    assert follower.after(second.end, 5).rows == ()
    assert follower.after(second.end, 5).end == second.end
    book.close()


def test_the_columns_are_those_of_the_table_without_the_name_of_the_kiosk() -> None:
    assert set(SENT_COLUMNS) == COLUMNS.keys() - {"kiosk"}
    assert SENT_COLUMNS[AT_UTC] == "at_utc"


def test_a_new_journal_with_the_same_ids_is_read_from_its_first_row_on(tmp_path: Path) -> None:
    for boot, visits in ((BOOT, 4), (OTHER_BOOT, 6)):
        path = tmp_path / f"{boot}.db"
        book = journal(path, boot=boot)
        for visit in range(visits):
            book.append(admitted(visit))
        book.close()
    end = JournalFollower(tmp_path / f"{BOOT}.db").after(START, 9).end
    portion = JournalFollower(tmp_path / f"{OTHER_BOOT}.db").after(end, 9)
    assert [row[0] for row in portion.rows] == [1, 2, 3, 4, 5, 6]
    assert portion.missing == 0
    beyond = Place(50, BOOT, 50)
    assert len(JournalFollower(tmp_path / f"{OTHER_BOOT}.db").after(beyond, 9).rows) == 6


def test_rows_that_retention_deleted_before_they_were_read_are_counted(tmp_path: Path) -> None:
    wall = Wall()
    book = journal(tmp_path / "j.db", wall, keep_days=1)
    for visit in range(10):
        book.append(admitted(visit))
    follower = JournalFollower(tmp_path / "j.db")
    place = follower.after(START, 3).end
    wall.advance(days=2)
    book.append(admitted(11))
    assert DELETED_PER_APPEND > 10
    portion = follower.after(place, 9)
    assert portion.missing == 7
    assert [row[0] for row in portion.rows] == [11]
    assert portion.after == place
    book.close()


def test_the_row_of_an_emergency_that_stays_behind_does_not_make_all_rows_new(tmp_path: Path) -> None:
    wall = Wall()
    book = journal(tmp_path / "j.db", wall, keep_days=1)
    book.append(Record(RowKind.EMERGENCY_RAISED, 1.0, Phase.EMERGENCY))
    for visit in range(5):
        book.append(referred(visit))
    follower = JournalFollower(tmp_path / "j.db")
    place = follower.after(START, 9).end
    wall.advance(days=2)
    book.append(admitted(11))
    assert look(tmp_path / "j.db", "SELECT id FROM journal") == [(1,), (7,)]
    portion = follower.after(place, 9)
    assert [row[0] for row in portion.rows] == [7]
    assert portion.missing == 0
    book.close()


def test_a_replaced_journal_is_followed_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    book = journal(path)
    for visit in range(200):
        book.append(referred(visit))
    book.close()
    follower = JournalFollower(path)
    place = follower.after(START, 100).end
    data = bytearray(path.read_bytes())
    data[2 * PAGE_BYTES : 4 * PAGE_BYTES] = bytes(2 * PAGE_BYTES)
    path.write_bytes(data)
    again = journal(path, boot=OTHER_BOOT)
    again.append(admitted(1))
    seen = set()
    for _ in range(9):
        portion = follower.after(place, 100)
        seen |= {(row[1], row[2]) for row in portion.rows}
        place = portion.end
    stored = {(row[0], row[1]) for row in look(path, "SELECT boot, seq FROM journal")}
    assert stored <= seen | {(BOOT, number) for number in range(1, 101)}
    again.close()


def test_visits_are_counted_once_and_from_a_time_on(tmp_path: Path) -> None:
    wall = Wall()
    book = journal(tmp_path / "j.db", wall)
    book.append(referred(1))
    wall.advance(days=1)
    book.append(referred(2))
    book.append(Record(RowKind.VISIT, 2.5, Phase.ADMITTING, 2, Outcome.ADMITTED_BY_OFFICER))
    book.append(admitted(3))
    book.append(Record(RowKind.FAULT_RAISED, 4.0))
    follower = JournalFollower(tmp_path / "j.db")
    assert follower.visits_since("2026-03-05T00:00:00.000Z") == 2
    assert follower.visits_since("2026-01-01T00:00:00.000Z") == 3
    book.close()


def test_a_journal_that_cannot_be_read_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(JournalError):
        JournalFollower(tmp_path / "none.db").after(START, 1)
    (tmp_path / "j.db").write_bytes(b"nothing of SQLite" * 100)
    with pytest.raises(JournalError):
        JournalFollower(tmp_path / "j.db").after(START, 1)
    assert (tmp_path / "j.db").read_bytes() == b"nothing of SQLite" * 100
    assert sorted(path.name for path in tmp_path.iterdir()) == ["j.db"]
