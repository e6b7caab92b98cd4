"""The entrance while it serves nobody: the beginning of a visit, the treatment of the empty chamber, the door alarm."""

from dataclasses import replace

from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import (
    CodeSeen,
    DeadlinePassed,
    DoorClosed,
    DoorOpened,
    PassageSeen,
    PresenceGap,
    PresenceLost,
    PresenceSeen,
    SkipPressed,
)
from kiosk.flow.handlers.steps import ask_code, next_step, with_notice
from kiosk.flow.questions import is_proven, presence_is_faulty, wants_credential, watch
from kiosk.flow.rules import Rules
from kiosk.flow.state import State, Visit
from kiosk.flow.transitions import (
    NEXT_VISITOR_S,
    OUT_OF_VIEW_S,
    Transition,
    idle_from,
    may_treat,
    treat,
    with_fault,
    with_resting_deadline,
)
from kiosk.model import Door, Step


def new_visit(state: State, *, skipped: bool = False) -> State:
    """Return the state with the next visit; the chamber is to be treated after it.

    A visitor who stayed need not repeat what the sensors prove that they did.
    """
    notice = "begin_again" if state.presence.voided else ""
    done = state.presence.done if is_proven(state) else ()
    visit = with_notice(Visit(state.visits + 1, skipped=skipped, done=done), notice)
    chamber, presence = replace(state.chamber, treatment_due=True), replace(state.presence, voided=False, done=())
    return replace(state, visit=visit, visits=visit.number, chamber=chamber, presence=presence)


def begin(state: State, event: PresenceSeen | PresenceGap | DeadlinePassed, rules: Rules) -> Transition:
    """Somebody is there: the visit begins with the first step, as soon as the street door is shut.

    While it is open, people can come and go unnoticed.
    """
    if Door.STREET in state.doors.opened:
        waiting = replace(state, presence=replace(state.presence, greet_at_s=None))
        return stay_idle(waiting, event.at_s, rules)
    return next_step(new_visit(state), event.at_s, rules)


def begin_unsprayed(state: State, event: SkipPressed, rules: Rules) -> Transition:
    """Somebody declines the spray before the presence sensor sees them."""
    if Step.DISINFECT not in rules.visitor_steps or Door.STREET in state.doors.opened:
        return state, ()
    return next_step(new_visit(state, skipped=True), event.at_s, rules)


def begin_with_code(state: State, event: CodeSeen, rules: Rules) -> Transition:
    """A code begins a visit too, unless a working presence sensor sees nobody, or the picture is of an earlier visit.

    The code is checked at once. If the credential is not the first step, the verdict counts when its step comes.
    """
    nobody = rules.has_presence and not state.presence.seen and not presence_is_faulty(state)
    if event.visit != state.watched_visit or nobody or Door.STREET in state.doors.opened:
        return state, ()
    state = new_visit(state)
    if not wants_credential(state, rules):
        return next_step(state, event.at_s, rules)
    asking, asked = ask_code(state, event.payload, event.at_s, rules)
    after, commands = next_step(asking, event.at_s, rules)
    return after, (*commands, asked)


def deadline(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """Report a stuck sensor, or begin the visit of the person who is there."""
    presence = state.presence
    if presence.seen and not presence_is_faulty(state) and event.at_s >= presence.stuck_at_s:
        stuck = with_fault(state, "presence", "presence_stuck")
        return with_resting_deadline(replace(stuck, presence=replace(presence, greet_at_s=None)), event.at_s), ()
    if presence.greet_at_s is not None and event.at_s >= presence.greet_at_s:
        return begin(state, event, rules)
    return with_resting_deadline(state, event.at_s), ()


def door_moved(state: State, event: DoorOpened | DoorClosed, rules: Rules) -> Transition:
    """A door moved in IDLE. When the street door falls shut behind somebody, their visit begins."""
    presence = state.presence
    came_in = event.door is Door.STREET and isinstance(event, DoorClosed) and presence.seen
    if not came_in or presence_is_faulty(state):
        return stay_idle(state, event.at_s, rules)
    if presence.stayed == 0:
        return next_step(new_visit(state), event.at_s, rules)
    # the last visitor stayed; whoever is there now may be somebody else
    greet_at_s = event.at_s + NEXT_VISITOR_S
    return stay_idle(replace(state, presence=replace(presence, greet_at_s=greet_at_s)), event.at_s, rules)


def presence_lost(state: State, event: PresenceLost, rules: Rules) -> Transition:
    """The person who was there in IDLE left."""
    return stay_idle(state, event.at_s, rules)


def passed(state: State, event: PassageSeen, rules: Rules) -> Transition:
    """A visitor whose hand was on the door as it was locked went in. Whoever is still seen may be the next person."""
    if state.passages.through != 1:
        return state, ()
    nobody_stayed = replace(state, presence=replace(state.presence, stayed=0))
    return idle_from(nobody_stayed, event.at_s, OUT_OF_VIEW_S + rules.linger_s), ()


def gap_seen(state: State, event: PresenceGap, rules: Rules) -> Transition:
    """Somebody is surely there: the visit begins, also of one who was there while the sensor seemed to be stuck.

    A visitor who stayed after a visit is asked again at the time that is planned.
    """
    if state.presence.seen and state.presence.stayed == 0:
        return begin(state, event, rules)
    is_planned = state.presence.greet_at_s is not None
    return (state, ()) if is_planned else (idle_from(state, event.at_s), ())


def stay_idle(state: State, at_s: float, rules: Rules) -> Transition:
    """Stay in IDLE after an observation changed the state, or treat the chamber if it is empty now."""
    if may_treat(state, rules):
        return treat(state, at_s, rules)
    return with_resting_deadline(state, at_s), (WatchCodes(watch(state, rules), state.watched_visit),)
