"""Every state that the flow can reach, found by trying all events in all states.

Theory: the flow compares times and running numbers with each other and uses them in no other way. So a state can be
replaced by an abstract state, in which a few values stand for all times and numbers, and the number of abstract states
is finite. `walk` starts from the state of a kiosk that was just switched on, tries every kind of event in it, abstracts
the states that result, and repeats this until no new abstract state appears. Some abstract states stand for states
that behave differently; `variants` adds those cases.

The diagram of the flow is drawn from this search, and the safety rules are checked over it.
"""

import math
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import replace

from kiosk.flow import events
from kiosk.flow.commands import Command
from kiosk.flow.door_observations import UNSEEN_OPENINGS
from kiosk.flow.doors import DoorState, PassageState
from kiosk.flow.handlers.asking import DEAF_S
from kiosk.flow.machine import step
from kiosk.flow.rules import Rules
from kiosk.flow.state import (
    Ahead,
    ChamberState,
    OfficerState,
    Outcome,
    PresenceState,
    Situation,
    State,
    Visit,
)
from kiosk.flow.transitions import RESTING
from kiosk.model import ChamberWhen, Door, Pass, Payload, Phase, Reason, Refer, Step

NOW_S = 0.5
DEADLINE_S = 1.0
LATER_S = 2.0
ANSWER_S = DEAF_S
VISIT, CHECK_IN, CHECKING, MEASURING = 7, 30, 39, 40

Reached = tuple[State, events.Event, State, tuple[Command, ...]]
"""A state, an event, the next state, and the commands."""


def start(rules: Rules) -> State:
    """Return the state of a kiosk that was just switched on."""
    return State(unanswered=rules.essential)


def abstract(state: State, rules: Rules) -> State:
    """Return the abstract state that stands for `state`; what changes no decision of this site is left out."""
    greets = state.presence.greet_at_s is not None
    has_deadline = greets if state.phase in RESTING else state.deadline_s is not None
    sprays_visitors = rules.chamber_when is ChamberWhen.OCCUPIED and Step.DISINFECT in rules.sequence
    admitting = state.phase is Phase.ADMITTING
    used = admitting and state.doors.used
    return State(
        situation=state.situation,
        deadline_s=DEADLINE_S if has_deadline else None,
        visit=abstract_visit(state.visit) if state.visit else None,
        visits=VISIT,
        request=MEASURING,
        chamber=ChamberState(
            patience_ends_at_s=abstract_time_s(state.chamber.patience_ends_at_s, state.deadline_s),
            sprayed=sprays_visitors and state.chamber.sprayed,
            replaced=sprays_visitors and state.chamber.replaced,
            declined=sprays_visitors and state.chamber.declined,
            treatment_due=state.chamber.treatment_due,
            empty=rules.treats_empty_chamber and state.chamber.empty,
        ),
        doors=DoorState(opened=state.doors.opened, used=used, moved_at_s=0.0),
        passages=PassageState(admitted=VISIT if admitting else None),
        presence=PresenceState(
            seen=state.presence.seen,
            stuck_at_s=LATER_S,
            greet_at_s=DEADLINE_S if greets else None,
            done=state.presence.done,
        ),
        officer=OfficerState(
            stopped=state.officer.stopped,
            emergency_input=state.officer.emergency_input,
            service_key=state.officer.service_key,
            refused=state.officer.refused,
            deaf_until_s=0.0,
        ),
        check_in=replace(state.check_in, request=CHECK_IN),
        faults=tuple(sorted(fault for fault in state.faults if fault[0] in rules.essential | {"presence"})),
        unanswered=state.unanswered,
    )


def abstract_time_s(at_s: float | None, deadline_s: float | None) -> float | None:
    """Return a time that is over at the deadline, or later than it."""
    if at_s is None or deadline_s is None:
        return None
    return DEADLINE_S if at_s <= deadline_s else LATER_S


def abstract_visit(visit: Visit) -> Visit:
    """Return the abstract visit. Of a visit that is decided, only the outcome and the steps count."""
    checking = CHECKING if visit.checking else 0
    return Visit(
        VISIT,
        done=() if visit.outcome is Outcome.ADMITTED_BY_OFFICER else visit.done,
        skipped=visit.skipped and visit.outcome is Outcome.OPEN,
        answered=visit.answered if visit.outcome is Outcome.OPEN and Step.QUESTIONS not in visit.done else 0,
        unreliable_readings=visit.unreliable_readings if visit.outcome is Outcome.OPEN else 0,
        scan_deadline_s=None if visit.scan_deadline_s is None or visit.outcome is not Outcome.OPEN else DEADLINE_S,
        measuring=MEASURING if visit.measuring else 0,
        checking=checking,
        check_until_s=LATER_S if checking else None,
        ahead=abstract_ahead(visit.ahead),
        outcome=visit.outcome,
    )


def abstract_ahead(ahead: Ahead) -> Ahead:
    """Return the abstract results that are known ahead; of a verdict, only its class counts."""
    return Ahead(
        verdict=ahead.verdict and (Pass() if isinstance(ahead.verdict, Pass) else Refer(Reason.BAD_SIGNATURE)),
        until_s=LATER_S if ahead.verdict else None,
        healthy=ahead.healthy,
        retest_at_s=None if ahead.retest_at_s is None else LATER_S,
    )


