"""Every state that the machine can ever reach, found by trying all events in all states.

States are abstract: times and running numbers are replaced by a few values that stand for all, because the
machine only compares them. The diagram is drawn from this walk, and the safety rules are proven over it.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from kiosk.flow import events
from kiosk.flow.commands import Command
from kiosk.flow.machine import step
from kiosk.flow.observations import UNSEEN_OPENINGS
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State, Visit
from kiosk.flow.transitions import AT_REST
from kiosk.model import Door, Pass, Payload, Phase, Reason, Refer

NOW_S = 0.5
DEADLINE_S = 1.0
VISIT, REQUEST = 7, 40

Move = tuple[State, events.Event, State, tuple[Command, ...]]
"""Before, what happened, after, and what the devices were told."""


def start(rules: Rules) -> State:
    """The state of a kiosk that was just switched on."""
    return State(unanswered=rules.essential)


def abstract(state: State, rules: Rules) -> State:
    """The state with values that stand for all times and numbers; faults that decide nothing are left out."""
    deadline_s = state.greet_at_s if state.phase in AT_REST else state.deadline_s
    return replace(
        state,
        since_s=0.0,
        deadline_s=None if deadline_s is None else DEADLINE_S,
        visit=state.visit and abstract_visit(state.visit),
        ended=None,
        visits=VISIT,
        request=REQUEST,
        spray_left_s=0.0,
        spray_again_at_s=None,
        patience_ends_at_s=abstract_time_s(state.patience_ends_at_s, state.deadline_s),
        greet_at_s=None if state.greet_at_s is None else DEADLINE_S,
        stayed=0,
        door_alarm_at_s=None,
        may_open_until_s=0.0,
        stuck_at_s=DEADLINE_S + 1.0,
        unseen_openings=0,
        faults=tuple(sorted(fault for fault in state.faults if fault[0] in rules.essential | {"presence"})),
    )


def chances(state: State, happenings: tuple[events.Event, ...]) -> Iterator[tuple[State, events.Event]]:
    """What can happen in this state, also when a time that it does not tell apart is over, or a count is full."""
    yield from ((state, event) for event in happenings)
    full = replace(state, unseen_openings=UNSEEN_OPENINGS - 1)
    yield from ((full, events.DoorOpened(NOW_S, door)) for door in Door)
    if state.spraying:
        yield replace(state, since_s=DEADLINE_S), events.SprayStarted(NOW_S)
    if state.patience_ends_at_s is not None:
        yield replace(state, patience_ends_at_s=0.0), events.SprayStopped(NOW_S)
    if state.phase in AT_REST - {Phase.IDLE}:
        yield replace(state, deadline_s=DEADLINE_S, door_alarm_at_s=DEADLINE_S), events.DeadlinePassed(DEADLINE_S)
    if state.phase is Phase.IDLE:
        due = replace(state, deadline_s=DEADLINE_S)
        for now in (
            replace(due, door_alarm_at_s=DEADLINE_S),
            replace(due, stuck_at_s=0.0),
            replace(due, greet_at_s=None),
        ):
            yield now, events.DeadlinePassed(DEADLINE_S)


def abstract_time_s(at_s: float | None, deadline_s: float | None) -> float | None:
    """Over with the deadline, or later than it."""
    if at_s is None or deadline_s is None:
        return None
    return DEADLINE_S if at_s <= deadline_s else DEADLINE_S + 1.0


def abstract_visit(visit: Visit) -> Visit:
    """The visit likewise; what it came to is over, and of a verdict only its kind counts."""
    if visit.outcome is not Outcome.OPEN:
        return Visit(VISIT, outcome=visit.outcome)
    return replace(
        visit,
        number=VISIT,
        notice="",
        body_c=None,
        scheme="",
        verdict=visit.verdict and (Pass() if isinstance(visit.verdict, Pass) else Refer(Reason.EXPIRED)),
        scan_deadline_s=None if visit.scan_deadline_s is None else DEADLINE_S,
    )


def possible_events(rules: Rules) -> tuple[events.Event, ...]:
    """One event of every kind, and of every kind of answer, also the late and the absurd."""
    devices = (*sorted(rules.essential)[:1], "display")
    return (
        events.DeadlinePassed(DEADLINE_S),
        events.DeadlinePassed(NOW_S),
        *(events.DeviceFailed(NOW_S, device, "thermometer_silent") for device in devices),
        *(events.DeviceRecovered(NOW_S, device) for device in (*sorted(rules.essential), "display")),
        events.PresenceSeen(NOW_S),
        events.PresenceLost(NOW_S),
        events.PassageSeen(NOW_S),
        *(events.DoorOpened(NOW_S, door) for door in Door),
        *(events.DoorClosed(NOW_S, door) for door in Door),
        events.ExitRequested(NOW_S),
        events.OfficerPressed(NOW_S),
        events.StopPressed(NOW_S),
        events.SkipPressed(NOW_S),
        events.SprayStarted(NOW_S),
        events.SprayStopped(NOW_S),
        events.EmergencyRaised(NOW_S),
        events.EmergencyStands(NOW_S),
        events.EmergencyCleared(NOW_S),
        events.ServiceKeyTurned(NOW_S, on=True),
        events.ServiceKeyTurned(NOW_S, on=False),
        *answers(VISIT, REQUEST, rules),
        *answers(VISIT - 1, REQUEST, rules),
        *answers(VISIT, REQUEST - 1, rules),
        events.CodeSeen(NOW_S, Payload(b"")),
        events.CodeHinted(NOW_S, "too_small"),
    )


def answers(visit: int, request: int, rules: Rules) -> Iterator[events.Event]:
    """Every kind of answer from the workers."""
    for body_c in (36.6, rules.high_c, rules.low_c - 0.1, math.nan):
        yield events.TemperatureRead(NOW_S, visit, request, body_c, 34.0, 25.0)
    yield events.TemperatureUnsettled(NOW_S, visit, request, "hold_still")
    for verdict in (Pass(), Refer(Reason.EXPIRED), Refer(Reason.NOT_A_CREDENTIAL)):
        yield events.CredentialChecked(NOW_S, visit, request, verdict)


def walk(rules: Rules) -> Iterator[Move]:
    """Every move from every reachable state."""
    happenings = possible_events(rules)
    seen = {abstract(start(rules), rules)}
    waiting = list(seen)
    while waiting:
        for before, event in chances(waiting.pop(), happenings):
            after, commands = step(before, event, rules)
            yield before, event, after, commands
            if after is not before and (known := abstract(after, rules)) not in seen:
                seen.add(known)
                waiting.append(known)
