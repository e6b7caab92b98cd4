"""The entrance while it serves nobody: the beginning of a visit, the treatment of the empty chamber, the door alarm."""

from dataclasses import replace

from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeSeen, DeadlinePassed, DoorClosed, DoorOpened, PresenceLost, PresenceSeen, SkipPressed
from kiosk.flow.rules import Rules
from kiosk.flow.state import State, Visit
from kiosk.flow.steps import next_step
from kiosk.flow.transitions import (
    Transition,
    may_treat,
    presence_is_faulty,
    treat,
    visit_of,
    watch,
    with_fault,
    with_resting_deadline,
)
from kiosk.flow.visiting import check
from kiosk.model import Door, Step


def new_visit(state: State, *, skipped: bool = False) -> State:
    """Return the state with the next visit; the chamber is to be treated after it."""
    visit = Visit(state.visits + 1, skipped=skipped)
    chamber, doors = replace(state.chamber, treatment_due=True), replace(state.doors, moved=False)
    return replace(state, visit=visit, visits=visit.number, chamber=chamber, doors=doors)


def begin(state: State, event: PresenceSeen | DeadlinePassed, rules: Rules) -> Transition:
    """Somebody is there: the visit begins with the first step."""
    return next_step(new_visit(state), event.at_s, rules)


def begin_unsprayed(state: State, event: SkipPressed, rules: Rules) -> Transition:
    """Somebody declines the spray before the presence sensor sees them."""
    if Step.DISINFECT not in rules.visitor_steps:
        return state, ()
    return next_step(new_visit(state, skipped=True), event.at_s, rules)


def begin_with_code(state: State, event: CodeSeen, rules: Rules) -> Transition:
    """A code begins a visit too, unless a working presence sensor sees nobody.

    The code is checked at once if the credential is the first step; otherwise it is asked for again later.
    """
    if rules.has_presence and not state.presence.seen and not presence_is_faulty(state):
        return state, ()
    state = new_visit(state)
    if rules.visitor_steps[:1] != (Step.CREDENTIAL,):
        return next_step(state, event.at_s, rules)
    visit = replace(visit_of(state), scan_deadline_s=event.at_s + rules.scan_s)
    return check(replace(state, visit=visit), event, rules)


def deadline(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """Report a door that stands open too long or a stuck sensor, or begin the visit of the person who is there."""
    presence = state.presence
    if state.doors.alarm_at_s is not None and event.at_s >= state.doors.alarm_at_s:
        return held_open(state, event, rules)
    if presence.seen and not presence_is_faulty(state) and event.at_s >= presence.stuck_at_s:
        stuck = with_fault(state, "presence", "presence_stuck")
        return with_resting_deadline(replace(stuck, presence=replace(presence, greet_at_s=None)), event.at_s), ()
    if presence.greet_at_s is not None and event.at_s >= presence.greet_at_s:
        return begin(state, event, rules)
    return with_resting_deadline(state, event.at_s), ()


def held_open(state: State, event: DeadlinePassed, _rules: Rules) -> Transition:
    """The building door stands open too long. In other resting phases than IDLE, nothing else falls due."""
    reported = with_fault(state, "door", "door_held_open")
    return with_resting_deadline(replace(reported, doors=replace(state.doors, alarm_at_s=None)), event.at_s), ()


def door_moved(state: State, event: DoorOpened | DoorClosed, rules: Rules) -> Transition:
    """A door moved in IDLE."""
    if event.door is not Door.BUILDING and not may_treat(state, rules):
        return state, ()
    return stay_idle(state, event.at_s, rules)


def presence_lost(state: State, event: PresenceLost, rules: Rules) -> Transition:
    """The person who was there in IDLE left."""
    return stay_idle(state, event.at_s, rules)


def stay_idle(state: State, at_s: float, rules: Rules) -> Transition:
    """Stay in IDLE after an observation changed the state, or treat the chamber if it is empty now."""
    if may_treat(state, rules):
        return treat(state, at_s, rules)
    return with_resting_deadline(state, at_s), (WatchCodes(watch(state, rules)),)


def door_moved_out_of_service(state: State, event: DoorOpened | DoorClosed, _rules: Rules) -> Transition:
    """A door moved in a resting phase other than IDLE: only the door alarm changes."""
    return with_resting_deadline(state, event.at_s), ()
