"""The rows of the journal that the referee counts, read from the journal's file as another program would read it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PassageRows:
    """Rows of passages: bodies that went through, and how many of them without an admission of their own."""

    through: int = 0
    reported: int = 0


class JournalRows:
    """Counts rows in the journal at `path`; without a file there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def admitted(self) -> int:
        """Return how many rows of admitted visits are durable."""
        (rows,) = self._count(1, "SELECT count(*) FROM journal WHERE outcome LIKE 'admitted%'")
        return rows

    def passages(self) -> PassageRows:
        """Return the rows of bodies that went through the building door."""
        query = "SELECT count(*), count(*) FILTER (WHERE reason <> '') FROM journal WHERE kind = 'went_through'"
        return PassageRows(*self._count(2, query))

    def visits(self) -> int:
        """Return how many visits have an outcome."""
        (rows,) = self._count(1, "SELECT count(DISTINCT run * 1000000 + visit) FROM journal WHERE outcome IS NOT NULL")
        return rows

    def fault_stands(self, fault: str) -> bool:
        """Return True if the newest row about the fault, or about a start of the kiosk, is that it was raised."""
        raised, ended = self._count(
            2,
            "SELECT coalesce(max(id) FILTER (WHERE kind = 'fault_raised' AND has_it), 0),"
            " coalesce(max(id) FILTER (WHERE kind = 'started' OR kind = 'fault_cleared' AND has_it), 0)"
            " FROM (SELECT id, kind, instr('+' || reason || '+', ?1) AS has_it FROM journal)",
            f"+{fault}+",
        )
        return raised > ended

    def times_raised(self, fault: str) -> int:
        """Return how many rows tell that the fault was raised."""
        query = "SELECT count(*) FROM journal WHERE kind = 'fault_raised' AND instr('+' || reason || '+', ?1)"
        (rows,) = self._count(1, query, f"+{fault}+")
        return rows

    def emergency_stands(self) -> bool:
        """Return True if the newest row about the emergency is that it was raised."""
        return self._is_newest("emergency_raised", "emergency_reset")

    def stop_stands(self) -> bool:
        """Return True if the newest row about a stop, or about a start, is that the officer stopped the kiosk."""
        return self._is_newest("officer_stopped", "officer_started", "started")

    def _is_newest(self, begun: str, *ended: str) -> bool:
        """Return True if the newest row of these kinds is of the kind `begun`."""
        marks = ", ".join("?" for _ in ended)
        newest = f"SELECT kind FROM journal WHERE kind IN (?1, {marks}) ORDER BY id DESC LIMIT 1"  # noqa: S608 - no value
        (is_begun,) = self._count(1, f"SELECT count(*) FROM ({newest}) WHERE kind = ?1", begun, *ended)  # noqa: S608
        return is_begun == 1

    def _count(self, columns: int, query: str, *values: str) -> list[int]:
        """Return the one row of `query`, which has so many columns of whole numbers."""
        if not self._path.exists():
            return [0] * columns
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
            return list(connection.execute(query, values).fetchone())
