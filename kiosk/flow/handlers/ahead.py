"""Work beside the step in front: codes and temperatures that are known before their step comes.

A visit shows one step at a time. Meanwhile the camera reads a code that the visitor holds up, the credential worker
checks it, and, where the site's spots allow it, the thermometer measures. The results are kept in `Visit.ahead` and
count when their step comes. The venue's server is asked for its code, so that it is there when the screen shows it.

Rule 1: nothing here marks a step as done or ends a visit; only a referral that reads a better code goes on from there.
Rule 2: whatever ends or voids the visit drops these results, because they are a part of it.
Rule 3: requests beside the step follow from the state alone (`accompany`); no handler needs to begin or end them.
Rule 4: nothing is measured while the sprayer runs, because mist lies in front of the thermometer.
"""

from dataclasses import replace

from kiosk.flow.commands import Command, OfferCheckIn, StopCheckIn, StopMeasuring, WatchCodes
from kiosk.flow.events import CodeSeen, CredentialChecked, DeadlinePassed, TemperatureRead, TemperatureUnsettled
from kiosk.flow.handlers.steps import ask_code, ask_temperature, is_answer, is_high
from kiosk.flow.handlers.visiting import refer_again, with_mark
from kiosk.flow.questions import reads_codes, visit_of, wants_credential, watch
from kiosk.flow.rules import Rules
from kiosk.flow.state import CheckInState, Situation, State, Visit
from kiosk.flow.transitions import CURABLE, OFFERS_CHECK_IN, SHOWS_VENUE_CODE, Transition, without_offer
from kiosk.model import Door, Reason, Refer, Step, Verdict

READING = frozenset({Situation.FIRST_READING, Situation.SECOND_READING})

MEASURES_BESIDE = frozenset(
    {Situation.WAITING_FOR_DOORS, Situation.WARNED, Situation.ASKING, Situation.SCANNING, Situation.CHECKING}
)
"""Situations beside which the thermometer measures, if the visitor's forehead is in front of it anyway."""

CHECK_OVER = Refer(Reason.STATUS_UNKNOWN, "credentials.timeout_s")


# codes


def code_shown(state: State, event: CodeSeen, rules: Rules) -> Transition:
    """A code is shown before its step, or during a referral that it may cure: have it checked meanwhile."""
    if event.visit != state.watched_visit or not reads_codes(state, rules):
        return state, ()
    asking, asked = ask_code(state, event.payload, event.at_s, rules)
    if state.situation is Situation.SECOND_TRY:  # the referral lasts at least until the answer
        deadline_s = max(state.deadline_s or 0.0, event.at_s + rules.check_s)
        asking = replace(asking, deadline_s=deadline_s)
    return asking, (asked,)


def code_judged(state: State, event: CredentialChecked, rules: Rules) -> Transition:
    """The verdict on a code that was shown before its step: it counts when the step comes."""
    if not is_answer(state, event):
        return state, ()
    visit = visit_of(with_mark(state, event))
    return replace(state, visit=keep(visit, event.verdict, event.scheme, event.at_s, rules)), ()


def keep(visit: Visit, verdict: Verdict, scheme: str, at_s: float, rules: Rules) -> Visit:
    """Return the visit with an early verdict. If a better code can replace it, one is looked for, a few times."""
    answered = replace(visit, checking=0, check_until_s=None)
    if isinstance(verdict, Refer) and verdict.reason in CURABLE:
        answered = replace(answered, wrong_codes=visit.wrong_codes + 1)
        if answered.wrong_codes < rules.wrong_codes:
            return replace(answered, ahead=replace(visit.ahead, wrong=verdict.reason.value))
    ahead = replace(visit.ahead, verdict=verdict, scheme=scheme, until_s=at_s + rules.keep_s, wrong="")
    return replace(answered, ahead=ahead)


