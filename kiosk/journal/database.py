"""The database file of the journal: create it, open it, refuse foreign files, move damaged files aside.

Rule 1: there is one writer. It holds a lock on a file beside the database; the kernel releases it with the process.
Rule 2: a committed row is on the card: WAL with synchronous=FULL (sqlite.org/pragma.html#pragma_synchronous).
Rule 3: a damaged database is never repaired or overwritten; it is renamed, and a new one is created.
"""

import fcntl
import logging
import os
import sqlite3
from pathlib import Path

from kiosk.errors import JournalError
from kiosk.support.files import sync_folder

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 1
APPLICATION_ID = 0x4B494F53
"""'KIOS': identifies the database among other SQLite files."""

WAL_PAGES = 256
"""The log is copied into the database after this many pages (1 MB), which takes a short time and is rare."""

WAL_LIMIT_BYTES = 2 * 2**20
"""The log file is truncated to this size and not to 0, so that its space stays reserved on a full disk."""

BUSY_S = 0.5
"""Longest wait for another program that has locked the database."""

KEPT_ASIDE = 3
"""Number of damaged databases that are kept; without a limit, a failing card could fill up with them."""

SCHEMA = """
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL,
    seq INTEGER NOT NULL,
    run INTEGER NOT NULL,
    kiosk TEXT NOT NULL,
    app TEXT NOT NULL,
    at_utc TEXT NOT NULL,
    clock_sure INTEGER NOT NULL,
    at_s REAL NOT NULL,
    kind TEXT NOT NULL,
    phase TEXT NOT NULL,
    visit INTEGER,
    outcome TEXT,
    reason TEXT NOT NULL,
    scheme TEXT NOT NULL,
    detail TEXT NOT NULL,
    UNIQUE (boot, seq)
) STRICT
"""

REMEDIES = {
    sqlite3.SQLITE_FULL: "its disk is full; free space on it",
    sqlite3.SQLITE_READONLY: "its disk is read-only; if the card is worn out, replace it",
    sqlite3.SQLITE_IOERR: "its disk does not accept the data; free space on it, or replace the card",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that its folder exists and belongs to the user 'kiosk'",
    sqlite3.SQLITE_PERM: "access is denied; check that it belongs to the user 'kiosk'",
    sqlite3.SQLITE_BUSY: "another program has locked it; end that program",
    sqlite3.SQLITE_LOCKED: "another program has locked it; end that program",
    sqlite3.SQLITE_PROTOCOL: "another program has locked it; end that program",
    sqlite3.SQLITE_NOMEM: "the memory is full; restart the kiosk",
    sqlite3.SQLITE_CORRUPT: "it is damaged; it is moved aside and a new one is created",
    sqlite3.SQLITE_NOTADB: "it is not a database; it is moved aside and a new one is created",
}
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, without the extended part (sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def journal_error(error: sqlite3.Error | OSError, path: Path) -> JournalError:
    """Return the `JournalError` for an error of the disk, with its remedy.

    Raises `error` itself if no disk can cause it, because it is then a bug.
    """
    if isinstance(error, OSError):
        return JournalError(f"journal {path}: {error.strerror}; check that its folder can be written", "journal_full")
    remedy = REMEDIES.get(primary_code(error))
    if remedy is None:
        raise error
    return JournalError(f"journal {path}: {error}: {remedy}", "journal_full")


def lock(path: Path) -> int:
    """Lock the journal for this process; return the descriptor of the lock file.

    Raises `JournalError` if another process holds the lock, and `OSError` if the lock file cannot be opened.
    """
    held = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise JournalError(
            f"journal {path}: another kiosk writes to it; stop that kiosk, or set another 'journal.path' for this one",
            "journal_full",
        ) from None
    return held


def open_database(path: Path) -> sqlite3.Connection:
    """Open the journal's database, and create it if it does not exist.

    Raises `JournalError` if the file is foreign or its file system is unsuitable, and `sqlite3.Error` or `OSError` if
    the disk fails or the database is damaged.
    """
    try:  # readable by its owner only; SQLite gives its log files the same mode
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        sync_folder(path.parent)
    except FileExistsError:
        pass
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def refuse_foreign(path: Path, application: int, version: int) -> None:
    """Raise `JournalError` with the fault `journal_foreign` unless this is a journal of a known version.

    `application` and `version` are the pragmas `application_id` and `user_version` of the file.
    """
    if application != APPLICATION_ID:
        raise JournalError(
            f"journal {path}: is the database of another program and no journal; move it away", "journal_foreign"
        )
    if not 1 <= version <= SCHEMA_VERSION:
        raise JournalError(
            f"journal {path}: has version {version}, this program supports 1 to {SCHEMA_VERSION}; "
            "install the newer program, or move the file away",
            "journal_foreign",
        )


def move_aside(path: Path) -> Path:
    """Rename a damaged database and its log files; return the new path. Delete all but the newest KEPT_ASIDE.

    Raises `OSError` if the folder cannot be written.
    """
    number = 1 + max((_number(old) for old in _damaged_files(path)), default=0)
    target = path.with_name(f"{path.name}.damaged-{number}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(target.with_name(target.name + suffix))
    for old in sorted(_damaged_files(path), key=_number)[:-KEPT_ASIDE]:
        logger.warning("%s deleted; only the newest %d damaged journals are kept", old.name, KEPT_ASIDE)
        for suffix in ("", "-wal", "-shm"):
            old.with_name(old.name + suffix).unlink(missing_ok=True)
    sync_folder(path.parent)
    return target


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        refuse_foreign(path, application, connection.execute("PRAGMA user_version").fetchone()[0])
    else:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # possible only before the first table and before WAL
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise JournalError(f"journal {path}: its file system has no shared memory; use a local disk", "journal_full")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    if not tables:
        # one transaction: after a power cut in between, the file is still empty, and the next start creates the table
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(SCHEMA)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    connection.execute("SELECT * FROM journal ORDER BY id DESC LIMIT 1").fetchall()


def _damaged_files(path: Path) -> list[Path]:
    return [old for old in path.parent.glob(f"{path.name}.damaged-*") if old.name.rpartition("-")[2].isdigit()]


def _number(damaged: Path) -> int:
    return int(damaged.name.rpartition("-")[2])
