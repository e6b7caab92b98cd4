"""Observations of the doors: what stands open, and the faults that an opening or a long time reveals.

Rule 1: a door that opens although it is locked and nobody was admitted or used its exit is forced.
Rule 2: both doors of an airlock may stand open by their exits alone, which are always free; it is told while they do.
"""

from dataclasses import replace

from kiosk.flow import passages
from kiosk.flow.events import DeadlinePassed, DoorClosed, DoorOpened, ExitRequested, StreetExitRequested
from kiosk.flow.passages import EXIT_S, UNCOUNTED
from kiosk.flow.questions import bolt_has_held, waits_for_bolt
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.flow.transitions import DOOR_MAY_OPEN, with_fault, without_fault
from kiosk.model import Door, Phase

BOLT_LATE_S = 1.0
"""A person who pulled the street door just before it was locked may still open it."""

UNSEEN_OPENINGS = 30
"""So many people do not pass a working presence sensor without one change of it."""


def exit_used(state: State, event: ExitRequested | StreetExitRequested) -> State:
    """Return the state in which a person who leaves may open the building door or the street door.

    Whoever uses the exit of the street door is in the chamber.
    """
    until_s = event.at_s + EXIT_S
    if isinstance(event, ExitRequested):
        doors = replace(state.doors, may_open_until_s=until_s)
        return replace(state, doors=doors, passages=passages.exit_requested(state, event.at_s))
    chamber, doors = replace(state.chamber, empty=False), replace(state.doors, street_may_open_until_s=until_s)
    return replace(state, chamber=chamber, doors=doors)


def held_open(state: State, event: DeadlinePassed) -> State:
    """Return the state with the fault of each door that has stood open too long, if there is one."""
    if state.phase is Phase.EMERGENCY:
        return state
    doors = state.doors
    if doors.alarm_at_s is not None and event.at_s >= doors.alarm_at_s:
        state = replace(with_fault(state, "door", "door_held_open"), doors=replace(state.doors, alarm_at_s=None))
    if doors.street_alarm_at_s is not None and event.at_s >= doors.street_alarm_at_s:
        state = with_fault(state, "street_door", "street_door_held_open")
        state = replace(state, doors=replace(state.doors, street_alarm_at_s=None))
    return state


def door_closed(state: State, event: DoorClosed) -> State:
    """Return the state with a shut door recorded. A street door that is shut is no fault any more."""
    state = without_fault(state, "airlock")
    doors = replace(state.doors, opened=state.doors.opened - {event.door}, moved_at_s=event.at_s)
    if event.door is Door.BUILDING:
        shut = replace(doors, alarm_at_s=None)
        return replace(state, doors=shut, passages=passages.door_closed(state, event.at_s))
    officer, doors = replace(state.officer, refused=False), replace(doors, street_alarm_at_s=None)
    return replace(without_fault(state, "street_door"), doors=doors, officer=officer)


def door_opened(state: State, event: DoorOpened, rules: Rules) -> State:
    """Return the state with an opened door recorded, and the faults that it reveals: a forced door, a dead sensor."""
    openings = state.presence.unseen_openings + 1
    building, chamber = event.door is Door.BUILDING, state.chamber
    doors = replace(
        state.doors,
        opened=state.doors.opened | {event.door},
        moved_at_s=event.at_s,
        used=state.doors.used or building,
    )
    if not building:
        chamber = replace(chamber, replaced=chamber.sprayed, declined=False)
    presence = replace(state.presence, unseen_openings=openings, done=())
    observed = replace(state, doors=doors, chamber=chamber, presence=presence)
    if rules.airlock and len(doors.opened) == len(Door) and state.phase not in UNCOUNTED:
        observed = with_fault(observed, "airlock", "both_doors_open")
    if rules.has_presence and openings >= UNSEEN_OPENINGS:
        observed = with_fault(observed, "presence", "presence_stuck")
    if not building:
        return street_door_opened(state, observed, event, rules)
    if Door.BUILDING in state.doors.opened:
        return observed
    may_open = state.phase in DOOR_MAY_OPEN and not waits_for_bolt(state, event.at_s, rules)
    if rules.reports_forced and not may_open and event.at_s > doors.may_open_until_s:
        observed = with_fault(observed, "lock", "door_forced")
    opened = replace(doors, alarm_at_s=event.at_s + rules.open_alarm_s)
    return replace(observed, doors=opened, passages=passages.door_opened(state, event.at_s, rules))


def street_door_opened(before: State, observed: State, event: DoorOpened, rules: Rules) -> State:
    """Return `observed` with the alarm of an airlock's street door set, and with the fault of one that was forced."""
    airlock, doors = rules.airlock, before.doors
    if airlock is None or Door.STREET in doors.opened:
        return observed
    observed = replace(observed, doors=replace(observed.doors, street_alarm_at_s=event.at_s + airlock.open_alarm_s))
    holds_from_s = doors.street_locked_at_s + airlock.bolt_s + BOLT_LATE_S
    is_locked = bolt_has_held(before, event.at_s)
    if airlock.sees_exit and is_locked and event.at_s > holds_from_s and event.at_s > doors.street_may_open_until_s:
        return with_fault(observed, "street_lock", "street_door_forced")
    return observed
