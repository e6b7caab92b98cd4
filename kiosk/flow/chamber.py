"""What happens with a visitor in the chamber, and with the chamber while nobody is in it.

Rule 1: the pump starts only after a warning that ran its whole time; a door that opens, or who steps out, cancels it.
Rule 2: what the interlock or a door broke off is not done; the rest follows, or the officer is asked.
Rule 3: a spray is done only if the sprayer said that it runs: silence is not done, and is not sprayed again unasked.
"""

from dataclasses import replace

from kiosk.flow import visiting
from kiosk.flow.events import (
    DeadlinePassed,
    DoorClosed,
    DoorOpened,
    PresenceLost,
    PresenceSeen,
    SkipPressed,
    SprayStarted,
    SprayStopped,
)
from kiosk.flow.idle import begin
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.flow.steps import finish_step, leave_unsprayed, patience_ends_at_s, spray, visit_of, warn
from kiosk.flow.transitions import Turn, go, may_spray_visitor, refer, rest, turn, wait_idle
from kiosk.model import Phase, Reason, Refer, Step

CHAMBER_NOT_SHUT = Refer(Reason.SKIPPED_STEP, "chamber not shut")
SPRAYER_SILENT = Refer(Reason.SKIPPED_STEP, "sprayer silent")


def skip_ahead(state: State, _event: SkipPressed, rules: Rules) -> Turn:
    """The visitor asks not to be sprayed before that step has come."""
    visit = visit_of(state)
    ahead = Step.DISINFECT in rules.visitor_steps and Step.DISINFECT not in visit.done
    return replace(state, visit=replace(visit, skipped=visit.skipped or ahead)), ()


def spray_due(state: State, event: DeadlinePassed, rules: Rules) -> Turn:
    """The visitor was told and the spray begins; or it is over; or nobody shut the door in time."""
    if state.visit is None:
        return treated(state, event.at_s, rules)
    if state.warning:
        return spray(state, event.at_s, rules)
    if state.running:
        return finish_step(state, Step.DISINFECT, event.at_s, rules)
    return refer(state, SPRAYER_SILENT if state.spraying else CHAMBER_NOT_SHUT, event.at_s, rules)


def treated(state: State, at_s: float, rules: Rules) -> Turn:
    """The empty chamber's spray is over; if it never ran, it is made up for once the chamber is empty again."""
    if state.running:
        return rest(replace(state, treatment_due=False), at_s, rules)
    return await_empty(state, at_s, rules)


def await_empty(state: State, at_s: float, rules: Rules) -> Turn:
    """Leave the chamber for the next time it is empty."""
    return turn(state, wait_idle(go(state, Phase.IDLE, at_s), at_s), rules)


def skip(state: State, event: SkipPressed, rules: Rules) -> Turn:
    """The visitor does not want to be sprayed, or no further."""
    return (state, ()) if state.visit is None else leave_unsprayed(state, "chamber.skip", event.at_s, rules)


def opened(state: State, event: DoorOpened, rules: Rules) -> Turn:
    """A door opened: stop at once, and wait for it to be closed."""
    if state.visit is None:
        return rest(state, event.at_s, rules)
    return break_off(state, event.at_s, rules)


def spray_started(state: State, event: SprayStarted, _rules: Rules) -> Turn:
    """The sprayer runs; an answer from before this spray says nothing of it."""
    return (replace(state, running=True) if state.spraying and event.at_s >= state.since_s else state), ()


def spray_stopped(state: State, event: SprayStopped, rules: Rules) -> Turn:
    """The sprayer's own interlock stopped it: wait, or leave the chamber for the next time it is empty."""
    if not state.spraying:
        return state, ()
    if state.visit is None:
        return await_empty(state, event.at_s, rules)
    return break_off(state, event.at_s, rules)


def break_off(state: State, at_s: float, rules: Rules) -> Turn:
    """Spray no further for now; what is left of it follows after another warning, while there is patience."""
    left_s = max((state.deadline_s or at_s) - at_s, 0.0) if state.spraying else state.spray_left_s
    ends_at_s = patience_ends_at_s(state, at_s, rules)
    if at_s >= ends_at_s:
        return refer(state, CHAMBER_NOT_SHUT, at_s, rules)
    return warn(replace(state, patience_ends_at_s=ends_at_s), at_s, left_s, rules)


def closed(state: State, event: DoorClosed, rules: Rules) -> Turn:
    """The door is closed again: spray what is left, after a warning."""
    if state.spraying or state.warning or not may_spray_visitor(state, rules):
        return state, ()
    return warn(state, event.at_s, state.spray_left_s, rules)


def entered(state: State, event: PresenceSeen, rules: Rules) -> Turn:
    """Somebody came: into a chamber under treatment, which stops at once, or back into the one they left."""
    if state.visit is None:
        return begin(state, event, rules)
    return state, ()


def left(state: State, event: PresenceLost, rules: Rules) -> Turn:
    """The visitor left the chamber while it was sprayed."""
    return (state, ()) if state.visit is None else visiting.left(state, event, rules)
