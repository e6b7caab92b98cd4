"""Decides which rows are sent when, without a connection, a thread or a clock of its own.

The journal is the only queue. Brokers, their bridges and collectors may lose what they hold: a row counts as sent when
the collector says that the database has it.

Rule 1: one batch is under way at a time, and its rows follow those that are confirmed, without a gap. So rows arrive in
their order, and the place moves over confirmed rows only.
Rule 2: an answer counts only if it repeats the random number of the batch that is under way.
Rule 3: a batch without an answer is sent again, with a pause that doubles up to LONGEST_PAUSE_S. Each pause is drawn
between its half and its whole, so that the kiosks of a city do not return at the same moment after an outage.
Rule 4: while there is a backlog, a pause follows each batch, so that it drains no faster than the office can store.
"""

import logging
from collections.abc import Callable
from random import Random

from kiosk.errors import JournalError
from kiosk.fleet.wire.batches import MAX_ROWS, BatchError, decode_answer, encode_batch
from kiosk.journal.portions import AT_UTC, START, Place, Portion

logger = logging.getLogger(__name__)

READ_ROWS = 5 * MAX_ROWS
"""Rows that are read at once; to open the journal costs more than to read a batch."""

NOTHING = Portion((), START)

ANSWER_S = 30.0
"""Time in which an answer is expected; the collector gives it within a second."""

UNHEARD_PAUSE_S = 1.0
"""First pause after the broker says that no collector listens; it doubles up to LONGEST_UNHEARD_S."""

LONGEST_UNHEARD_S = 30.0

LONGEST_PAUSE_S = 300.0

DRAIN_PAUSE_S = 0.2
"""Pause after a batch while more rows wait: at most 1,000 rows a second of one kiosk."""

JOURNAL_PAUSE_S = 30.0
"""Pause after the journal could not be read; its writer replaces a damaged one meanwhile."""

LOOK_S = 60.0
"""Time after which the journal is read although nobody told of a new row."""


class RowOutbox:
    """The rows of one journal on their way to the office.

    read: returns up to the given number of rows after a place (`journal.following.JournalFollower.after`). place: the
    place up to which the rows are confirmed. All times are monotonic seconds.
    """

    def __init__(self, read: Callable[[Place, int], Portion], place: Place, random: Random) -> None:
        self._read = read
        self._random = random
        self.place = place
        self.refused = ""
        self.missing = 0
        self.waiting = 0
        self.oldest_utc = ""
        self.confirmed_at_s: float | None = None
        self._is_connected = False
        self._under_way: Portion | None = None
        self._ahead = NOTHING
        self._number = ""
        self._due_s = 0.0
        self._pause_s = ANSWER_S
        self._unheard_s = UNHEARD_PAUSE_S

    def wake(self, now_s: float) -> None:
        """Read the journal soon, because it has a new row; an answer or a pause that is awaited is not cut short."""
        if self._under_way is None and self.waiting == 0:
            self._due_s = now_s

    def connected(self, now_s: float) -> None:
        """Begin to send."""
        self._is_connected = True
        self._forget()
        self._due_s = now_s

    def disconnected(self) -> None:
        """Send nothing; a batch under way counts as not sent."""
        self._is_connected = False
        self._forget()

    def next_batch(self, now_s: float) -> bytes | None:
        """Return the message to send now, or None."""
        if not self._is_connected or now_s < self._due_s:
            return None
        if self._under_way is not None:
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
            self._forget()
        try:
            if not self._ahead.rows:
                self._ahead = self._read(self.place, READ_ROWS)
        except JournalError as error:
            logger.warning("no row is sent for %.0f s: %s", JOURNAL_PAUSE_S, error)
            self._due_s = now_s + JOURNAL_PAUSE_S
            return None
        portion = Portion(self._ahead.rows[:MAX_ROWS], self._ahead.after, self._ahead.missing)
        self.waiting = len(portion.rows)
        self.oldest_utc = portion.rows[0][AT_UTC] if portion.rows else ""
        if portion.missing:
            logger.error("%d rows were deleted by age or size before the office had them", portion.missing)
        if not portion.rows:
            self.confirmed_at_s = now_s
            self._due_s = now_s + LOOK_S
            return None
        self._under_way = portion
        self._number = f"{self._random.getrandbits(64):016x}"
        self._due_s = now_s + self._drawn(self._pause_s)
        return encode_batch(self._number, portion)

    def answered(self, message: bytes, now_s: float) -> bool:
        """Take the collector's answer; return True if the place moved."""
        try:
            answer = decode_answer(message)
        except BatchError as error:
            logger.warning("an answer of the office is not understood: %s", error)
            return False
        if self._under_way is None or answer.number != self._number:
            return False
        portion, self._under_way = self._under_way, None
        self._ahead = Portion(self._ahead.rows[MAX_ROWS:], portion.end)
        if answer.refused:
            self._ahead = NOTHING
            if answer.refused != self.refused:
                logger.error("the office refuses rows: %s", answer.refused)
            self.refused = answer.refused
            self._due_s = now_s + self._drawn(LONGEST_PAUSE_S)
            return False
        self.place, self.refused = portion.end, ""
        self.missing += portion.missing
        self.confirmed_at_s = now_s
        self._pause_s, self._unheard_s = ANSWER_S, UNHEARD_PAUSE_S
        has_more = len(portion.rows) == MAX_ROWS
        self.waiting = 1 if has_more else 0
        self._due_s = now_s + (self._drawn(DRAIN_PAUSE_S) if has_more else 0.0)
        return True

    def unheard(self, now_s: float) -> None:
        """Note that no collector listens, as the broker says: send the batch again after a shorter pause."""
        if self._under_way is not None:
            self._forget()
            self._due_s = now_s + self._drawn(self._unheard_s)
            self._unheard_s = min(self._unheard_s * 2, LONGEST_UNHEARD_S)

    def _forget(self) -> None:
        """Count what is under way as not sent; it is read again, because it may have been deleted meanwhile."""
        self._under_way, self._ahead = None, NOTHING

    def due_s(self) -> float:
        """Return when `next_batch` has something to do next."""
        return self._due_s if self._is_connected else float("inf")

    def _drawn(self, pause_s: float) -> float:
        return pause_s * self._random.uniform(0.5, 1.0)
