"""Observations: the part of an event that is recorded in every phase, before the table decides anything.

Rule 1: an observation changes no phase and sends no command.
Rule 2: a door that opens although nobody was admitted, somebody who goes through it without an admission, and a sensor
        that never changes, are recorded as faults.
"""

from dataclasses import replace

from kiosk.flow import passages
from kiosk.flow.door_observations import door_closed, door_opened, exit_used, held_open
from kiosk.flow.events import (
    AnswerGiven,
    CodeSeen,
    CredentialChecked,
    DeadlinePassed,
    DeviceFailed,
    DeviceRecovered,
    DoorClosed,
    DoorOpened,
    EmergencyCleared,
    EmergencyRaised,
    Event,
    ExitRequested,
    PassageSeen,
    PresenceGap,
    PresenceLost,
    PresenceSeen,
    ServiceKeyTurned,
    SkipPressed,
    StopPressed,
    StreetExitRequested,
    TemperatureRead,
)
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State
from kiosk.flow.transitions import with_fault, without_fault
from kiosk.model import Door, SkipRule, Step

KEY_ON_S = 4 * 3600.0
"""A technician works no longer than this at a stretch; a key that is still on was forgotten, or its wire is shorted."""

LEAVING_S = 15.0
"""A person who leaves is lost by the presence sensor within this time after a door moved: some steps, the closer of
the door, and the longest `linger_s`."""

SIGNS_OF_LIFE = (
    AnswerGiven,
    CodeSeen,
    DoorOpened,
    DoorClosed,
    PassageSeen,
    PresenceSeen,
    PresenceLost,
    SkipPressed,
    StreetExitRequested,
)
"""Events that show that people move; after each, the presence sensor may see somebody for `stuck_s` again."""


def observe(state: State, event: Event, rules: Rules) -> State:
    """Return the state with `event` recorded."""
    if isinstance(event, SIGNS_OF_LIFE):
        state = replace(state, presence=replace(state.presence, stuck_at_s=event.at_s + rules.stuck_s))
    match event:
        case PresenceSeen():
            return presence_seen(state, event, rules)
        case PresenceGap():
            return presence_gap(state)
        case PresenceLost():
            return presence_lost(state, event)
        case PassageSeen():
            return passage_seen(state, event, rules)
        case DoorOpened():
            return door_opened(state, event, rules)
        case DeadlinePassed():
            return held_open(passages_over(state, event), event)
        case DoorClosed():
            return door_closed(state, event)
        case ExitRequested() | StreetExitRequested():
            return exit_used(state, event)
        case _:
            return observe_control(state, event, rules)


def observe_control(state: State, event: Event, rules: Rules) -> State:
    """Return the state with an event of a button, of the technician's key or of a device recorded."""
    officer = state.officer
    match event:
        case SkipPressed():
            declined = Step.DISINFECT in rules.visitor_steps
            return replace(state, chamber=replace(state.chamber, declined=declined))
        case StopPressed():
            stopped = with_fault(state, "officer", "stopped_by_officer")
            return replace(stopped, officer=replace(officer, stopped=True))
        case EmergencyRaised() | EmergencyCleared():
            active = isinstance(event, EmergencyRaised)
            return replace(state, officer=replace(officer, emergency_input=active))
        case ServiceKeyTurned():
            return key_turned(state, event)
        case DeviceFailed(device=device, fault=fault):
            return with_fault(state, device, fault)
        case CredentialChecked():
            return credential_checked(state, event)
        case TemperatureRead(few_people=few_people):
            return replace(state, few_people=few_people)
        case DeviceRecovered(device=device):
            return replace(without_fault(state, device), unanswered=state.unanswered - {device})
        case _:
            return state


def credential_checked(state: State, event: CredentialChecked) -> State:
    """Return the state in which this credential was shown in the visit, also if its verdict comes too late to count."""
    visit = state.visit
    if visit is None or event.mark is None or event.visit != visit.number:
        return state
    return replace(state, visit=replace(visit, shown=(*visit.shown, event.mark)))


def key_turned(state: State, event: ServiceKeyTurned) -> State:
    """Return the state with the technician's key turned on or off. A key that is off is no fault any more."""
    if event.on:
        alarm_at_s = state.officer.key_alarm_at_s if state.officer.service_key else event.at_s + KEY_ON_S
        return replace(state, officer=replace(state.officer, service_key=True, key_alarm_at_s=alarm_at_s))
    officer = replace(state.officer, service_key=False, key_alarm_at_s=None)
    return replace(without_fault(state, "service"), officer=officer)


