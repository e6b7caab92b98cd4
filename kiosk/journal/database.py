"""The journal's file: making it, opening it, refusing what is not ours, moving aside what is damaged.

Rule 1: one writer; a lock file beside the database says so, and dies with the process.
Rule 2: what is committed is on the card: WAL with synchronous=FULL (sqlite.org/pragma.html#pragma_synchronous).
Rule 3: a damaged database is never repaired or deleted here; it is renamed, and a fresh one begun beside it.
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
"""'KIOS': tells this database from other SQLite files."""

WAL_PAGES = 256
"""The log is carried over into the database after this many pages (1 MB): a short stall, seldom."""

WAL_LIMIT_BYTES = 2 * 2**20
"""The log file is cut back to this size; its space stays reserved, so that a full disk is met later."""

BUSY_S = 0.5
"""How long to wait for somebody who has locked the database by hand."""

KEPT_ASIDE = 3
"""Damaged databases that are kept; with more, a dying card would fill itself with them."""

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
    sqlite3.SQLITE_IOERR: "its disk does not take the data; free space on it, or replace the card",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; see that its folder exists and belongs to the user 'kiosk'",
    sqlite3.SQLITE_PERM: "it may not be opened; see that it belongs to the user 'kiosk'",
    sqlite3.SQLITE_BUSY: "another program has locked it; end that program",
    sqlite3.SQLITE_LOCKED: "another program has locked it; end that program",
    sqlite3.SQLITE_PROTOCOL: "another program has locked it; end that program",
    sqlite3.SQLITE_NOMEM: "the memory is full; restart the kiosk",
    sqlite3.SQLITE_CORRUPT: "it is damaged; it is moved aside and a fresh one begun",
    sqlite3.SQLITE_NOTADB: "it is not a database; it is moved aside and a fresh one begun",
}
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension (sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def trouble(error: sqlite3.Error | OSError, path: Path) -> JournalError:
    """What the technician reads; an error that no disk can cause is a bug and is raised again as it is."""
    if isinstance(error, OSError):
        return JournalError(f"journal {path}: {error.strerror}; see that its folder can be written", "journal_full")
    remedy = REMEDIES.get(primary_code(error))
    if remedy is None:
        raise error
    return JournalError(f"journal {path}: {error}: {remedy}", "journal_full")


def lock(path: Path) -> int:
    """The open lock file of the one writer; raises `JournalError` when there is another."""
    held = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise JournalError(
            f"journal {path}: another kiosk writes it; end that one, or give this one a 'journal.path' of its own",
            "journal_full",
        ) from None
    return held


def open_database(path: Path) -> sqlite3.Connection:
    """The journal's database, made if it is not there; raises `sqlite3.Error`, `OSError` or `JournalError`."""
    _create(path)
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def refuse_foreign(path: Path, application: int, version: int) -> None:
    """Raise `JournalError` unless it is a journal, and of a version that this program knows."""
    if application != APPLICATION_ID:
        raise JournalError(
            f"journal {path}: is no journal but another program's database; move it away", "journal_foreign"
        )
    if not 1 <= version <= SCHEMA_VERSION:
        raise JournalError(
            f"journal {path}: has version {version}, this program knows 1 to {SCHEMA_VERSION}; "
            "install the newer program, or move the file away",
            "journal_foreign",
        )


def move_aside(path: Path) -> Path:
    """Rename a damaged database with all that belongs to it; the new name says what it is."""
    number = 1 + max((_number(old) for old in _aside(path)), default=0)
    target = path.with_name(f"{path.name}.damaged-{number}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(target.with_name(target.name + suffix))
    for old in sorted(_aside(path), key=_number)[:-KEPT_ASIDE]:
        logger.warning("%s deleted; only the newest %d damaged journals are kept", old.name, KEPT_ASIDE)
        for suffix in ("", "-wal", "-shm"):
            old.with_name(old.name + suffix).unlink(missing_ok=True)
    sync_folder(path.parent)
    return target


def _create(path: Path) -> None:
    """Make the empty file readable by its owner only; SQLite gives its log files the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    sync_folder(path.parent)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        refuse_foreign(path, application, connection.execute("PRAGMA user_version").fetchone()[0])
    else:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only before the first table, and before WAL
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise JournalError(f"journal {path}: its file system has no shared memory; use a local disk", "journal_full")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    if not tables:
        _make_table(connection)
    connection.execute("SELECT * FROM journal ORDER BY id DESC LIMIT 1").fetchall()


def _make_table(connection: sqlite3.Connection) -> None:
    """All or nothing: a power cut in between leaves an empty file, which is begun again."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(SCHEMA)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _aside(path: Path) -> list[Path]:
    return [old for old in path.parent.glob(f"{path.name}.damaged-*") if old.name.rpartition("-")[2].isdigit()]


def _number(aside: Path) -> int:
    return int(aside.name.rpartition("-")[2])
