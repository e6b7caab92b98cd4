"""The journal: rows that are on the card when `append` returns, bounded in size and age.

Rule 1: `append` returns with the row durable, or raises; the door waits for it.
Rule 2: what could not be written and yet happened is written with the next row that can be (see `backlog`).
Rule 3: the oldest rows go a few at a time, in the same transaction: no visitor waits for a clean-up.
Rule 4: it belongs to the thread that opened it; other processes read it by `reading`.
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
from kiosk.journal.privacy import StoredFields, last_outlived, utc_text
from kiosk.journal.records import Record, RowKind
from kiosk.model import WallTime

logger = logging.getLogger(__name__)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""A new one at each boot of the kernel (random(4))."""

ROWS_A_TIME = 50
"""Rows deleted with one append at most."""

OPENING_ROWS = 2000
OPENING_BATCHES = 20
"""Larger deletions, and as many pages given back, at the start, for a bound that was lowered."""

MARGIN_BYTES = 2**19
"""Rows go when the file comes this close to its bound."""

INSERT = """
INSERT INTO journal (boot, seq, run, kiosk, app, at_utc, clock_sure, at_s, kind, phase, visit, outcome, reason,
    scheme, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (boot, seq) DO NOTHING
"""


class Journal:
    """One kiosk's journal at `path`; the first `open` or `append` opens or makes the file.

    wall: the time of day, and whether it is sure. keep_days, max_mb (2**20 bytes): the bounds.
    boot: the boot id; read from the kernel if it is empty.
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
        """Open or make the file; the text tells the technician what happened to a damaged one, mostly nothing.

        Raises JournalError. A damaged file is moved aside and a fresh one begun; a row tells of it too.
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
        """The id of the row, durable when this returns; raises JournalError when it is not.

        at: the time of day when it happened; now, if it is not given. The same record may be tried again: it is
        written once.
        """
        entry = self._backlog.entry(record, at or self._wall())
        try:
            self.open()
            self._own_up(entry)
            with self._trouble():
                self._write(self._backlog.due(entry), entry.at)
                return self._id(entry)
        except JournalError:
            self._backlog.failed(entry)
            raise

    def probe(self) -> None:
        """See by writing whether the journal can be written (again), what is owed first; raises JournalError."""
        self.open()
        with self._trouble():
            self._write(self._backlog.due(), self._wall())

    def close(self) -> None:
        """Close the file; what is owed and still cannot be written is lost, and the log says how much."""
        if self._backlog:
            try:
                self.probe()
            except JournalError as error:
                logger.error("%d rows of the journal are lost: %s", len(self._backlog), error)  # noqa: TRY400
        self._let_go()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _attempt(self) -> str:
        with self._trouble():
            if self._lock is None:
                self._lock = database.lock(self.path)
            note = self._replace() if self._damaged else ""
            self._connection = database.open_database(self.path)
            self._go_on_counting(self._connection)
            self._tidy_up(self._connection)
            return note

    def _tidy_up(self, connection: sqlite3.Connection) -> None:
        """Come back within the bounds if they were lowered, and give the disk what is free."""
        for _ in range(OPENING_BATCHES):
            with _transaction(connection):
                went = self._make_room(connection, self._wall(), OPENING_ROWS)
            if _bytes(connection, "page_count") > self._max_bytes:
                # a script, because sqlite3 takes a single step of a statement without columns
                connection.executescript(f"PRAGMA incremental_vacuum({OPENING_ROWS})")
            elif not went:
                return

    def _replace(self) -> str:
        aside = database.move_aside(self.path)
        self._damaged = False
        self._replaced = aside.name
        note = f"the journal was damaged; it is kept as {aside}, and a fresh one was begun"
        logger.error(note)
        return note

    def _go_on_counting(self, connection: sqlite3.Connection) -> None:
        """Once a run: its number, and where the numbers of this boot stand."""
        if not self._run:
            self._run, self._first_seq = connection.execute(
                "SELECT coalesce(max(run), 0) + 1, coalesce(max(seq) FILTER (WHERE boot = ?), 0) FROM journal",
                (self._boot,),
            ).fetchone()
        self._oldest_utc = ""

    def _own_up(self, entry: Entry) -> None:
        """A row of its own tells that the journal was replaced."""
        if self._replaced:
            tell = Record(RowKind.JOURNAL_REPLACED, entry.record.at_s, entry.record.phase, detail=self._replaced)
            self._backlog.failed(self._backlog.entry(tell, entry.at))
            self._replaced = ""

    def _write(self, entries: list[Entry], now: WallTime) -> None:
        """One transaction: make room, write `entries`; at least a page is written, so that success proves something."""
        assert self._connection is not None
        with _transaction(self._connection):
            self._make_room(self._connection, now, ROWS_A_TIME)
            self._connection.executemany(INSERT, [self._row(entry) for entry in entries])
            if not entries:
                self._connection.execute(f"PRAGMA user_version = {database.SCHEMA_VERSION}")
        self._backlog.written()

    def _row(self, entry: Entry) -> tuple[object, ...]:
        record = entry.record
        return (
            self._boot, self._first_seq + entry.number, self._run, self._kiosk, __version__,
            utc_text(entry.at.utc), entry.at.sure, record.at_s,
            record.kind.value, record.phase.value, record.visit, record.outcome.value if record.outcome else None,
            record.reason, record.scheme, record.detail,
        )  # fmt: skip

    def _id(self, entry: Entry) -> int:
        assert self._connection is not None
        place = (self._boot, self._first_seq + entry.number)
        return int(self._connection.execute("SELECT id FROM journal WHERE boot = ? AND seq = ?", place).fetchone()[0])

    def _make_room(self, connection: sqlite3.Connection, now: WallTime, rows: int) -> bool:
        """Delete up to `rows` of the oldest that are too old, or too many; whether any went."""
        went = 0
        last = self._last_outlived(connection, now, rows)
        if last is not None:
            went = _delete_oldest(connection, last, rows)
        used = _bytes(connection, "page_count") - _bytes(connection, "freelist_count")
        if used > self._max_bytes - MARGIN_BYTES:
            went += _delete_oldest(connection, None, rows)
        return went > 0

    def _last_outlived(self, connection: sqlite3.Connection, now: WallTime, rows: int) -> int | None:
        """The id up to which rows are too old; the table is only looked at when the oldest sure row is due."""
        if not now.sure or self._oldest_utc > utc_text(now.utc - self._keep):
            return None
        found = connection.execute(
            "SELECT id, at_utc, clock_sure FROM journal WHERE clock_sure ORDER BY id LIMIT ?", (rows,)
        ).fetchall()
        last = last_outlived(
            (StoredFields(number, at_utc, bool(sure)) for number, at_utc, sure in found), now, self._keep
        )
        if last is None and found:
            self._oldest_utc = found[0][1]
        return last

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Trouble with the disk: let go of the file, so that the next try opens it afresh, and say what is wrong."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and database.primary_code(error) in database.DAMAGED:
                self._damaged = True
            self._let_go()
            raise database.trouble(error, self.path) from error

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; the commit is what makes it durable."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk ends the transaction by itself
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def _bytes(connection: sqlite3.Connection, pages: str) -> int:
    """The size of what the pragma `pages` counts."""
    count, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in (pages, "page_size"))
    return int(count * size)


def _delete_oldest(connection: sqlite3.Connection, up_to: int | None, rows: int) -> int:
    """Delete the `rows` oldest, none beyond the id `up_to`; how many went."""
    return connection.execute(
        "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE ? IS NULL OR id <= ? ORDER BY id LIMIT ?)",
        (up_to, up_to, rows),
    ).rowcount
