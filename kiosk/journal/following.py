"""Reads the rows of the journal in their order while the kiosk writes it, on any thread.

Rule 1: each call opens the file again, because a damaged journal is replaced by renaming, and an open connection would
stay with the damaged file.
Rule 2: only SQLite opens the files: closing another descriptor of the database would release the locks that SQLite
holds in this process (sqlite.org/howtocorrupt.html, section 2.2).
Rule 3: rows are never invented. A damaged journal is an error, until its writer has replaced it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.errors import JournalError
from kiosk.journal import damage, replacement
from kiosk.journal.database import BUSY_S, journal_error
from kiosk.journal.portions import SENT_COLUMNS, START, Place, Portion
from kiosk.journal.records import EMERGENCIES

ROWS_AFTER = f"SELECT {', '.join(SENT_COLUMNS)} FROM journal WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - our own names

NEWEST_ROWS = 5000
"""Number of rows, from the newest on, in which visits are counted: more than a busy door writes on a day."""


class JournalFollower:
    """Reads the journal at `path`. All methods raise `JournalError` if it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def after(self, place: Place, limit: int) -> Portion:
        """Return up to `limit` rows after `place`; from the first row on if `place` is not in this journal."""
        with self._transaction() as connection:
            after, missing = self._resume(connection, place)
            return Portion(tuple(connection.execute(ROWS_AFTER, (after.id, limit))), after, missing)

    def visits_since(self, at_utc: str) -> int:
        """Return the number of visits that ended at `at_utc` or later; the text is as the journal stores times."""
        with self._transaction() as connection:
            (visits,) = connection.execute(
                "SELECT count(DISTINCT run || '.' || visit) FROM journal"
                " WHERE id > (SELECT coalesce(max(id), 0) FROM journal) - ? AND at_utc >= ? AND outcome IS NOT NULL",
                (NEWEST_ROWS, at_utc),
            ).fetchone()
            return int(visits)

    def size_mb(self) -> float:
        """Return the size of the database without its log, in units of 2**20 bytes."""
        try:
            return replacement.current(self._path).stat().st_size / 2**20
        except OSError as error:
            raise journal_error(error, self._path) from error

    def _resume(self, connection: sqlite3.Connection, place: Place) -> tuple[Place, int]:
        """Return the place after which reading goes on, and the number of rows that were deleted behind `place`."""
        if place == START:
            return START, 0
        found = connection.execute("SELECT boot, seq FROM journal WHERE id = ?", (place.id,)).fetchone()
        if found:
            return (place, 0) if found == (place.boot, place.seq) else (START, 0)
        # Retention deletes the oldest rows first; only the row of an emergency may stay behind the others.
        older, oldest = connection.execute(
            "SELECT count(*) FILTER (WHERE id < ?1 AND kind NOT IN (?2, ?3)), min(id) FILTER (WHERE id > ?1)"
            " FROM journal",
            (place.id, *EMERGENCIES),
        ).fetchone()
        if older or oldest is None:
            return START, 0
        return place, oldest - place.id - 1

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield a read-only connection in one transaction."""
        try:
            path = replacement.current(self._path)
            address = f"{path.absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_S)
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.close()
        except damage.FAILURES as error:
            if isinstance(error, sqlite3.Error) and damage.is_content(error):
                raise JournalError(f"journal {self._path}: cannot be read now: {error}") from error
            raise journal_error(error, self._path) from error
