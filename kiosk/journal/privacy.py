"""Retention: the pure decision which of the oldest rows are old enough to be deleted.

Rule 1: a row expires only if its age is known: the clock was sure when the row was written, and it is sure now.
Rule 2: a row of an unsure clock expires together with the next sure row after it, because it is older than that row.
Rule 3: if the dates are out of order (the clock was set back or forward), no row after that point expires yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kiosk.model import WallTime


@dataclass(frozen=True, slots=True)
class StoredFields:
    """The fields of a stored row that decide: its id, which grows with time, and the time when it was written."""

    id: int
    at_utc: str
    sure: bool


def utc_text(moment: datetime) -> str:
    """Return `moment` as the journal stores it: UTC with milliseconds (RFC 3339), so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def last_expired(oldest: Iterable[StoredFields], now: WallTime, keep: timedelta) -> int | None:
    """Return the id of the last row that is surely older than `keep`, or None if there is none.

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
