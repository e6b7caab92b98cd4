"""How the machine moves from phase to phase: what leaving and entering one always brings, told once.

Rule 1: `go` is the only place where `State.phase` changes.
Rule 2: whatever a phase switched on, leaving it switches off; nobody has to remember to.
Rule 3: where the entrance rests when it serves nobody is decided in `rest`, by the facts alone.
"""

from dataclasses import replace
from typing import Any

from kiosk.flow.commands import (
    Command,
    Indicate,
    LockDoor,
    ReleaseDoor,
    StartSpray,
    StopMeasuring,
    StopSpray,
    UnlockDoor,
    WatchCodes,
)
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State, Visit
from kiosk.model import ChamberWhen, Phase, Reason, Refer, Signal, Step, Verdict, Watch

Turn = tuple[State, tuple[Command, ...]]
"""What a handler gives back: the next state, and what the devices shall do about it."""

NEXT_VISITOR_S = 2.0
"""Somebody who is seen for this long while nobody is served is the next visitor, close behind the last perhaps."""

STAYED_S, MOST_DOUBLINGS = 10.0, 5
"""Who was served and stays reads, or looks for a phone: they are left in peace so long, then for twice as long, ..."""

ON_LEAVING: dict[Phase, tuple[Command, ...]] = {
    Phase.DISINFECTING: (StopSpray(),),
    Phase.MEASURING: (StopMeasuring(),),
    Phase.ADMITTING: (LockDoor(),),
    Phase.EMERGENCY: (LockDoor(),),
}

SIGNALS: dict[Phase, Signal] = {
    Phase.STARTING: Signal.BUSY,
    Phase.IDLE: Signal.READY,
    Phase.DISINFECTING: Signal.BUSY,
    Phase.MEASURING: Signal.COME_CLOSER,
    Phase.SCANNING: Signal.COME_CLOSER,
    Phase.CHECKING: Signal.BUSY,
    Phase.ADMITTING: Signal.ENTER,
    Phase.REFERRING: Signal.REFERRED,
    Phase.EMERGENCY: Signal.EMERGENCY,
    Phase.OUT_OF_SERVICE: Signal.FAULT,
    Phase.MAINTENANCE: Signal.SERVICE,
}


LET_OPEN = frozenset({Phase.STARTING, Phase.ADMITTING, Phase.EMERGENCY, Phase.MAINTENANCE})
"""Phases in which the door into the building may open."""

CATCH_S = 2.0
"""Who was let open the door may still have it in the hand when it locks."""

AT_REST = frozenset({Phase.STARTING, Phase.IDLE, Phase.OUT_OF_SERVICE, Phase.MAINTENANCE})
"""Phases that serve nobody, and in which a door that stands open is worth telling; the emergency wants it open."""

WARDS = frozenset({"door", "lock", "presence"})
"""What a fault of takes nobody's way, and yet the officer should look after."""


def go(state: State, phase: Phase, at_s: float, deadline_s: float | None = None, **changes: Any) -> State:
    """The state in `phase`, begun at `at_s`; `changes` are further fields of the state."""
    fresh = {"warning": False, "spraying": False, "running": False, "pausing": False, "greet_at_s": None}
    return replace(state, phase=phase, since_s=at_s, deadline_s=deadline_s, **{**fresh, **changes})


def turn(before: State, after: State, rules: Rules, *commands: Command) -> Turn:
    """The turn from one phase to another, with what leaving and entering always bring."""
    leaving = ON_LEAVING.get(before.phase, ())
    entering = (WatchCodes(watch(after, rules)), Indicate(signal(after)))
    if before.phase in LET_OPEN:
        after = replace(after, may_open_until_s=max(after.may_open_until_s, after.since_s + CATCH_S))
    return after, (*leaving, *entering, *commands)


def signal(state: State) -> Signal:
    """What lights and buzzer tell: ready is only said when nothing needs looking after."""
    if state.phase is Phase.IDLE and any(device in WARDS for device, _ in state.faults):
        return Signal.FAULT
    return SIGNALS[state.phase]


def blind(state: State) -> bool:
    """Whether the presence sensor is not to be believed: then a code tells who is there, and nobody is sprayed."""
    return any(device == "presence" for device, _ in state.faults)


def watch(state: State, rules: Rules) -> Watch:
    """How hard the scanner looks in this state: it idles when nobody can be there to show a code."""
    if state.phase is Phase.SCANNING:
        return Watch.FULL
    somebody = state.present or not rules.has_presence or blind(state)
    if state.phase is Phase.IDLE and somebody and Step.CREDENTIAL in rules.sequence:
        return Watch.GLANCE
    return Watch.OFF


def blocked(state: State, rules: Rules) -> bool:
    """Whether a fault of an essential device, or the officer, keeps the entrance out of service."""
    return state.stopped or any(device in rules.essential for device, _ in state.faults)


