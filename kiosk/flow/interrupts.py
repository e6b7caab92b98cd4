"""What can happen in any phase: the emergency, faults, the officer, the technician's key.

Rule 1: the emergency beats everything and is not left by itself: the input is clear and the officer resets. It
        outlives a restart of the program.
Rule 2: an essential device that fails ends the visit; who is already being let in or sent on is not disturbed.
Rule 3: the officer can always let a person in, and can always stop the machine.
"""

from dataclasses import replace

from kiosk.flow.events import (
    DeviceFailed,
    DeviceRecovered,
    EmergencyRaised,
    EmergencyStands,
    OfficerPressed,
    ServiceKeyTurned,
    StopPressed,
)
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State, Visit
from kiosk.flow.transitions import Turn, admit, blocked, end_visit, release, rest, without_fault
from kiosk.model import Phase

UNDISTURBED = frozenset({Phase.STARTING, Phase.ADMITTING, Phase.REFERRING, Phase.MAINTENANCE, Phase.OUT_OF_SERVICE})
"""Phases that a fault does not end; what they lead to next is decided by the facts when they are over."""


def emergency(state: State, event: EmergencyRaised | EmergencyStands, _rules: Rules) -> Turn:
    """From any phase: sprayer off, door free."""
    return release(state, event.at_s)


def reset(state: State, event: OfficerPressed, rules: Rules) -> Turn:
    """The officer ends the emergency, once its input is clear."""
    return (state, ()) if state.emergency_input else rest(state, event.at_s, rules)


def failed(state: State, event: DeviceFailed, rules: Rules) -> Turn:
    """A device failed: out of service, if the entrance cannot do without it."""
    if state.phase in UNDISTURBED or not blocked(state, rules):
        return state, ()
    return rest(end_visit(state, Outcome.INTERRUPTED), event.at_s, rules)


def recovered(state: State, event: DeviceRecovered, rules: Rules) -> Turn:
    """A device works: when none is missing any more, the entrance is ready."""
    if state.phase is Phase.STARTING and state.unanswered:
        return state, ()
    if state.phase is Phase.OUT_OF_SERVICE and blocked(state, rules):
        return state, ()
    return rest(state, event.at_s, rules)


def stop(state: State, event: StopPressed, rules: Rules) -> Turn:
    """The officer stops the machine."""
    return rest(end_visit(state, Outcome.INTERRUPTED), event.at_s, rules)


def officer_admits(state: State, event: OfficerPressed, rules: Rules) -> Turn:
    """The officer lets a person in, whatever the steps said."""
    visit = state.visit or Visit(state.visits + 1)
    return admit(state, visit, Outcome.ADMITTED_BY_OFFICER, event.at_s, rules)


def officer_starts(state: State, event: OfficerPressed, rules: Rules) -> Turn:
    """Out of service: start again what the officer stopped, or let a person in by hand."""
    if not state.stopped:
        return officer_admits(state, event, rules)
    return rest(replace(without_fault(state, "officer"), stopped=False), event.at_s, rules)


def service_key(state: State, event: ServiceKeyTurned, rules: Rules) -> Turn:
    """The technician begins or ends service; a key found off while nobody serves the machine says nothing new."""
    if not event.on and state.phase is not Phase.MAINTENANCE:
        return state, ()
    return rest(end_visit(state, Outcome.INTERRUPTED), event.at_s, rules)