def variants(state: State, rules: Rules, possible: tuple[events.Event, ...]) -> Iterator[tuple[State, events.Event]]:
    """Yield an abstract state with each possible event, then its special cases with the event that reveals each one.

    A special case is a time that is over or a count that is full, which the abstract state leaves out.
    """
    yield from ((state, event) for event in possible)
    presence, doors = state.presence, state.doors
    full = replace(state, presence=replace(presence, unseen_openings=UNSEEN_OPENINGS - 1))
    yield from ((full, events.DoorOpened(NOW_S, door)) for door in Door)
    if state.situation is Situation.ASKING:  # right after the question
        yield from ((replace(state, since_s=NOW_S), events.AnswerGiven(NOW_S, yes)) for yes in (True, False))
    if state.sprayer_on:
        yield replace(state, since_s=DEADLINE_S), events.SprayStarted(NOW_S)
    if state.chamber.patience_ends_at_s is not None:
        impatient = replace(state, chamber=replace(state.chamber, patience_ends_at_s=0.0))
        yield impatient, events.SprayStopped(NOW_S)
    yield replace(state, chamber=replace(state.chamber, went_in=True)), events.PresenceGap(NOW_S)
    yield replace(state, doors=replace(doors, alarm_at_s=NOW_S)), events.DeadlinePassed(NOW_S)
    yield replace(state, doors=replace(doors, moved_at_s=-math.inf)), events.PresenceLost(NOW_S)
    yield from passage_variants(state)
    if rules.airlock:
        yield replace(state, doors=replace(doors, street_alarm_at_s=NOW_S)), events.DeadlinePassed(NOW_S)
        unheard = replace(state, doors=replace(doors, street_may_open_until_s=LATER_S))
        yield unheard, events.DoorOpened(NOW_S, Door.STREET)
    yield replace(state, officer=replace(state.officer, deaf_until_s=LATER_S)), events.OfficerPressed(NOW_S)
    alarmed = replace(state, faults=(*state.faults, ("door", "door_held_open")))
    yield alarmed, events.OfficerPressed(NOW_S)
    if state.visit:
        yield from visit_variants(state, state.visit, rules, possible)
    if state.phase is Phase.IDLE:
        due, passed = replace(state, deadline_s=DEADLINE_S), events.DeadlinePassed(DEADLINE_S)
        yield replace(due, presence=replace(presence, stuck_at_s=0.0)), passed
        yield replace(due, presence=replace(presence, greet_at_s=None)), passed


def passage_variants(state: State) -> Iterator[tuple[State, events.Event]]:
    """Yield the special cases of people who go through the building door: behind a visitor, out, or after the end."""
    followed = PassageState(admitted=VISIT, through=1)
    out, group_out = PassageState(exits=1, exit_until_s=LATER_S), PassageState(leaving=True)
    if state.phase is Phase.ADMITTING:
        yield replace(state, passages=replace(out, admitted=VISIT)), events.PassageSeen(NOW_S)
        return
    for passages in (followed, out, group_out):
        yield replace(state, passages=passages), events.PassageSeen(NOW_S)
    yield replace(state, passages=followed), events.DoorClosed(NOW_S, Door.BUILDING)
    yield replace(state, passages=replace(followed, ends_at_s=NOW_S)), events.DeadlinePassed(NOW_S)


def visit_variants(
    state: State, visit: Visit, rules: Rules, possible: tuple[events.Event, ...]
) -> Iterator[tuple[State, events.Event]]:
    """Yield the special cases of a state with a visit."""
    wrong = Refer(Reason.NOT_A_CREDENTIAL)
    for tries in (1, rules.wrong_codes - 1):
        tried = replace(state, visit=replace(visit, wrong_codes=tries))
        yield tried, events.CredentialChecked(NOW_S, VISIT, CHECKING, wrong)
        if visit.checking:
            late = replace(tried, visit=replace(visit, wrong_codes=tries, check_until_s=NOW_S))
            yield late, events.DeadlinePassed(NOW_S)
            yield late, events.DeadlinePassed(DEADLINE_S)
    if visit.ahead.verdict:
        old = replace(state, visit=replace(visit, ahead=replace(visit.ahead, until_s=NOW_S)))
        yield old, events.DeadlinePassed(NOW_S)
        yield old, events.DeadlinePassed(DEADLINE_S)
    if visit.ahead.retest_at_s is not None:
        rested = replace(state, visit=replace(visit, ahead=replace(visit.ahead, retest_at_s=0.0)))
        yield from ((rested, event) for event in possible)
    if visit.outcome is not Outcome.OPEN:
        moved = replace(state, doors=replace(state.doors, moved_at_s=NOW_S))
        yield moved, events.DeadlinePassed(DEADLINE_S)