def rest(state: State, at_s: float, rules: Rules, *, passed: bool = False) -> Turn:
    """Serve nobody: wait where the facts allow. `passed`: somebody used the door, the last visitor most likely."""
    if passed:
        state = replace(state, stayed=0)
    elif state.present and state.phase in (Phase.ADMITTING, Phase.REFERRING):
        state = replace(state, stayed=state.stayed + 1)
    phase = resting_phase(state, rules)
    if phase is Phase.IDLE and may_treat(state, rules):
        return treat(state, at_s, rules)
    after = go(state, phase, at_s, visit=None, patience_ends_at_s=None)
    return turn(state, wait_idle(after, at_s) if phase is Phase.IDLE else rest_on(after, at_s), rules)


def resting_phase(state: State, rules: Rules) -> Phase:
    """Where the entrance waits while it serves nobody; the emergency is handled before this is asked."""
    if state.service_key:
        return Phase.MAINTENANCE
    if state.unanswered and not state.stopped:
        return Phase.STARTING
    return Phase.OUT_OF_SERVICE if blocked(state, rules) else Phase.IDLE


def wait_idle(state: State, at_s: float) -> State:
    """IDLE from now on, and when it acts by itself: to report an open door, or to serve whoever is there."""
    greet_at_s = None
    if state.present and not blind(state):
        patience_s = STAYED_S * 2 ** min(state.stayed - 1, MOST_DOUBLINGS) if state.stayed else NEXT_VISITOR_S
        greet_at_s = at_s + patience_s
    return rest_on(replace(state, greet_at_s=greet_at_s), at_s)


def rest_on(state: State, at_s: float) -> State:
    """Serve nobody on, the deadline as the facts are now: a door that stands open is told in every such phase."""
    believes = state.phase is Phase.IDLE and state.present and not blind(state)
    stuck_at_s = state.stuck_at_s if believes else None
    due_s = [due_s for due_s in (state.door_alarm_at_s, stuck_at_s, state.greet_at_s) if due_s is not None]
    return replace(state, deadline_s=max(min(due_s), at_s) if due_s else None)


def may_treat(state: State, rules: Rules) -> bool:
    """Whether the empty chamber can be sprayed now.

    A sensor may lose somebody who holds still; nobody has left before a door has moved.
    """
    empty = state.door_moved and not state.present and not state.open_doors and not blind(state)
    return rules.treats_empty_chamber and state.treatment_due and empty


def treat(state: State, at_s: float, rules: Rules) -> Turn:
    """Spray the empty chamber."""
    after = go(state, Phase.DISINFECTING, at_s, at_s + rules.spray_s, visit=None, spraying=True)
    return turn(state, after, rules, StartSpray(rules.spray_s))


def end_visit(state: State, outcome: Outcome, verdict: Verdict | None = None) -> State:
    """The state after the visit came to `outcome`; a visit that has one keeps it."""
    visit = state.visit
    if visit is None:
        return state
    if visit.outcome is Outcome.OPEN:
        visit = replace(visit, outcome=outcome, verdict=verdict or visit.verdict, body_c=None)
    return replace(state, visit=None, ended=replace(visit, body_c=None))


def admit(state: State, visit: Visit, outcome: Outcome, at_s: float, rules: Rules) -> Turn:
    """Unlock the door for this visitor."""
    state = without_fault(state, "lock")
    visit = replace(visit, outcome=outcome, notice="")
    moved = {"visit": visit, "visits": visit.number, "door_moved": False}
    after = go(state, Phase.ADMITTING, at_s, at_s + rules.hold_s, **moved)
    return turn(state, after, rules, UnlockDoor(rules.hold_s))


def refer(state: State, verdict: Refer, at_s: float, rules: Rules) -> Turn:
    """Send the visitor kindly on."""
    assert state.visit is not None
    figure = state.visit.body_c if verdict.reason is Reason.FEVER else None
    visit = replace(state.visit, outcome=Outcome.REFERRED, verdict=verdict, notice="", body_c=figure)
    after = go(state, Phase.REFERRING, at_s, at_s + rules.refer_s, visit=visit)
    return turn(state, after, rules)


def release(state: State, at_s: float) -> Turn:
    """Emergency: the sprayer off, the door free, until the officer resets it."""
    after = go(end_visit(state, Outcome.INTERRUPTED), Phase.EMERGENCY, at_s)
    first = (StopSpray(), ReleaseDoor())
    return after, (*first, StopMeasuring(), WatchCodes(Watch.OFF), Indicate(SIGNALS[after.phase]))


def may_spray_visitor(state: State, rules: Rules) -> bool:
    """Whether the visitor in the chamber can be sprayed now."""
    seen = state.present and not blind(state)
    return rules.chamber_when is ChamberWhen.OCCUPIED and seen and not state.open_doors


def with_fault(state: State, device: str, fault: str) -> State:
    """The state with this fault of `device`, the only one that is kept of it."""
    return replace(state, faults=(*without_fault(state, device).faults, (device, fault)))


def without_fault(state: State, device: str) -> State:
    """The state without faults of `device`."""
    return replace(state, faults=tuple(fault for fault in state.faults if fault[0] != device))
