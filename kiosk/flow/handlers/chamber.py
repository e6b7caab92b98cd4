"""The disinfectant chamber, with a visitor in it and while it is empty.

Rule 1: the pump starts only after the whole warning; a door that opens, or a visitor who leaves, cancels the spray.
Rule 2: an interrupted spray is not done. The rest follows after another warning, or the officer is asked.
Rule 3: a spray is done only if the sprayer confirmed that it ran. If the sprayer was silent, the spray is not done, and
        it is not repeated by itself.
"""

from dataclasses import replace

from kiosk.flow.commands import StartSpray
from kiosk.flow.events import (
    DeadlinePassed,
    DoorClosed,
    DoorOpened,
    SkipPressed,
    SprayStarted,
    SprayStopped,
    StreetExitRequested,
)
from kiosk.flow.handlers.steps import finish_step, leave_unsprayed, patience_ends_at_s, spray, warn
from kiosk.flow.questions import may_spray_visitor, visit_of
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State
from kiosk.flow.transitions import Transition, enter, idle_from, refer, rest, void
from kiosk.model import Door, Reason, Refer, SkipRule, Step

CHAMBER_NOT_SHUT = Refer(Reason.SKIPPED_STEP, "chamber not shut")
SPRAYER_SILENT = Refer(Reason.SKIPPED_STEP, "sprayer silent")

CONTACT_LATE_S = 0.1
"""The contact of a door is debounced for 30 ms (`debounce_ms`), and the loop's next turn hears of it. The sprayer's
interlock reads the level at once."""

CONFIRMED = {
    Situation.SPRAY_REQUESTED: Situation.SPRAYING,
    Situation.TREATMENT_REQUESTED: Situation.TREATING,
}
"""The situation after the sprayer confirmed that it runs."""


# the visitor declines


def skip_ahead(state: State, _event: SkipPressed, rules: Rules) -> Transition:
    """The visitor declines the spray before that step begins."""
    visit = visit_of(state)
    ahead = Step.DISINFECT in rules.visitor_steps and Step.DISINFECT not in visit.done
    return replace(state, visit=replace(visit, skipped=visit.skipped or ahead)), ()


def skip(state: State, event: SkipPressed, rules: Rules) -> Transition:
    """The visitor declines the spray, or the rest of it. The next step begins only when the street door is shut."""
    if rules.skip is SkipRule.CONTINUE and Door.STREET in state.doors.opened:
        return replace(state, visit=replace(visit_of(state), skipped=True)), ()
    return leave_unsprayed(state, "chamber.skip", event.at_s, rules)


def refuse_treatment(state: State, event: SkipPressed, rules: Rules) -> Transition:
    """Somebody is in the chamber that counts as empty, and declines: it is not treated before the next visit."""
    return rest(replace(state, chamber=replace(state.chamber, treatment_due=False)), event.at_s, rules)


# a visitor in the chamber


def warning_over(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The whole warning passed: spray."""
    return spray(state, event.at_s, rules)


def spray_started(state: State, event: SprayStarted, _rules: Rules) -> Transition:
    """The sprayer confirms that it runs. An answer from before this spray is ignored."""
    return (replace(state, situation=CONFIRMED[state.situation]) if event.at_s >= state.since_s else state), ()


def spray_over(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The confirmed spray ran its whole time."""
    return finish_step(state, Step.DISINFECT, event.at_s, rules)


def spray_unconfirmed(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The sprayer never confirmed this spray."""
    return refer(state, SPRAYER_SILENT, event.at_s, rules)


def interrupted(state: State, event: DoorOpened | SprayStopped, rules: Rules) -> Transition:
    """A door opened, or the sprayer stopped by itself: what is left of the spray follows after another warning.

    When the patience is over, the visitor is referred. If the street door was opened after the visitor did anything,
    somebody else may be there: the visit is void.
    """
    at_s = event.at_s
    if isinstance(event, DoorOpened) and event.door is Door.STREET:
        visit = visit_of(state)
        if visit.did_something or state.chamber.sprayed:
            return void(state, at_s, rules)
    left_s = state.chamber.spray_left_s
    if state.sprayer_on:
        left_s = max((state.deadline_s or at_s) - at_s, 0.0)
    ends_at_s = patience_ends_at_s(state, at_s, rules)
    if at_s >= ends_at_s:
        return refer(state, CHAMBER_NOT_SHUT, at_s, rules)
    chamber = replace(state.chamber, patience_ends_at_s=ends_at_s)
    return warn(replace(state, chamber=chamber), at_s, left_s, rules)


def door_closed(state: State, event: DoorClosed, rules: Rules) -> Transition:
    """A door was shut: when the chamber is ready, the spray follows after a warning."""
    if visit_of(state).skipped and Door.STREET not in state.doors.opened:
        return leave_unsprayed(state, "chamber.skip", event.at_s, rules)
    if not may_spray_visitor(state, rules):
        return state, ()
    return warn(state, event.at_s, state.chamber.spray_left_s, rules)


def not_shut(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The doors were not shut in time."""
    return refer(state, CHAMBER_NOT_SHUT, event.at_s, rules)


# the empty chamber


def announcement_over(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """Nobody showed up while the treatment was announced: spray the empty chamber."""
    ends_at_s, spray_chamber = event.at_s + rules.spray_s, StartSpray(rules.spray_s)
    return enter(state, Situation.TREATMENT_REQUESTED, event.at_s, rules, spray_chamber, deadline_s=ends_at_s)


def treatment_over(state: State, event: DeadlinePassed, rules: Rules) -> Transition:
    """The confirmed treatment ran its whole time."""
    return rest(replace(state, chamber=replace(state.chamber, treatment_due=False)), event.at_s, rules)


def treatment_failed(state: State, event: DeadlinePassed | SprayStopped, rules: Rules) -> Transition:
    """The sprayer did not confirm the treatment, or stopped it: treat the chamber the next time that it is empty.

    The sprayer stops at the first sign of an open door. If the debounced contact of an airlock's street door follows,
    the door was opened while it was locked.
    """
    after, commands = enter(state, Situation.IDLE, event.at_s, rules)
    if rules.airlock:
        after = replace(after, doors=replace(after.doors, street_held_until_s=event.at_s + CONTACT_LATE_S))
    return idle_from(after, event.at_s), commands


def treatment_cancelled(state: State, event: DoorOpened | StreetExitRequested, rules: Rules) -> Transition:
    """A door opened during the treatment, or somebody in the chamber is about to open one. It stays due."""
    return rest(state, event.at_s, rules)
