"""The records that are not written yet: their numbers, and those that wait while the disk is full.

Rule 1: a record gets its number once and keeps it when it is written again, so that it cannot be stored twice.
Rule 2: a record that could not be written waits for the next attempt. An admission does not wait: without its row it
did not happen.
Rule 3: at most PENDING_LIMIT records wait. Beyond that the oldest is dropped, and one row gives the number dropped.
"""

from dataclasses import dataclass

from kiosk.journal.records import Record, rows_missed
from kiosk.model import WallTime

PENDING_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with its number since the program began, and the time of day when it was first handed over."""

    number: int
    at: WallTime
    record: Record


class Backlog:
    """Numbers the records of one run, and keeps those that wait to be written. Its length is their count."""

    def __init__(self) -> None:
        self._last = 0
        self._pending: list[Entry] = []
        self._refused: Entry | None = None
        self._missed = 0

    def __len__(self) -> int:
        return len(self._pending)

    def entry(self, record: Record, at: WallTime) -> Entry:
        """Return the entry of `record`; if the record is tried again, its first entry."""
        for known in (*self._pending, self._refused):
            if known is not None and known.record == record:
                return known
        self._last += 1
        return Entry(self._last, at, record)

    def due(self, entry: Entry | None = None) -> list[Entry]:
        """Return the entries to write now, with `entry`, in the order of their numbers."""
        if self._missed and entry:
            self._pending.append(self.entry(rows_missed(entry.record, self._missed), entry.at))
            self._missed = 0
        due = {each.number: each for each in self._pending}
        if entry:
            due[entry.number] = entry
        return [due[number] for number in sorted(due)]

    def failed(self, entry: Entry) -> None:
        """Record that `entry` could not be written."""
        if entry.record.admits:
            self._refused = entry
        elif entry not in self._pending:
            self._pending.append(entry)
        if len(self._pending) > PENDING_LIMIT:
            del self._pending[0]
            self._missed += 1

    def written(self) -> None:
        """Record that all entries of `due` are durable."""
        self._pending.clear()
        self._refused = None
