"""Finds the readable rows of a damaged journal.

Rule 1: no row is invented. A row is used only if its cell has the right format and this program could have written each
of its columns: the types, the time, the known kinds, phases and outcomes, and an order that agrees with its neighbours.
A changed bit that gives another possible value cannot be detected: SQLite keeps no checksum of a row.
Rule 2: a row that `retention` deleted may still be in a free page and is then read again. This does no harm: the row is
genuine, and `retention` deletes it again.
Rule 3: a sector of the disk that cannot be read is skipped, like a damaged page.
"""

import math
import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from heapq import nlargest
from pathlib import Path
from typing import Any, Self

from kiosk.flow.state import Outcome
from kiosk.journal.pages import PAGE_BYTES, log_pages, newest_rowid, rows_in
from kiosk.journal.privacy import utc_text
from kiosk.journal.records import EMERGENCIES, RowKind
from kiosk.model import Phase

COLUMNS: dict[str, tuple[type, ...]] = {
    "id": (int,),
    "boot": (str,),
    "seq": (int,),
    "run": (int,),
    "kiosk": (str,),
    "app": (str,),
    "at_utc": (str,),
    "clock_sure": (int,),
    "at_s": (float, int),
    "kind": (str,),
    "phase": (str,),
    "visit": (int, type(None)),
    "outcome": (str, type(None)),
    "reason": (str,),
    "scheme": (str,),
    "detail": (str,),
}
"""The columns of the table in their order, with the types of their values."""

LARGEST_NUMBER = 2**40
"""Limit of ids, runs and row numbers; those of a real kiosk are far smaller."""

READINGS = 2
"""Number of attempts to read a page."""

ALARM_PAGES = 8

LONGEST_TEXT = 255
KINDS = frozenset(kind.value for kind in RowKind)
PHASES = frozenset(phase.value for phase in Phase)
OUTCOMES = frozenset({None, *(outcome.value for outcome in Outcome)})

Stored = dict[str, Any]
"""A stored row: its values by column."""


def moment(at_utc: str) -> datetime:
    """Return the time in the text of a row. Raises `ValueError` if a kiosk cannot have written this text."""
    at = datetime.fromisoformat(at_utc)
    if not 1970 <= at.year < 9000 or utc_text(at) != at_utc:
        raise ValueError(f"{at_utc!r} is no time of the journal")
    return at


def is_typed(row: Mapping[str, object]) -> bool:
    """Return True if each column has a value of its type."""
    return all(isinstance(row[name], types) for name, types in COLUMNS.items())


def is_possible(row: Stored) -> bool:
    """Return True if this program can have written `row`."""
    if not is_typed(row):
        return False
    try:
        moment(row["at_utc"])
    except ValueError:
        return False
    return (
        all(0 < row[name] < LARGEST_NUMBER for name in ("id", "seq", "run"))
        and (row["visit"] is None or 0 <= row["visit"] < LARGEST_NUMBER)
        and row["clock_sure"] in (0, 1)
        and math.isfinite(row["at_s"])
        and row["kind"] in KINDS
        and row["phase"] in PHASES
        and row["outcome"] in OUTCOMES
        and all(len(text) <= LONGEST_TEXT and text.isprintable() for text in row.values() if isinstance(text, str))
    )


def readable_rows(path: Path, limit: int | None = None) -> list[Stored]:
    """Return the readable rows of the journal at `path`, oldest first; the file may be damaged in any way.

    limit: the number of the newest rows to read (a page is read as a whole, so there can be more); None for all rows.
        The newest row that tells whether an emergency is not reset is always read.

    Raises `OSError` if the file cannot be opened.
    """
    with _Pages(path) as pages:
        places: list[tuple[int, int]] = []
        alarms: list[tuple[int, int]] = []  # a few pages, because a changed bit can make an old page seem the newest
        for number in pages.numbers:
            page = pages.read(number)
            newest = newest_rowid(page)
            if newest is not None:
                places.append((newest, number))
                if any(kind.encode() in page for kind in EMERGENCIES):
                    alarms = nlargest(ALARM_PAGES, [*alarms, (newest, number)])
        found: dict[int, Stored] = {}
        for _, number in sorted(places, reverse=True):
            if limit is not None and len(found) >= limit:
                break
            _collect(pages.read(number), found)
        for _, number in alarms:
            _collect(pages.read(number), found)
    return _in_order([found[number] for number in sorted(found)])


def emergency_stands(rows: Iterable[Mapping[str, object]]) -> bool:
    """Return True if the last emergency in `rows`, oldest first, was not reset."""
    kinds = [row["kind"] for row in rows if row["kind"] in EMERGENCIES]
    return bool(kinds) and kinds[-1] == RowKind.EMERGENCY_RAISED.value


class _Pages:
    """The newest version of each page, from the log or else from the database; for use as a context manager."""

    def __init__(self, path: Path) -> None:
        try:
            self._newer = log_pages(path.with_name(path.name + "-wal").read_bytes())
        except OSError:
            self._newer = {}
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        pages = -(-os.fstat(self._file).st_size // PAGE_BYTES)
        self.numbers = sorted({*range(2, pages + 1), *self._newer} - {1})  # the first page has the schema

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._file)

    def read(self, number: int) -> bytes:
        """Return the page, padded with zeros; an empty page if it cannot be read."""
        if number in self._newer:
            return self._newer[number]
        for _ in range(READINGS):
            with suppress(OSError):
                return os.pread(self._file, PAGE_BYTES, (number - 1) * PAGE_BYTES).ljust(PAGE_BYTES, b"\0")
        return bytes(PAGE_BYTES)


def _collect(page: bytes, found: dict[int, Stored]) -> None:
    for values in rows_in(page, len(COLUMNS)):
        row: Stored = dict(zip(COLUMNS, values, strict=True))
        if is_possible(row):
            found.setdefault(row["id"], row)


def _in_order(rows: list[Stored]) -> list[Stored]:
    """Return `rows`, which are in the order of their ids, without the rows whose run and number are out of order.

    Run and number grow with the id, so the longest ascending subsequence is returned (by patience sorting).
    """
    ends: list[tuple[int, int]] = []
    ends_at: list[int] = []
    before: list[int] = []
    for at, row in enumerate(rows):
        key = (row["run"], row["seq"])
        place = bisect_left(ends, key)
        before.append(ends_at[place - 1] if place else -1)
        ends[place : place + 1] = [key]
        ends_at[place : place + 1] = [at]
    kept = []
    at = ends_at[-1] if ends_at else -1
    while at >= 0:
        kept.append(rows[at])
        at = before[at]
    return kept[::-1]
