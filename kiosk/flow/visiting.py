"""What happens with a visitor after the chamber, step by step; each function handles one kind of event in one phase.

Rule 1: an answer counts only for the question that is open.
Rule 2: a figure that is not clearly normal is never taken for normal (NaN is not).
Rule 3: whatever ends a visit half-way opens nothing.
"""

from dataclasses import replace

from kiosk.flow.commands import CheckCredential, StopMeasuring
from kiosk.flow.events import (
    CodeHinted,
    CodeSeen,
    CredentialChecked,
    DeadlinePassed,
    DoorClosed,
    Event,
    PassageSeen,
    PresenceLost,
    TemperatureRead,
    TemperatureUnsettled,
)
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State
from kiosk.flow.steps import finish_step, is_answer, measure, scan, visit_of
from kiosk.flow.transitions import Turn, end_visit, go, refer, rest, turn
from kiosk.model import Phase, Reason, Refer, Step

# any phase with a visitor


def left(state: State, event: PresenceLost, rules: Rules) -> Turn:
    """The visitor went away half-way."""
    return rest(end_visit(state, Outcome.LEFT), event.at_s, rules)


# MEASURING


def temperature_read(state: State, event: TemperatureRead, rules: Rules) -> Turn:
    """A settled reading: normal, high for the first or second time, or not to be believed."""
    if not is_answer(state, event) or state.pausing:
        return state, ()
    visit = replace(visit_of(state), body_c=event.body_c)
    state = replace(state, visit=visit)
    if rules.low_c <= event.body_c < rules.high_c:
        return finish_step(state, Step.TEMPERATURE, event.at_s, rules)
    if not event.body_c >= rules.high_c:
        return measure_again(state, "too_far", event.at_s, rules)
    if visit.high_readings:
        return refer(state, Refer(Reason.FEVER, "temperature.high_c"), event.at_s, rules)
    visit = replace(visit, high_readings=1, notice="")
    paused = replace(state, visit=visit, pausing=True, since_s=event.at_s, deadline_s=event.at_s + rules.retest_pause_s)
    return paused, (StopMeasuring(),)


def temperature_unsettled(state: State, event: TemperatureUnsettled, rules: Rules) -> Turn:
    """No steady plausible reading."""
    if not is_answer(state, event) or state.pausing:
        return state, ()
    return measure_again(state, event.hint, event.at_s, rules)


def measuring_deadline(state: State, event: DeadlinePassed, rules: Rules) -> Turn:
    """The pause before the second measurement is over, or the thermometer did not answer."""
    if state.pausing:
        return measure(state, replace(visit_of(state), body_c=None), event.at_s, rules)
    return measure_again(state, "", event.at_s, rules)


def measure_again(state: State, hint: str, at_s: float, rules: Rules) -> Turn:
    """Count an unreliable reading; measure again, or refer after the last attempt."""
    visit = visit_of(state)
    visit = replace(visit, unreliable_readings=visit.unreliable_readings + 1, notice=hint, body_c=None)
    state = replace(state, visit=visit)
    if visit.unreliable_readings >= rules.unreliable_attempts:
        return refer(state, Refer(Reason.TEMPERATURE_UNRELIABLE, hint), at_s, rules)
    return measure(state, visit, at_s, rules)


# SCANNING and CHECKING


def hinted(state: State, event: CodeHinted, _rules: Rules) -> Turn:
    """The scanner says why it cannot read the code; the screen passes it on."""
    return replace(state, visit=replace(visit_of(state), notice=event.hint)), ()


def check(state: State, event: CodeSeen, rules: Rules) -> Turn:
    """Have the code judged."""
    visit = replace(visit_of(state), notice="")
    request = state.request + 1
    after = go(state, Phase.CHECKING, event.at_s, event.at_s + rules.check_s, visit=visit, request=request)
    return turn(state, after, rules, CheckCredential(visit.number, request, event.payload))


def scan_over(state: State, event: DeadlinePassed, rules: Rules) -> Turn:
    """No credential was shown in time."""
    wrong_code = isinstance(visit_of(state).verdict, Refer)
    reason = Reason.NOT_A_CREDENTIAL if wrong_code else Reason.NO_CREDENTIAL
    return refer(state, Refer(reason, "scanner.scan_s"), event.at_s, rules)


def checked(state: State, event: CredentialChecked, rules: Rules) -> Turn:
    """The judgement: done, sent on, or no credential at all, which does not end the visit."""
    if not is_answer(state, event):
        return state, ()
    visit = replace(visit_of(state), verdict=event.verdict, scheme=event.scheme)
    state = replace(state, visit=visit)
    match event.verdict:
        case Refer(Reason.NOT_A_CREDENTIAL):
            return scan(state, replace(visit, notice=Reason.NOT_A_CREDENTIAL.value), event.at_s, rules)
        case Refer():
            return refer(state, event.verdict, event.at_s, rules)
        case _:
            return finish_step(state, Step.CREDENTIAL, event.at_s, rules)


def check_over(state: State, event: DeadlinePassed, rules: Rules) -> Turn:
    """The judgement did not come in time."""
    return refer(state, Refer(Reason.STATUS_UNKNOWN, "credentials.timeout_s"), event.at_s, rules)


# ADMITTING and REFERRING


def entered(state: State, event: PassageSeen | DoorClosed | DeadlinePassed, rules: Rules) -> Turn:
    """The visitor went in, or the time to do so is over: lock."""
    passed = not isinstance(event, DeadlinePassed)
    if passed and surely_went_in(state, event):
        state = replace(state, sprayed=False, spray_again_at_s=None)
    return rest(end_visit(state, Outcome.LEFT), event.at_s, rules, passed=passed)


def surely_went_in(state: State, event: PassageSeen | DoorClosed | DeadlinePassed) -> bool:
    """Whether who stands there now is not the one who was let in: somebody else may have used the door meanwhile."""
    somebody_leaves = event.at_s <= state.may_open_until_s
    return not state.present or (isinstance(event, PassageSeen) and not somebody_leaves)


def referral_over(state: State, event: Event, rules: Rules) -> Turn:
    """The visitor left, or has had the time to read where to go."""
    return rest(end_visit(state, Outcome.LEFT), event.at_s, rules)
