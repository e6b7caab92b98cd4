"""The journal's writer. No other duty writes to the memory card, so a card that stalls delays admissions only.

Rule 1: `hand_over` and `withdraw` never wait. Rows are written one at a time, in the order in which they were handed
over.
Rule 2: the answer for each row is `RowWritten` when the row is durable, or `RowRefused`. An admission waits for this
answer.
Rule 3: rows that the disk refused are written again every `RETRY_S` (see `backlog`), except rows of admissions: those
visitors were not admitted.
Rule 4: while the card stalls, at most `WAITING_LIMIT` rows wait, and rows of admissions in addition. One row gives the
number of records that were not accepted.
Rule 5: the journal is read before the first row is written, on the same thread: a card that stalls at the start delays
neither the inputs nor the loop.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.errors import JournalError
from kiosk.journal.records import Record, rows_missed
from kiosk.journal.store import Journal
from kiosk.model import Clock, WallTime
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

RETRY_S = 5.0
OFFER_EVERY_S = 0.05
"""Time until an answer that the full inbox did not accept is offered again.

A newer answer replaces the waiting one. The loop cancels an admission whose answer does not arrive in time.
"""

WAITING_LIMIT = 256


@dataclass(frozen=True, slots=True)
class RowWritten:
    """The answer that the row `number` is durable. With number 0: the rows that the disk refused before are durable."""

    at_s: float
    number: int


@dataclass(frozen=True, slots=True)
class RowRefused:
    """The answer that the row `number` could not be written; `fault` is a key of `faults.FAULTS`."""

    at_s: float
    number: int
    fault: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A record that waits: its number, and the time at which it was handed over, monotonic and as time of day."""

    number: int
    since_s: float
    record: Record
    at: WallTime


class JournalWriter:
    """The duty `journal`. The worker that runs it sets `wake`; after a call of `wake`, it calls `handle`.

    wall: returns the time of day without waiting. post: offers an answer to the inbox, and returns False if the inbox
    is full. keep_time: stores the time floor on the same card; called at each tick. recall: reads what the kiosk must
    know of its last run and reports it; called until it returns True, and no row is written before.
    """

    name = "journal"

    def __init__(
        self,
        journal: Journal,
        wall: Callable[[], WallTime],
        clock: Clock,
        post: Callable[[RowWritten | RowRefused], bool],
        keep_time: Callable[[], None],
        recall: Callable[[], bool] = lambda: True,
    ) -> None:
        self.wake: Callable[[], object] = lambda: None  # until a worker runs the duty, its first tick writes all rows
        self._journal = journal
        self._wall = wall
        self._clock = clock
        self._keep_time = keep_time
        self._recall = recall
        self._recalled = False
        self._lock = threading.Lock()
        self._waiting: deque[WaitingRow] = deque()
        self._in_hand: WaitingRow | None = None
        self._numbers = 0
        self._missed = 0
        self._refused = 0
        self._retry_at_s: float | None = None
        self._answers = Delivery(post)

    def hand_over(self, record: Record) -> int:
        """Queue `record` for writing; return the number that its answer will have, or 0 if the queue is full."""
        with self._lock:
            if len(self._waiting) >= WAITING_LIMIT and not record.admits:
                self._missed += 1
                return 0
            if self._missed:
                self._add(rows_missed(record, self._missed))
                self._missed = 0
            number = self._add(record)
        self.wake()
        return number

    def withdraw(self, number: int) -> bool:
        """Remove a row that is not written yet.

        Return True if the row is certainly not in the journal: it was still waiting, or it was the row that the disk
        refused last. Return False if it may already be durable.
        """
        with self._lock:
            row = next((row for row in self._waiting if row.number == number), None)
            if row:
                self._waiting.remove(row)
            return row is not None or number == self._refused

    @property
    def waiting_since_s(self) -> float | None:
        """Return the monotonic time at which the oldest row without an answer was handed over, or None."""
        with self._lock:
            oldest = self._in_hand or (self._waiting[0] if self._waiting else None)
            return oldest.since_s if oldest else None

    def handle(self, _job: object) -> None:
        """Write the waiting rows."""
        self._recalled = self._recalled or self._recall()
        while self._recalled:
            with self._lock:
                row = self._in_hand = self._waiting.popleft() if self._waiting else None
            if row is None:
                return
            try:
                self._journal.append(row.record, row.at)
            except JournalError as error:
                logger.error("%s", error)  # noqa: TRY400 - its message is complete
                self._refuse(row.number, error)
            else:
                self._succeed(row.number)

    def tick(self) -> float | None:
        """Write the waiting rows, write refused rows again if it is time, and offer a waiting answer again.

        Return the seconds until the next tick is needed; None if only a new row needs one.
        """
        self.handle(None)
        if self._retry_at_s is not None and self._clock.now_s() >= self._retry_at_s:
            try:
                self._journal.probe()
            except JournalError as error:
                self._refuse(0, error)
            else:
                self._succeed(0)
        self._keep_time()
        if not self._recalled or not self._answers.deliver():
            return OFFER_EVERY_S
        return RETRY_S if self._retry_at_s is not None else None

    def close(self) -> None:
        """Write the waiting rows, and close the journal."""
        self.handle(None)
        self._journal.close()

    def _add(self, record: Record) -> int:
        self._numbers += 1
        self._waiting.append(WaitingRow(self._numbers, self._clock.now_s(), record, self._wall()))
        return self._numbers

    def _succeed(self, number: int) -> None:
        self._retry_at_s = None
        with self._lock:
            self._in_hand = None
        self._answers.offer(RowWritten(self._clock.now_s(), number))

    def _refuse(self, number: int, error: JournalError) -> None:
        now_s = self._clock.now_s()
        self._retry_at_s = now_s + RETRY_S
        with self._lock:
            self._refused = number
            self._in_hand = None
        self._answers.offer(RowRefused(now_s, number, error.fault or "journal_full"))
