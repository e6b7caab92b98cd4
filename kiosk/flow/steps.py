"""The steps of a visit: which comes next, how each begins, and what makes one done.

Rule 1: a step is done in `finish_step` and nowhere else; when none is left, the visitor enters.
Rule 2: nobody is sprayed unwarned, twice in a visit, or again while they stay; who comes back soon has to wait.
Rule 3: a question to a worker carries the visit and a request number; an answer counts only if both match.
"""

from dataclasses import replace

from kiosk.flow.commands import MeasureTemperature, StartSpray
from kiosk.flow.events import CredentialChecked, TemperatureRead, TemperatureUnsettled
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State, Visit
from kiosk.flow.transitions import Turn, admit, blind, go, may_spray_visitor, refer, turn
from kiosk.model import Phase, Reason, Refer, SkipRule, Step

ANSWER_GRACE_S = 1.0
"""The thermometer's worker gives up by itself after `measure_s`; this much later it is taken for silent."""


def visit_of(state: State) -> Visit:
    """The visit being served; phases with a visitor always have one."""
    assert state.visit is not None
    return state.visit


def next_step(state: State, at_s: float, rules: Rules) -> Turn:
    """Go on with the first step that is not done; when all are, the visitor enters."""
    visit = visit_of(state)
    match next((step for step in rules.visitor_steps if step not in visit.done), None):
        case Step.DISINFECT:
            return disinfect(state, at_s, rules)
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


def disinfect(state: State, at_s: float, rules: Rules) -> Turn:
    """The visitor's turn to be sprayed, unless they asked not to be, or were sprayed and have not left since."""
    if visit_of(state).skipped:
        return leave_unsprayed(state, "chamber.skip", at_s, rules)
    if blind(state):
        return leave_unsprayed(state, "presence_stuck", at_s, rules)
    if state.sprayed:
        return leave_unsprayed(state, "chamber.again_s", at_s, rules)
    return warn(state, at_s, rules.spray_s, rules)


def leave_unsprayed(state: State, why: str, at_s: float, rules: Rules) -> Turn:
    """The visitor is not sprayed; the site decides what follows."""
    if rules.skip is SkipRule.REFER:
        return refer(state, Refer(Reason.SKIPPED_STEP, why), at_s, rules)
    state = replace(state, visit=replace(visit_of(state), skipped=True))
    return finish_step(state, Step.DISINFECT, at_s, rules)


def warn(state: State, at_s: float, left_s: float, rules: Rules) -> Turn:
    """Say that it will spray, before every start of the pump; or wait for an open door to be closed."""
    if may_spray_visitor(state, rules):
        # who is sprayed already only gets the rest of it
        may_start_at_s = at_s if state.sprayed else state.spray_again_at_s or at_s
        starts_at_s = max(at_s + rules.warn_s, may_start_at_s)
        return turn(state, go(state, Phase.DISINFECTING, at_s, starts_at_s, warning=True, spray_left_s=left_s), rules)
    ends_at_s = patience_ends_at_s(state, at_s, rules)
    waits = {"spray_left_s": left_s, "patience_ends_at_s": ends_at_s}
    return turn(state, go(state, Phase.DISINFECTING, at_s, max(ends_at_s, at_s), **waits), rules)


def patience_ends_at_s(state: State, at_s: float, rules: Rules) -> float:
    """Until when this visitor's spray is waited for, from the first obstacle on."""
    return at_s + rules.chamber_wait_s if state.patience_ends_at_s is None else state.patience_ends_at_s


def spray(state: State, at_s: float, rules: Rules) -> Turn:
    """Spray the visitor, who was told; this counts as sprayed, however soon it is broken off."""
    ends_at_s = at_s + state.spray_left_s
    sprayed = {"sprayed": True, "spray_again_at_s": ends_at_s + rules.again_s}
    after = go(state, Phase.DISINFECTING, at_s, ends_at_s, spraying=True, **sprayed)
    return turn(state, after, rules, StartSpray(state.spray_left_s))


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
