"""The loop: the only owner of the state; one event at a time is decided, written down, carried out and shown.

Rule 1: the deadline comes before what happened after it, or a flood of events would starve it; and after what
happened before it, or a spray that the interlock broke off would count as done.
Rule 2: what unlocks the door is durable first; what stops or locks waits for nothing. While the row of an admission is
on its way the loop goes on as if nobody were let in, but no deadline passes; a stop, a fault and the like void it.
Rule 3: an admission that is not durable within `DURABLE_S` does not happen: the state stays, the journal is at fault.
Rule 4: an exception in here is a bug: it leaves `run`, and the caller brings the outputs to the safe state.
"""

import logging
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kiosk.flow.commands import Command, LockDoor, StopSpray
from kiosk.flow.events import (
    DeadlinePassed,
    DeviceFailed,
    DeviceRecovered,
    EmergencyRaised,
    Event,
    SkipPressed,
    SprayStopped,
    StopPressed,
)
from kiosk.flow.machine import step
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.journal.records import Record, RowKind, record_of, started, taken_back
from kiosk.journal.writer import JournalWriter, RowRefused, RowWritten
from kiosk.model import Clock

logger = logging.getLogger(__name__)

TURN_S = 0.25
"""The loop turns at least this often, so that its heartbeat is fresh and a stop is heard."""

INBOX_SIZE = 256
"""A visit makes some twenty events; more than ten visits' worth waiting means that something is broken."""

DURABLE_S = 1.0
"""A row that takes longer than this to become durable is the journal's fault. An SD card may keep a write waiting for
0.5 s (SD Physical Layer Simplified Specification, 4.6.2.2: SDXC); a visitor at a locked door waits no longer."""

URGENT = (EmergencyRaised, StopPressed)
"""Nobody whose row is not durable yet is let in after these, though they were pressed before."""

HARMLESS = frozenset({RowKind.FAULT_CLEARED, RowKind.IN_SERVICE, RowKind.SPRAY_BROKEN_OFF})
"""Any other row that comes after an admission's says that it is overtaken: by a fault, a key, another fate."""

AT_ONCE = (StopSpray, LockDoor)
"""What waits for no row."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody is let in by `event` once the row of `record` is durable.

    number: the row's. give_up_at_s: until when it is waited for. skip: what is heard after all if nobody is let in.
    """

    number: int
    give_up_at_s: float
    record: Record
    event: Event
    skip: SkipPressed | None = None


