"""The loop: the thread that owns the state. It handles one event at a time.

For each event it asks `flow.machine.step` for the next state and the commands, carries the commands out, shows the
state, and hands a record to the journal.

Rule 1: a deadline is handled before events that happened after it, or a flood of events would delay it for ever. It is
handled after events that happened before it, or a spray that the interlock ended would count as complete.
Rule 2: the door is unlocked only after the journal row is durable; commands that stop or lock never wait for a row
(see `admission`).
Rule 3: an exception here is a bug. It leaves `turn`, and the caller brings the outputs to the safe state.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from kiosk.flow.commands import Command, LockDoor, StopSpray
from kiosk.flow.events import DeadlinePassed, DeviceFailed, DeviceRecovered, Event, SprayStopped
from kiosk.flow.machine import step
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.journal.records import passage_of, record_of, spray_end_of, started
from kiosk.journal.writer import JournalWriter, RowRefused, RowWritten
from kiosk.model import Clock
from kiosk.runtime.admission import DURABLE_S, Admission, cancels, withdraw
from kiosk.runtime.inbox import Inbox, Message

logger = logging.getLogger(__name__)

TURN_S = 0.25
"""The loop turns at least this often, so that its heartbeat is fresh and a request to stop is noticed."""

IMMEDIATE = (StopSpray, LockDoor)
"""Commands of an admission that do not wait for its row."""


class Loop:
    """Handles events, one in each `turn`.

    dispatch: carries out commands. show: gets every new state, and the first one. `beat_at_s` is the loop's heartbeat.
    """

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
        self._journal_fault = ""
        self._journal_works = False  # a row became durable, and none was refused since
        show(self.state)

    def begin(self) -> None:
        """Hand the first row to the journal; when it is durable, the journal has answered."""
        self._writer.hand_over(started(self._clock.now_s()))

    def turn(self, wait_s: float = TURN_S) -> bool:
        """Handle one event, or return False if none comes within `wait_s` seconds."""
        message = self._next(wait_s)
        self.beat_at_s = self._clock.now_s()
        match message:
            case RowWritten(number=number):
                self._journal_works = True
                if self._admission and self._admission.number == number:
                    self._decide_again(self._admission)
            case RowRefused(fault=fault):
                self._fail_journal(fault)
            case None:
                pass
            case _:
                self._handle(message)
        self._watch_writer()
        return message is not None

    def end(self) -> None:
        """Withdraw an admission that waits; to be called when no turn follows any more."""
        if self._admission:
            withdraw(self._admission, self._writer, replace(self.state, visit=None))
            self._admission = None

    def _next(self, wait_s: float) -> Message | None:
        now_s = self._clock.now_s()
        deadline_s = self.state.due_s
        if self._admission:
            wait_s = min(wait_s, self._admission.give_up_at_s - now_s)
        elif deadline_s is not None:
            if now_s >= deadline_s and not self._inbox.holds_older(deadline_s):
                return DeadlinePassed(now_s)
            wait_s = min(wait_s, deadline_s - now_s)
        return self._inbox.take(wait_s)

    def _handle(self, event: Event) -> None:
        after, commands = step(self.state, event, self.rules)
        record = record_of(self.state, event, after)
        admission = self._admission
        if admission and admission.defers(event, record):
            self._admission = admission.with_deferred(event)
        elif admission and cancels(event, record):
            self._withdraw(admission)
            self._handle(event)
            if admission.skip and self.state.visit:
                self._handle(admission.skip)
        elif record and record.admits:
            self._dispatch([command for command in commands if isinstance(command, IMMEDIATE)])
            give_up_at_s = self._clock.now_s() + DURABLE_S
            self._admission = Admission(self._writer.hand_over(record), give_up_at_s, record, event)
        else:
            self._take_over(event, after, commands)
            if record:
                self._writer.hand_over(record)

    def _take_over(self, event: Event, after: State, commands: Sequence[Command]) -> None:
        before, self.state = self.state, after
        self._dispatch(commands)
        for record in (passage_of(before, event, after, self.rules), spray_end_of(before, event, after)):
            if record:
                self._writer.hand_over(record)
        if after is not before:
            self._show(after)

    def _decide_again(self, admission: Admission) -> None:
        """The row of `admission` is durable: unlock the door if the present state still admits the visitor."""
        event = replace(admission.event, at_s=self._clock.now_s())
        after, commands = step(self.state, event, self.rules)
        if admission.is_confirmed_by(record_of(self.state, event, after)):
            self._admission = None
            self._take_over(event, after, commands)
        else:
            self._withdraw(admission)

    def _withdraw(self, admission: Admission) -> None:
        self._admission = None
        self.state = withdraw(admission, self._writer, self.state)
        if self.state.sprayer_on:  # the sprayer was stopped by the first decision
            self._handle(SprayStopped(self._clock.now_s()))

    def _watch_writer(self) -> None:
        """Report a row that takes longer than `DURABLE_S` as a fault, and the end of the fault."""
        now_s = self._clock.now_s()
        since_s = self._writer.waiting_since_s
        late = since_s is not None and now_s - since_s >= DURABLE_S
        answered = "journal" not in self.state.unanswered
        if (self._admission and now_s >= self._admission.give_up_at_s) or (
            late and answered and not self._journal_fault
        ):
            logger.error("the journal's card has not answered for %.1f s; if this happens again, replace it", DURABLE_S)
            self._fail_journal("journal_full")
        elif self._journal_works and not late and not self._admission and (self._journal_fault or not answered):
            self._journal_fault = ""
            self._handle(DeviceRecovered(now_s, "journal"))

    def _fail_journal(self, fault: str) -> None:
        self._journal_works = False
        if self._admission:
            self._withdraw(self._admission)
        if not self._journal_fault:
            self._journal_fault = fault
            self._handle(DeviceFailed(self._clock.now_s(), "journal", fault))
