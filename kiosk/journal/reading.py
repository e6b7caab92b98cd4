"""Reads the journal from another process while the kiosk writes it: list, counts, export, check.

Rule 1: the connection is read-only and its queries are short: the writer cannot truncate its log while a query runs.
Rule 2: for a row that was written while the clock was unsure, the time is computed from a row of the same boot whose
time is sure, and is marked as repaired.
Rule 3: if the file is damaged, the readable rows are used (see `salvage`), and a warning is logged. A row that cannot
be shown is left out and counted, and reading continues. Only `check` raises an exception for damage.
Rule 4: if no row of a damaged file can be read, `JournalError` is raised, as for a foreign file.
"""

import csv
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from kiosk.errors import JournalError
from kiosk.journal import damage, database, replacement, salvage
from kiosk.journal.listing import Count, StoredRow, cell, count_visits
from kiosk.journal.privacy import utc_text
from kiosk.journal.records import EMERGENCIES
from kiosk.journal.salvage import Stored

logger = logging.getLogger(__name__)

ROWS_PER_QUERY = 1000


def exists(path: Path) -> bool:
    """Return True if there is a journal at `path`, or the new journal of a replacement that a power cut interrupted."""
    return replacement.current(path).is_file()


def emergency_stands(path: Path) -> bool:
    """Return True if the journal at `path` says that an emergency was not reset.

    A journal that cannot be read tells of no emergency; the log says so.
    """
    try:
        if not exists(path):
            return False
        with JournalReader(path) as journal:
            return journal.emergency_stands()
    except (JournalError, OSError) as error:
        logger.warning("it is not known whether an emergency was reset: %s", error)
        return False


