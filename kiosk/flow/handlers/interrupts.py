"""Events that are handled in every phase: the emergency, faults, the officer, the service key.

Rule 1: the emergency has priority over everything. It ends only when its input is clear and the officer resets it, and
        it survives a restart of the program.
Rule 2: a fault of an essential device ends the visit, but not an admission or a referral in progress.
Rule 3: the officer can always admit a person, and can always stop the kiosk.
"""

from dataclasses import replace

from kiosk.flow.events import (
    DeadlinePassed,
    DeviceFailed,
    DeviceRecovered,
    EmergencyRaised,
    EmergencyStands,
    OfficerPressed,
    ServiceKeyTurned,
    StopPressed,
)
from kiosk.flow.questions import blocked
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State, Visit
from kiosk.flow.transitions import RESTING, Transition, admit, end_visit, release, rest, with_fault, without_fault
from kiosk.model import Door, Phase

SECOND_PRESS_S = 2.0
"""Time within which a second press of the officer's button belongs to the first one: a double press."""

ALARMS = frozenset({"door_forced", "door_held_open", "passage_unadmitted", "street_door_forced"})
"""Faults that stay until the officer acknowledges them, even if their cause is gone."""

UNDISTURBED = frozenset({Phase.STARTING, Phase.ADMITTING, Phase.REFERRING, Phase.MAINTENANCE, Phase.OUT_OF_SERVICE})
"""Phases that a fault does not end. When they end by themselves, `rest` takes the fault into account."""


def emergency(state: State, event: EmergencyRaised | EmergencyStands, _rules: Rules) -> Transition:
    """The emergency begins: sprayer off, door released."""
    return release(state, event.at_s)


def reset(state: State, event: OfficerPressed, rules: Rules) -> Transition:
    """The officer resets the emergency; this has an effect only when the input is clear."""
    return (state, ()) if state.officer.emergency_input else rest(deafen(state, event.at_s), event.at_s, rules)


def deafen(state: State, at_s: float) -> State:
    """Return the state in which a second press right after this one is ignored: it would open the door."""
    return replace(state, officer=replace(state.officer, deaf_until_s=at_s + SECOND_PRESS_S))


def failed(state: State, event: DeviceFailed, rules: Rules) -> Transition:
    """A device failed: go out of service if the device is essential."""
    if state.phase in UNDISTURBED or not blocked(state, rules):
        return state, ()
    return rest(end_visit(state, Outcome.INTERRUPTED), event.at_s, rules)


def recovered(state: State, event: DeviceRecovered, rules: Rules) -> Transition:
    """A device works again: the entrance is ready when no essential device is missing any more."""
    if state.phase is Phase.STARTING and state.unanswered:
        return state, ()
    if state.phase is Phase.OUT_OF_SERVICE and blocked(state, rules):
        return state, ()
    return rest(state, event.at_s, rules)


def stop(state: State, event: StopPressed, rules: Rules) -> Transition:
    """The officer stops the kiosk."""
    return rest(end_visit(state, Outcome.INTERRUPTED), event.at_s, rules)


def officer_admits(state: State, event: OfficerPressed, rules: Rules) -> Transition:
    """The officer admits a person, whatever the result of the steps.

    While nobody is served and an alarm stands, the press acknowledges the alarm and opens nothing. While the street
    door of an airlock is open, it opens nothing either, and the screen says why.
    """
    if event.at_s < state.officer.deaf_until_s:
        return state, ()
    if state.phase in RESTING and any(fault in ALARMS for _, fault in state.faults):
        quiet = tuple(fault for fault in state.faults if fault[1] not in ALARMS)
        acknowledged = deafen(replace(state, faults=quiet), event.at_s)
        return acknowledged, ()
    if rules.airlock and Door.STREET in state.doors.opened:
        return replace(state, officer=replace(state.officer, refused=True)), ()
    visit = state.visit or Visit(state.visits + 1)
    return admit(state, visit, Outcome.ADMITTED_BY_OFFICER, event.at_s, rules)


def officer_starts(state: State, event: OfficerPressed, rules: Rules) -> Transition:
    """Out of service: the officer starts the kiosk again after a stop, otherwise admits a person."""
    if not state.officer.stopped:
        return officer_admits(state, event, rules)
    started = replace(without_fault(state, "officer"), officer=replace(state.officer, stopped=False))
    return rest(deafen(started, event.at_s), event.at_s, rules)


def key_left_on(state: State, event: DeadlinePassed, _rules: Rules) -> Transition:
    """The technician's key has been on for too long: report it. Maintenance goes on until the key is turned off."""
    alarm_at_s = state.officer.key_alarm_at_s
    if alarm_at_s is None or event.at_s < alarm_at_s:
        return state, ()
    reported = with_fault(state, "service", "service_key_on")
    return replace(reported, officer=replace(state.officer, key_alarm_at_s=None), deadline_s=None), ()


def service_key(state: State, event: ServiceKeyTurned, rules: Rules) -> Transition:
    """The technician begins or ends maintenance. A key that is found off outside maintenance changes nothing."""
    if not event.on and state.phase is not Phase.MAINTENANCE:
        return state, ()
    return rest(end_visit(state, Outcome.INTERRUPTED), event.at_s, rules)
