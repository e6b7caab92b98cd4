"""The journal's writer: a worker that alone touches the card, so that a card that stalls holds up no door.

Rule 1: `hand_over` and `withdraw` never wait. Rows are written one by one, in the order in which they were handed over.
Rule 2: each row is answered, `Written` once it is durable, or `RowRefused`; who needs a row waits for its answer.
Rule 3: what was refused and yet happened is tried again every `RETRY_S` (see `backlog`), an admission is not.
Rule 4: bounded; while the card stalls facts beyond `WAITING_LIMIT` are not taken, and a row tells how many.
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
"""How often an answer that the full inbox refused is offered again.

A newer answer replaces it. An admission whose answer is lost in this way is given up by the loop in time.
"""

WAITING_LIMIT = 256


@dataclass(frozen=True, slots=True)
class RowWritten:
    """The row `number` is durable; 0: what was owed is."""

    at_s: float
    number: int


@dataclass(frozen=True, slots=True)
class RowRefused:
    """The row `number` could not be written, for the cause that `fault` names in `errors.FAULTS`."""

    at_s: float
    number: int
    fault: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A record that waits: its number, when it was handed over (monotonic), and the time of day then."""

    number: int
    since_s: float
    record: Record
    at: WallTime


class JournalWriter:
    """The duty "journal"; `wake`, set by who runs it, has the worker call `handle` soon, with any job.

    wall: the time of day; never waits. post: takes the answers. keep_time: what else is to be kept on the card.
    """

    name = "journal"

    def __init__(
        self,
        journal: Journal,
        wall: Callable[[], WallTime],
        clock: Clock,
        post: Callable[[RowWritten | RowRefused], bool],
        keep_time: Callable[[], None],
    ) -> None:
        self.wake: Callable[[], object] = _nobody
        self._journal = journal
        self._wall = wall
        self._clock = clock
        self._keep_time = keep_time
        self._lock = threading.Lock()
        self._waiting: deque[WaitingRow] = deque()
        self._in_hand: WaitingRow | None = None
        self._numbers = 0
        self._missed = 0
        self._refused = 0
        self._retry_at_s: float | None = None
        self._answers = Delivery(post)

    def hand_over(self, record: Record) -> int:
        """Have `record` written; its number, by which it will be answered."""
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
        """Do not write this row; False when it is too late to say whether it is written."""
        with self._lock:
            row = next((row for row in self._waiting if row.number == number), None)
            if row:
                self._waiting.remove(row)
            return row is not None or number == self._refused

    @property
    def waiting_since_s(self) -> float | None:
        """When the oldest row that is neither durable nor refused was handed over; None when there is none."""
        with self._lock:
            oldest = self._in_hand or (self._waiting[0] if self._waiting else None)
            return oldest.since_s if oldest else None

    def handle(self, _job: object) -> None:
        """Write what waits."""
        while row := self._take():
            self._write(row)

    def tick(self) -> float | None:
        """Write what waits, try again what is owed, and offer an answer that was not taken."""
        self.handle(None)
        if self._retry_at_s is not None and self._clock.now_s() >= self._retry_at_s:
            self._retry()
        self._keep_time()
        if not self._answers.deliver():
            return OFFER_EVERY_S
        return RETRY_S if self._retry_at_s is not None else None

    def close(self) -> None:
        """Write what waits, and close the journal."""
        self.handle(None)
        self._journal.close()

    def _add(self, record: Record) -> int:
        self._numbers += 1
        self._waiting.append(WaitingRow(self._numbers, self._clock.now_s(), record, self._wall()))
        return self._numbers

    def _take(self) -> WaitingRow | None:
        with self._lock:
            self._in_hand = self._waiting.popleft() if self._waiting else None
            return self._in_hand

    def _write(self, row: WaitingRow) -> None:
        try:
            self._journal.append(row.record, row.at)
        except JournalError as error:
            logger.error("%s", error)  # noqa: TRY400 - its message says all
            self._refuse(row.number, error)
        else:
            self._succeed(row.number)

    def _retry(self) -> None:
        try:
            self._journal.probe()
        except JournalError as error:
            self._refuse(0, error)
        else:
            self._succeed(0)

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


def _nobody() -> None:
    """Nobody runs the writer yet: its first tick writes what waits."""
