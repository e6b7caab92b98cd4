"""The loop: the only owner of the state; one event at a time is decided, written down, carried out and shown.

Rule 1: the deadline comes before what happened after it, or a flood of events would starve it; and after what
happened before it, or a spray that the interlock broke off would count as done.
Rule 2: what unlocks the door is durable first. What locks, stops or releases never waits for a disk.
Rule 3: an admission that cannot be written down does not happen: the state stays, and the journal is at fault.
Rule 4: an exception in here is a bug: it leaves `run`, and the caller brings the outputs to the safe state.
"""

import logging
import queue
from collections.abc import Callable, Sequence

from kiosk.errors import JournalError
from kiosk.flow.commands import Command
from kiosk.flow.events import DeadlinePassed, DeviceFailed, DeviceRecovered, Event
from kiosk.flow.machine import step
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.journal.records import Record, record_of, started
from kiosk.journal.store import Journal
from kiosk.model import Clock

logger = logging.getLogger(__name__)

TURN_S = 0.25
"""The loop turns at least this often, so that its heartbeat is fresh and a stop is heard."""

INBOX_SIZE = 256
"""A visit makes some twenty events; more than ten visits' worth waiting means that something is broken."""

RETRY_JOURNAL_S = 5.0


class Inbox:
    """The one bounded queue between every device and the loop."""

    def __init__(self) -> None:
        self._events: queue.Queue[Event] = queue.Queue(INBOX_SIZE)

    def post(self, event: Event) -> bool:
        """Hand an event over from any thread; False when the queue is full, and the sender decides."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            logger.warning("inbox full; %s not taken", type(event).__name__)
            return False
        return True

    def holds_older(self, at_s: float) -> bool:
        """Whether the oldest event that waits happened before `at_s`."""
        waiting = self._events.queue
        return bool(waiting) and waiting[0].at_s < at_s

    def take(self, wait_s: float) -> Event | None:
        """The oldest event, waiting for at most `wait_s`."""
        try:
            return self._events.get(timeout=wait_s) if wait_s > 0 else self._events.get_nowait()
        except queue.Empty:
            return None


class Loop:
    """Feeds events to the machine; `dispatch` carries commands out, `show` is told every new state."""

    def __init__(
        self,
        rules: Rules,
        clock: Clock,
        inbox: Inbox,
        journal: Journal,
        dispatch: Callable[[Sequence[Command]], None],
        show: Callable[[State], None],
    ) -> None:
        self.rules = rules
        self.state = State(since_s=clock.now_s(), unanswered=rules.essential)
        self.beat_at_s = clock.now_s()
        self._clock = clock
        self._inbox = inbox
        self._journal = journal
        self._dispatch = dispatch
        self._show = show
        self._retry_at_s: float | None = None
        self._journal_fault = ""
        show(self.state)

    def begin(self) -> None:
        """Write the first row; a journal that takes it has answered, one that does not is asked again and again."""
        if self._write(started(self._clock.now_s())):
            self._feed(DeviceRecovered(self._clock.now_s(), "journal"))
        else:
            self._fail_journal(self._journal_fault)

    def turn(self, wait_s: float = TURN_S) -> bool:
        """Handle one event, waiting for it for at most `wait_s`; whether there was one."""
        event = self._next(wait_s)
        self.beat_at_s = self._clock.now_s()
        self._retry_journal()
        if event is None:
            return False
        self._feed(event)
        return True

    def _next(self, wait_s: float) -> Event | None:
        now_s = self._clock.now_s()
        if self.state.deadline_s is not None:
            if now_s >= self.state.deadline_s and not self._inbox.holds_older(self.state.deadline_s):
                return DeadlinePassed(now_s)
            wait_s = min(wait_s, self.state.deadline_s - now_s)
        return self._inbox.take(wait_s)

    def _feed(self, event: Event) -> None:
        before = self.state
        after, commands = step(before, event, self.rules)
        record = record_of(before, event, after)
        if record is not None and record.admits and not self._write(record):
            self._fail_journal(self._journal_fault)
            return
        self.state = after
        self._dispatch(commands)
        if record is not None and not record.admits and not self._write(record):
            self._fail_journal(self._journal_fault)
        if self.state is not before:
            self._show(self.state)

    def _write(self, record: Record) -> bool:
        try:
            self._journal.append(record)
        except JournalError as error:
            logger.error("%s", error)  # noqa: TRY400 - its message says all
            self._journal_fault = error.fault or "journal_full"
            return False
        return True

    def _fail_journal(self, fault: str) -> None:
        """Out of service until rows can be written again; what the journal still owes it keeps itself."""
        first = self._retry_at_s is None
        self._retry_at_s = self._clock.now_s() + RETRY_JOURNAL_S
        if first:
            self._feed(DeviceFailed(self._clock.now_s(), "journal", fault))

    def _retry_journal(self) -> None:
        if self._retry_at_s is None or self._clock.now_s() < self._retry_at_s:
            return
        self._retry_at_s = self._clock.now_s() + RETRY_JOURNAL_S
        try:
            self._journal.probe()
        except JournalError:
            return
        self._retry_at_s = None
        self._feed(DeviceRecovered(self._clock.now_s(), "journal"))
