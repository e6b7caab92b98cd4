"""Questions to a state: what follows from it without a change, such as the signal of the lights."""

from kiosk.faults import FAULTS
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State, Visit
from kiosk.model import ChamberWhen, Door, Phase, Reason, Refer, Signal, Step, Watch

SIGNALS: dict[Phase, Signal] = {
    Phase.STARTING: Signal.BUSY,
    Phase.IDLE: Signal.READY,
    Phase.DISINFECTING: Signal.BUSY,
    Phase.MEASURING: Signal.COME_CLOSER,
    Phase.ASKING: Signal.COME_CLOSER,
    Phase.SCANNING: Signal.COME_CLOSER,
    Phase.CHECKING: Signal.BUSY,
    Phase.ADMITTING: Signal.ENTER,
    Phase.REFERRING: Signal.REFERRED,
    Phase.EMERGENCY: Signal.EMERGENCY,
    Phase.OUT_OF_SERVICE: Signal.FAULT,
    Phase.MAINTENANCE: Signal.SERVICE,
}
"""The signal of lights and buzzer in each phase."""


FREE_ENTRY = frozenset({Phase.STARTING, Phase.OUT_OF_SERVICE, Phase.MAINTENANCE, Phase.EMERGENCY})
"""Phases in which the street door of an airlock is free, because nobody is served."""


READS_CODES = frozenset(
    {
        Situation.WAITING_FOR_DOORS,
        Situation.WARNED,
        Situation.SPRAY_REQUESTED,
        Situation.SPRAYING,
        Situation.FIRST_READING,
        Situation.PAUSE,
        Situation.SECOND_READING,
        Situation.ASKING,
        Situation.SCANNING,
        Situation.SECOND_TRY,
    }
)
"""Situations in which a code may be shown: its own step, the steps before it, and a referral that it cures."""


NEED_ATTENTION = frozenset(
    {"airlock", "door", "enclosure", "lock", "passage", "presence", "screen", "settings", "street_door", "street_lock"}
)
"""Devices whose faults do not stop service but need the officer's attention."""

FOR_THE_TECHNICIAN = frozenset({"calibration", "crowd", "spot"})
"""Devices whose faults are shown and recorded, but need nobody at once: lights and voice do not tell them."""


def signal(state: State, rules: Rules) -> Signal:
    """Return the signal of lights and buzzer; READY only if no device needs attention and people can come in."""
    if state.phase is Phase.IDLE and any(device in NEED_ATTENTION for device, _ in state.faults):
        return Signal.FAULT
    if state.phase is Phase.STARTING and blocked(state, rules):
        return Signal.FAULT
    if state.phase is Phase.IDLE and rules.airlock and street_is_locked(state):
        return Signal.BUSY
    return SIGNALS[state.phase]


def street_is_free(state: State) -> bool:
    """Return True if the street door of an airlock is free for whoever comes. From the chamber it opens at any time.

    It is locked as soon as somebody is in the chamber and the door has fallen shut, and during a treatment. The lock
    does not move while the door is open.
    """
    if state.phase in FREE_ENTRY or Door.STREET in state.doors.opened:
        return True
    return state.phase is Phase.IDLE and (not state.presence.seen or presence_is_faulty(state))


def street_is_locked(state: State) -> bool:
    """Return True if the lock of an airlock's street door holds: it is not free, or the building door stands open.

    `kiosk.hardware.airlock` frees the street door only while the building door is shut.
    """
    if state.phase is Phase.EMERGENCY:
        return False
    return Door.BUILDING in state.doors.opened or not street_is_free(state)


def bolt_has_held(state: State, at_s: float) -> bool:
    """Return True if the bolt of an airlock's street door has not moved since it was locked.

    After an admission, it is drawn only when the lock of the building door had its time to move.
    """
    return street_is_locked(state) or at_s < state.doors.street_held_until_s


