"""The visitor after the chamber: temperature, credential, admission and referral.

Each function handles one kind of event in one situation.

Rule 1: an answer counts only for the newest request.
Rule 2: a temperature that is not clearly normal never counts as normal (NaN is not normal).
Rule 3: a visit that ends early opens nothing.
"""

from dataclasses import replace

from kiosk.flow import passages
from kiosk.flow.commands import UseUp
from kiosk.flow.events import (
    CodeHinted,
    CodeSeen,
    CredentialChecked,
    DeadlinePassed,
    DoorClosed,
    DoorOpened,
    PassageSeen,
    PresenceLost,
    PresenceSeen,
    StreetExitRequested,
    TemperatureRead,
    TemperatureUnsettled,
    UnlockRefused,
)
from kiosk.flow.handlers.steps import ask_code, finish_step, is_answer, is_high, measure, scan, with_notice
from kiosk.flow.observations import went_in
from kiosk.flow.questions import blocked, visit_of
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, Situation, State
from kiosk.flow.transitions import (
    CURABLE,
    NEXT_VISITOR_S,
    Transition,
    end_visit,
    enter,
    go,
    refer,
    rest,
    void,
    with_resting_deadline,
)
from kiosk.model import Door, Pass, Phase, Reason, Refer, Step, Verdict

SPOKEN_TRIES = 2
"""After so many codes that are no credential, the visitor is referred instead of asked again."""

# any situation with a visitor


def left(state: State, event: PresenceLost, rules: Rules) -> Transition:
    """The visitor left before the visit was complete."""
    return rest(end_visit(state, Outcome.LEFT), event.at_s, rules)


# MEASURING


def first_reading(state: State, event: TemperatureRead, rules: Rules) -> Transition:
    """The first reading; a high one is repeated after a pause."""
    if not is_answer(state, event):
        return state, ()
    if not is_high(event, rules):
        return not_high(state, event, rules)
    paused = replace(state, visit=replace(visit_of(state), measuring=0, body_c=event.body_c, notice=""))
    return go(paused, Situation.PAUSE, event.at_s, event.at_s + rules.retest_pause_s), ()


def second_reading(state: State, event: TemperatureRead, rules: Rules) -> Transition:
    """The reading after the pause; a visitor with a second high one is referred."""
    if not is_answer(state, event):
        return state, ()
    if not is_high(event, rules):
        return not_high(state, event, rules)
    state = replace(state, visit=replace(visit_of(state), measuring=0, body_c=event.body_c))
    rule = "temperature.high_c" if event.high_c is None else "temperature.relative"
    return refer(state, Refer(Reason.FEVER, rule), event.at_s, rules)


def not_high(state: State, event: TemperatureRead, rules: Rules) -> Transition:
    """A reading that is not high: normal, or too low (or NaN) and therefore unreliable."""
    if not event.body_c >= rules.low_c:
        return measure_again(state, "too_far", event.at_s, rules)
    state = replace(state, visit=replace(visit_of(state), measuring=0, body_c=event.body_c))
    return finish_step(state, Step.TEMPERATURE, event.at_s, rules)


def temperature_unsettled(state: State, event: TemperatureUnsettled, rules: Rules) -> Transition:
    """The thermometer got no steady plausible reading."""
    return measure_again(state, event.hint, event.at_s, rules) if is_answer(state, event) else (state, ())


