"""The admission protocol: the door is unlocked only after the journal row of the admission is durable.

No visitor is let in without a row, so the row comes before the relay. Writing takes milliseconds, on a card that stalls
half a second and more, and the loop cannot wait for it: an emergency, a stop or an opened door must be handled at
once. Therefore an admission is decided twice:

1. **Before the row is written.** `step` leads to a state that admits a visitor. This decision is needed to have a
   record to write. The loop keeps its present state. It carries out only the commands that stop or lock something,
   hands the record to the journal's writer, and remembers the event.
2. **When the row is durable.** `step` decides about the same event once more, in the state of this moment and with the
   time of this moment. If it admits the same visit, the loop takes over the new state and the door is unlocked.
   The second decision is needed because the first one may no longer be right: the visitor may have left or opened a
   door. It also makes the time for which the door stays unlocked begin with the unlocking.

While an admission waits, the loop handles events in its present state, with three exceptions:

* No deadline passes. A visitor who is about to be admitted is not referred because time is up.
* A request to skip the spray is deferred. No spray runs any more, and if the admission happens, none follows. If the
  admission is withdrawn, the request is handled then. A second admission is ignored.
* An event that makes the admission wrong cancels it: an emergency, a stop, a fault, a key, or another outcome of the
  visit (see `cancels`). The admission is withdrawn first, then the event is handled.

An admission is also withdrawn if the writer refuses its row, or if the row is not durable after `DURABLE_S`. Both are
a fault of the journal, and the kiosk goes out of service.

To withdraw an admission is to remove its row from the writer's queue. If the row is already being written, it may
still become durable. Then a second row follows, which says how the visit really stands, and the number of the
visit counts as used.

A crash or a power cut before the unlocking leaves the door locked, with or without a row. So a row of an admission
does not say that the visitor went through. A crash after the unlocking leaves a durable row, and the outputs go to the
safe state. No crash leaves an unlocked door without a row.
"""

from dataclasses import dataclass, replace

from kiosk.flow.events import EmergencyRaised, Event, SkipPressed, StopPressed
from kiosk.flow.state import State
from kiosk.journal.records import Record, RowKind, correction_of
from kiosk.journal.writer import JournalWriter

DURABLE_S = 1.0
"""A row that takes longer than this to become durable is the journal's fault. An SD card may keep a write waiting for
0.5 s (SD Physical Layer Simplified Specification, 4.6.2.2: SDXC); a visitor at a locked door waits no longer."""

CANCELLING = (EmergencyRaised, StopPressed)
"""These cancel an admission even if they change nothing, because the input was active before."""

HARMLESS = frozenset({RowKind.FAULT_CLEARED, RowKind.IN_SERVICE})
"""Rows without a visit that leave an admission valid. Every other row cancels it."""


@dataclass(frozen=True, slots=True)
class Admission:
    """An admission by `event` that waits until the row of `record` is durable.

    number: the row's number, as `JournalWriter.hand_over` returned it.
    give_up_at_s: when the admission is withdrawn if the row is not durable.
    skip: a deferred request to skip the spray, handled if the admission is withdrawn.
    """

    number: int
    give_up_at_s: float
    record: Record
    event: Event
    skip: SkipPressed | None = None

    def defers(self, event: Event, record: Record | None) -> bool:
        """Return True if `event`, whose record would be `record`, is not handled while this admission waits."""
        return isinstance(event, SkipPressed) or (record is not None and record.admits)

    def with_deferred(self, event: Event) -> "Admission":
        """Return this admission with the deferred `event`; only a request to skip the spray is remembered."""
        return replace(self, skip=event) if isinstance(event, SkipPressed) else self

    def is_confirmed_by(self, record: Record | None) -> bool:
        """Return True if the second decision, whose record would be `record`, admits the same visit."""
        return record is not None and record.admits and record.visit == self.record.visit


def cancels(event: Event, record: Record | None) -> bool:
    """Return True if `event`, whose record would be `record`, cancels an admission that still waits for its row."""
    changes = record is not None and (record.visit is not None or record.kind not in HARMLESS)
    return changes or isinstance(event, CANCELLING)


def withdraw(admission: Admission, writer: JournalWriter, state: State) -> State:
    """Withdraw the row of `admission`, or correct it by a second row; return `state` with the visit's number used."""
    if writer.withdraw(admission.number):
        return state
    correction = correction_of(admission.record, state)
    if correction:
        writer.hand_over(correction)
    return replace(state, visits=max(state.visits, admission.record.visit or 0))
