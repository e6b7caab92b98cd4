"""A damaged journal is moved aside and a foreign database is refused, with a message."""

from pathlib import Path

import pytest

from kiosk.errors import FAULTS, JournalError
from kiosk.journal.records import started
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