def thermometer_silent(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The thermometer's worker did not answer in time."""
    return measure_again(state, "", event.at_s, rules)


def pause_over(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The pause before the second reading is over."""
    state = replace(state, visit=replace(visit_of(state), body_c=None))
    return measure(state, Situation.SECOND_READING, event.at_s, rules)


def measure_again(state: State, hint: str, at_s: float, rules: Rules) -> Transition:
    """Count an unreliable reading; repeat it, or refer the visitor after the last attempt."""
    visit = visit_of(state)
    count = visit.unreliable_readings + 1
    visit = with_notice(replace(visit, unreliable_readings=count, measuring=0, body_c=None), hint)
    state = replace(state, visit=visit)
    if count >= rules.unreliable_attempts:
        return refer(state, Refer(Reason.TEMPERATURE_UNRELIABLE, hint), at_s, rules)
    return measure(state, state.situation, at_s, rules)


# SCANNING and CHECKING


def hinted(state: State, event: CodeHinted, _rules: Rules) -> Transition:
    """The scanner gives a hint why it cannot read the code of this visit; the screen shows it."""
    if event.visit != state.watched_visit:
        return state, ()
    return replace(state, visit=with_notice(visit_of(state), event.hint)), ()


def check(state: State, event: CodeSeen, rules: Rules) -> Transition:
    """Have the code of the visitor checked, and show this. A code of an earlier visit is ignored."""
    if event.visit != state.watched_visit:
        return state, ()
    asking, asked = ask_code(state, event.payload, event.at_s, rules)
    return enter(asking, Situation.CHECKING, event.at_s, rules, asked, deadline_s=visit_of(asking).check_until_s)


def scan_over(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """No good credential was shown in time: refer the visitor for the last one that was shown, if any."""
    last = visit_of(state).verdict
    reason = last.reason if isinstance(last, Refer) else Reason.NO_CREDENTIAL
    return refer(state, Refer(reason, "scanner.scan_s"), event.at_s, rules)


def checked(state: State, event: CredentialChecked, rules: Rules) -> Transition:
    """The verdict on the code. After a first code that is no credential, the visitor is asked for another one.

    After a second one the visitor is referred; the referral reads further codes without words: the visit goes on, or
    the referral says why not.
    """
    if not is_answer(state, event):
        return state, ()
    return judged(with_mark(state, event), event.verdict, event.scheme, event.at_s, rules)


def judged(state: State, verdict: Verdict, scheme: str, at_s: float, rules: Rules) -> Transition:
    """Act on the verdict on a credential of this visit, whichever way it was shown."""
    state = with_verdict(state, verdict, scheme)
    if state.situation is Situation.SECOND_TRY:
        return cure(state, verdict, at_s, rules)
    visit = visit_of(state)
    match verdict:
        case Refer(Reason.NOT_A_CREDENTIAL) if visit.wrong_codes < min(rules.wrong_codes, SPOKEN_TRIES):
            return scan(state, with_notice(visit, Reason.NOT_A_CREDENTIAL.value), at_s, rules)
        case Refer():
            return refer(state, verdict, at_s, rules)
        case _:
            return finish_step(state, Step.CREDENTIAL, at_s, rules)


def with_mark(state: State, event: CredentialChecked) -> State:
    """Return the state with the mark of the newest credential; `None` if its checker cannot know it again."""
    return replace(state, visit=replace(visit_of(state), mark=event.mark))


def with_verdict(state: State, verdict: Verdict, scheme: str) -> State:
    """Return the state with a verdict for the visit; a code that a better one can replace is counted."""
    visit = visit_of(state)
    wrong = isinstance(verdict, Refer) and verdict.reason in CURABLE
    known = replace(visit, checking=0, check_until_s=None, verdict=verdict, scheme=scheme)
    return replace(state, visit=replace(known, wrong_codes=visit.wrong_codes + wrong))


def check_over(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The verdict did not come in time."""
    visit = visit_of(state)
    state = replace(state, visit=replace(visit, wrong_codes=visit.wrong_codes + 1))
    return refer(state, Refer(Reason.STATUS_UNKNOWN, "credentials.timeout_s"), event.at_s, rules)


def cure(state: State, verdict: Verdict, at_s: float, rules: Rules) -> Transition:
    """Go on from a referral after a verdict that passes, but not while the kiosk is out of service."""
    if isinstance(verdict, Pass) and not blocked(state, rules):
        going_on = replace(state, visit=replace(visit_of(state), outcome=Outcome.OPEN, notice=""))
        return finish_step(going_on, Step.CREDENTIAL, at_s, rules)
    return refer_again(state, verdict, at_s, rules)


def refer_again(state: State, verdict: Verdict, at_s: float, rules: Rules) -> Transition:
    """Stay in a referral, for the reason of the newest code. Its time does not begin anew."""
    reason = verdict if isinstance(verdict, Refer) else Refer(Reason.STATUS_UNKNOWN, "out of service")
    after, commands = refer(state, reason, at_s, rules)
    after = replace(after, since_s=state.since_s, deadline_s=state.deadline_s)
    return replace(after, visit=with_notice(visit_of(after), reason.reason.value)), commands


# ADMITTING and REFERRING


def passed(state: State, event: PassageSeen, rules: Rules) -> Transition:
    """The admitted visitor went through the building door: lock it. Somebody who came out changes nothing."""
    if not state.passages.through:
        return state, ()
    return rest(end_visit(state, Outcome.LEFT), event.at_s, rules, passed=True)


def door_closed(state: State, event: DoorClosed, rules: Rules) -> Transition:
    """The building door fell shut: lock it, unless nobody has opened it since the visitor was admitted."""
    if event.door is not Door.BUILDING or not state.doors.used:
        return state, ()
    unseen = state if rules.has_passage else went_in(state)
    return rest(end_visit(unseen, Outcome.LEFT), event.at_s, rules, passed=True)


def street_door_opened(state: State, event: DoorOpened, rules: Rules) -> Transition:
    """The street door was opened during a visit, so the visitor may have been replaced: the visit is void.

    After the admitted visitor opened the building door, the street door changes nothing: the next person may come in.
    In an airlock, an open street door locks the building door.
    """
    if event.door is not Door.STREET:
        return state, ()
    if state.situation is Situation.ADMITTING and not can_be_replaced(state):
        passed = state.doors.used
        return rest(end_visit(state, Outcome.LEFT), event.at_s, rules, passed=passed) if rules.airlock else (state, ())
    return void(state, event.at_s, rules)


def somebody_came(state: State, event: PresenceSeen, rules: Rules) -> Transition:
    """The admitted visitor was lost by the presence sensor, and somebody is seen now: lock the door.

    After the visitor opened the building door, this is the next person, who waits until the door is locked.
    """
    return void(state, event.at_s, rules) if can_be_replaced(state) else (state, ())


def can_be_replaced(state: State) -> bool:
    """Return True if somebody else could still use the door that was unlocked for the visitor.

    An admission by the officer is for the person whom the officer sees, wherever they stand.
    """
    return not state.doors.used and visit_of(state).outcome is not Outcome.ADMITTED_BY_OFFICER


def admission_over(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The time for going in is over: lock the door. If nothing shows that the door opened, the visitor went in.

    Without a passage sensor, a visitor who opened the door is still on the way in.
    """
    if state.doors.used and not rules.has_passage:
        return rest(end_visit(went_in(state), Outcome.LEFT), event.at_s, rules, passed=True)
    after, commands = rest(end_visit(state, Outcome.LEFT), event.at_s, rules)
    mark, is_unwatched = state.passages.mark, not (rules.has_passage or rules.has_door_contact)
    return after, (*commands, UseUp(mark)) if mark and is_unwatched else commands


def unlock_refused(state: State, event: UnlockRefused, rules: Rules) -> Transition:
    """The relay did not unlock the door: nobody goes in by this admission, whatever was decided.

    In an airlock, the visitor begins again when the street door is shut, also if no sensor sees that they are there. If
    the building door was opened before the airlock locked it, the visitor went in.
    """
    if rules.airlock and state.doors.used:
        return rest(end_visit(state, Outcome.LEFT), event.at_s, rules, passed=True)
    visit = replace(visit_of(state), outcome=Outcome.OPEN)
    ended = end_visit(replace(state, visit=visit, passages=passages.end(state)), Outcome.INTERRUPTED)
    if not rules.airlock:
        return rest(ended, event.at_s, rules)
    after, commands = void(ended, event.at_s, rules)
    if after.phase is Phase.IDLE and not rules.has_presence:
        presence = replace(after.presence, voided=True, greet_at_s=event.at_s + NEXT_VISITOR_S)
        after = with_resting_deadline(replace(after, presence=presence), event.at_s)
    return after, commands


def referral_over(
    state: State, event: PresenceLost | DoorOpened | StreetExitRequested | DeadlinePassed, rules: Rules
) -> Transition:
    """The visitor leaves, or had the time to read the referral. The next person must not see it."""
    if isinstance(event, DoorOpened) and event.door is not Door.STREET:
        return state, ()
    return rest(end_visit(state, Outcome.LEFT), event.at_s, rules)