def possible_events(rules: Rules) -> tuple[events.Event, ...]:
    """Return one event of every kind, and every kind of answer, also late answers and implausible ones."""
    devices = (*sorted(rules.essential)[:1], "display")
    return (
        events.DeadlinePassed(DEADLINE_S),
        events.DeadlinePassed(NOW_S),
        *(events.DeviceFailed(NOW_S, device, "thermometer_silent") for device in devices),
        *(events.DeviceRecovered(NOW_S, device) for device in (*sorted(rules.essential), "display")),
        events.PresenceSeen(NOW_S),
        events.PresenceLost(NOW_S),
        events.PresenceGap(NOW_S),
        events.PassageSeen(NOW_S),
        *(events.DoorOpened(NOW_S, door) for door in Door),
        *(events.DoorClosed(NOW_S, door) for door in Door),
        events.ExitRequested(NOW_S),
        *((events.StreetExitRequested(NOW_S),) if rules.airlock else ()),
        events.OfficerPressed(NOW_S),
        events.StopPressed(NOW_S),
        events.SkipPressed(NOW_S),
        events.SprayStarted(NOW_S),
        events.SprayStopped(NOW_S),
        events.UnlockRefused(NOW_S),
        events.EmergencyRaised(NOW_S),
        events.EmergencyStands(NOW_S),
        events.EmergencyCleared(NOW_S),
        events.ServiceKeyTurned(NOW_S, on=True),
        events.ServiceKeyTurned(NOW_S, on=False),
        *(events.AnswerGiven(ANSWER_S, yes) for yes in (True, False) if Step.QUESTIONS in rules.sequence),
        *readings(VISIT, MEASURING, rules),
        *verdicts(VISIT, CHECKING),
        *late_answers(),
        *(check_in_events(VISIT, CHECK_IN) if rules.offers_check_in else ()),
        events.CheckInShown(NOW_S, VISIT, CHECK_IN - 1, "code"),
        events.CheckInScanned(NOW_S, VISIT - 1, CHECK_IN),
        events.CheckInAnswered(NOW_S, VISIT, CHECK_IN - 1, Pass()),
        *(events.CodeSeen(NOW_S, Payload(b""), visit) for visit in (VISIT, VISIT - 1, -(VISIT + 1), -VISIT)),
        *(events.CodeHinted(NOW_S, "too_small", visit) for visit in (VISIT, VISIT - 1)),
    )


def readings(visit: int, request: int, rules: Rules) -> Iterator[events.Event]:
    """Yield every kind of answer of the thermometer's worker to this visit and request."""
    for body_c in (36.6, rules.high_c, rules.low_c - 0.1, math.nan):
        yield events.TemperatureRead(NOW_S, visit, request, body_c, 34.0, 25.0)
    for high_c in (36.6, 36.7):  # the door's own limit
        yield events.TemperatureRead(NOW_S, visit, request, 36.6, 34.0, 25.0, high_c)
    yield events.TemperatureUnsettled(NOW_S, visit, request, "hold_still")


def late_answers() -> Iterator[events.Event]:
    """Yield good answers to requests that nobody waits for: of an earlier visit, an earlier one, the other worker's."""
    for visit, request in ((VISIT - 1, MEASURING), (VISIT, CHECKING - 1), (VISIT, CHECKING)):
        yield events.TemperatureRead(NOW_S, visit, request, 36.6, 34.0, 25.0)
    for visit, request in ((VISIT - 1, CHECKING), (VISIT, CHECKING - 1), (VISIT, MEASURING)):
        yield events.CredentialChecked(NOW_S, visit, request, Pass())


def verdicts(visit: int, request: int) -> Iterator[events.Event]:
    """Yield every kind of answer of the credential worker to this visit and request."""
    for verdict in (Pass(), Refer(Reason.EXPIRED), Refer(Reason.BAD_SIGNATURE), Refer(Reason.NOT_A_CREDENTIAL)):
        yield events.CredentialChecked(NOW_S, visit, request, verdict)


def check_in_events(visit: int, request: int) -> Iterator[events.Event]:
    """Yield every kind of event of the venue's server about this visit and request."""
    for verdict in (Pass(), Refer(Reason.EXPIRED), Refer(Reason.NOT_A_CREDENTIAL)):
        yield events.CheckInAnswered(NOW_S, visit, request, verdict)
    yield events.CheckInShown(NOW_S, visit, request, "code")
    yield events.CheckInScanned(NOW_S, visit, request)


def walk(rules: Rules, tries: float = math.inf) -> Iterator[Reached]:
    """Yield every event in every reachable state, with what follows from it.

    tries: at most so many states of each situation are tried, those that the fewest events lead to first.
    """
    possible = possible_events(rules)
    seen = {abstract(start(rules), rules)}
    waiting = deque(seen)
    tried: Counter[Situation] = Counter()
    while waiting:
        state = waiting.popleft()
        if tried[state.situation] >= tries:
            continue
        tried[state.situation] += 1
        for before, event in variants(state, rules, possible):
            after, commands = step(before, event, rules)
            yield before, event, after, commands
            if after is not before and (known := abstract(after, rules)) not in seen:
                seen.add(known)
                waiting.append(known)
