"""Numbers the records of one run of the program, and keeps those that the disk refused until the next write.

Rule 1: a record gets its number once and keeps it when it is written again, so that it cannot be stored twice.
Rule 2: a record that could not be written waits for the next write. The record of an admission does not wait: without
its row, the visitor was not admitted.
Rule 3: at most PENDING_LIMIT records wait. If there are more, the oldest is dropped, and a row of its own gives the
number of dropped records.
"""

from dataclasses import dataclass

from kiosk.journal.records import Record, rows_missed
from kiosk.model import WallTime

PENDING_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, with its number in this run and the time of day at which it was handed over for the first time."""

    number: int
    at: WallTime
    record: Record


class Backlog:
    """The numbers of the records, and the records that wait. `len` returns the number of records that wait."""

    def __init__(self) -> None:
        self._last = 0
        self._pending: list[Entry] = []
        self._refused: Entry | None = None
        self._missed = 0

    def __len__(self) -> int:
        return len(self._pending)

    def entry(self, record: Record, at: WallTime) -> Entry:
        """Return the entry of `record`: a new one, or the same one as before if the record was refused before."""
        for known in (*self._pending, self._refused):
            if known is not None and known.record == record:
                return known
        self._last += 1
        return Entry(self._last, at, record)

    def due(self, entry: Entry | None = None) -> list[Entry]:
        """Return the entries to write now: those that wait, and `entry` if given, in the order of their numbers."""
        if self._missed and entry:
            self._pending.append(self.entry(rows_missed(entry.record, self._missed), entry.at))
            self._missed = 0
        due = {each.number: each for each in self._pending}
        if entry:
            due[entry.number] = entry
        return [due[number] for number in sorted(due)]

    def failed(self, entry: Entry) -> None:
        """Remember that the disk refused `entry`."""
        if entry.record.admits:
            self._refused = entry
        elif entry not in self._pending:
            self._pending.append(entry)
        if len(self._pending) > PENDING_LIMIT:
            del self._pending[0]
            self._missed += 1

    def written(self) -> None:
        """Remember that all entries that `due` returned are durable."""
        self._pending.clear()
        self._refused = None
