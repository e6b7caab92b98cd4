"""The journal: rows that are durable when `append` returns, limited in size and age.

Rule 1: `append` returns when the row is durable, or raises. An admission waits for it.
Rule 2: a row that could not be written is written together with the next row (see `backlog`).
Rule 3: old rows are deleted a few at a time, in the transaction of a new row, so that no visitor waits for a clean-up.
Rule 4: a `Journal` belongs to the thread that opened it; other processes use `reading`.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from kiosk import __version__
from kiosk.errors import JournalError
from kiosk.journal import database
from kiosk.journal.backlog import Backlog, Entry
from kiosk.journal.privacy import StoredFields, last_expired, utc_text
from kiosk.journal.records import Record, RowKind
from kiosk.model import WallTime

logger = logging.getLogger(__name__)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""The kernel makes a new id at each boot (random(4))."""

DELETED_PER_APPEND = 50
"""Largest number of rows that one append deletes."""

OPENING_ROWS = 2000
OPENING_BATCHES = 20
"""At the start, up to this many batches of rows and pages are released, in case the limits were lowered."""

MARGIN_BYTES = 2**19
"""Rows are deleted when the file comes this close to its limit."""

INSERT = """
INSERT INTO journal (boot, seq, run, kiosk, app, at_utc, clock_sure, at_s, kind, phase, visit, outcome, reason,
    scheme, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (boot, seq) DO NOTHING
"""


