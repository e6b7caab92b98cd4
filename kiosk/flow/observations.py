"""What happened is taken down in every phase, before anything is decided: who is there, which doors stand open.

Rule 1: a fact changes no phase and moves no device; what follows from it is the table's business.
Rule 2: a door that opens though nobody was let through, and a sensor that never changes, are facts too: faults.
"""

from dataclasses import replace

from kiosk.flow.events import (
    CodeSeen,
    DeviceFailed,
    DeviceRecovered,
    DoorClosed,
    DoorOpened,
    EmergencyCleared,
    EmergencyRaised,
    Event,
    ExitRequested,
    OfficerPressed,
    PassageSeen,
    PresenceLost,
    PresenceSeen,
    ServiceKeyTurned,
    SkipPressed,
    StopPressed,
)
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.flow.transitions import LET_OPEN, with_fault, without_fault
from kiosk.model import Door

EXIT_S = 10.0
"""Who moved the handle or the button goes through the door within this time."""

UNSEEN_OPENINGS = 30
"""So many people do not come or go past a presence sensor that works without its noticing one of them."""

SIGNS_OF_LIFE = (CodeSeen, DoorOpened, DoorClosed, PassageSeen, PresenceSeen, PresenceLost, SkipPressed)
"""While these happen, somebody may well stand there for long."""


def note(state: State, event: Event, rules: Rules) -> State:
    """The state with the fact itself taken down."""
    if isinstance(event, SIGNS_OF_LIFE):
        state = replace(state, stuck_at_s=event.at_s + rules.stuck_s)
    match event:
        case PresenceSeen():
            return replace(without_fault(state, "presence"), present=True, unseen_openings=0)
        case PresenceLost():
            state = without_fault(state, "presence")
            return replace(state, present=False, sprayed=False, greet_at_s=None, stayed=0, unseen_openings=0)
        case DoorOpened():
            return opened(state, event, rules)
        case DoorClosed(door=Door.BUILDING):
            shut = without_fault(state, "door")
            return replace(shut, open_doors=state.open_doors - {Door.BUILDING}, door_alarm_at_s=None)
        case DoorClosed(door=door):
            return replace(state, open_doors=state.open_doors - {door})
        case ExitRequested():
            return replace(state, may_open_until_s=event.at_s + EXIT_S)
        case _:
            return told(state, event)


def told(state: State, event: Event) -> State:
    """What people and devices say of themselves."""
    match event:
        case OfficerPressed():
            return without_fault(state, "lock")
        case StopPressed():
            return replace(with_fault(state, "officer", "stopped_by_officer"), stopped=True)
        case EmergencyRaised() | EmergencyCleared():
            return replace(state, emergency_input=isinstance(event, EmergencyRaised))
        case ServiceKeyTurned(on=on):
            return replace(without_fault(state, "lock"), service_key=on)
        case DeviceFailed(device=device, fault=fault):
            return with_fault(state, device, fault)
        case DeviceRecovered(device=device):
            return replace(without_fault(state, device), unanswered=state.unanswered - {device})
        case _:
            return state


def opened(state: State, event: DoorOpened, rules: Rules) -> State:
    """A door opened: lawfully or not, and past a sensor that should have seen somebody by now or not."""
    openings = state.unseen_openings + 1
    noted = replace(state, open_doors=state.open_doors | {event.door}, door_moved=True, unseen_openings=openings)
    if rules.has_presence and openings >= UNSEEN_OPENINGS:
        noted = with_fault(noted, "presence", "presence_stuck")
    if event.door is not Door.BUILDING or Door.BUILDING in state.open_doors:
        return noted
    if rules.reports_forced and state.phase not in LET_OPEN and event.at_s > state.may_open_until_s:
        noted = with_fault(noted, "lock", "door_forced")
    return replace(noted, door_alarm_at_s=event.at_s + rules.open_alarm_s)