def presence_seen(state: State, event: PresenceSeen, rules: Rules) -> State:
    """Return the state with somebody seen. After nobody was seen, this is not the person who declined the spray.

    A person who is there at the start may have been sprayed just before it. The kiosk starts until every essential
    device has answered, also in an emergency or out of service. That person may also have declined the spray. Only a
    site that lets visitors go on unsprayed assumes so; the others announce the spray again.
    """
    is_start = bool(state.unanswered)
    comes = not is_start and state.visit is None and not state.presence.seen and Door.STREET not in state.doors.opened
    presence = replace(state.presence, seen=True, unseen_openings=0)
    chamber = replace(state.chamber, empty=False, declined=state.chamber.declined and not comes)
    if is_start:
        may_have_declined = Step.DISINFECT in rules.visitor_steps and rules.skip is SkipRule.CONTINUE
        again_at_s = event.at_s + rules.again_s
        chamber = replace(chamber, sprayed=True, replaced=True, declined=may_have_declined, spray_again_at_s=again_at_s)
    return replace(without_fault(state, "presence"), presence=presence, chamber=chamber)


def presence_gap(state: State) -> State:
    """Return the state after a short gap, in which somebody is seen again.

    It is no loss, but a person who waits is no longer proven to be the same. They are measured and asked again,
    which harms nobody. Nobody is sprayed again because of a gap; but if somebody went in since the last spray, this may
    be the next person, who is sprayed after `again_s`. A sensor that shows a gap is not stuck: in a queue, it may see
    nothing but gaps.
    """
    state = without_fault(state, "presence") if state.presence.seen else state
    presence, visit, chamber = state.presence, state.visit, state.chamber
    if chamber.went_in:
        state = replace(state, chamber=replace(chamber, replaced=True))
    presence = replace(presence, unseen_openings=0, done=without_health(presence.done))
    if visit and state.situation is Situation.SECOND_TRY:
        asked = 0 if Step.QUESTIONS in visit.done else visit.answered
        visit = replace(visit, done=without_health(visit.done), answered=asked)
    return replace(state, presence=presence, visit=visit)


def without_health(done: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps without those that examine the visitor's health."""
    return tuple(step for step in done if step not in (Step.TEMPERATURE, Step.QUESTIONS))


def presence_lost(state: State, event: PresenceLost) -> State:
    """Return the state with nobody seen any more.

    If somebody went in since the last spray, and the street door stayed shut, the next person is a new one and need not
    wait for their spray. If the street door was opened too, the sprayed visitor may be the one who left by it.
    """
    presence = replace(state.presence, seen=False, unseen_openings=0, stayed=0, greet_at_s=None, voided=False, done=())
    chamber, doors = state.chamber, state.doors
    may_have_left = bool(doors.opened) or event.at_s - doors.moved_at_s <= LEAVING_S
    chamber = replace(
        chamber,
        sprayed=False,
        replaced=False,
        went_in=False,
        declined=False,
        spray_again_at_s=None if chamber.went_in and not chamber.replaced else chamber.spray_again_at_s,
        empty=may_have_left if state.presence.seen else chamber.empty,
    )
    return replace(without_fault(state, "presence"), presence=presence, chamber=chamber)


def passage_seen(state: State, event: PassageSeen, rules: Rules) -> State:
    """Return the state after somebody went through the building door: in, or out at the request of `inputs.exit`."""
    presence = replace(state.presence, done=())
    state = replace(state, doors=replace(state.doors, moved_at_s=event.at_s), presence=presence)
    if state.phase in passages.UNCOUNTED:
        return state
    if passages.is_exit(state, event):
        answered = replace(state.passages, exits=max(state.passages.exits - 1, 0))
        # the admitted visitor has not used the door that this person opened
        return replace(state, passages=answered, doors=replace(state.doors, used=False))
    counted = replace(state, passages=passages.count(state))
    if passages.is_unadmitted(counted.passages, rules):
        counted = with_fault(counted, "passage", "passage_unadmitted")
    return went_in(counted) if counted.passages.through == 1 else counted


def passages_over(state: State, event: DeadlinePassed) -> State:
    """Return the state in which passages no longer count for the last admission, if its time is over."""
    ends_at_s = state.passages.ends_at_s
    is_over = ends_at_s is not None and event.at_s >= ends_at_s
    return replace(state, passages=passages.end(state)) if is_over else state


def went_in(state: State) -> State:
    """Return the state after an admitted person went in, or used the building door where no sensor sees passages.

    The next person need not wait for the spray of this one: at once if nobody is seen, otherwise after the presence
    sensor has lost whoever is there.
    """
    chamber = state.chamber
    if state.presence.seen:
        return replace(state, chamber=replace(chamber, went_in=chamber.sprayed))
    return replace(state, chamber=replace(chamber, spray_again_at_s=None))
