"""The journal's last days in memory, for the technician's page: visits by the hour, outcomes by reason, faults, visits.

Theory: counting half a million rows takes seconds on a Raspberry Pi, and the page asks every few seconds. So each row
is read once. The first read begins at the first row of `DAYS` days ago, which is
found by bisection: ids ascend, and so do the times of rows, except where the clock was wrong. Each later read begins
after the last row.

Rule 1: a row whose time was not sure is counted at the time that was written with it.
Rule 2: a visit counts by its last row: a referral that the officer overrules is an admission by the officer.
Rule 3: the history holds only the content of the rows; there is no personal data in them.
"""

import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from kiosk.journal.listing import StoredRow
from kiosk.journal.reading import JournalReader
from kiosk.journal.records import RowKind

DAYS = 8
"""This week and the day before it, so that every time zone sees seven whole days."""

MAX_VISITS = 200
"""Visits that can be opened on the page."""

MAX_ROWS_OF_VISIT = 40


@dataclass(slots=True)
class PastVisit:
    """One visit: its run and number, its rows in order, and the outcome and reason of the last row that has one."""

    run: int
    number: int
    rows: list[StoredRow] = field(default_factory=list)
    outcome: str = ""
    reason: str = ""

    @property
    def key(self) -> str:
        """A name for the visit that is unique in one journal."""
        return f"{self.run}-{self.number}"


class JournalHistory:
    """The history of the journal `path`, with hours in the time zone `zone`. Not safe from several threads at once."""

    def __init__(self, path: Path, zone: tzinfo) -> None:
        self._path = path
        self._zone = zone
        self._file: tuple[str, int] = ("", 0)
        self._forget()

    def refresh(self, now: datetime) -> None:
        """Read the rows that are new. Raises `JournalError` if the journal cannot be read."""
        with JournalReader(self._path) as reader:
            file = (str(reader.path), reader.path.stat().st_ino)
            if file != self._file:
                self._forget()
                self._file, self._after = file, _first_id(reader.path, now - timedelta(days=DAYS)) - 1
            for row in reader.rows(after=self._after):
                self._count(row)
                self._after = row.id
        oldest = (now - timedelta(days=DAYS)).astimezone(self._zone).strftime("%Y-%m-%dT%H")
        for hour in [hour for hour in self.hours if hour < oldest]:
            del self.hours[hour]

    def outcomes(self, since: str) -> Counter[tuple[str, str]]:
        """Return the numbers of visits by outcome and reason, from the hour `since` (2026-11-28T07) on."""
        total: Counter[tuple[str, str]] = Counter()
        for hour, counts in self.hours.items():
            if hour >= since:
                total.update(counts)
        return +total

    def latest(self) -> Iterator[PastVisit]:
        """Yield the last visits, the newest first."""
        yield from reversed(self.visits.values())

    def _forget(self) -> None:
        self._after = 0
        self.visits: OrderedDict[str, PastVisit] = OrderedDict()
        self.hours: dict[str, Counter[tuple[str, str]]] = {}
        self.faults: Counter[tuple[str, str, str]] = Counter()
        """Raised faults by day, code and device."""
        self.decided: Counter[tuple[str, str]] = Counter()
        """Rows with an outcome, by outcome and reason. They only grow, and an overruled referral counts as both."""
        self.through: Counter[str] = Counter()
        """Bodies that went through the building door, by hour."""

    def _count(self, row: StoredRow) -> None:
        local = row.at.astimezone(self._zone)
        hour = local.strftime("%Y-%m-%dT%H")
        if row.kind == RowKind.FAULT_RAISED.value:
            self.faults[hour[:10], row.reason, row.detail] += 1
        if row.kind == RowKind.WENT_THROUGH.value:
            self.through[hour] += 1
        if row.visit is None:
            return
        key = f"{row.run}-{row.visit}"
        visit = self.visits.get(key)
        if visit is None:
            visit = self.visits[key] = PastVisit(row.run, row.visit)
            if len(self.visits) > MAX_VISITS:
                self.visits.popitem(last=False)
        if len(visit.rows) < MAX_ROWS_OF_VISIT:
            visit.rows.append(row)
        if not row.outcome:
            return
        counts = self.hours.setdefault(hour, Counter())
        if visit.outcome:  # in the hour of this row, so that a sum over both hours is right
            counts[visit.outcome, visit.reason] -= 1
        visit.outcome = row.outcome
        visit.reason = row.reason or ("" if row.kind == RowKind.VISIT.value else row.kind)
        counts[visit.outcome, visit.reason] += 1
        self.decided[visit.outcome, visit.reason] += 1


def _first_id(path: Path, since: datetime) -> int:
    """Return the id of the first row from `since` on, by bisection. Raises `JournalError` if that cannot be read."""
    wanted = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            low, high = connection.execute(
                "SELECT coalesce(min(id), 1), coalesce(max(id), 0) + 1 FROM journal"
            ).fetchone()
            while low < high:
                middle = (low + high) // 2
                found = connection.execute(
                    "SELECT id, at_utc FROM journal WHERE id >= ? ORDER BY id LIMIT 1", (middle,)
                ).fetchone()
                if found is None or found[1] >= wanted:
                    high = middle
                else:
                    low = found[0] + 1
        finally:
            connection.close()
    except (sqlite3.Error, TypeError):
        return 1  # a damaged file: its readable rows are few enough
    return int(low)
