"""Deletes the rows beyond the limits of age and size, the oldest first.

Rule 1: old rows are deleted a few at a time, in the transaction of a new row, so that no visitor waits for a clean-up.
Rule 2: the row of an emergency that was not reset is never deleted, whatever its age and the size of the file, because
the program must find it after a restart.
Rule 3: the module `privacy` decides which rows have expired.
"""

import sqlite3
from datetime import timedelta

from kiosk.journal.database import transaction
from kiosk.journal.privacy import StoredFields, last_expired, utc_text
from kiosk.journal.records import EMERGENCIES, RowKind
from kiosk.model import WallTime

DELETED_PER_APPEND = 50
"""Largest number of rows that one append deletes."""

OPENING_ROWS = 2000
OPENING_BATCHES = 20
"""At the start, up to this many batches of rows are deleted and pages released, in case the limits were lowered."""

MARGIN_BYTES = 2**19
"""Rows are deleted if the size of the file is within this distance of its limit."""

NEWEST_EMERGENCY = "SELECT id, kind FROM journal WHERE kind IN (?, ?) ORDER BY id DESC LIMIT 1"
"""This query reads the table from its end. If there is no emergency, it reads the whole table: 0.1 s for 30 MB on a PC,
once at the start."""


class Retention:
    """Deletes rows of one journal. keep: age limit of rows. max_bytes: size limit of the database without its log."""

    def __init__(self, keep: timedelta, max_bytes: int) -> None:
        self._keep = keep
        self._max_bytes = max_bytes
        self._oldest_utc = ""
        self._emergency_id: int | None = None

    def find_emergency(self, connection: sqlite3.Connection) -> None:
        """Find the row of an emergency that was not reset; called at an opening and for each row of an emergency."""
        found = connection.execute(NEWEST_EMERGENCY, EMERGENCIES).fetchone()
        self._oldest_utc = ""  # the row that may be deleted from now on can be the oldest
        self._emergency_id = found[0] if found and found[1] == RowKind.EMERGENCY_RAISED.value else None

    def return_to_limits(self, connection: sqlite3.Connection, now: WallTime) -> None:
        """Delete rows if the limits were lowered, and return free pages to the disk; called at an opening."""
        for _ in range(OPENING_BATCHES):
            with transaction(connection):
                deleted = self.make_room(connection, now, OPENING_ROWS)
            if _bytes(connection, "page_count") > self._max_bytes:
                # a script, because `execute` runs a single step of a statement that returns no columns
                connection.executescript(f"PRAGMA incremental_vacuum({OPENING_ROWS})")
            elif not deleted:
                return

    def make_room(self, connection: sqlite3.Connection, now: WallTime, rows: int = DELETED_PER_APPEND) -> bool:
        """Delete up to `rows` rows beyond each limit, the oldest first; return True if any was deleted."""
        deleted = 0
        last = self._last_expired(connection, now, rows)
        if last is not None:
            deleted = _delete_oldest(connection, last, rows, self._emergency_id)
        used = _bytes(connection, "page_count") - _bytes(connection, "freelist_count")
        if used > self._max_bytes - MARGIN_BYTES:
            deleted += _delete_oldest(connection, None, rows, self._emergency_id)
        return deleted > 0

    def _last_expired(self, connection: sqlite3.Connection, now: WallTime, rows: int) -> int | None:
        """Return the id up to which rows have expired; read the table only if the oldest sure row may have expired."""
        if not now.sure or self._oldest_utc > utc_text(now.utc - self._keep):
            return None
        found = connection.execute(
            "SELECT id, at_utc, clock_sure FROM journal WHERE clock_sure AND id IS NOT ? ORDER BY id LIMIT ?",
            (self._emergency_id, rows),
        ).fetchall()
        last = last_expired(
            (StoredFields(number, at_utc, bool(sure)) for number, at_utc, sure in found), now, self._keep
        )
        if last is None and found:
            self._oldest_utc = found[0][1]
        return last


def _bytes(connection: sqlite3.Connection, pages: str) -> int:
    """Return the size of the pages that the pragma `pages` counts."""
    count, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in (pages, "page_size"))
    return int(count * size)


def _delete_oldest(connection: sqlite3.Connection, up_to: int | None, rows: int, keep: int | None) -> int:
    """Delete the `rows` oldest rows, up to the id `up_to` if given, but not the row `keep`; return their number."""
    return connection.execute(
        "DELETE FROM journal WHERE id IN"
        " (SELECT id FROM journal WHERE (? IS NULL OR id <= ?) AND id IS NOT ? ORDER BY id LIMIT ?)",
        (up_to, up_to, keep, rows),
    ).rowcount