class JournalReader:
    """A read-only connection to the journal at `path`, for use as a context manager.

    Raises `JournalError` if there is no journal or no row of it can be read; all methods that read raise it too.
    """

    def __init__(self, path: Path) -> None:
        try:
            self.path = replacement.current(path)
            found = self.path.is_file()
        except OSError as error:
            raise JournalError(f"journal {path}: {error.strerror}; read it with 'sudo kiosk journal'") from error
        if not found:
            raise JournalError(f"journal {path}: there is none yet; check 'journal.path' in the settings, or '--file'")
        self._anchors: dict[str, tuple[datetime, float] | None] = {}
        self._left_out: set[int] = set()
        self._damage: Exception | None = None
        self._readable: list[Stored] | None = None  # the rows of a damaged file, when they were needed
        try:
            self._connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
            )
        except sqlite3.Error as error:
            raise read_error(error, path) from error
        self._connection.row_factory = sqlite3.Row
        self._connection.text_factory = lambda text: text.decode(errors="replace")
        try:
            self._identify()
        except JournalError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the log says how many rows were left out."""
        self._connection.close()
        if self._left_out:
            logger.warning("journal %s: %d damaged rows are left out", self.path, len(self._left_out))

    def last(self, count: int) -> list[StoredRow]:
        """Return the newest `count` rows, oldest first."""
        try:
            found = self._query("SELECT * FROM journal ORDER BY id DESC LIMIT ?", count)[::-1]
        except _DamageError:
            found = self._readable_rows()[-count:]
        return [row for each in found if (row := self._row(each))]

    def rows(self, since: datetime | None = None, after: int = 0) -> Iterator[StoredRow]:
        """Yield the rows after the id `after`, from the time `since` on if it is given, oldest first."""
        while found := self._rows_after(after):
            after = found[-1]["id"]
            for row in map(self._row, found):
                if row and (since is None or row.at >= since):
                    yield row

    def emergency_stands(self) -> bool:
        """Return True if the last emergency was not reset, however many rows came after it."""
        try:
            found = self._query("SELECT kind FROM journal WHERE kind IN (?, ?) ORDER BY id DESC LIMIT 1", *EMERGENCIES)
        except _DamageError:
            found = self._salvage(limit=1)
        return salvage.emergency_stands(found)

    def counts(self, since: datetime | None = None, zone: tzinfo = UTC) -> list[Count]:
        """Return the numbers of visits by day (in `zone`), outcome and reason."""
        return count_visits(self.rows(since), zone)

    def export(self, target: TextIO, since: datetime | None = None) -> int:
        """Write the rows as CSV (RFC 4180) and return their number. `target` must be opened with newline=''."""
        writer = csv.writer(target)
        names = [field.name for field in fields(StoredRow)]
        writer.writerow(names)
        written = 0
        for row in self.rows(since):
            writer.writerow([cell(getattr(row, name)) for name in names])
            written += 1
        return written

    def check(self) -> str:
        """Read every page; return the number of rows and the size of the file as text.

        Raises `JournalError` if the file is damaged.
        """
        try:
            if self._damage:
                raise self._damage
            damage.check(self._connection)
            rows = self._query("SELECT count(*) FROM journal")[0]["count(*)"]
            return f"{rows} rows, {self.path.stat().st_size / 2**20:.1f} MB"
        except (*damage.FAILURES, _DamageError) as error:
            if not isinstance(error, _DamageError) and not damage.is_content(error):
                raise read_error(error, self.path) from error
            raise JournalError(
                f"journal {self.path}: damaged ({error}); the kiosk moves it aside and saves its readable rows when it "
                "reads the damaged page, or at its next start",
                "journal_full",
            ) from error

    def _identify(self) -> None:
        """Raise `JournalError` for a foreign file; if the file is damaged, continue with its readable rows."""
        try:
            damage.check_files(self.path)
            if not damage.identify(self._connection, self.path):
                damage.refuse_foreign(self.path, 0, 0)
        except damage.FAILURES as error:
            self._note_damage(error)

    def _query(self, statement: str, *values: object) -> list[Stored]:
        """Return the rows of a query. Raises `_DamageError` if the file is damaged, `JournalError` for other errors."""
        if self._damage:
            raise _DamageError
        try:
            return [dict(row) for row in self._connection.execute(statement, values)]
        except damage.FAILURES as error:
            self._note_damage(error)
            raise _DamageError from error

    def _note_damage(self, error: Exception) -> None:
        """Use only the readable rows from now on. Raises `JournalError` if there are none, or no damage."""
        if not damage.is_content(error) or not self._salvage(limit=1):
            raise read_error(error, self.path) from error
        self._damage = error

    def _readable_rows(self) -> list[Stored]:
        """Return all readable rows of a damaged file, oldest first."""
        if self._readable is None:
            self._readable = self._salvage(limit=None)
            count = len(self._readable)
            logger.warning(
                "journal %s: damaged (%s); only its %d readable rows are used", self.path, self._damage, count
            )
        return self._readable

    def _salvage(self, limit: int | None) -> list[Stored]:
        try:
            return salvage.readable_rows(self.path, limit)
        except OSError as error:
            raise read_error(error, self.path) from error

    def _rows_after(self, after: int) -> list[Stored]:
        """Return the next rows after the id `after`, oldest first; their ids ascend, also in a damaged file."""
        try:
            found = self._query("SELECT * FROM journal WHERE id > ? ORDER BY id LIMIT ?", after, ROWS_PER_QUERY)
            ids = [after, *(row["id"] for row in found)]
            if all(one < other for one, other in pairwise(ids)):
                return found
            self._note_damage(damage.corrupt("its rows are out of order"))
        except _DamageError:
            pass
        return [row for row in self._readable_rows() if row["id"] > after]

    def _row(self, row: Stored) -> StoredRow | None:
        """Return the row as it is shown; if one of its values is damaged, count it and return None."""
        if not salvage.is_typed(row):
            self._left_out.add(row["id"])
            return None
        try:
            at, clock = salvage.moment(row["at_utc"]), "sure"
            if not row["clock_sure"]:
                anchor = self._anchor(row["boot"])
                clock = "repaired" if anchor else "unsure"
                at = anchor[0] + timedelta(seconds=row["at_s"] - anchor[1]) if anchor else at
            salvage.moment(utc_text(at))
        except (ValueError, OverflowError):
            self._left_out.add(row["id"])
            return None
        rest = {
            field.name: row[field.name] for field in fields(StoredRow) if field.name not in ("at", "clock", "outcome")
        }
        return StoredRow(at=at, clock=clock, outcome=row["outcome"] or "", **rest)

    def _anchor(self, boot: str) -> tuple[datetime, float] | None:
        """Return a sure time of day of `boot` with its monotonic time; None if the boot has no sure row.

        Raises `ValueError` if the time of that row is damaged.
        """
        if boot not in self._anchors:
            try:
                found = self._query(
                    "SELECT at_utc, at_s FROM journal WHERE boot = ? AND clock_sure ORDER BY seq LIMIT 1", boot
                )
            except _DamageError:
                found = [row for row in self._readable_rows() if row["boot"] == boot and row["clock_sure"]]
            self._anchors[boot] = (salvage.moment(found[0]["at_utc"]), found[0]["at_s"]) if found else None
        return self._anchors[boot]


class _DamageError(Exception):
    """Raised when damage of the file is found, after its readable rows have been read."""


def read_error(error: Exception, path: Path) -> JournalError:
    """Return the `JournalError` for a reader, who cannot repair the file; see also `database.journal_error`."""
    if not damage.is_content(error):
        return database.journal_error(error, path)
    if isinstance(error, sqlite3.Error) and damage.primary_code(error) == sqlite3.SQLITE_NOTADB:
        return JournalError(f"journal {path}: is not the journal of a kiosk; check '--file' or 'journal.path'")
    return JournalError(f"journal {path}: {error}, and no row can be read; the kiosk moves it aside at its next start")
