"""Limits the rows of each kiosk, so that one stolen certificate cannot fill the database.

Each collector counts in memory, and adds its count to the database every EXCHANGE_S and at its end. It then learns
what the other collectors took, and after a restart it goes on where the collectors were. So the limit holds for all of
them together; only what a collector took since the last exchange is forgotten if it is killed.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg

ROWS_AT_ONCE = 500_000
"""Rows that are taken of one kiosk at once: a kiosk that lost its cursor sends its whole journal again."""

ROWS_PER_S = 1.0
"""Rows a second that are taken beyond them: 86,400 a day, of which a busy door sends about 2,000."""

EXCHANGE_S = 60.0
"""Longest time between two exchanges with the database."""

TOO_MANY = f"more than {ROWS_AT_ONCE} rows of this kiosk; the others are taken at {ROWS_PER_S:.0f} a second"

LEFT = "SELECT kiosk, least(rows + extract(epoch FROM now() - at) * %s, %s) FROM row_allowance"
TAKE = """
INSERT INTO row_allowance (kiosk, rows, at)
SELECT kiosk, %(most)s - taken, now() FROM unnest(%(kiosks)s::text[], %(taken)s::bigint[]) AS t (kiosk, taken)
ORDER BY kiosk
ON CONFLICT (kiosk) DO UPDATE SET
    rows = least(row_allowance.rows + extract(epoch FROM now() - row_allowance.at) * %(per_s)s, %(most)s)
        - (%(most)s - excluded.rows),
    at = now()
RETURNING kiosk, rows
"""


@dataclass(slots=True)
class RowAllowance:
    """The number of rows that a kiosk may still send, at the time `at_s`."""

    rows: float
    at_s: float


class RowLimit:
    """The limits of all kiosks, as one collector knows them. Not safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._allowances: dict[str, RowAllowance] = {}
        self._taken: Counter[str] = Counter()
        self._exchange_at_s = clock() + EXCHANGE_S

    def takes(self, name: str, rows: int) -> bool:
        """Return True if the kiosk `name` may send `rows` rows now, and count them."""
        now_s = self._clock()
        left = self._allowances.setdefault(name, RowAllowance(ROWS_AT_ONCE, now_s))
        left.rows = min(left.rows + (now_s - left.at_s) * ROWS_PER_S, ROWS_AT_ONCE)
        left.at_s = now_s
        if left.rows < rows:
            return False
        left.rows -= rows
        self._taken[name] += rows
        return True

    def load(self, connection: psycopg.Connection) -> None:
        """Learn what the kiosks may still send. Raises `psycopg.Error`."""
        self._learn({str(name): float(rows) for name, rows in connection.execute(LEFT, (ROWS_PER_S, ROWS_AT_ONCE))})

    def exchange(self, connection: psycopg.Connection, *, at_once: bool = False) -> None:
        """Add what was taken to the database if it is time or `at_once`. Raises `psycopg.Error`; the count is kept."""
        if not self._taken or (self._clock() < self._exchange_at_s and not at_once):
            return
        self._exchange_at_s = self._clock() + EXCHANGE_S
        values = {
            "most": ROWS_AT_ONCE,
            "per_s": ROWS_PER_S,
            "kiosks": list(self._taken.keys()),
            "taken": list(self._taken.values()),
        }
        with connection.transaction():
            found = {str(name): float(rows) for name, rows in connection.execute(TAKE, values)}
        self._taken.clear()
        self._learn(found)

    def _learn(self, left: Mapping[str, float]) -> None:
        now_s = self._clock()
        for name, rows in left.items():
            self._allowances[name] = RowAllowance(rows - self._taken[name], now_s)
