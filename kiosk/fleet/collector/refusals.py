"""Notes the messages that were refused, for the office's page: of which kiosk, why, when and how many.

Rule 1: they are written at most every WRITE_S, so that a flood of wrong messages costs the database little.
Rule 2: at most MAX_NOTED names are kept until then, because whoever invents messages can invent names.
"""

import threading
from collections.abc import Callable

import psycopg

from kiosk.errors import printable

WRITE_S = 5.0
MAX_NOTED = 1000
LONGEST_REASON = 200

WRITE = """
INSERT INTO refusal (kiosk, reason, at, messages) VALUES (%s, %s, now(), %s)
ON CONFLICT (kiosk) DO UPDATE SET reason = excluded.reason, at = now(), messages = refusal.messages + excluded.messages
"""
FORGET = "DELETE FROM refusal WHERE at < now() - interval '30 days'"


class Refusals:
    """The refused messages that are not written yet. Safe from any thread; clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[str, tuple[str, int]] = {}
        self._write_at_s = 0.0

    def note(self, kiosk: str, reason: str) -> None:
        """Note one refused message."""
        shown = printable(reason[:LONGEST_REASON])
        with self._lock:
            if kiosk in self._noted or len(self._noted) < MAX_NOTED:
                self._noted[kiosk] = (shown, self._noted.get(kiosk, ("", 0))[1] + 1)

    def write(self, connection: psycopg.Connection) -> None:
        """Write what was noted, if it is time. Raises `psycopg.Error`; then it is lost."""
        with self._lock:
            if not self._noted or self._clock() < self._write_at_s:
                return
            noted, self._noted = self._noted, {}
            self._write_at_s = self._clock() + WRITE_S
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(WRITE, [(kiosk, reason, count) for kiosk, (reason, count) in sorted(noted.items())])
            cursor.execute(FORGET)
