"""Reading the journal from another process, while the kiosk writes it: list, counts, export, check.

Rule 1: read-only, in small pieces: a reader that dawdles must not keep the writer's log from being cut back.
Rule 2: a row that was written under an unsure clock gets its time from a sure row of the same boot, and says so.
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

PIECE = 1000
"""Rows of one query."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is a formula to a spreadsheet (OWASP, CSV Injection)."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row as a person reads it. clock: 'sure', 'repaired' (~) or 'unsure' (?) tells how far to trust `at`."""

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
        """One line for a list, in the local time."""
        mark = {"sure": " ", "repaired": "~"}.get(self.clock, "?")
        visit = f"visit {self.visit}" if self.visit is not None else ""
        detail = f"({self.detail})" if self.detail else ""
        text = " ".join(part for part in (visit, self.outcome, self.reason, self.scheme, detail) if part)
        return f"{self.id:>7}  {self.at.astimezone():%Y-%m-%d %H:%M:%S}{mark} {self.kind:<17} {text}".rstrip()


@dataclass(frozen=True, slots=True)
class Count:
    """How many visits came to one outcome for one reason on one day."""

    day: str
    outcome: str
    reason: str
    visits: int

    def __str__(self) -> str:
        """One line for a list."""
        return f"{self.day}  {self.outcome:<19} {self.reason:<22} {self.visits:>7}"


class JournalReader:
    """A read-only look at the journal at `path`; raises JournalError when there is none. Use it as a context."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._anchors: dict[str, tuple[datetime, float] | None] = {}
        _find(path)
        try:
            self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        except sqlite3.Error as error:
            raise trouble(error, path) from error
        self._connection.row_factory = sqlite3.Row
        self._refuse_foreign()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def last(self, count: int) -> list[StoredRow]:
        """The newest `count` rows, oldest first."""
        found = self._ask("SELECT * FROM journal ORDER BY id DESC LIMIT ?", count)
        return [self._row(row) for row in reversed(found)]

    def rows(self, since: datetime | None = None) -> Iterator[StoredRow]:
        """All rows, or those since a moment, oldest first."""
        after = 0
        while found := self._ask("SELECT * FROM journal WHERE id > ? ORDER BY id LIMIT ?", after, PIECE):
            after = found[-1]["id"]
            for row in map(self._row, found):
                if since is None or row.at >= since:
                    yield row

    def emergency_stands(self) -> bool:
        """Whether the last emergency was never reset; while one stands, few rows are written."""
        newest = "SELECT kind FROM (SELECT id, kind FROM journal ORDER BY id DESC LIMIT ?) WHERE kind IN (?, ?)"
        kinds = (RowKind.EMERGENCY_RAISED.value, RowKind.EMERGENCY_RESET.value)
        found = self._ask(f"{newest} ORDER BY id DESC LIMIT 1", PIECE, *kinds)
        return bool(found) and found[0]["kind"] == RowKind.EMERGENCY_RAISED.value

    def counts(self, since: datetime | None = None, zone: tzinfo = UTC) -> list[Count]:
        """Visits by day (of `zone`), outcome and reason."""
        return count_visits(self.rows(since), zone)

    def export(self, target: TextIO, since: datetime | None = None) -> int:
        """Write the rows as CSV (RFC 4180); returns how many. Open `target` with newline=''."""
        writer = csv.writer(target)
        names = [field.name for field in fields(StoredRow)]
        writer.writerow(names)
        written = 0
        for row in self.rows(since):
            writer.writerow([cell(getattr(row, name)) for name in names])
            written += 1
        return written

    def check(self) -> str:
        """Read every page and say how it stands; raises JournalError when it is damaged."""
        answer = self._ask("PRAGMA quick_check(1)")[0][0]
        if answer != "ok":
            raise JournalError(
                f"journal {self.path}: damaged ({answer}); it is moved aside when the kiosk meets the damage",
                "journal_full",
            )
        rows = self._ask("SELECT count(*) FROM journal")[0][0]
        return f"{rows} rows, {self.path.stat().st_size / 2**20:.1f} MB"

    def _refuse_foreign(self) -> None:
        try:
            found = self._ask("PRAGMA application_id")[0][0], self._ask("PRAGMA user_version")[0][0]
            database.refuse_foreign(self.path, *found)
        except JournalError:
            self.close()
            raise

    def _ask(self, question: str, *values: object) -> list[sqlite3.Row]:
        try:
            return self._connection.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise trouble(error, self.path) from error

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
        """A moment of `boot` that is known both by the calendar and by its monotonic second."""
        if boot not in self._anchors:
            found = self._ask(
                "SELECT at_utc, at_s FROM journal WHERE boot = ? AND clock_sure ORDER BY seq LIMIT 1", boot
            )
            self._anchors[boot] = (datetime.fromisoformat(found[0][0]), found[0][1]) if found else None
        return self._anchors[boot]


def _find(path: Path) -> None:
    try:
        found = path.is_file()
    except OSError as error:
        raise JournalError(f"journal {path}: {error.strerror}; read it by 'sudo kiosk journal'") from error
    if not found:
        raise JournalError(f"journal {path}: there is none yet; see 'journal.path' in the settings")


def trouble(error: sqlite3.Error, path: Path) -> JournalError:
    """What somebody who reads is told; unlike the writer, they cannot make anything better."""
    match database.primary_code(error):
        case sqlite3.SQLITE_NOTADB:
            return JournalError(f"journal {path}: it is no journal of a kiosk; see '--file' or 'journal.path'")
        case sqlite3.SQLITE_CORRUPT:
            return JournalError(f"journal {path}: {error}; the kiosk moves it aside at its next start and begins anew")
        case _:
            return database.trouble(error, path)


def count_visits(rows: Iterable[StoredRow], zone: tzinfo) -> list[Count]:
    """Each visit once, by its last row: a referral that the officer overruled counts as admitted by the officer."""
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
    """A cell of the export; text that a spreadsheet would calculate is made plain text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_SIGNS) else text
