"""The database file of the journal: create it, lock it, open it, and report errors of the disk with a remedy.

Rule 1: there is one writer. It holds a lock on a file beside the database; the kernel releases it with the process.
Rule 2: a committed row is on the card: WAL with synchronous=FULL (sqlite.org/pragma.html#pragma_synchronous).
Rule 3: when a foreign or a damaged file is opened, an error is raised (see `damage`), and the file is not changed.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kiosk.errors import JournalError
from kiosk.journal import damage
from kiosk.journal.pages import PAGE_BYTES
from kiosk.support.files import sync_folder

WAL_PAGES = 256
"""The log is copied into the database after this many pages (1 MB), which takes a short time and is rare."""

WAL_LIMIT_BYTES = 2 * 2**20
"""The log file is truncated to this size and not to 0, so that its space stays reserved on a full disk."""

BUSY_S = 0.5
"""Longest wait for another program that has locked the database."""

CHECKED_BYTES = 32 * 2**20
"""If a database is not larger than this, its structure is checked when it is opened (32 MB: about 0.3 s on a PC)."""

CHECKED_ROWS = 10_000
"""Number of the newest rows whose content is checked each time a database is opened."""


def journal_error(error: Exception, path: Path, *, damaged: bool = False) -> JournalError:
    """Return the `JournalError` for an error of the disk or of damaged content, with its remedy.

    Raises `error` itself if it comes from neither of them, because it is then a bug.
    """
    if isinstance(error, OSError):
        return JournalError(f"journal {path}: {error.strerror}; check that its folder can be written", "journal_full")
    code = damage.primary_code(error) if isinstance(error, sqlite3.Error) else sqlite3.SQLITE_ERROR
    remedy = damage.REMEDIES.get(sqlite3.SQLITE_CORRUPT if damaged and code not in damage.DAMAGED else code)
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
    create_file(path)
    damage.check_files(path)
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def create_file(path: Path) -> None:
    """Create an empty file that only its owner can read, unless it exists; SQLite gives its log files the same mode.

    Raises `OSError` if the folder cannot be written.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        sync_folder(path.parent)
    except FileExistsError:
        pass


def create_table(connection: sqlite3.Connection) -> None:
    """Create the table in an empty database, in one transaction, which is open afterwards.

    If the power fails before the commit, the file is still empty, and the next start creates the table. The pragmas
    `page_size` and `auto_vacuum` work only before the first table and before the mode WAL; see `begin_empty`.
    """
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(damage.SCHEMA)
    connection.execute(f"PRAGMA application_id = {damage.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {damage.SCHEMA_VERSION}")


def begin_empty(connection: sqlite3.Connection) -> None:
    """Set the size of the pages and the way of freeing them; both can be set only in a database without tables."""
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block in one transaction, which the commit makes durable."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk, SQLite ends the transaction itself
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    is_journal = damage.identify(connection, path)
    if not is_journal:
        begin_empty(connection)
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise JournalError(f"journal {path}: its file system has no shared memory; use a local disk", "journal_full")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    if not is_journal:
        create_table(connection)
        connection.execute("COMMIT")
    if path.stat().st_size <= CHECKED_BYTES:
        damage.check(connection, rows=CHECKED_ROWS)
