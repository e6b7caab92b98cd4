"""The steps of a visit: which one comes next, and how each begins and ends.

Rule 1: only `finish_step` marks a step as done. When all steps are done, the visitor is admitted.
Rule 2: nobody is sprayed without a warning, twice in a visit, or again while they stay; a visitor who comes back soon
        has to wait.
Rule 3: a request to a worker carries the number of the visit and of the request; an answer counts only if both match.
        Each worker has a request of its own, and no two requests have the same number.
Rule 4: what is known ahead of a step counts when the step comes.
"""

from dataclasses import replace

from kiosk.flow.commands import CheckCredential, MeasureTemperature, StartSpray
from kiosk.flow.events import CredentialChecked, TemperatureRead, TemperatureUnsettled
from kiosk.flow.questions import may_spray_visitor, presence_is_faulty, visit_of
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, Situation, State, Visit
from kiosk.flow.transitions import Transition, admit, enter, refer
from kiosk.model import Payload, Reason, Refer, SkipRule, Step

OFTEN = 3
"""A notice that is given so often is shown, and not read aloud: nobody hears the same instruction three times."""

ANSWER_GRACE_S = 1.0
"""The thermometer's worker gives up after `measure_s`. If it has not answered this much later, it counts as silent."""


def next_step(state: State, at_s: float, rules: Rules) -> Transition:
    """Begin the first step that is not done; admit the visitor if all are done."""
    visit = visit_of(state)
    match next((step for step in rules.visitor_steps if step not in visit.done), None):
        case Step.DISINFECT:
            return disinfect(state, at_s, rules)
        case Step.TEMPERATURE:
            return take_temperature(state, at_s, rules)
        case Step.QUESTIONS:
            return ask_question(state, at_s, rules)
        case Step.CREDENTIAL:
            return take_code(state, at_s, rules)
        case _:
            return admit(state, visit, Outcome.ADMITTED, at_s, rules)


def finish_step(state: State, step: Step, at_s: float, rules: Rules) -> Transition:
    """Mark `step` as done and go on with the next one."""
    visit = visit_of(state)
    visit = replace(visit, done=(*visit.done, step), notice="")
    chamber = replace(state.chamber, patience_ends_at_s=None)
    return next_step(replace(state, visit=visit, chamber=chamber), at_s, rules)


def disinfect(state: State, at_s: float, rules: Rules) -> Transition:
    """Begin the spray with a warning, unless the visitor must not be sprayed."""
    if visit_of(state).skipped or state.chamber.declined:
        return leave_unsprayed(state, "chamber.skip", at_s, rules)
    if presence_is_faulty(state):
        return leave_unsprayed(state, "presence_stuck", at_s, rules)
    if state.chamber.sprayed and not state.chamber.replaced:
        return leave_unsprayed(state, "chamber.again_s", at_s, rules)
    return warn(state, at_s, rules.spray_s, rules)


def leave_unsprayed(state: State, rule: str, at_s: float, rules: Rules) -> Transition:
    """Refer the visitor who is not sprayed, or continue with the next step, as the site decided.

    `rule` names the reason for the technician.
    """
    if rules.skip is SkipRule.REFER:
        return refer(state, Refer(Reason.SKIPPED_STEP, rule), at_s, rules)
    state = replace(state, visit=replace(visit_of(state), skipped=True))
    return finish_step(state, Step.DISINFECT, at_s, rules)


def warn(state: State, at_s: float, left_s: float, rules: Rules) -> Transition:
    """Warn the visitor before the pump starts for `left_s` seconds, or wait until the doors are shut."""
    chamber = replace(state.chamber, spray_left_s=left_s)
    if may_spray_visitor(state, rules):
        # after an interruption, the visitor gets the rest of the spray without the wait for a repeated spray
        is_rest = chamber.sprayed and not chamber.replaced
        may_start_at_s = at_s if is_rest else chamber.spray_again_at_s or at_s
        starts_at_s = max(at_s + rules.warn_s, may_start_at_s)
        warned = replace(state, chamber=chamber)
        return enter(warned, Situation.WARNED, at_s, rules, deadline_s=starts_at_s)
    ends_at_s = patience_ends_at_s(state, at_s, rules)
    waiting = replace(state, chamber=replace(chamber, patience_ends_at_s=ends_at_s))
    return enter(waiting, Situation.WAITING_FOR_DOORS, at_s, rules, deadline_s=max(ends_at_s, at_s))


def patience_ends_at_s(state: State, at_s: float, rules: Rules) -> float:
    """Return until when this visitor's spray may be completed; the time begins with the first interruption."""
    known_s = state.chamber.patience_ends_at_s
    return at_s + rules.chamber_wait_s if known_s is None else known_s


