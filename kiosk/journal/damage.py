"""Determines the condition of the journal's file (ours or foreign, sound or damaged), and which errors mean damage.

Rule 1: every error in the content is damage: an error of SQLite or of UTF-8, a wrong type, and also a header, schema or
log that SQLite accepts but that this program cannot have written. A damaged file is replaced (see `replacement`).
Rule 2: if it is not clear whether damage or a bug caused an error, the file is checked: if the check fails, the file is
damaged; otherwise the error is a bug.
"""

import sqlite3
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from kiosk.errors import JournalError
from kiosk.journal.pages import log_is_damaged, log_pages

SCHEMA_VERSION = 1
"""Version of the schema. It changes only with the schema: this schema with an unknown version is a damaged header."""

APPLICATION_ID = 0x4B494F53
"""'KIOS': identifies the database among other SQLite files."""

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

CONTENT = """
SELECT id, boot || kiosk || app || kind || phase || coalesce(outcome, '') || reason || scheme || detail,
    at_utc < '1970' OR at_utc >= '9000' OR strftime('%Y-%m-%dT%H:%M:%fZ', at_utc) IS NOT at_utc
    OR clock_sure NOT IN (0, 1)
FROM journal WHERE id > (SELECT coalesce(max(id), 0) - ? FROM journal)
"""
"""Reads all text of the newest rows, so that it is decoded, and for each row whether its time is impossible."""

HEADER = b"SQLite format 3\0"
WRITE_VERSION = 18
"""Offset of the byte that makes SQLite refuse to write if it is neither 1 nor 2 (sqlite.org/fileformat2.html, 1.3)."""

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

FAILURES = (sqlite3.Error, OSError, ValueError, OverflowError, TypeError)
"""The exceptions that a failing disk or damaged content can cause; Python raises the last three for wrong values."""


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, without the extended part (sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def corrupt(text: str) -> sqlite3.DatabaseError:
    """Return an error that reports damage that SQLite does not detect, with SQLite's code for damage."""
    error = sqlite3.DatabaseError(text)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def is_damage(error: Exception, path: Path) -> bool:
    """Return True if damaged content caused `error`; if that is not clear, check the database at `path`."""
    if not is_unclear(error):
        return is_content(error)
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
        try:
            identify(connection, path)
            check(connection)
        finally:
            connection.close()
    except JournalError:
        return False
    except FAILURES as found:
        return is_content(found)
    return False


def is_unclear(error: Exception) -> bool:
    """Return True if `error` can come from damaged content or from a bug, but not from the disk."""
    if isinstance(error, sqlite3.Error):
        return primary_code(error) not in REMEDIES
    return not isinstance(error, OSError)


def is_content(error: Exception) -> bool:
    """Return True if `error`, which was raised while the content was read, is not an error of the disk."""
    return is_unclear(error) or (isinstance(error, sqlite3.Error) and primary_code(error) in DAMAGED)


def identify(connection: sqlite3.Connection, path: Path) -> bool:
    """Return True if the file is a journal of this version, and False if it has no tables yet.

    The table, `application_id` and `user_version` each identify a journal, so that a wrong bit in one of them is
    detected.

    Raises `JournalError` with the fault `journal_foreign` if it is another program's database or a newer journal, and
    `sqlite3.Error` or `ValueError` if it is damaged.
    """
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    found = set(map(tuple, connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")))
    if not found and application != APPLICATION_ID:
        return False
    if application == APPLICATION_ID and version == SCHEMA_VERSION:
        if not found >= known_schema():
            raise corrupt("its schema is damaged")
        return True
    if found == known_schema():
        raise corrupt("its header is damaged")
    refuse_foreign(path, application, version)
    return True


@cache
def known_schema() -> frozenset[tuple[str, str, str, str | None]]:
    """Return the rows of sqlite_schema in a journal of this version: type, name, table and statement."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(SCHEMA)
        return frozenset(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall())
    finally:
        connection.close()


def check(connection: sqlite3.Connection, *, rows: int | None = None) -> None:
    """Read the structure of the whole file, and the content of the newest `rows` rows or, without `rows`, of all rows.

    Raises `sqlite3.Error` or `ValueError` if something is damaged.
    """
    answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise corrupt(answer)
    content: Iterable[tuple[int, str, int]] = connection.execute(CONTENT, (2**62 if rows is None else rows,))
    for number, text, is_wrong in content:
        if is_wrong or "\ufffd" in text:  # which a reader's connection puts in place of wrong UTF-8
            raise corrupt(f"row {number} has an impossible value")


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


def check_files(path: Path) -> None:
    """Raise `sqlite3.Error` for damage to which SQLite does not react correctly.

    A file that cannot be read is not reported here: SQLite reports it. SQLite takes a header with an unknown write
    version for a read-only disk, ends the log at its first damaged frame, and deletes the log of an empty file.
    """
    log = path.with_name(path.name + "-wal")
    try:
        with path.open("rb") as file:
            header = file.read(100)
        frames = log.read_bytes() if log.exists() else b""
    except OSError:
        return
    if header.startswith(HEADER) and header[WRITE_VERSION : WRITE_VERSION + 1] not in (b"\x01", b"\x02"):
        raise corrupt("its header is damaged")
    if not header and log_pages(frames):
        raise corrupt("it is empty, and its log is not")
    if log_is_damaged(frames) and log.read_bytes() == frames:  # no writer has changed it meanwhile
        raise corrupt("its log is damaged")
