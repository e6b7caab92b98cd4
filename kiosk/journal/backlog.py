"""What is still to be written: each record with the number that it keeps, and what is owed while the disk is full.

Rule 1: a record gets its number once; tried again it has the same one, so that it cannot be written twice.
Rule 2: a fact that could not be written is owed; an admission that could not be written did not happen.
Rule 3: bounded; when too much is owed the oldest goes, and one row tells how many went.
"""

from dataclasses import dataclass

from kiosk.journal.records import Record, rows_missed
from kiosk.model import WallTime

OWED_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, the time of day when it was first handed over, and its number since the program began."""

    number: int
    at: WallTime
    record: Record


class Backlog:
    """Numbers the records of one run and remembers those that are owed."""

    def __init__(self) -> None:
        self._last = 0
        self._owed: list[Entry] = []
        self._refused: Entry | None = None
        self._missed = 0

    def __len__(self) -> int:
        return len(self._owed)

    def entry(self, record: Record, at: WallTime) -> Entry:
        """The entry of `record`; the one it had, when it is tried again."""
        for known in (*self._owed, self._refused):
            if known is not None and known.record == record:
                return known
        self._last += 1
        return Entry(self._last, at, record)

    def due(self, entry: Entry | None = None) -> list[Entry]:
        """All that is to be written now, `entry` with it, in the order of their numbers."""
        if self._missed and entry:
            self._owed.append(self.entry(rows_missed(entry.record, self._missed), entry.at))
            self._missed = 0
        due = {each.number: each for each in self._owed}
        if entry:
            due[entry.number] = entry
        return [due[number] for number in sorted(due)]

    def failed(self, entry: Entry) -> None:
        """`entry` could not be written."""
        if entry.record.admits:
            self._refused = entry
        elif entry not in self._owed:
            self._owed.append(entry)
        if len(self._owed) > OWED_LIMIT:
            del self._owed[0]
            self._missed += 1

    def written(self) -> None:
        """All that was due is durable."""
        self._owed.clear()
        self._refused = None