def bolt_wait_s(state: State, at_s: float, rules: Rules) -> float:
    """Return how long the building door waits for the lock of the street door, which is locked at `at_s` or before."""
    if rules.airlock is None:
        return 0.0
    locked_at_s = state.doors.street_locked_at_s if bolt_has_held(state, at_s) else at_s
    return max(locked_at_s + rules.airlock.bolt_s - at_s, 0.0)


def waits_for_bolt(state: State, at_s: float, rules: Rules) -> bool:
    """Return True while the building door is still locked in an admission, until the street door's bolt has moved."""
    unlocks_at_s = (state.deadline_s or at_s) - rules.hold_s
    return rules.airlock is not None and state.phase is Phase.ADMITTING and at_s < unlocks_at_s


def presence_is_faulty(state: State) -> bool:
    """Return True if the presence sensor has a fault. Then a code shows that somebody is there.

    While it has a fault, nobody is sprayed.
    """
    return any(device == "presence" for device, _ in state.faults)


def watch(state: State, rules: Rules) -> Watch:
    """Return how hard the scanner looks for codes; it is off while nobody can be there to show one.

    A code whose status is unknown is read again while it stays in view, because the next answer may be another one.
    Behind an open street door, and while the next visit is about to begin by itself, no code begins a visit; a code in
    view counts only once and would be lost.
    """
    if reads_codes(state, rules):
        return Watch.AGAIN if asks_again(state) else Watch.FULL
    maybe_somebody = state.presence.seen or not rules.has_presence or presence_is_faulty(state)
    begins_by_itself = state.presence.voided and state.presence.greet_at_s is not None
    can_begin = maybe_somebody and not begins_by_itself and Door.STREET not in state.doors.opened
    is_wanted = state.phase is Phase.IDLE and can_begin and Step.CREDENTIAL in rules.sequence
    return Watch.GLANCE if is_wanted else Watch.OFF


def reads_codes(state: State, rules: Rules) -> bool:
    """Return True if a code of this visit is looked for: none is known, and nobody can have come from the street."""
    if state.visit is None or state.situation not in READS_CODES or Door.STREET in state.doors.opened:
        return False
    return not state.visit.checking and wants_credential(state, rules)


def asks_again(state: State) -> bool:
    """Return True if the visitor is asked for the same code once more: its status was unknown."""
    if state.visit is None or state.situation not in (Situation.SCANNING, Situation.SECOND_TRY):
        return False
    verdict = state.visit.verdict
    return isinstance(verdict, Refer) and verdict.reason is Reason.STATUS_UNKNOWN


def wants_credential(state: State, rules: Rules) -> bool:
    """Return True if this visit needs a credential and no verdict on one is known."""
    visit = state.visit
    if visit is None or Step.CREDENTIAL not in rules.visitor_steps or Step.CREDENTIAL in visit.done:
        return False
    return visit.ahead.verdict is None and (state.situation is not Situation.SECOND_TRY or not blocked(state, rules))


def is_proven(state: State) -> bool:
    """Return True if a working presence sensor sees the visitor. While it does, the visitor is the same person."""
    return state.presence.seen and not presence_is_faulty(state)


def blocked(state: State, rules: Rules) -> bool:
    """Return True if the officer, or a fault of an essential device, keeps the entrance out of service."""
    return state.officer.stopped or any(device in rules.essential for device, _ in state.faults)


def may_spray_visitor(state: State, rules: Rules) -> bool:
    """Return True if the visitor in the chamber can be sprayed now."""
    seen = state.presence.seen and not presence_is_faulty(state)
    return rules.chamber_when is ChamberWhen.OCCUPIED and seen and not state.doors.opened


def visit_of(state: State) -> Visit:
    """Return the visit in progress. A situation with a visitor always has one."""
    assert state.visit is not None
    return state.visit


def unanswered_text(state: State) -> str:
    """Return the essential devices that have not answered since the start, each with cause and remedy."""
    faults = dict(state.faults)
    lines = []
    for device in sorted(state.unanswered):
        fault = FAULTS.get(faults.get(device, f"{device}_silent"))
        lines.append(f"{device}: {fault.cause}; {fault.remedy}" if fault else f"{device}: does not answer")
    return "; ".join(lines)
