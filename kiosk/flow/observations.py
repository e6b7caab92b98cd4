"""Observations: the part of an event that is recorded in every phase, before the table decides anything.

Rule 1: an observation changes no phase and sends no command.
Rule 2: a door that opens although nobody was admitted, and a sensor that never changes, are recorded as faults.
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
from kiosk.flow.transitions import DOOR_MAY_OPEN, with_fault, without_fault
from kiosk.model import Door

EXIT_S = 10.0
"""A person who uses the handle or the exit button goes through the door within this time."""

UNSEEN_OPENINGS = 30
"""So many people do not pass a working presence sensor without one change of it."""

SIGNS_OF_LIFE = (CodeSeen, DoorOpened, DoorClosed, PassageSeen, PresenceSeen, PresenceLost, SkipPressed)
"""Events that show that people move; after each, the presence sensor may see somebody for `stuck_s` again."""


def observe(state: State, event: Event, rules: Rules) -> State:
    """Return the state with `event` recorded."""
    if isinstance(event, SIGNS_OF_LIFE):
        state = replace(state, presence=replace(state.presence, stuck_at_s=event.at_s + rules.stuck_s))
    match event:
        case PresenceSeen():
            presence = replace(state.presence, seen=True, unseen_openings=0)
            return replace(without_fault(state, "presence"), presence=presence)
        case PresenceLost():
            presence = replace(state.presence, seen=False, unseen_openings=0, stayed=0, greet_at_s=None)
            chamber = replace(state.chamber, sprayed=False)
            return replace(without_fault(state, "presence"), presence=presence, chamber=chamber)
        case DoorOpened():
            return door_opened(state, event, rules)
        case DoorClosed(door=door):
            doors = replace(state.doors, opened=state.doors.opened - {door})
            if door is not Door.BUILDING:
                return replace(state, doors=doors)
            return replace(without_fault(state, "door"), doors=replace(doors, alarm_at_s=None))
        case ExitRequested():
            return replace(state, doors=replace(state.doors, may_open_until_s=event.at_s + EXIT_S))
        case _:
            return observe_control(state, event)


def observe_control(state: State, event: Event) -> State:
    """Return the state with an event of the officer, the technician or a device recorded."""
    officer = state.officer
    match event:
        case OfficerPressed():
            return without_fault(state, "lock")
        case StopPressed():
            stopped = with_fault(state, "officer", "stopped_by_officer")
            return replace(stopped, officer=replace(officer, stopped=True))
        case EmergencyRaised() | EmergencyCleared():
            active = isinstance(event, EmergencyRaised)
            return replace(state, officer=replace(officer, emergency_input=active))
        case ServiceKeyTurned(on=on):
            return replace(without_fault(state, "lock"), officer=replace(officer, service_key=on))
        case DeviceFailed(device=device, fault=fault):
            return with_fault(state, device, fault)
        case DeviceRecovered(device=device):
            return replace(without_fault(state, device), unanswered=state.unanswered - {device})
        case _:
            return state


def door_opened(state: State, event: DoorOpened, rules: Rules) -> State:
    """Return the state with an opened door recorded, and the faults that it reveals: a forced door, a dead sensor."""
    openings = state.presence.unseen_openings + 1
    doors = replace(state.doors, opened=state.doors.opened | {event.door}, moved=True)
    observed = replace(state, doors=doors, presence=replace(state.presence, unseen_openings=openings))
    if rules.has_presence and openings >= UNSEEN_OPENINGS:
        observed = with_fault(observed, "presence", "presence_stuck")
    if event.door is not Door.BUILDING or Door.BUILDING in state.doors.opened:
        return observed
    if rules.reports_forced and state.phase not in DOOR_MAY_OPEN and event.at_s > doors.may_open_until_s:
        observed = with_fault(observed, "lock", "door_forced")
    return replace(observed, doors=replace(doors, alarm_at_s=event.at_s + rules.open_alarm_s))