class Journal:
    """The journal of one kiosk at `path`; the first `open` or `append` opens or creates the file.

    wall: returns the time of day, and whether it is sure. keep_days: age limit in days. max_mb: size limit in units of
    2**20 bytes, with the log file. boot: the boot id; if empty, it is read from the kernel.
    """

    def __init__(
        self, path: Path, kiosk: str, wall: Callable[[], WallTime], keep_days: int, max_mb: int, boot: str = ""
    ) -> None:
        self.path = path
        self._kiosk = kiosk
        self._wall = wall
        self._keep = timedelta(days=keep_days)
        self._max_bytes = max_mb * 2**20 - database.WAL_LIMIT_BYTES
        self._boot = boot or BOOT_ID.read_text().strip()
        self._backlog = Backlog()
        self._connection: sqlite3.Connection | None = None
        self._lock: int | None = None
        self._damaged = False
        self._replaced = ""
        self._run = 0
        self._first_seq = 0
        self._oldest_utc = ""

    def open(self) -> str:
        """Open or create the file; return "" or, if the file was damaged, a message for the technician.

        A damaged file is moved aside, a new one is created, and a row of its own records this.

        Raises `JournalError` if the file cannot be opened.
        """
        if self._connection is not None:
            return ""
        try:
            return self._attempt()
        except JournalError:
            if not self._damaged:
                raise
            return self._attempt()

    def append(self, record: Record, at: WallTime | None = None) -> int:
        """Write `record` and return the id of its row, which is then durable.

        at: the time of day of the record; None means now. A record that was refused may be tried again; it is stored
        once.

        Raises `JournalError` if the row cannot be written.
        """
        entry = self._backlog.entry(record, at or self._wall())
        try:
            self.open()
            if self._replaced:
                replaced = Record(RowKind.JOURNAL_REPLACED, record.at_s, record.phase, detail=self._replaced)
                self._backlog.failed(self._backlog.entry(replaced, entry.at))
                self._replaced = ""
            with self._errors():
                connection = self._write(self._backlog.due(entry), entry.at)
                key = (self._boot, self._first_seq + entry.number)
                return int(connection.execute("SELECT id FROM journal WHERE boot = ? AND seq = ?", key).fetchone()[0])
        except JournalError:
            self._backlog.failed(entry)
            raise

    def probe(self) -> None:
        """Write the refused rows, or at least one page, to check that the journal can be written.

        Raises `JournalError` if it cannot.
        """
        self.open()
        with self._errors():
            self._write(self._backlog.due(), self._wall())

    def close(self) -> None:
        """Write the refused rows and close the file; the log says how many rows are lost if that fails."""
        if self._backlog:
            try:
                self.probe()
            except JournalError as error:
                logger.error("%d rows of the journal are lost: %s", len(self._backlog), error)  # noqa: TRY400
        self._disconnect()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _attempt(self) -> str:
        with self._errors():
            if self._lock is None:
                self._lock = database.lock(self.path)
            note = ""
            if self._damaged:
                aside = database.move_aside(self.path)
                self._damaged = False
                self._replaced = aside.name
                note = f"the journal was damaged; it is kept as {aside}, and a new one was created"
                logger.error(note)
            self._connection = connection = database.open_database(self.path)
            if not self._run:
                self._run, self._first_seq = connection.execute(
                    "SELECT coalesce(max(run), 0) + 1, coalesce(max(seq) FILTER (WHERE boot = ?), 0) FROM journal",
                    (self._boot,),
                ).fetchone()
            self._oldest_utc = ""
            self._return_to_limits(connection)
            return note

    def _return_to_limits(self, connection: sqlite3.Connection) -> None:
        """Delete rows if the limits were lowered, and return free pages to the disk."""
        for _ in range(OPENING_BATCHES):
            with _transaction(connection):
                deleted = self._make_room(connection, self._wall(), OPENING_ROWS)
            if _bytes(connection, "page_count") > self._max_bytes:
                # a script, because `execute` runs a single step of a statement that returns no columns
                connection.executescript(f"PRAGMA incremental_vacuum({OPENING_ROWS})")
            elif not deleted:
                return

    def _write(self, entries: list[Entry], now: WallTime) -> sqlite3.Connection:
        """Make room and write `entries` in one transaction; write at least one page, so that success is a proof."""
        connection = self._connection
        assert connection is not None
        with _transaction(connection):
            self._make_room(connection, now, DELETED_PER_APPEND)
            connection.executemany(INSERT, [self._row(entry) for entry in entries])
            if not entries:
                connection.execute(f"PRAGMA user_version = {database.SCHEMA_VERSION}")
        self._backlog.written()
        return connection

    def _row(self, entry: Entry) -> tuple[object, ...]:
        record = entry.record
        return (
            self._boot, self._first_seq + entry.number, self._run, self._kiosk, __version__,
            utc_text(entry.at.utc), entry.at.sure, record.at_s,
            record.kind.value, record.phase.value, record.visit, record.outcome.value if record.outcome else None,
            record.reason, record.scheme, record.detail,
        )  # fmt: skip

    def _make_room(self, connection: sqlite3.Connection, now: WallTime, rows: int) -> bool:
        """Delete up to `rows` rows beyond each limit, the oldest first; return True if any was deleted."""
        deleted = 0
        last = self._last_expired(connection, now, rows)
        if last is not None:
            deleted = _delete_oldest(connection, last, rows)
        used = _bytes(connection, "page_count") - _bytes(connection, "freelist_count")
        if used > self._max_bytes - MARGIN_BYTES:
            deleted += _delete_oldest(connection, None, rows)
        return deleted > 0

    def _last_expired(self, connection: sqlite3.Connection, now: WallTime, rows: int) -> int | None:
        """Return the id up to which rows have expired; read the table only if the oldest sure row may have expired."""
        if not now.sure or self._oldest_utc > utc_text(now.utc - self._keep):
            return None
        found = connection.execute(
            "SELECT id, at_utc, clock_sure FROM journal WHERE clock_sure ORDER BY id LIMIT ?", (rows,)
        ).fetchall()
        last = last_expired(
            (StoredFields(number, at_utc, bool(sure)) for number, at_utc, sure in found), now, self._keep
        )
        if last is None and found:
            self._oldest_utc = found[0][1]
        return last

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Close the file after an error of the disk, so that the next attempt opens it again; raise `JournalError`."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and database.primary_code(error) in database.DAMAGED:
                self._damaged = True
            self._disconnect()
            raise database.journal_error(error, self.path) from error

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block in one transaction, which the commit makes durable."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk, SQLite ends the transaction itself
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def _bytes(connection: sqlite3.Connection, pages: str) -> int:
    """Return the size of the pages that the pragma `pages` counts."""
    count, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in (pages, "page_size"))
    return int(count * size)


def _delete_oldest(connection: sqlite3.Connection, up_to: int | None, rows: int) -> int:
    """Delete the `rows` oldest rows, but none after the id `up_to`; return the number deleted."""
    return connection.execute(
        "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE ? IS NULL OR id <= ? ORDER BY id LIMIT ?)",
        (up_to, up_to, rows),
    ).rowcount
