"""Replaces a damaged journal: its readable rows are saved into a new one, and the damaged file is kept beside it.

The newest SAVED_ROWS readable rows are saved, and the newest row that tells whether an emergency is not reset. Each row
keeps its id, run and number, so that the new journal continues the old one. Rows that cannot be read, and older rows,
are only in the file that is kept aside. No row is invented (see `salvage`). If the disk is too full for these rows,
only the newest FEW_ROWS and the row of the emergency are saved.

Rule 1: the damaged file is never repaired, changed or overwritten; it is renamed.
Rule 2: a power cut at any moment loses neither the damaged file nor the saved rows. The new journal is built under the
name `.saving`; when it is whole and on the disk it is renamed to `.saved`. From then on it is the journal, also for
readers, and the rest is renaming, which the next start finishes: the damaged log, the damaged database, and then
`.saved` to the journal's name. The log goes first, because SQLite would apply it to the new file.
Rule 3: the newest KEPT_ASIDE damaged files are kept. A new journal that is damaged before a row of its own was written
is deleted, because its rows are copies.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from kiosk.journal import database
from kiosk.journal.damage import primary_code
from kiosk.journal.salvage import COLUMNS, Stored, readable_rows
from kiosk.support.files import sync_folder

logger = logging.getLogger(__name__)

SAVED_ROWS = 20_000
"""Number of rows that are saved: more than a month at a busy door, in a second or two on a Raspberry Pi."""

FEW_ROWS = 200
"""Number of rows that are saved on a full disk; they are enough to continue the numbers."""

KEPT_ASIDE = 3
"""Number of damaged databases that are kept; without a limit, a failing card could fill up with them."""

LOGS = ("-wal", "-shm")
INSERT = f"INSERT INTO journal ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - our own names


def replace(path: Path, counts: Callable[[Stored], bool]) -> tuple[Path, int]:
    """Replace the damaged journal; return the path where it is kept, and the number of rows that were saved.

    counts: a function that returns False for a row that must not be saved.

    Raises `sqlite3.Error` or `OSError` if the disk fails; the damaged file is then still there, or `finish` continues.
    """
    rows = [row for row in _rows_of(path, SAVED_ROWS) if counts(row)]
    building = path.with_name(path.name + ".saving")
    try:
        _build(building, rows)
    except sqlite3.Error as error:
        if primary_code(error) not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise
        rows = [row for row in _rows_of(path, FEW_ROWS) if counts(row)]
        _build(building, rows)
    building.rename(_saved(path))
    sync_folder(path.parent)
    return finish(path), len(rows)


def is_unfinished(path: Path) -> bool:
    """Return True if a power cut stopped a replacement after the new journal was completely written.

    Raises `OSError`.
    """
    return _saved(path).exists()


def current(path: Path) -> Path:
    """Return the file that is the journal now: usually `path`, or the new one of an unfinished replacement."""
    return _saved(path) if is_unfinished(path) else path


def finish(path: Path) -> Path:
    """Move the damaged files aside and the new journal to its place; return the path of the damaged database.

    Raises `OSError` if the folder cannot be written.
    """
    aside = path.with_name(f"{path.name}.damaged-{1 + max(map(_number, _damaged_files(path)), default=0)}")
    if not path.exists():  # only the last renaming is left
        aside = max(_damaged_files(path), key=_number, default=aside)
    for suffix in (*LOGS, ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    sync_folder(path.parent)
    _saved(path).rename(path)
    sync_folder(path.parent)
    for old in sorted(_damaged_files(path), key=_number)[:-KEPT_ASIDE]:
        logger.warning("%s deleted; only the newest %d damaged journals are kept", old.name, KEPT_ASIDE)
        _delete(old)
    return aside


def discard(path: Path) -> None:
    """Delete a new journal that was damaged before a row of its own was written. Raises `OSError` if that fails."""
    _delete(path)
    sync_folder(path.parent)


def _build(path: Path, rows: Iterable[Stored]) -> None:
    """Create a journal with `rows`. When this function returns, the file is complete and on the disk."""
    _delete(path)
    database.create_file(path)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")  # after an error the file is deleted
        connection.execute("PRAGMA synchronous = OFF")
        database.begin_empty(connection)
        database.create_table(connection)
        connection.executemany(INSERT, [tuple(row.values()) for row in rows])
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        _delete(path)
        raise
    connection.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _rows_of(path: Path, limit: int) -> list[Stored]:
    """Return the readable rows; an empty list if the file does not exist."""
    try:
        return readable_rows(path, limit)
    except FileNotFoundError:
        return []


def _delete(path: Path) -> None:
    for suffix in (*LOGS, ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _saved(path: Path) -> Path:
    return path.with_name(path.name + ".saved")


def _damaged_files(path: Path) -> list[Path]:
    return [old for old in path.parent.glob(f"{path.name}.damaged-*") if old.name.rpartition("-")[2].isdigit()]


def _number(damaged: Path) -> int:
    return int(damaged.name.rpartition("-")[2])
