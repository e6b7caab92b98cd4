"""Retention: decides which of the oldest rows are old enough to be deleted.

Rule 1: a row expires only if its age is known: the clock was sure when the row was written, and it is sure now.
Rule 2: a row that was written while the clock was unsure expires together with the next row whose time is sure: it is
older than that row.
Rule 3: rows expire only in their order. If the clock was wrong and the date of a row is too late, the rows after it do
not expire before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kiosk.model import WallTime


@dataclass(frozen=True, slots=True)
class StoredFields:
    """The fields of a row that decide about its age: its id, which grows with time, and when it was written."""

    id: int
    at_utc: str
    sure: bool


def utc_text(moment: datetime) -> str:
    """Return `moment` as the journal stores it: UTC with milliseconds (RFC 3339), so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def last_expired(oldest: Iterable[StoredFields], now: WallTime, keep: timedelta) -> int | None:
    """Return the id of the last row that is certainly older than `keep`; None if there is no such row.

    `oldest` are the oldest rows in the order of their ids. All rows up to the returned id can be deleted.
    """
    if not now.sure:
        return None
    limit = utc_text(now.utc - keep)
    last: int | None = None
    for row in oldest:
        if row.sure and row.at_utc >= limit:
            break
        if row.sure:
            last = row.id
    return last
