"""The airlock: the street door has a lock of its own, and at most one of the two doors is unlocked.

Rule 1: whether the street door is free is a function of the state (`street_is_free`); no handler needs to remember it.
Rule 2: nobody is locked in: from the chamber, the street door opens at any time. A visitor who uses it ends the visit.
Rule 3: `kiosk.hardware.airlock` decides once more by the levels of the doors, and can refuse what is decided here.
"""

from dataclasses import replace

from kiosk.flow.commands import Command, FreeStreetDoor, LockStreetDoor
from kiosk.flow.events import Event, StreetExitRequested
from kiosk.flow.questions import bolt_has_held, street_is_free, street_is_locked
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State
from kiosk.flow.transitions import STAYED_S, Transition, end_visit, rest, with_resting_deadline
from kiosk.model import Phase


def with_street_door(before: State, event: Event, after: State, commands: tuple[Command, ...]) -> Transition:
    """Return the transition with the command that locks or frees the street door, if that changes.

    It is locked before the building door is unlocked, and freed after the building door was locked.
    """
    if street_is_locked(after) and not bolt_has_held(before, event.at_s):
        after = replace(after, doors=replace(after.doors, street_locked_at_s=event.at_s))
    was_free, is_free = street_is_free(before), street_is_free(after)
    if is_free and not was_free:
        return after, (*commands, FreeStreetDoor())
    if was_free and not is_free:
        return after, (LockStreetDoor(), *commands)
    return after, commands


def leave(state: State, event: StreetExitRequested, rules: Rules) -> Transition:
    """The visitor leaves the chamber through the street door: the visit ends, and the next one does not begin at once.

    An admission ends too: the building door is locked. If somebody went in before, that admission is used.
    """
    passed = state.phase is Phase.ADMITTING and state.doors.used
    left, stayed = end_visit(state, Outcome.LEFT), max(state.presence.stayed, 1)
    return rest(replace(left, presence=replace(state.presence, stayed=stayed)), event.at_s, rules, passed=passed)


def leave_idle(state: State, event: StreetExitRequested, _rules: Rules) -> Transition:
    """Somebody leaves the chamber in IDLE: no visit begins meanwhile."""
    if state.presence.greet_at_s is None:
        return state, ()
    presence = replace(state.presence, greet_at_s=event.at_s + STAYED_S)
    return with_resting_deadline(replace(state, presence=presence), event.at_s), ()
