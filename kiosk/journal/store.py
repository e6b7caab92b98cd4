"""The journal: rows that are durable when `append` returns, limited in size and age.

Rule 1: `append` returns when the row is durable, or raises `JournalError`. An admission waits for `append`.
Rule 2: a row that could not be written is written together with the next row (see `backlog`).
Rule 3: old rows are deleted in the transaction of a new row (see `retention`).
Rule 4: a damaged file is replaced (see `replacement`), and a row records it. Each row is read back before the commit:
a damaged index could otherwise accept a row without storing it.
Rule 5: a `Journal` belongs to the thread that opened it; other processes use `reading`.
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
from kiosk.journal import damage, database, replacement
from kiosk.journal.backlog import Backlog, Entry
from kiosk.journal.privacy import utc_text
from kiosk.journal.records import EMERGENCIES, Record, RowKind
from kiosk.journal.retention import Retention
from kiosk.journal.salvage import Stored
from kiosk.model import WallTime

logger = logging.getLogger(__name__)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""The file with the boot id; the kernel makes a new one at each boot (random(4))."""

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
        self._retention = Retention(timedelta(days=keep_days), max_mb * 2**20 - database.WAL_LIMIT_BYTES)
        self._boot = boot or BOOT_ID.read_text().strip()
        self._backlog = Backlog()
        self._connection: sqlite3.Connection | None = None
        self._lock: int | None = None
        self._damaged = False
        self._replaced = ""
        self._has_own_row = True  # False for a new journal after a replacement, until its first row
        self._run = 0
        self._first_seq = 0
        self._last_seq = 0  # the last number of this run that is durable

    def open(self) -> str:
        """Open or create the file; return "" or, if the file was damaged, a message for the technician.

        A damaged file is moved aside, its readable rows are saved into a new one, and a row of its own records this.

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
                return self._write(self._backlog.due(entry), entry.at)[entry.number]
        except JournalError:
            self._backlog.failed(entry)
            raise

    def probe(self) -> None:
        """Write the refused rows, or at least one page, to check that the journal can be written.

        Raises `JournalError` if it cannot be written.
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
            note = self._replace_if_needed()
            self._connection = connection = database.open_database(self.path)
            if not self._run:
                self._run, self._first_seq = connection.execute(
                    "SELECT coalesce(max(run), 0) + 1, coalesce(max(seq) FILTER (WHERE boot = ?), 0) FROM journal",
                    (self._boot,),
                ).fetchone()
                self._last_seq = self._first_seq
            self._retention.find_emergency(connection)
            self._retention.return_to_limits(connection, self._wall())
            return note

    def _replace_if_needed(self) -> str:
        """Replace a damaged file, or finish an interrupted replacement; return a message, or "" if none was kept."""
        saved = ""
        if replacement.is_unfinished(self.path):
            aside = replacement.finish(self.path)
        elif not self._damaged:
            return ""
        elif not self._has_own_row:
            replacement.discard(self.path)
            self._damaged = False
            return ""
        else:
            aside, rows = replacement.replace(self.path, self._counts)
            saved = f" with its {rows} readable rows"
        self._damaged = self._has_own_row = False
        self._replaced = aside.name
        note = f"the journal was damaged; it is kept as {aside}, and a new one was created{saved}"
        logger.error(note)
        return note

    def _counts(self, row: Stored) -> bool:
        """Return False for a row after the last durable row of this run: it is written again, or was refused."""
        return not self._run or row["boot"] != self._boot or row["seq"] <= self._last_seq

    def _write(self, entries: list[Entry], now: WallTime) -> dict[int, int]:
        """Make room and write `entries` in one transaction; return the id of each row by the number of its entry.

        At least one page is written, so that success proves that the disk accepts data.
        """
        connection = self._connection
        assert connection is not None
        rows = {entry.number: self._row(entry) for entry in entries}
        with database.transaction(connection):
            self._retention.make_room(connection, now)
            connection.executemany(INSERT, list(rows.values()))
            if not entries:
                connection.execute(f"PRAGMA user_version = {damage.SCHEMA_VERSION}")
            ids = {number: _read_back(connection, row) for number, row in rows.items()}
        self._backlog.written()
        if entries:
            self._has_own_row = True
            self._last_seq = max(self._last_seq, *(self._first_seq + number for number in ids))
        if any(entry.record.kind.value in EMERGENCIES for entry in entries):
            self._retention.find_emergency(connection)
        return ids

    def _row(self, entry: Entry) -> tuple[object, ...]:
        record = entry.record
        return (
            self._boot, self._first_seq + entry.number, self._run, self._kiosk, __version__,
            utc_text(entry.at.utc), entry.at.sure, record.at_s,
            record.kind.value, record.phase.value, record.visit, record.outcome.value if record.outcome else None,
            record.reason, record.scheme, record.detail,
        )  # fmt: skip

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Close the file after an error of the disk, so that the next attempt opens it again; raise `JournalError`."""
        try:
            yield
        except damage.FAILURES as error:
            self._disconnect()
            self._damaged = self._damaged or damage.is_damage(error, self.path)
            raise database.journal_error(error, self.path, damaged=self._damaged) from error

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):  # the rows are durable, and the next opening finds what is wrong
                connection.close()


def _read_back(connection: sqlite3.Connection, row: tuple[object, ...]) -> int:
    """Return the id of the stored `row`. Raises `sqlite3.Error` if the table has a different row under its number."""
    boot, seq = row[:2]
    found = connection.execute("SELECT * FROM journal WHERE boot = ? AND seq = ?", (boot, seq)).fetchone()
    if found is None or found[1:] != row:
        raise damage.corrupt("its index is damaged")
    return int(found[0])
