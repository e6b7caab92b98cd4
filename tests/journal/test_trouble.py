"""An I/O error, or the end of the process, at the calls that the journal makes to SQLite and to the file system.

Every third call is tried; `script/journal-damage` tries every call.
"""

import functools
import itertools
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import JournalError
from kiosk.journal import reading
from kiosk.journal.store import Journal
from tests.journal.books import admitted, journal, look, referred
from tests.journal.harm import ALARM, NAMES, ROW, Sample, closed_sample, cut_sample, flipped, read_all
from tests.samples import WHOLE

CALLS = ("open", "close", "fsync", "pread", "fstat", "rename", "unlink", "replace")
STEP = 1 if WHOLE else 3
RECORDS = (admitted(10), referred(11), ALARM, admitted(12))


class Killed(BaseException):
    """The process ends here."""


class Trouble:
    """Counts calls, and raises before or after the call number `at`."""

    def __init__(self, at: int, error: BaseException, *, after: bool) -> None:
        self.at, self.error, self.after = at, error, after
        self.calls = 0
        self.files: Callable[[], None] = lambda: None

    def around(self, call: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.calls != self.at:
            return call()
        if self.after:
            call()
        self.files()
        raise self.error


def io_error(code: int = sqlite3.SQLITE_IOERR) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


def make_trouble(patch: pytest.MonkeyPatch, trouble: Trouble) -> None:
    """Send every call of SQLite and of the file system through `trouble`."""
    is_sqlite = isinstance(trouble.error, sqlite3.Error)

    class Connection(sqlite3.Connection):
        def execute(self, *args: Any) -> sqlite3.Cursor:
            found: sqlite3.Cursor = trouble.around(functools.partial(super().execute, *args))
            return found

        def executemany(self, *args: Any) -> sqlite3.Cursor:
            found: sqlite3.Cursor = trouble.around(functools.partial(super().executemany, *args))
            return found

    if is_sqlite or isinstance(trouble.error, Killed):
        patch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Connection))
    if not is_sqlite:
        for name in CALLS:
            real = getattr(os, name)
            patch.setattr(os, name, lambda *args, real=real, **more: trouble.around(lambda: real(*args, **more)))


def put(folder: Path, sample: Sample, *, damaged: bool) -> Path:
    """Write the files of `sample`, with a changed bit in the schema or without."""
    folder.mkdir()
    files = list(sample.files)
    if damaged:
        files[0] = flipped(files[0], (files[0].index(b"CREATE TABLE journal") + 9) * 8)
    for name, data in zip(NAMES, files, strict=True):
        if data:
            (folder / name).write_bytes(data)
    return folder / NAMES[0]


def write(book: Journal) -> list[tuple[int, int | None]]:
    """Append RECORDS; return the id and the visit of each row that was acknowledged. An admission is tried once."""
    done = []
    for record in RECORDS:
        try:
            done.append((book.append(record), record.visit))
        except JournalError as error:
            if error.fault != "journal_full":
                raise
    return done


def judge(path: Path, sample: Sample, done: list[tuple[int, int | None]]) -> None:
    """After the trouble: nothing that was acknowledged or durable is lost, nothing is doubled or invented."""
    book = journal(path, boot="the next boot")
    number = book.append(admitted(99))
    book.close()
    rows = look(path, ROW)
    by_id = {row[0]: row for row in rows}
    assert [by_id[row[0]] for row in sample.rows] == sample.rows
    assert all(by_id[each][11] == visit for each, visit in done)
    assert by_id[number][11] == 99
    news = [(row[9], row[11]) for row in rows if row not in sample.rows and row[9] != "journal_replaced"]
    assert len(news) == len(set(news)), "a row is doubled"
    assert set(news) <= {("visit", 99), *((each.kind.value, each.visit) for each in RECORDS)}
    assert look(path, "PRAGMA integrity_check") == [("ok",)]
    assert not list(path.parent.glob("*.sav*"))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return {
        "closed": closed_sample(tmp_path_factory.mktemp("closed")),
        "cut": cut_sample(tmp_path_factory.mktemp("cut")),
    }


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
@pytest.mark.parametrize("error", [io_error(), OSError(5, "Input/output error")], ids=["sqlite", "files"])
def test_an_error_at_any_call_loses_no_row_and_doubles_none(
    samples: dict[str, Sample], tmp_path: Path, error: Exception, damaged: bool, after: bool
) -> None:
    for at in itertools.count(1, STEP):
        path = put(tmp_path / str(at), samples["closed"], damaged=damaged)
        trouble = Trouble(at, error, after=after)
        with pytest.MonkeyPatch.context() as patch:
            make_trouble(patch, trouble)
            book = journal(path)
            done = write(book)
            trouble.at = 0  # the rows that were refused are written at the end
            book.close()
        judge(path, samples["closed"], done)
        kinds = [row[9] for row in look(path, ROW)]
        assert kinds.count("emergency_raised") == 2
        assert kinds.count("journal_replaced") == damaged
        if trouble.calls < at:
            break
        shutil.rmtree(path.parent)


@pytest.mark.parametrize("name", ["closed", "cut"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
def test_a_kill_at_any_call_loses_no_row_and_doubles_none(
    samples: dict[str, Sample], tmp_path: Path, name: str, damaged: bool, after: bool
) -> None:
    for at in itertools.count(1, STEP):
        path = put(tmp_path / str(at), samples[name], damaged=damaged)
        left = tmp_path / f"{at}-left"
        trouble = Trouble(at, Killed(), after=after)
        trouble.files = lambda path=path, left=left: shutil.copytree(path.parent, left)  # type: ignore[misc]
        book = journal(path)
        done: list[tuple[int, int | None]] = []
        with pytest.MonkeyPatch.context() as patch:
            make_trouble(patch, trouble)
            try:
                for record in RECORDS:
                    done.append((book.append(record), record.visit))  # noqa: PERF401 - kept when it is killed
            except Killed:
                pass
            trouble.at = 0
            calls = trouble.calls
        book.close()
        if calls < at:
            break
        if not left.exists():  # the call itself failed, as it should
            continue
        with reading.JournalReader(left / NAMES[0]) as reader:
            assert reader.emergency_stands(), "the next start must find the emergency"
        judge(left / NAMES[0], samples[name], done)
        shutil.rmtree(path.parent)
        shutil.rmtree(left)


@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
@pytest.mark.parametrize("error", [io_error(), OSError(5, "Input/output error")], ids=["sqlite", "files"])
def test_a_reader_reports_an_error_at_any_call(
    samples: dict[str, Sample], tmp_path: Path, error: Exception, damaged: bool
) -> None:
    path = put(tmp_path / "reader", samples["cut"], damaged=damaged)
    for at in itertools.count(1):
        trouble = Trouble(at, error, after=False)
        with pytest.MonkeyPatch.context() as patch:
            make_trouble(patch, trouble)
            read_all(path)
        if trouble.calls < at:
            break
