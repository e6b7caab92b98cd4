"""What happens while nobody is served: who begins a visit, the empty chamber, and a door that stands open."""

from dataclasses import replace

from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeSeen, DeadlinePassed, DoorClosed, DoorOpened, PresenceLost, PresenceSeen, SkipPressed
from kiosk.flow.rules import Rules
from kiosk.flow.state import State, Visit
from kiosk.flow.steps import next_step, visit_of
from kiosk.flow.transitions import Turn, blind, may_treat, rest_on, treat, watch, with_fault
from kiosk.flow.visiting import check
from kiosk.model import Door, Step


def new_visit(state: State, *, skipped: bool = False) -> State:
    """The state with the next visit begun; the chamber is to be treated after it."""
    visit = Visit(state.visits + 1, skipped=skipped)
    return replace(state, visit=visit, visits=visit.number, treatment_due=True, door_moved=False)


def begin(state: State, event: PresenceSeen | DeadlinePassed, rules: Rules) -> Turn:
    """Somebody came: the visit begins with the first step."""
    return next_step(new_visit(state), event.at_s, rules)


def begin_unsprayed(state: State, event: SkipPressed, rules: Rules) -> Turn:
    """Somebody asks not to be sprayed before the machine has seen them."""
    if Step.DISINFECT not in rules.visitor_steps:
        return state, ()
    return next_step(new_visit(state, skipped=True), event.at_s, rules)


def begin_with_code(state: State, event: CodeSeen, rules: Rules) -> Turn:
    """A code begins a visit too, unless a sensor knows that nobody is there.

    It is judged at once where it is the first step, else asked for again.
    """
    if rules.has_presence and not state.present and not blind(state):
        return state, ()
    state = new_visit(state)
    if rules.visitor_steps[:1] != (Step.CREDENTIAL,):
        return next_step(state, event.at_s, rules)
    visit = replace(visit_of(state), scan_deadline_s=event.at_s + rules.scan_s)
    return check(replace(state, visit=visit), event, rules)


def deadline(state: State, event: DeadlinePassed, rules: Rules) -> Turn:
    """The door stands open too long, or the sensor sees the same for too long; or somebody waits to be served."""
    if state.door_alarm_at_s is not None and event.at_s >= state.door_alarm_at_s:
        return held_open(state, event, rules)
    if state.present and not blind(state) and event.at_s >= state.stuck_at_s:
        return report(replace(state, greet_at_s=None), "presence", "presence_stuck", event.at_s)
    if state.greet_at_s is not None and event.at_s >= state.greet_at_s:
        return begin(state, event, rules)
    return rest_on(state, event.at_s), ()


def report(state: State, device: str, fault: str, at_s: float) -> Turn:
    """Something needs looking after; the entrance goes on."""
    return rest_on(with_fault(state, device, fault), at_s), ()


def held_open(state: State, event: DeadlinePassed, _rules: Rules) -> Turn:
    """Out of service, or not yet or no longer in it, the only thing that falls due is the alarm of the open door."""
    return report(replace(state, door_alarm_at_s=None), "door", "door_held_open", event.at_s)


def door_watched(state: State, event: DoorOpened | DoorClosed, _rules: Rules) -> Turn:
    """A door moved while nobody can be served."""
    return rest_on(state, event.at_s), ()


def presence_lost(state: State, event: PresenceLost, rules: Rules) -> Turn:
    """Whoever stood there while nobody was served went away."""
    return idle_again(state, event.at_s, rules)


def door_moved(state: State, event: DoorOpened | DoorClosed, rules: Rules) -> Turn:
    """A door moved while nobody was served."""
    if event.door is not Door.BUILDING and not may_treat(state, rules):
        return state, ()
    return idle_again(state, event.at_s, rules)


def idle_again(state: State, at_s: float, rules: Rules) -> Turn:
    """Idle on, with the facts changed: treat the chamber if it can be treated now, watch the door if it is open."""
    if may_treat(state, rules):
        return treat(state, at_s, rules)
    return rest_on(state, at_s), (WatchCodes(watch(state, rules)),)
