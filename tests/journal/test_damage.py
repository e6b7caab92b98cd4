"""A damaged journal is moved aside and a foreign database is refused, with a message."""

import sqlite3
from pathlib import Path

import pytest

from kiosk.errors import JournalError
from kiosk.faults import FAULTS
from kiosk.journal import replacement
from kiosk.journal.records import Record, RowKind, started
from kiosk.journal.salvage import Stored
from kiosk.model import Phase
from tests.journal.books import admitted, journal, look


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_a_journal_of_a_newer_program_is_refused_and_not_changed(path: Path) -> None:
    book = journal(path)
    book.append(started(1.0))
    book.close()
    look(path, "PRAGMA user_version = 7")
    look(path, "ALTER TABLE journal ADD COLUMN mood TEXT")
    with pytest.raises(JournalError, match="has version 7, this program supports 1 to 1; install the newer") as caught:
        book.open()
    book.close()
    assert caught.value.fault == "journal_foreign"
    assert caught.value.fault in FAULTS
    assert look(path, "SELECT count(*) FROM journal") == [(1,)]


def test_the_database_of_another_program_is_refused_and_not_changed(path: Path) -> None:
    look(path, "CREATE TABLE recipes (name TEXT)")
    book = journal(path)
    with pytest.raises(JournalError, match="is the database of another program and no journal; move it away"):
        book.append(started(1.0))
    book.close()
    assert look(path, "SELECT name FROM sqlite_schema") == [("recipes",)]


def test_an_empty_file_after_a_power_cut_becomes_a_journal(path: Path) -> None:
    path.touch()
    book = journal(path)
    assert book.open() == ""
    assert book.append(started(1.0)) == 1
    book.close()


def damaged(path: Path, page: int) -> bytes:
    """Make a journal with two hundred rows and one page of garbage; return its bytes."""
    book = journal(path)
    for visit in range(200):
        book.append(admitted(visit))
    book.close()
    data = bytearray(path.read_bytes())
    data[page * 4096 : (page + 1) * 4096] = b"\xa5" * 4096
    path.write_bytes(bytes(data))
    return bytes(data)


@pytest.mark.parametrize("page", range(14))
def test_a_damaged_page_loses_no_new_row(path: Path, page: int) -> None:
    data = damaged(path, page)
    book = journal(path)
    try:
        book.append(admitted(201))
    except JournalError:
        book.append(admitted(201))
    book.close()
    aside = path.with_name("journal.db.damaged-1")
    if aside.exists():
        assert aside.read_bytes() == data
        assert look(path, "SELECT kind, visit, detail FROM journal ORDER BY seq DESC LIMIT 2") == [
            ("journal_replaced", None, "journal.db.damaged-1"),
            ("visit", 201, "site_pass"),
        ]
        assert look(path, "SELECT count(*) FROM journal") >= [(170,)], "a page of garbage hides at most thirty rows"
    else:  # append does not read this page
        assert look(path, "SELECT id FROM journal ORDER BY id DESC LIMIT 1") == [(201,)]


@pytest.mark.parametrize("page", [0, 2])
def test_a_journal_with_a_damaged_header_or_table_is_moved_aside(path: Path, page: int) -> None:
    damaged(path, page)
    book = journal(path)
    assert "the journal was damaged; it is kept as" in book.open()
    book.close()


def test_a_row_whose_number_is_taken_by_another_row_is_not_lost(path: Path) -> None:
    """A damaged index finds another row under the number of the new one, and SQLite then stores nothing."""
    book = journal(path)
    book.append(started(1.0))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TEMP TABLE other AS SELECT * FROM journal")
    connection.execute("UPDATE other SET id = 2, seq = 2")
    connection.execute("INSERT INTO journal SELECT * FROM other")
    connection.close()
    with pytest.raises(JournalError, match="damaged"):
        book.append(admitted(7))
    book.append(admitted(7))
    book.close()
    assert look(path, "SELECT count(*) FROM journal WHERE visit = 7") == [(1,)]


def test_open_returns_a_message_about_a_damaged_journal(path: Path) -> None:
    path.write_bytes(b"this was a journal once" * 400)
    book = journal(path)
    note = book.open()
    book.close()
    assert note.endswith("journal.db.damaged-1, and a new one was created with its 0 readable rows")


def test_only_the_newest_damaged_journals_are_kept(path: Path) -> None:
    for _ in range(5):
        path.write_bytes(b"garbage" * 1000)
        book = journal(path)
        book.open()
        book.close()
    asides = sorted(file.name for file in path.parent.glob("*.damaged-*"))
    assert asides == ["journal.db.damaged-3", "journal.db.damaged-4", "journal.db.damaged-5"]


def test_a_new_journal_that_is_damaged_before_its_own_row_is_deleted_and_the_original_is_kept(path: Path) -> None:
    """On a card that fails, no chain of new journals may push the original out."""
    original = damaged(path, 0)
    book = journal(path)
    assert book.open().endswith("readable rows")
    for _ in range(5):
        book._disconnect()
        path.write_bytes(b"garbage" * 1000)
        book.open()
    assert book.append(admitted(201)) == 1
    book.close()
    assert [file.name for file in path.parent.glob("*.damaged-*")] == ["journal.db.damaged-1"]
    assert path.with_name("journal.db.damaged-1").read_bytes() == original
    assert look(path, "SELECT kind FROM journal ORDER BY id") == [("visit",), ("journal_replaced",)]


def test_the_numbers_and_the_emergency_are_saved_when_the_disk_has_no_space_for_all_rows(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = journal(path)
    book.append(Record(RowKind.EMERGENCY_RAISED, 1.0, Phase.EMERGENCY))
    for visit in range(600):
        book.append(admitted(visit))
    book.close()
    path.write_bytes(b"garbage" + path.read_bytes()[7:])
    build = replacement._build
    sizes = []

    def full(place: Path, rows: list[Stored]) -> None:
        sizes.append(len(rows))
        if len(rows) > 400:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        build(place, rows)

    monkeypatch.setattr(replacement, "_build", full)
    book = journal(path)
    assert book.append(admitted(601)) == 602
    book.close()
    assert sizes[0] == 601
    assert look(path, "SELECT kind FROM journal ORDER BY id LIMIT 1") == [("emergency_raised",)]
    assert look(path, "SELECT id, seq, run FROM journal WHERE visit = 601") == [(602, 602, 2)]
