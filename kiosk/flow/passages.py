"""Passages: how many people went through the building door, and on whose admission.

Theory: the passage sensor tells that a body broke its beam, not whose body it was nor in which direction it went. So a
passage counts for the newest admission: from the unlocking until the building door has fallen shut behind it. The
first passage is the visitor; each further one is a second body on the same admission. A press of `inputs.exit` explains
one passage, because somebody comes out; if nobody is admitted, it explains all passages until the door falls shut. A
passage that nothing explains is somebody who went through a locked door.

Rule 1: a second body, or a body without an admission, is an alarm at once: it stays until the officer acknowledges it.
Rule 2: nobody is counted in an emergency, during maintenance or at the start: people go through freely.
Rule 3: the credential of an admission is used up when its first passage is seen, without a passage sensor when the door
        opens, and without a door contact too when the time for going in is over; never by an admission that ends
        before.
Rule 4: without a passage sensor nothing is counted; the journal then tells what the door showed.
"""

from dataclasses import replace

from kiosk.flow.doors import PassageState
from kiosk.flow.events import PassageSeen
from kiosk.flow.rules import Rules
from kiosk.flow.state import Outcome, State, Visit
from kiosk.model import Door, Mark, Phase, Step

BEHIND_DOOR_S = 2.0
"""The sensor may stand some steps behind the door: a passage so long after the door fell shut still counts for it."""

FOLLOW_S = 10.0
"""Without a door contact, a passage so long after the locking still counts for the admission: the door may take some
seconds to fall shut."""

EXIT_S = 10.0
"""A person who uses the handle or the exit button goes through the door within this time."""

FREED_S = 2.0
"""After an emergency, maintenance or start, people may still be in the doorway for this time."""

UNCOUNTED = frozenset({Phase.STARTING, Phase.EMERGENCY, Phase.MAINTENANCE})
"""Phases in which people go through the door without an admission of their own."""


def begin(state: State, visit: Visit, outcome: Outcome) -> PassageState:
    """Return the passages from now on: they count for the admission of `visit`, for which its credential is used.

    An admission by the officer uses no credential.
    """
    used = outcome is Outcome.ADMITTED and Step.CREDENTIAL in visit.done
    mark = visit.mark if used else None
    return replace(state.passages, admitted=visit.number, through=0, mark=mark, ends_at_s=None)


def end(state: State) -> PassageState:
    """Return the passages from now on: they count for nobody's admission."""
    return replace(state.passages, admitted=None, through=0, mark=None, ends_at_s=None)


def locked(state: State, at_s: float, rules: Rules) -> PassageState:
    """Return the passages after the door was locked behind an admission. While it stands open, people can follow."""
    if not rules.has_passage or state.phase in UNCOUNTED:
        return end(state)
    if not rules.has_door_contact:
        return replace(state.passages, ends_at_s=at_s + FOLLOW_S)
    is_open = Door.BUILDING in state.doors.opened
    return replace(state.passages, ends_at_s=None if is_open else at_s + BEHIND_DOOR_S)


def counted_again(state: State, at_s: float) -> PassageState:
    """Return the passages after a phase in which nobody is counted, nor are people who are still on their way."""
    is_open = Door.BUILDING in state.doors.opened
    exit_until_s = max(state.passages.exit_until_s, at_s + FREED_S)
    return replace(state.passages, leaving=is_open, exit_until_s=exit_until_s)


def door_opened(state: State, at_s: float, rules: Rules) -> PassageState:
    """Return the passages after the building door opened, by the admitted visitor or at a request from inside.

    A visitor whose hand was on the door as it was locked may take some seconds to go through. Without a passage sensor,
    the visitor's credential is used up now.
    """
    passages = state.passages
    asked = at_s <= passages.exit_until_s
    if passages.admitted is None:
        return replace(passages, leaving=passages.leaving or asked)
    if asked:
        return passages
    return replace(passages, mark=passages.mark if rules.has_passage else None, ends_at_s=None)


def door_closed(state: State, at_s: float) -> PassageState:
    """Return the passages after the building door fell shut: whoever asked to come out has come out, or does not."""
    passages = replace(state.passages, exits=0, leaving=False)
    if passages.admitted is None or state.phase is Phase.ADMITTING:
        return passages
    return replace(passages, ends_at_s=at_s + BEHIND_DOOR_S)


def exit_requested(state: State, at_s: float) -> PassageState:
    """Return the passages after somebody inside asked to come out."""
    return replace(state.passages, exits=state.passages.exits + 1, exit_until_s=at_s + EXIT_S)


def is_exit(state: State, event: PassageSeen) -> bool:
    """Return True if this passage is explained by somebody who comes out of the building."""
    passages = state.passages
    asked = event.at_s <= passages.exit_until_s
    return (asked and passages.exits > 0) or (passages.admitted is None and (asked or passages.leaving))


def count(state: State) -> PassageState:
    """Return the passages with one body more that went through, on the admission that stands or without one."""
    passages = state.passages
    through = 0 if passages.admitted is None else passages.through + 1
    return replace(passages, through=through, mark=None, counted=passages.counted + 1)


def used_up(before: PassageState, after: PassageState) -> Mark | None:
    """Return the credential that an observation used up: somebody went in on its admission. None if there is none."""
    return before.mark if after.mark is None and after.admitted == before.admitted else None


def is_unadmitted(passages: PassageState, rules: Rules) -> bool:
    """Return True if the body that was counted last had no admission of its own.

    A site where people leave through this door without a sign (`reports_forced` is False) cannot tell them apart from
    people who come in without an admission; there, only a second body on an admission is one.
    """
    return passages.through > 1 or (passages.admitted is None and rules.reports_forced)