def lapse(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """Give up what lasted too long beside the step in front: an answer about a code, or a verdict that is too old."""
    visit = state.visit
    if visit is None or state.situation is Situation.CHECKING:
        return state, ()
    if visit.check_until_s is not None and event.at_s >= visit.check_until_s:
        if state.situation is Situation.SECOND_TRY:
            tried = replace(visit, wrong_codes=visit.wrong_codes + 1)
            return refer_again(replace(state, visit=tried), CHECK_OVER, event.at_s, rules)
        return replace(state, visit=keep(visit, CHECK_OVER, "", event.at_s, rules)), ()
    if visit.ahead.until_s is not None and event.at_s >= visit.ahead.until_s:
        ahead = replace(visit.ahead, verdict=None, scheme="", until_s=None)
        return replace(state, visit=replace(visit, ahead=ahead)), ()
    return state, ()


# temperatures


def measured(state: State, event: TemperatureRead, rules: Rules) -> Transition:
    """A reading before the step: a normal one counts when the step comes; a high one is repeated then, after a pause.

    One that is neither is not counted: the visitor was not asked to come closer yet.
    """
    if not is_answer(state, event):
        return state, ()
    visit = replace(visit_of(state), measuring=0)
    if is_high(event, rules):
        ahead = replace(visit.ahead, retest_at_s=event.at_s + rules.retest_pause_s)
        visit = replace(visit, ahead=ahead, body_c=event.body_c)
    elif event.body_c >= rules.low_c:
        visit = replace(visit, ahead=replace(visit.ahead, healthy=True), body_c=event.body_c)
    return replace(state, visit=visit), ()


def not_measured(state: State, event: TemperatureUnsettled, _rules: Rules) -> Transition:
    """No steady reading before the step: it is tried again."""
    return (replace(state, visit=replace(visit_of(state), measuring=0)) if is_answer(state, event) else state), ()


# both


def accompany(before: State, after: State, commands: tuple[Command, ...], rules: Rules) -> Transition:
    """Begin and end what goes on beside the step in front, as the new state demands."""
    if after is before:
        return after, commands
    was_measuring = before.visit is not None and before.visit.measuring != 0
    visit = after.visit
    if visit and not visit.measuring and measures_beside(after, visit, rules):
        after, asked = ask_temperature(after)
        commands = (*commands, asked)
    elif visit and visit.measuring and not (after.situation in READING or measures_beside(after, visit, rules)):
        after = replace(after, visit=replace(visit, measuring=0))
    is_measuring = after.visit is not None and after.visit.measuring != 0
    if was_measuring and not is_measuring and StopMeasuring() not in commands:
        commands = (*commands, StopMeasuring())
    after, offering = offer_check_in(before, after, rules)
    commands = (*commands, *offering)
    look = WatchCodes(watch(after, rules), after.watched_visit)
    looked = WatchCodes(watch(before, rules), before.watched_visit)
    if look != next((command for command in reversed(commands) if isinstance(command, WatchCodes)), looked):
        commands = (*commands, look)
    return after, commands


def offer_check_in(before: State, after: State, rules: Rules) -> Transition:
    """Ask the venue's server for a code from the beginning of the visit on, and withdraw it when none is needed.

    While the screen does not show the code yet, a request that ended is not repeated before the next situation, so a
    server that answers wrong cannot keep the kiosk busy.
    """
    visit, check_in = after.visit, after.check_in
    if visit is None or not wants_credential(after, rules):
        return (replace(after, check_in=without_offer(check_in)), (StopCheckIn(),)) if check_in.open else (after, ())
    asks = rules.offers_check_in and after.situation in OFFERS_CHECK_IN - {Situation.CHECKING} and not check_in.open
    begins = before.situation is not after.situation or (before.check_in.open and after.situation in SHOWS_VENUE_CODE)
    if not (asks and begins):
        return after, ()
    request = check_in.request + 1
    return replace(after, check_in=CheckInState(request, open=True)), (OfferCheckIn(visit.number, request),)


def measures_beside(state: State, visit: Visit, rules: Rules) -> bool:
    """Return True if the thermometer measures beside the step in front."""
    wanted = Step.TEMPERATURE in rules.visitor_steps and Step.TEMPERATURE not in visit.done
    known = visit.ahead.healthy or visit.ahead.retest_at_s is not None
    possible = rules.same_spot and state.situation in MEASURES_BESIDE and Door.STREET not in state.doors.opened
    return possible and wanted and not known