def take_temperature(state: State, at_s: float, rules: Rules) -> Transition:
    """Begin the step TEMPERATURE, or end it if the temperature is known. An early high reading is repeated."""
    ahead = visit_of(state).ahead
    if ahead.healthy:
        return finish_step(state, Step.TEMPERATURE, at_s, rules)
    if ahead.retest_at_s is None:
        return measure(state, Situation.FIRST_READING, at_s, rules)
    if at_s < ahead.retest_at_s:
        return enter(state, Situation.PAUSE, at_s, rules, deadline_s=ahead.retest_at_s)
    return measure(state, Situation.SECOND_READING, at_s, rules)


def measure(state: State, reading: Situation, at_s: float, rules: Rules) -> Transition:
    """Ask the thermometer for the `reading`: FIRST_READING or SECOND_READING."""
    asking, asked = ask_temperature(state)
    deadline_s = at_s + rules.measure_s + ANSWER_GRACE_S
    return enter(asking, reading, at_s, rules, asked, deadline_s=deadline_s)


def ask_temperature(state: State) -> tuple[State, MeasureTemperature]:
    """Return the state in which a new reading is asked for, and the request to the thermometer's worker."""
    visit, request = visit_of(state), state.request + 1
    asking = replace(state, visit=replace(visit, measuring=request), request=request)
    return asking, MeasureTemperature(visit.number, request)


def ask_question(state: State, at_s: float, rules: Rules) -> Transition:
    """Ask the next question of the visit."""
    return enter(state, Situation.ASKING, at_s, rules, deadline_s=at_s + rules.answer_s)


def take_code(state: State, at_s: float, rules: Rules) -> Transition:
    """Begin the step CREDENTIAL: use the verdict that is known, wait for the one that was asked for, or scan."""
    visit = visit_of(state)
    ahead = replace(visit.ahead, verdict=None, scheme="", until_s=None, wrong="")
    known = replace(visit, ahead=ahead, verdict=visit.ahead.verdict, scheme=visit.ahead.scheme)
    match visit.ahead.verdict:
        case None if visit.checking:
            return enter(state, Situation.CHECKING, at_s, rules, deadline_s=visit.check_until_s)
        case None:
            if visit.ahead.wrong:
                refused = Refer(Reason(visit.ahead.wrong))
                visit = with_notice(replace(visit, ahead=ahead, verdict=refused), visit.ahead.wrong)
            return scan(state, visit, at_s, rules)
        case Refer() as verdict:
            return refer(replace(state, visit=known), verdict, at_s, rules)
        case _:
            return finish_step(replace(state, visit=known), Step.CREDENTIAL, at_s, rules)


def ask_code(state: State, payload: Payload, at_s: float, rules: Rules) -> tuple[State, CheckCredential]:
    """Return the state in which a code is being checked, and the request to the credential worker."""
    request = state.request + 1
    visit = replace(visit_of(state), checking=request, check_until_s=at_s + rules.check_s, notice="")
    return replace(state, visit=visit, request=request), CheckCredential(visit.number, request, payload)


def with_notice(visit: Visit, notice: str) -> Visit:
    """Return the visit with `notice` on the screen, counted as heard at most `OFTEN` times."""
    counts = bool(notice) and visit.heard.count(notice) < OFTEN
    return replace(visit, notice=notice, heard=(*visit.heard, notice) if counts else visit.heard)


def scan(state: State, visit: Visit, at_s: float, rules: Rules) -> Transition:
    """Look for a code in what is left of the visit's time for it. `visit` replaces the visit of `state`."""
    deadline_s = visit.scan_deadline_s if visit.scan_deadline_s is not None else at_s + rules.scan_s
    scanning = replace(state, visit=replace(visit, scan_deadline_s=deadline_s))
    return enter(scanning, Situation.SCANNING, at_s, rules, deadline_s=deadline_s)


def spray(state: State, at_s: float, rules: Rules) -> Transition:
    """Spray the visitor, who was warned. This counts as sprayed even if the spray is interrupted at once."""
    left_s = state.chamber.spray_left_s
    ends_at_s = at_s + left_s
    again_at_s = ends_at_s + rules.again_s
    chamber = replace(state.chamber, sprayed=True, replaced=False, went_in=False, spray_again_at_s=again_at_s)
    sprayed = replace(state, chamber=chamber)
    return enter(sprayed, Situation.SPRAY_REQUESTED, at_s, rules, StartSpray(left_s), deadline_s=ends_at_s)


def is_high(event: TemperatureRead, rules: Rules) -> bool:
    """Return True if the reading is high: for this visit's own limit if it has one, otherwise for the fixed one."""
    return event.body_c >= (rules.high_c if event.high_c is None else event.high_c)


def is_answer(state: State, event: TemperatureRead | TemperatureUnsettled | CredentialChecked) -> bool:
    """Return True if `event` answers the request of this visit that its worker has not answered yet."""
    visit = state.visit
    if visit is None or event.visit != visit.number:
        return False
    awaited = visit.checking if isinstance(event, CredentialChecked) else visit.measuring
    return awaited != 0 and event.request == awaited
