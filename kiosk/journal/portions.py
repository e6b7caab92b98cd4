"""The rows of the journal in portions, as they are sent to the office, and the place up to which they were sent.

The id of a row alone is not a place: a damaged journal is replaced, and a new card has a new journal, and both may give
the same id to another row. A `Place` therefore also has the number that the row has in its boot.
"""

from dataclasses import dataclass
from typing import Literal

SENT_COLUMNS = (
    "id", "boot", "seq", "run", "app", "at_utc", "clock_sure", "at_s", "kind", "phase", "visit", "outcome", "reason",
    "scheme", "detail",
)  # fmt: skip
"""The columns of a row that are sent, in their order. The kiosk's name is that of its certificate."""

SentRow = tuple[int, str, int, int, str, str, int, float, str, str, int | None, str | None, str, str, str]
"""The values of `SENT_COLUMNS`."""

AT_UTC: Literal[5] = 5
"""The index of the time of a row."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the journal: its id, its boot, and its number in this boot. id 0 is the place before the first row."""

    id: int = 0
    boot: str = ""
    seq: int = 0


START = Place()


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows in the order of their ids.

    after: the place behind which they stand; it is not the place that was asked for if that is not in this journal.
    missing: the number of rows behind that place that retention deleted before they were read.
    """

    rows: tuple[SentRow, ...]
    after: Place
    missing: int = 0

    @property
    def end(self) -> Place:
        """The place of the last row."""
        return Place(*self.rows[-1][:3]) if self.rows else self.after
