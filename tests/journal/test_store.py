"""The journal: durable rows, their numbers, the limits of age and size, and errors of the disk."""

import sqlite3
import stat
from pathlib import Path

import pytest

from kiosk import __version__
from kiosk.errors import JournalError
from kiosk.flow.state import Outcome
from kiosk.journal.records import Record, RowKind, started
from kiosk.journal.store import Journal
from kiosk.model import Phase
from tests.journal.books import BOOT, NOON, Wall, admitted, journal, look, referred


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_a_row_has_the_fields_of_its_record_the_time_and_the_version(path: Path) -> None:
    book = journal(path)
    assert book.append(referred(7)) == 1
    book.close()
    assert look(path, "SELECT * FROM journal") == [
        (1, BOOT, 1, 1, "north", __version__, "2026-03-04T12:00:00.000Z", 1, 7.0, "visit", "referring", 7, "referred",
         "fever", "", "temperature.high_c"),
    ]  # fmt: skip


def test_a_row_is_in_the_file_when_append_returns(path: Path) -> None:
    book = journal(path)
    number = book.append(admitted(1))
    assert look(path, "SELECT id, visit FROM journal") == [(number, 1)]
    book.close()


def test_a_commit_is_forced_to_the_card(path: Path) -> None:
    book = journal(path)
    book.open()
    assert book._connection is not None
    asked = {name: book._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    book.close()
    assert asked == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL


def test_only_its_owner_can_read_the_files(path: Path) -> None:
    book = journal(path)
    book.append(started(1.0))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    book.close()
    assert modes == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600, "journal.db.lock": 0o600}


def test_numbers_continue_in_one_boot_and_runs_are_counted(path: Path) -> None:
    for boot in (BOOT, BOOT, "another"):
        book = journal(path, boot=boot)
        book.append(started(1.0))
        book.append(admitted(1))
        book.close()
    assert look(path, "SELECT id, boot, seq, run FROM journal") == [
        (1, BOOT, 1, 1),
        (2, BOOT, 2, 1),
        (3, BOOT, 3, 2),
        (4, BOOT, 4, 2),
        (5, "another", 1, 3),
        (6, "another", 2, 3),
    ]


def test_the_boot_id_comes_from_the_kernel(path: Path) -> None:
    book = Journal(path, "north", Wall(), 90, 8)
    book.append(started(1.0))
    book.close()
    kernels = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert look(path, "SELECT boot FROM journal") == [(kernels,)]


def test_a_second_kiosk_is_refused_while_the_first_writes(path: Path) -> None:
    first, second = journal(path), journal(path)
    first.append(started(1.0))
    with pytest.raises(JournalError, match="another kiosk writes to it; stop that kiosk"):
        second.append(started(2.0))
    first.close()
    second.append(started(3.0))
    second.close()
    assert look(path, "SELECT at_s FROM journal") == [(1.0,), (2.0,), (3.0,)]


def test_an_unsure_clock_is_marked(path: Path) -> None:
    book = journal(path, Wall(sure=False))
    book.append(started(1.0))
    book.close()
    assert look(path, "SELECT clock_sure, at_s FROM journal") == [(0, 1.0)]


def test_a_database_locked_by_another_program_is_reported_with_a_remedy(path: Path) -> None:
    book = journal(path)
    book.append(started(1.0))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="another program has locked it; end that program") as caught:
        book.append(admitted(1))
    assert caught.value.fault == "journal_full"
    other.execute("ROLLBACK")
    other.close()
    book.append(admitted(1))
    book.close()
    assert look(path, "SELECT visit FROM journal ORDER BY id") == [(None,), (1,)]


def test_a_missing_folder_is_reported_with_a_remedy(tmp_path: Path) -> None:
    book = journal(tmp_path / "gone" / "journal.db")
    with pytest.raises(JournalError, match=r"gone/journal.db: No such file or directory; check that its folder"):
        book.append(started(1.0))
    book.close()


def test_expired_rows_are_deleted_a_few_at_a_time(path: Path) -> None:
    wall = Wall()
    book = journal(path, wall, keep_days=30)
    for visit in range(120):
        book.append(admitted(visit))
    wall.advance(days=30.5)
    book.append(admitted(120))
    assert look(path, "SELECT min(visit), max(visit), count(*) FROM journal") == [(50, 120, 71)]
    book.append(admitted(121))
    book.append(admitted(122))
    assert look(path, "SELECT min(visit), max(visit), count(*) FROM journal") == [(120, 122, 3)]
    book.close()


def test_no_row_is_deleted_while_the_clock_is_unsure(path: Path) -> None:
    wall = Wall()
    book = journal(path, wall, keep_days=30)
    book.append(admitted(1))
    wall.advance(days=4000)
    wall.sure = False
    book.append(admitted(2))
    book.close()
    assert look(path, "SELECT count(*) FROM journal") == [(2,)]


