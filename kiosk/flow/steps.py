"""The steps of a visit: which comes next, how each begins, and what makes one done.

Rule 1: a step is done in `finish_step` and nowhere else; when none is left, the visitor enters.
Rule 2: a question to a worker carries the visit and a request number; an answer counts only if both match.
"""

from dataclasses import replace

from kiosk.flow.commands import MeasureTemperature, StartSpray
from kiosk.flow.events import CredentialChecked, TemperatureRead, TemperatureUnsettled
from kiosk.flow.moves import Turn, admit, go, may_spray_visitor, turn
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State, Visit
from kiosk.model import Phase, Step

ANSWER_GRACE_S = 1.0
"""The thermometer's worker gives up by itself after `measure_s`; this much later it is taken for silent."""

SPRAY_AGAIN_S = 1.0
"""A spray that the interlock stopped is tried again after this time, while nothing speaks against it."""


def visit_of(state: State) -> Visit:
    """The visit being served; phases with a visitor always have one."""
    assert state.visit is not None
    return state.visit


def next_step(state: State, at_s: float, rules: Rules) -> Turn:
    """Go on with the first step that is not done; when all are, the visitor enters."""
    visit = visit_of(state)
    match next((step for step in rules.visitor_steps if step not in visit.done), None):
        case Step.DISINFECT:
            return disinfect(state, at_s, rules.spray_s, rules)
        case Step.TEMPERATURE:
            return measure(state, visit, at_s, rules)
        case Step.CREDENTIAL:
            return scan(state, visit, at_s, rules)
        case _:
            return admit(state, visit, Outcome.ADMITTED, at_s, rules)


def finish_step(state: State, step: Step, at_s: float, rules: Rules) -> Turn:
    """This step is done and good."""
    visit = visit_of(state)
    visit = replace(visit, done=(*visit.done, step), notice="")
    return next_step(replace(state, visit=visit, patience_ends_at_s=None), at_s, rules)


def disinfect(state: State, at_s: float, spray_s: float, rules: Rules) -> Turn:
    """Spray the visitor, or wait for an open door to be closed."""
    if may_spray_visitor(state, rules):
        after = go(state, Phase.DISINFECTING, at_s, at_s + spray_s, spraying=True)
        return turn(state, after, rules, StartSpray(spray_s))
    return turn(state, wait_to_spray(go(state, Phase.DISINFECTING, at_s), at_s, spray_s, rules), rules)


def wait_to_spray(state: State, at_s: float, left_s: float, rules: Rules) -> State:
    """The state in which the rest of the spray waits: for a door to be shut, or for a sensor that only flickered."""
    ends_at_s = at_s + rules.chamber_wait_s if state.patience_ends_at_s is None else state.patience_ends_at_s
    look_at_s = min(at_s + SPRAY_AGAIN_S, ends_at_s) if may_spray_visitor(state, rules) else ends_at_s
    return replace(
        state, spraying=False, spray_left_s=left_s, patience_ends_at_s=ends_at_s, deadline_s=max(look_at_s, at_s)
    )


def measure(state: State, visit: Visit, at_s: float, rules: Rules) -> Turn:
    """Ask the thermometer."""
    request = state.request + 1
    deadline_s = at_s + rules.measure_s + ANSWER_GRACE_S
    after = go(state, Phase.MEASURING, at_s, deadline_s, visit=visit, request=request)
    return turn(state, after, rules, MeasureTemperature(visit.number, request))


def scan(state: State, visit: Visit, at_s: float, rules: Rules) -> Turn:
    """Look for a code, for the rest of the time that this visitor has for it."""
    deadline_s = visit.scan_deadline_s if visit.scan_deadline_s is not None else at_s + rules.scan_s
    visit = replace(visit, scan_deadline_s=deadline_s)
    return turn(state, go(state, Phase.SCANNING, at_s, deadline_s, visit=visit), rules)


def is_answer(state: State, event: TemperatureRead | TemperatureUnsettled | CredentialChecked) -> bool:
    """Whether this answers the question that is open; a late answer answers none."""
    return state.visit is not None and event.visit == state.visit.number and event.request == state.request
