"""How long rows are kept: the pure decision which of the oldest may go.

Rule 1: a row goes only when its age is sure: by a clock that was right when it was written, and is right now.
Rule 2: a row of an unsure clock goes with the first sure row behind it that goes, for it is older than that.
Rule 3: where the order of the dates is broken (somebody set the clock), nothing behind the break goes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kiosk.model import WallTime


@dataclass(frozen=True, slots=True)
class StoredFields:
    """A row that is kept: its id, which grows with time, and when it was written."""

    id: int
    at_utc: str
    sure: bool


def utc_text(moment: datetime) -> str:
    """`moment` as the journal writes it: UTC, milliseconds, and in the order of the alphabet (RFC 3339)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def last_outlived(oldest: Iterable[StoredFields], now: WallTime, keep: timedelta) -> int | None:
    """The id up to which the rows `oldest` (in the order of their ids) are surely older than `keep`."""
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
