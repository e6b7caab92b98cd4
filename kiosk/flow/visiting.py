"""What happens with a visitor, step by step; each function handles one kind of event in one phase.

Rule 1: an answer counts only for the question that is open.
Rule 2: a figure that is not clearly normal is never taken for normal (NaN is not).
Rule 3: whatever ends a visit half-way opens nothing.
"""

from dataclasses import replace

from kiosk.flow.commands import CheckCredential, StopMeasuring, StopSpray, WatchCodes
from kiosk.flow.events import (
    CodeHinted,
    CodeSeen,
    CredentialChecked,
    DeadlinePassed,
    DoorClosed,
    DoorOpened,
    Event,
    PassageSeen,
    PresenceLost,
    PresenceSeen,
    SkipPressed,
    SprayStopped,
    TemperatureRead,
    TemperatureUnsettled,
)
from kiosk.flow.moves import (
    Turn,
    end_visit,
    go,
    idle_deadline_s,
    may_spray_visitor,
    may_treat,
    refer,
    rest,
    treat,
    turn,
    watch,
    with_fault,
)
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State, Visit
from kiosk.flow.steps import disinfect, finish_step, is_answer, measure, next_step, scan, visit_of, wait_to_spray
from kiosk.model import Door, Phase, Reason, Refer, SkipRule, Step

# IDLE


def begin(state: State, event: PresenceSeen | DeadlinePassed, rules: Rules) -> Turn:
    """Somebody came: the visit begins with the first step."""
    visit = Visit(state.visits + 1, event.at_s)
    state = replace(state, visit=visit, visits=visit.number, treatment_due=True, door_moved=False)
    return next_step(state, event.at_s, rules)


def begin_with_code(state: State, event: CodeSeen, rules: Rules) -> Turn:
    """A code begins a visit too, unless a sensor knows that nobody is there.

    It is judged at once where it is the first step, else asked for again.
    """
    if rules.has_presence and not state.present:
        return state, ()
    visit = Visit(state.visits + 1, event.at_s)
    state = replace(state, visit=visit, visits=visit.number, treatment_due=True, door_moved=False)
    if rules.visitor_steps[:1] != (Step.CREDENTIAL,):
        return next_step(state, event.at_s, rules)
    return check(replace(state, visit=replace(visit, scan_deadline_s=event.at_s + rules.scan_s)), event, rules)


def idle_deadline(state: State, event: DeadlinePassed, rules: Rules) -> Turn:
    """The door stands open too long, or the next visitor stands close behind the last."""
    if Door.BUILDING in state.open_doors:
        return with_fault(replace(state, deadline_s=None), "door", "door_held_open"), ()
    return begin(state, event, rules)


def idle_presence_lost(state: State, event: PresenceLost, rules: Rules) -> Turn:
    """Whoever stood there while nobody was served went away."""
    return idle_again(state, event.at_s, rules, passed=False)


def idle_door_moved(state: State, event: DoorOpened | DoorClosed, rules: Rules) -> Turn:
    """A door moved while nobody was served."""
    if event.door is not Door.BUILDING and not may_treat(state, rules):
        return state, ()
    return idle_again(state, event.at_s, rules, passed=isinstance(event, DoorClosed))


def idle_again(state: State, at_s: float, rules: Rules, *, passed: bool) -> Turn:
    """Idle on, with the facts changed: treat the chamber if it can be treated now, watch the door if it is open."""
    if may_treat(state, rules):
        return treat(state, at_s, rules)
    deadline_s = idle_deadline_s(state, at_s, rules, passed=passed)
    return replace(state, deadline_s=deadline_s), (WatchCodes(watch(state, rules)),)


# any phase with a visitor


def left(state: State, event: PresenceLost, rules: Rules) -> Turn:
    """The visitor went away half-way."""
    return rest(end_visit(state, Outcome.LEFT), event.at_s, rules)


# DISINFECTING


def spray_over(state: State, event: DeadlinePassed, rules: Rules) -> Turn:
    """The spray is over; or it was broken off, and it is time to try again or to give up."""
    if state.visit is None:
        return rest(replace(state, treatment_due=False), event.at_s, rules)
    if state.spraying:
        return finish_step(state, Step.DISINFECT, event.at_s, rules)
    if state.patience_ends_at_s is not None and event.at_s < state.patience_ends_at_s:
        return disinfect(state, event.at_s, state.spray_left_s, rules)
    return refer(state, Refer(Reason.SKIPPED_STEP, "chamber not shut"), event.at_s, rules)


def skip(state: State, event: SkipPressed, rules: Rules) -> Turn:
    """The visitor does not want to be sprayed; the site decides what follows."""
    if state.visit is None:
        return state, ()
    if rules.skip is SkipRule.REFER:
        return refer(state, Refer(Reason.SKIPPED_STEP, "chamber.skip"), event.at_s, rules)
    state = replace(state, visit=replace(state.visit, skipped=True))
    return finish_step(state, Step.DISINFECT, event.at_s, rules)


def chamber_opened(state: State, event: DoorOpened, rules: Rules) -> Turn:
    """A door opened: stop at once, and wait for it to be closed."""
    if state.visit is None:
        return rest(state, event.at_s, rules)
    return break_off(state, event.at_s, rules)


def spray_stopped(state: State, event: SprayStopped, rules: Rules) -> Turn:
    """The sprayer's own interlock stopped it: wait, or leave the chamber for the next time it is empty."""
    if not state.spraying:
        return state, ()
    if state.visit is None:
        return turn(state, go(state, Phase.IDLE, event.at_s), rules)
    return break_off(state, event.at_s, rules)


def break_off(state: State, at_s: float, rules: Rules) -> Turn:
    """Spray no further for now; what is left of it is remembered."""
    left_s = max((state.deadline_s or at_s) - at_s, 0.0) if state.spraying else state.spray_left_s
    return wait_to_spray(state, at_s, left_s, rules), (StopSpray(),)


def chamber_closed(state: State, event: DoorClosed, rules: Rules) -> Turn:
    """The door is closed again: spray what is left."""
    if state.spraying or not may_spray_visitor(state, rules):
        return state, ()
    return disinfect(state, event.at_s, state.spray_left_s, rules)


def chamber_entered(state: State, event: PresenceSeen, rules: Rules) -> Turn:
    """Somebody came: into a chamber under treatment, which stops at once, or back into the one they left."""
    if state.visit is None:
        return begin(state, event, rules)
    return state, ()


def chamber_left(state: State, event: PresenceLost, rules: Rules) -> Turn:
    """The visitor left the chamber while it was sprayed."""
    return (state, ()) if state.visit is None else left(state, event, rules)


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
    return rest(end_visit(state, Outcome.LEFT), event.at_s, rules, passed=passed)


def referral_over(state: State, event: Event, rules: Rules) -> Turn:
    """The visitor left, or has had the time to read where to go."""
    return rest(end_visit(state, Outcome.LEFT), event.at_s, rules)
