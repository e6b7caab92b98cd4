"""The journal when the process is killed, the power fails in the middle of a write, or the disk is full."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.errors import JournalError
from kiosk.flow.state import Outcome
from kiosk.journal.records import Record, RowKind
from kiosk.journal.store import Journal
from kiosk.model import Phase
from tests.journal.books import admitted, journal, look, referred
from tests.samples import examples

WRITER = [sys.executable, "-m", "tests.journal.writer"]


@pytest.mark.parametrize("kill_at", [1, 2, 3, 17, 60, 255, 300])
def test_a_kill_at_any_row_loses_no_row_and_doubles_none(tmp_path: Path, kill_at: int) -> None:
    path = tmp_path / "journal.db"
    durable: list[int] = []
    for _ in range(2):  # the second start reads the files that the first left
        with subprocess.Popen([*WRITER, str(path)], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for line in child.stdout:
                durable.append(int(line))
                if len(durable) % kill_at == 0:
                    child.kill()
                    break
            durable += [int(line) for line in child.stdout if line.endswith("\n")]
    book = journal(path)
    book.append(admitted(0))
    book.close()
    ids = [row[0] for row in look(path, "SELECT id FROM journal ORDER BY id")]
    assert durable == sorted(set(durable))
    assert set(durable) <= set(ids)
    assert look(path, "SELECT boot, seq FROM journal GROUP BY boot, seq HAVING count(*) > 1") == []
    assert look(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.fixture(scope="module")
def power_cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files after a power cut: forty rows in the log, none of them copied into the database."""
    source = tmp_path_factory.mktemp("cut") / "journal.db"
    book = journal(source)
    for visit in range(1, 41):
        book.append(admitted(visit))
    target = tmp_path_factory.mktemp("after")
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(source.with_name(name), target / name)
    book.close()
    return target


def test_a_power_cut_after_the_last_row_loses_no_row(power_cut: Path, tmp_path: Path) -> None:
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(power_cut / name, tmp_path / name)
    assert look(tmp_path / "journal.db", "SELECT count(*), max(visit) FROM journal") == [(40, 40)]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1), garbage=st.binary(max_size=64))
def test_a_log_that_is_cut_at_any_byte_keeps_all_rows_before_it(
    power_cut: Path, tmp_path: Path, share: float, garbage: bytes
) -> None:
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(power_cut / name, tmp_path / name)
    (tmp_path / "journal.db-shm").unlink(missing_ok=True)
    log = tmp_path / "journal.db-wal"
    cut = int(log.stat().st_size * share)
    log.write_bytes(log.read_bytes()[:cut] + garbage)
    book = journal(tmp_path / "journal.db")
    note = book.open()
    book.append(admitted(99))
    book.close()
    visits = [row[0] for row in look(tmp_path / "journal.db", "SELECT visit FROM journal ORDER BY id")]
    assert note == ""
    assert visits == [*range(1, len(visits)), 99]
    assert look(tmp_path / "journal.db", "PRAGMA integrity_check") == [("ok",)]


def test_a_row_that_a_full_disk_refused_is_stored_once_later(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    done = subprocess.run([*WRITER, str(path), "200000"], capture_output=True, text=True, check=True)
    *durable, refused, retried = done.stdout.splitlines()
    assert refused.startswith(f"journal_full: journal {path}: ")
    assert "its disk does not accept the data; free space on it, or replace the card" in refused
    assert [int(line) for line in durable] == list(range(1, len(durable) + 1))
    assert int(retried) == len(durable) + 1
    assert look(path, "SELECT visit FROM journal ORDER BY id") == [(n,) for n in range(1, len(durable) + 2)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 400 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = os.geteuid() == 0 and shutil.which("mount") is not None
    mounted = mounted and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "kiosk-test", str(place)], capture_output=True, check=False
    ).returncode == 0  # fmt: skip
    if not mounted:
        pytest.skip("needs root to mount a small disk; the test with a limit on file sizes covers the rest")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Fill the free space of `disk` with a file, and return the file."""
    state = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(b"\0" * state.f_bavail * state.f_frsize)
    return filler


def append_until_refused(book: Journal) -> tuple[int, JournalError]:
    """Append rows until one is refused; return its visit and the error."""
    for visit in range(2, 2000):
        try:
            book.append(admitted(visit))
        except JournalError as error:
            return visit, error
    raise AssertionError("the disk is never full")


def test_rows_refused_by_a_full_disk_are_written_when_there_is_space(small_disk: Path) -> None:
    book = journal(small_disk / "journal.db")
    book.append(admitted(1))
    filler = fill(small_disk)
    visit, error = append_until_refused(book)
    assert error.fault == "journal_full"
    assert "free space on it" in str(error)
    emergency = Record(RowKind.EMERGENCY_RAISED, 500.0, Phase.EMERGENCY)
    left = Record(RowKind.VISIT, 501.0, Phase.IDLE, visit, Outcome.LEFT, "", "", "scanning")
    for record in (emergency, left, emergency):  # the first one is tried again
        with pytest.raises(JournalError):
            book.append(record)
    with pytest.raises(JournalError):
        book.probe()
    filler.unlink()
    book.probe()
    assert not book._backlog
    book.append(admitted(visit + 1))
    book.close()
    assert look(small_disk / "journal.db", "SELECT kind, visit FROM journal ORDER BY id") == [
        *[("visit", number) for number in range(1, visit)],
        ("emergency_raised", None),
        ("visit", visit),
        ("visit", visit + 1),
    ]


def test_a_disk_that_became_read_only_is_reported_with_a_remedy(small_disk: Path) -> None:
    book = journal(small_disk / "journal.db")
    book.append(admitted(1))
    book.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(JournalError, match="Read-only file system; check that its folder can be written"):
        book.append(admitted(2))
    book.close()


def test_a_read_only_folder_is_reported_and_its_rows_are_written_later(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    book = journal(tmp_path / "journal.db")
    with pytest.raises(JournalError, match="Permission denied; check that its folder can be written"):
        book.append(referred(1))
    tmp_path.chmod(0o700)
    book.append(admitted(2))
    book.close()
    assert look(tmp_path / "journal.db", "SELECT visit FROM journal ORDER BY id") == [(1,), (2,)]


def test_a_path_that_is_a_folder_is_reported_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "journal.db").mkdir()
    book = journal(tmp_path / "journal.db")
    with pytest.raises(JournalError, match="it cannot be opened"):
        book.append(admitted(1))
    book.close()