def test_rows_of_an_unsure_clock_are_deleted_with_the_next_sure_row(path: Path) -> None:
    wall = Wall(sure=False)
    book = journal(path, wall, keep_days=30)
    wall.utc = wall.utc.replace(year=1970)
    book.append(admitted(1))
    wall.utc, wall.sure = NOON, True
    book.append(admitted(2))
    assert look(path, "SELECT visit FROM journal") == [(1,), (2,)]
    wall.advance(days=31)
    book.append(admitted(3))
    book.close()
    assert look(path, "SELECT visit FROM journal") == [(3,)]


def test_the_row_of_an_emergency_that_stands_is_not_deleted_until_the_reset(path: Path) -> None:
    wall = Wall()
    book = journal(path, wall, keep_days=30)
    raised = Record(RowKind.EMERGENCY_RAISED, 1.0, Phase.EMERGENCY)
    for record in (admitted(1), raised, admitted(2)):
        book.append(record)
    book.close()
    wall.advance(days=31)
    book = journal(path, wall, keep_days=30)
    book.append(admitted(3))
    assert look(path, "SELECT kind, visit FROM journal ORDER BY id") == [("emergency_raised", None), ("visit", 3)]
    book.append(Record(RowKind.EMERGENCY_RESET, 2.0, Phase.STARTING))
    book.append(admitted(4))
    book.close()
    assert look(path, "SELECT kind, visit FROM journal ORDER BY id") == [
        ("visit", 3),
        ("emergency_reset", None),
        ("visit", 4),
    ]


def test_the_size_limit_spares_the_row_of_an_emergency_that_stands(path: Path) -> None:
    book = journal(path)
    book.append(Record(RowKind.EMERGENCY_RAISED, 1.0, Phase.EMERGENCY))
    book.close()
    filled(path, 60_000)
    book = journal(path, max_mb=8)
    book.open()
    book.close()
    assert look(path, "SELECT min(id), kind FROM journal") == [(1, "emergency_raised")]
    assert look(path, "SELECT count(*) < 50000 FROM journal") == [(1,)]


def filled(path: Path, rows: int) -> None:
    """Make a journal with `rows` rows in one transaction, which is fast."""
    book = journal(path)
    book.append(started(0.0))
    book.close()
    connection = sqlite3.connect(path)
    connection.executemany(
        "INSERT INTO journal SELECT NULL, boot, seq + ?, run, kiosk, app, at_utc, clock_sure, at_s, kind, phase, ?,"
        " outcome, reason, scheme, detail FROM journal WHERE kind = 'started' LIMIT 1",
        [(number, number) for number in range(1, rows)],
    )
    connection.commit()
    connection.close()


def test_the_journal_never_grows_beyond_its_size_limit(path: Path) -> None:
    filled(path, 60_000)
    assert path.stat().st_size > 9_000_000
    book = journal(path, max_mb=8)
    book.open()
    sizes = []
    for visit in range(100_000, 100_040):
        book.append(admitted(visit))
        sizes.append(sum(file.stat().st_size for file in path.parent.iterdir()))
    book.close()
    assert max(sizes[20:]) < 8 * 2**20
    assert look(path, "SELECT max(visit) FROM journal") == [(100_039,)]
    assert look(path, "PRAGMA integrity_check") == [("ok",)]


def test_the_log_file_is_truncated(path: Path) -> None:
    book = journal(path)
    for visit in range(400):
        book.append(admitted(visit))
    size = path.with_name("journal.db-wal").stat().st_size
    book.close()
    assert size < 2 * 2**20


def test_a_row_that_is_durable_although_its_commit_failed_is_not_doubled(path: Path) -> None:
    book = journal(path)
    book.open()
    entry = book._backlog.entry(admitted(1), Wall()())
    book._write([entry], entry.at)
    book._backlog.failed(entry)
    assert book.append(admitted(1)) == 1
    book.append(admitted(2))
    book.close()
    assert look(path, "SELECT seq, visit FROM journal") == [(1, 1), (2, 2)]


def test_a_probe_writes_and_leaves_no_row(path: Path) -> None:
    book = journal(path)
    book.probe()
    before = path.with_name("journal.db-wal").stat().st_size
    book.probe()
    assert path.with_name("journal.db-wal").stat().st_size > before
    book.close()
    assert look(path, "SELECT count(*) FROM journal") == [(0,)]


def test_a_bug_is_not_reported_as_a_full_disk(path: Path) -> None:
    book = journal(path)
    wrong = Record(RowKind.VISIT, 1.0, Phase.IDLE, "seven", Outcome.LEFT)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        book.append(wrong)
    book.close()
