"""Pure functions that show rows and counts on the command line and in the export."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from kiosk.journal.records import RowKind

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which a spreadsheet takes the text of a cell for a formula (OWASP, CSV Injection)."""


ROW_HEAD = f"{'row':>7}  {'time':19}  {'kind':<17} what"
COUNT_HEAD = f"{'day':10}  {'outcome':<19} {'reason':<22} {'visits':>7}"
"""Names of the columns of the lists."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row. clock: the quality of the time `at`: 'sure', 'repaired' (shown as ~) or 'unsure' (shown as ?)."""

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

    def line(self, zone: tzinfo) -> str:
        """Return one line for a list, with the time in `zone`."""
        mark = {"sure": " ", "repaired": "~"}.get(self.clock, "?")
        visit = f"visit {self.visit}" if self.visit is not None else ""
        detail = f"({self.detail})" if self.detail else ""
        text = " ".join(part for part in (visit, self.outcome, self.reason, self.scheme, detail) if part)
        return f"{self.id:>7}  {self.at.astimezone(zone):%Y-%m-%d %H:%M:%S}{mark} {self.kind:<17} {text}".rstrip()


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


def count_visits(rows: Iterable[StoredRow], zone: tzinfo) -> list[Count]:
    """Count each visit once, by its last row: a referral that the officer overrules counts as admitted by the officer.

    Bodies that went through are counted on lines of their own, with "went_through" in place of the outcome.

    Return the counts by day (in `zone`), outcome and reason, in this order.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    previous: tuple[int, int | None] = (0, None)
    previous_key = ("", "", "")
    for row in rows:
        if row.kind == RowKind.WENT_THROUGH.value:
            counts[row.at.astimezone(zone).date().isoformat(), row.kind, row.reason] += 1
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
