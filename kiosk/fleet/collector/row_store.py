"""Stores batches of rows in PostgreSQL, once each, and counts those that are new.

Rule 1: rows, counts and the month's partition are written in one transaction. `store` returns after its commit.
Rule 2: a row that is already there is left out and not counted; its key is the kiosk, its time, boot and number.
Rule 3: batches are stored in the order of the kiosks' names, so that two collectors that store the same rows wait for
each other instead of blocking each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from kiosk.fleet.wire.batches import Batch
from kiosk.journal.portions import AT_UTC

INCOMING = """
CREATE TEMPORARY TABLE incoming (
    place integer, kiosk text, missing bigint, id bigint, boot uuid, seq bigint, run bigint, app text, at timestamptz,
    clock_sure boolean, at_s double precision, kind text, phase text, visit bigint, outcome text, reason text,
    scheme text, detail text
) ON COMMIT DELETE ROWS
"""
COPY = "COPY incoming FROM STDIN"

STORE = """
WITH fresh AS (
    INSERT INTO journal_row (kiosk, at, boot, seq, id, run, app, clock_sure, at_s, kind, phase, visit, outcome, reason,
        scheme, detail)
    SELECT kiosk, at, boot, seq, id, run, app, clock_sure, at_s, kind, phase, visit, outcome, reason, scheme, detail
    FROM incoming ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING kiosk, at, boot, seq, kind, outcome, reason
), counted AS (
    INSERT INTO hourly (kiosk, hour, site, kind, outcome, reason, rows)
    SELECT f.kiosk, date_trunc('hour', f.at), coalesce(k.site, ''), f.kind, coalesce(f.outcome, ''), f.reason, count(*)
    FROM fresh f LEFT JOIN kiosk k ON k.name = f.kiosk
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (kiosk, hour, site, kind, outcome, reason) DO UPDATE SET rows = hourly.rows + excluded.rows
), lacking AS (
    SELECT i.kiosk, sum(i.missing) AS rows FROM incoming i JOIN fresh f USING (kiosk, at, boot, seq)
    WHERE i.missing > 0 GROUP BY 1
), noted AS (
    UPDATE kiosk SET missing = kiosk.missing + lacking.rows FROM lacking WHERE kiosk.name = lacking.kiosk
)
SELECT count(*) FROM fresh
"""

ATTEMPTS = 5
"""Attempts to store a batch that another transaction blocked (deadlock, serialization)."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A batch with the name of the kiosk whose topic it came on, which the broker has checked."""

    kiosk: str
    batch: Batch


class RowStore:
    """Stores batches over `connection`, which it sets up for itself. keep_months: rows of earlier months are dropped.

    Raises `psycopg.Error` if the database fails; then nothing of the call is stored.
    """

    def __init__(self, connection: psycopg.Connection, keep_months: int) -> None:
        self._connection = connection
        self._keep_months = keep_months
        self._months: set[datetime] = set()
        self._kiosks: set[str] = set()
        connection.execute("SET timezone TO 'UTC'")
        connection.execute("SET jit TO off")
        connection.execute(INCOMING)
        connection.commit()

    def store(self, delivered: Sequence[Delivered]) -> int:
        """Store all rows and commit; return the number of rows that were new."""
        ordered = sorted(delivered, key=lambda each: each.kiosk)
        self._make_months(ordered)
        for attempt in range(ATTEMPTS):
            try:
                with self._connection.transaction():
                    fresh = self._insert(ordered)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                self._kiosks |= {each.kiosk for each in ordered}
                return fresh
        raise AssertionError("the last attempt returns or raises")

    @property
    def connection(self) -> psycopg.Connection:
        """The connection, for what else the collector writes."""
        return self._connection

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def drop_old(self) -> int:
        """Drop the partitions, rows and counts of months that are not kept; return the number of partitions."""
        with self._connection.transaction():
            found = self._connection.execute("SELECT drop_before(%s)", (self._first_month(),)).fetchone()
        self._months.clear()
        return int(found[0]) if found else 0

    def make_next_months(self) -> None:
        """Make the partitions of this month and of the next one, before they are needed."""
        this = _month(datetime.now(UTC).replace(tzinfo=None))
        self._make({this, _add_months(this, 1)})

    def _insert(self, delivered: Sequence[Delivered]) -> int:
        names = {each.kiosk for each in delivered} - self._kiosks
        if names:
            self._connection.execute(
                "INSERT INTO kiosk (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (sorted(names),)
            )
        with self._connection.cursor() as cursor:
            with cursor.copy(COPY) as copy:
                place = 0
                for each in delivered:
                    missing = each.batch.missing
                    for row in each.batch.rows:
                        copy.write_row((place, each.kiosk, missing, *row))
                        place, missing = place + 1, 0
            found = cursor.execute(STORE).fetchone()
        return int(found[0]) if found else 0

    def _make_months(self, delivered: Sequence[Delivered]) -> None:
        """Make the partitions of these rows, if the rows may mean them: neither too old nor from the future."""
        texts = {row[AT_UTC][:7] for each in delivered for row in each.batch.rows}
        months = {datetime.fromisoformat(f"{text}-01") for text in texts} - self._months
        if months:
            last = _add_months(_month(datetime.now(UTC).replace(tzinfo=None)), 1)
            self._make({month for month in months if self._first_month() <= month <= last})

    def _make(self, months: set[datetime]) -> None:
        for month in sorted(months):
            with self._connection.transaction():
                self._connection.execute("SELECT make_month(%s)", (month,))
        self._months |= months

    def _first_month(self) -> datetime:
        return _add_months(_month(datetime.now(UTC).replace(tzinfo=None)), -self._keep_months)


def _month(at: datetime) -> datetime:
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _add_months(month: datetime, count: int) -> datetime:
    months = month.year * 12 + month.month - 1 + count
    return month.replace(year=months // 12, month=months % 12 + 1)
