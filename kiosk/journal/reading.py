"""Reads the journal from another process while the kiosk writes it: list, counts, export, check.

Rule 1: read-only, with short queries, because the writer cannot truncate its log while a query runs.
Rule 2: a row of an unsure clock gets its time from a sure row of the same boot, and is marked as repaired.
"""

import csv
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from kiosk.errors import JournalError
from kiosk.journal import database
from kiosk.journal.records import RowKind

ROWS_PER_QUERY = 1000

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet reads a cell that begins with one of these characters as a formula (OWASP, CSV Injection)."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row. clock: the quality of `at`, which is 'sure', 'repaired' (shown as ~) or 'unsure' (shown as ?)."""

    id: int
    at: datetime
    clock: str
    kiosk: str
    kind: str
    phase: str
    visit: int | None
    outcome: str
    reason: str
    scheme: str
    detail: str
    boot: str
    run: int
    seq: int
    at_s: float
    app: str

    def __str__(self) -> str:
        """Return one line for a list, with the local time."""
        mark = {"sure": " ", "repaired": "~"}.get(self.clock, "?")
        visit = f"visit {self.visit}" if self.visit is not None else ""
        detail = f"({self.detail})" if self.detail else ""
        text = " ".join(part for part in (visit, self.outcome, self.reason, self.scheme, detail) if part)
        return f"{self.id:>7}  {self.at.astimezone():%Y-%m-%d %H:%M:%S}{mark} {self.kind:<17} {text}".rstrip()


@dataclass(frozen=True, slots=True)
class Count:
    """The number of visits with one outcome and one reason on one day."""

    day: str
    outcome: str
    reason: str
    visits: int

    def __str__(self) -> str:
        """Return one line for a list."""
        return f"{self.day}  {self.outcome:<19} {self.reason:<22} {self.visits:>7}"


class JournalReader:
    """A read-only connection to the journal at `path`, for use as a context manager.

    Raises `JournalError` if there is no journal or it cannot be read; all methods that read do so too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._anchors: dict[str, tuple[datetime, float] | None] = {}
        try:
            exists = path.is_file()
        except OSError as error:
            raise JournalError(f"journal {path}: {error.strerror}; read it with 'sudo kiosk journal'") from error
        if not exists:
            raise JournalError(f"journal {path}: there is none yet; check 'journal.path' in the settings")
        try:
            self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        except sqlite3.Error as error:
            raise read_error(error, path) from error
        self._connection.row_factory = sqlite3.Row
        try:
            application, version = (self._query(f"PRAGMA {name}")[0][0] for name in ("application_id", "user_version"))
            database.refuse_foreign(path, application, version)
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
        """Close the connection."""
        self._connection.close()

    def last(self, count: int) -> list[StoredRow]:
        """Return the newest `count` rows, oldest first."""
        found = self._query("SELECT * FROM journal ORDER BY id DESC LIMIT ?", count)
        return [self._row(row) for row in reversed(found)]

    def rows(self, since: datetime | None = None) -> Iterator[StoredRow]:
        """Yield all rows, or those since a moment, oldest first."""
        after = 0
        while found := self._query("SELECT * FROM journal WHERE id > ? ORDER BY id LIMIT ?", after, ROWS_PER_QUERY):
            after = found[-1]["id"]
            for row in map(self._row, found):
                if since is None or row.at >= since:
                    yield row

    def emergency_stands(self) -> bool:
        """Return True if the last emergency was not reset; searches the newest ROWS_PER_QUERY rows."""
        newest = "SELECT kind FROM (SELECT id, kind FROM journal ORDER BY id DESC LIMIT ?) WHERE kind IN (?, ?)"
        kinds = (RowKind.EMERGENCY_RAISED.value, RowKind.EMERGENCY_RESET.value)
        found = self._query(f"{newest} ORDER BY id DESC LIMIT 1", ROWS_PER_QUERY, *kinds)
        return bool(found) and found[0]["kind"] == RowKind.EMERGENCY_RAISED.value

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
        answer = self._query("PRAGMA quick_check(1)")[0][0]
        if answer != "ok":
            raise JournalError(
                f"journal {self.path}: damaged ({answer}); the kiosk moves it aside when it reads the damaged page",
                "journal_full",
            )
        rows = self._query("SELECT count(*) FROM journal")[0][0]
        return f"{rows} rows, {self.path.stat().st_size / 2**20:.1f} MB"

    def _query(self, statement: str, *values: object) -> list[sqlite3.Row]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise read_error(error, self.path) from error

    def _row(self, row: sqlite3.Row) -> StoredRow:
        at, clock = datetime.fromisoformat(row["at_utc"]), "sure"
        if not row["clock_sure"]:
            anchor = self._anchor(row["boot"])
            clock = "repaired" if anchor else "unsure"
            at = anchor[0] + timedelta(seconds=row["at_s"] - anchor[1]) if anchor else at
        rest = {
            field.name: row[field.name] for field in fields(StoredRow) if field.name not in ("at", "clock", "outcome")
        }
        return StoredRow(at=at, clock=clock, outcome=row["outcome"] or "", **rest)

    def _anchor(self, boot: str) -> tuple[datetime, float] | None:
        """Return a sure time of day of `boot` with its monotonic time; None if the boot has no sure row."""
        if boot not in self._anchors:
            found = self._query(
                "SELECT at_utc, at_s FROM journal WHERE boot = ? AND clock_sure ORDER BY seq LIMIT 1", boot
            )
            self._anchors[boot] = (datetime.fromisoformat(found[0][0]), found[0][1]) if found else None
        return self._anchors[boot]


def read_error(error: sqlite3.Error, path: Path) -> JournalError:
    """Return the `JournalError` for a reader, who cannot repair the file; see also `database.journal_error`."""
    match database.primary_code(error):
        case sqlite3.SQLITE_NOTADB:
            return JournalError(f"journal {path}: is not the journal of a kiosk; check '--file' or 'journal.path'")
        case sqlite3.SQLITE_CORRUPT:
            return JournalError(f"journal {path}: {error}; the kiosk moves it aside at its next start")
        case _:
            return database.journal_error(error, path)


def count_visits(rows: Iterable[StoredRow], zone: tzinfo) -> list[Count]:
    """Count each visit once, by its last row: a referral that the officer overrules counts as admitted by the officer.

    Return the counts by day (in `zone`), outcome and reason, in this order.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    previous: tuple[int, int | None] = (0, None)
    previous_key = ("", "", "")
    for row in rows:
        if not row.outcome:
            continue
        why = row.reason or ("" if row.kind == RowKind.VISIT.value else row.kind)
        key = (row.at.astimezone(zone).date().isoformat(), row.outcome, why)
        if (row.run, row.visit) == previous:
            counts[previous_key] -= 1
        counts[key] += 1
        previous, previous_key = (row.run, row.visit), key
    return [Count(*key, visits) for key, visits in sorted(counts.items()) if visits]


def cell(value: object) -> str:
    """Return a value as a cell of the export; "'" is put before text that a spreadsheet would read as a formula."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_SIGNS) else text