class Inbox:
    """The one bounded queue between every device, and the journal's writer, and the loop."""

    def __init__(self) -> None:
        self._events: queue.Queue[Event | RowWritten | RowRefused] = queue.Queue(INBOX_SIZE)

    def post(self, event: Event | RowWritten | RowRefused) -> bool:
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

    def take(self, wait_s: float) -> Event | RowWritten | RowRefused | None:
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
        writer: JournalWriter,
        dispatch: Callable[[Sequence[Command]], None],
        show: Callable[[State], None],
    ) -> None:
        self.rules = rules
        self.state = State(since_s=clock.now_s(), unanswered=rules.essential)
        self.beat_at_s = clock.now_s()
        self._clock = clock
        self._inbox = inbox
        self._writer = writer
        self._dispatch = dispatch
        self._show = show
        self._admission: Admission | None = None
        self._fault = ""
        self._working = False
        show(self.state)

    def begin(self) -> None:
        """Have the first row written; a journal that takes it has answered."""
        self._writer.hand_over(started(self._clock.now_s()))

    def turn(self, wait_s: float = TURN_S) -> bool:
        """Handle one event, waiting for it for at most `wait_s`; whether there was one."""
        event = self._next(wait_s)
        self.beat_at_s = self._clock.now_s()
        match event:
            case RowWritten(number=number):
                self._working = True
                self._admit(number)
            case RowRefused(fault=fault):
                self._fail(fault)
            case None:
                pass
            case _:
                self._feed(event)
        self._watch_writer()
        return event is not None

    def _next(self, wait_s: float) -> Event | RowWritten | RowRefused | None:
        now_s = self._clock.now_s()
        if self._admission:
            return self._inbox.take(min(wait_s, self._admission.give_up_at_s - now_s))
        if self.state.deadline_s is not None:
            if now_s >= self.state.deadline_s and not self._inbox.holds_older(self.state.deadline_s):
                return DeadlinePassed(now_s)
            wait_s = min(wait_s, self.state.deadline_s - now_s)
        return self._inbox.take(wait_s)

    def _feed(self, event: Event) -> None:
        after, commands = step(self.state, event, self.rules)
        record = record_of(self.state, event, after)
        if self._admission and (isinstance(event, SkipPressed) or (record and record.admits)):
            self._put_off(self._admission, event)
        elif self._admission and overtakes(event, record):
            self._overtake(self._admission, event)
        elif record and record.admits:
            self._dispatch([command for command in commands if isinstance(command, AT_ONCE)])
            give_up_at_s = self._clock.now_s() + DURABLE_S
            self._admission = Admission(self._writer.hand_over(record), give_up_at_s, record, event)
        else:
            self._go_on(after, commands)
            if record:
                self._writer.hand_over(record)

    def _put_off(self, admission: Admission, event: Event) -> None:
        """Somebody is about to be let in, and no spray runs: nothing follows, unless they are not let in."""
        if isinstance(event, SkipPressed):
            self._admission = replace(admission, skip=event)

    def _overtake(self, admission: Admission, event: Event) -> None:
        """Nobody is let in, but this happens; a visitor who asked not to be sprayed is not."""
        self._drop(admission)
        self._feed(event)
        if admission.skip and self.state.visit:
            self._feed(admission.skip)

    def _go_on(self, after: State, commands: Sequence[Command]) -> None:
        before, self.state = self.state, after
        self._dispatch(commands)
        if after is not before:
            self._show(after)

    def end(self) -> None:
        """No turn comes any more: nobody is let in, and the journal does not say so."""
        if self._admission:
            self._take_back(self._admission, replace(self.state, visit=None))

    def _admit(self, number: int) -> None:
        """A row is durable: the door opens for whom it admits, if what happened meanwhile lets it; from now on."""
        admission = self._admission
        if admission is None or admission.number != number:
            return
        event = replace(admission.event, at_s=self._clock.now_s())
        after, commands = step(self.state, event, self.rules)
        record = record_of(self.state, event, after)
        if record and record.admits and record.visit == admission.record.visit:
            self._admission = None
            self._go_on(after, commands)
        else:
            self._drop(admission)

    def _drop(self, admission: Admission) -> None:
        """Nobody is let in; the spray, which was stopped for it, is broken off."""
        self._take_back(admission, self.state)
        if self.state.spraying:
            self._feed(SprayStopped(self._clock.now_s()))

    def _take_back(self, admission: Admission, before: State) -> None:
        """A row that may be durable all the same is taken back by another, its number used up."""
        self._admission = None
        if self._writer.withdraw(admission.number):
            return
        self.state = replace(self.state, visits=max(self.state.visits, admission.record.visit or 0))
        record = taken_back(admission.record, before)
        if record:
            self._writer.hand_over(record)

    def _watch_writer(self) -> None:
        """A row that takes too long is a fault, whatever keeps the writer; it is over when no such row is left."""
        now_s = self._clock.now_s()
        since_s = self._writer.waiting_since_s
        late = since_s is not None and now_s - since_s >= DURABLE_S
        answered = "journal" not in self.state.unanswered
        if (self._admission and now_s >= self._admission.give_up_at_s) or (late and answered and not self._fault):
            logger.error("the journal's card has not answered for %.1f s; if it goes on, replace it", DURABLE_S)
            self._fail("journal_full")
        elif self._working and not late and not self._admission and (self._fault or not answered):
            self._fault = ""
            self._feed(DeviceRecovered(now_s, "journal"))

    def _fail(self, fault: str) -> None:
        """Nobody is let in by a row that is not durable; out of service until rows can be written again."""
        self._working = False
        if self._admission:
            self._drop(self._admission)
        if not self._fault:
            self._fault = fault
            self._feed(DeviceFailed(self._clock.now_s(), "journal", fault))


def overtakes(event: Event, record: Record | None) -> bool:
    """Whether this happened, and nobody can be let in any more whose row is not durable yet."""
    void = record is not None and (record.visit is not None or record.kind not in HARMLESS)
    return void or isinstance(event, URGENT)
