"""Changes of the situation: the commands that always belong to leaving and entering a phase.

Rule 1: only `go` changes the phase.
Rule 2: leaving a phase switches off what the phase switched on; no handler needs to remember it.
Rule 3: `rest` alone decides where the entrance waits while it serves nobody.
"""

from dataclasses import replace

from kiosk.flow import passages
from kiosk.flow.commands import (
    Command,
    Indicate,
    LockDoor,
    ReleaseDoor,
    RememberFever,
    StopCheckIn,
    StopMeasuring,
    StopSpray,
    UnlockDoor,
    WatchCodes,
)
from kiosk.flow.questions import (
    READS_CODES,
    SIGNALS,
    blocked,
    bolt_wait_s,
    is_proven,
    presence_is_faulty,
    signal,
    visit_of,
    waits_for_bolt,
    watch,
)
from kiosk.flow.rules import Rules
from kiosk.flow.state import Ahead, CheckInState, Outcome, Situation, State, Visit
from kiosk.model import Phase, Reason, Refer, Step, Watch

Transition = tuple[State, tuple[Command, ...]]
"""The next state, and the commands to the devices."""

NEXT_VISITOR_S = 2.0
"""In IDLE, a person who is seen for this long begins the next visit."""

OUT_OF_VIEW_S = 1.0
"""So soon after somebody went in, the presence sensor sees them no more. It tells so after `linger_s`."""

STAYED_S, MAX_DOUBLINGS = 10.0, 5
"""A visitor who stays after the end of a visit, for example to read, is asked again only after this time. The time
doubles with each further visit, at most so often."""

DOOR_GRACE_S = 2.0
"""Grace period after locking: the visitor may still be holding the door."""

ON_LEAVING: dict[Phase, tuple[Command, ...]] = {
    Phase.DISINFECTING: (StopSpray(),),
    Phase.ADMITTING: (LockDoor(),),
    Phase.EMERGENCY: (LockDoor(),),
}
"""Commands that switch off what a phase switched on."""

SHOWS_VENUE_CODE = frozenset({Situation.SCANNING, Situation.SECOND_TRY})
"""Situations in which the screen shows the venue's code."""

OFFERS_CHECK_IN = READS_CODES | {Situation.CHECKING}
"""Situations in which the venue's server may be asked for a code or for its result. Leaving them withdraws the code."""


DOOR_MAY_OPEN = frozenset({Phase.STARTING, Phase.ADMITTING, Phase.EMERGENCY})
"""Phases in which an opening of the building door is not a forced opening."""


RESTING = frozenset({Phase.STARTING, Phase.IDLE, Phase.OUT_OF_SERVICE, Phase.MAINTENANCE})
"""Phases that serve nobody, apart from the emergency."""

CURABLE = frozenset(
    {
        Reason.NO_CREDENTIAL,
        Reason.NOT_A_CREDENTIAL,
        Reason.EXPIRED,
        Reason.STATUS_UNKNOWN,
        Reason.ALREADY_USED,
        Reason.LINK_ONLY,
    }
)
"""Reasons of a referral that a better code cures."""


def go(state: State, situation: Situation, at_s: float, deadline_s: float | None = None) -> State:
    """Return the state in `situation`, which begins at `at_s`."""
    presence, check_in = state.presence, state.check_in
    if presence.greet_at_s is not None or presence.done:
        presence = replace(presence, greet_at_s=None, done=())
    if situation not in OFFERS_CHECK_IN:
        check_in = without_offer(check_in)
    elif situation in SHOWS_VENUE_CODE and check_in.code:
        check_in = replace(check_in, seen=True)
    return replace(
        state, situation=situation, since_s=at_s, deadline_s=deadline_s, presence=presence, check_in=check_in
    )


def without_offer(check_in: CheckInState) -> CheckInState:
    """Return the part of the state without an open request for the venue's codes."""
    return CheckInState(check_in.request) if check_in.open else check_in


def enter(
    state: State, situation: Situation, at_s: float, rules: Rules, *commands: Command, deadline_s: float | None = None
) -> Transition:
    """Leave the situation of `state` and enter `situation`: `commands` come after those of leaving and entering."""
    after = go(state, situation, at_s, deadline_s)
    if state.phase in DOOR_MAY_OPEN and not waits_for_bolt(state, at_s, rules):
        may_open_until_s = max(state.doors.may_open_until_s, at_s + DOOR_GRACE_S)
        after = replace(after, doors=replace(after.doors, may_open_until_s=may_open_until_s))
    if state.phase is Phase.ADMITTING:
        after = replace(after, passages=passages.locked(after, at_s, rules))
        if rules.airlock:
            after = replace(after, doors=replace(after.doors, street_held_until_s=at_s + rules.airlock.bolt_s))
    if state.phase in passages.UNCOUNTED:
        after = replace(after, passages=passages.counted_again(after, at_s))
    leaving = (*ON_LEAVING.get(state.phase, ()), *stop_check_in(state, after))
    watching, shown = WatchCodes(watch(after, rules), after.watched_visit), Indicate(signal(after, rules))
    return after, (*leaving, watching, shown, *commands)


def stop_check_in(before: State, after: State) -> tuple[Command, ...]:
    """Return the command that withdraws the venue's code, if its request ends with this change of the state."""
    return (StopCheckIn(),) if before.check_in.open and not after.check_in.open else ()


def rest(state: State, at_s: float, rules: Rules, *, passed: bool = False, voided: bool = False) -> Transition:
    """Serve nobody and wait.

    passed: somebody used the door, probably the last visitor. voided: whoever is there may be somebody else.
    """
    done: tuple[Step, ...] = ()
    if passed:
        state = replace(state, presence=replace(state.presence, stayed=0))
    elif state.presence.seen and not voided and state.phase in (Phase.ADMITTING, Phase.REFERRING):
        done = still_done(state)
        state = replace(state, presence=replace(state.presence, stayed=state.presence.stayed + 1))
    situation = resting_situation(state, rules)
    if situation is Situation.IDLE and may_treat(state, rules):
        return treat(state, at_s, rules)
    cleared = replace(state, visit=None, chamber=replace(state.chamber, patience_ends_at_s=None))
    after, commands = enter(cleared, situation, at_s, rules)
    if situation is not Situation.IDLE:
        return with_resting_deadline(after, at_s), commands
    after = replace(after, presence=replace(after.presence, done=done))
    least_wait_s = OUT_OF_VIEW_S + rules.linger_s if passed else 0.0
    return idle_from(after, at_s, least_wait_s), commands


def still_done(state: State) -> tuple[Step, ...]:
    """Return the steps that stay done for a visitor who stays after the visit, if the sensors prove who it is.

    A credential is asked for again.
    """
    ended = state.ended
    if ended is None or ended.outcome not in (Outcome.ADMITTED, Outcome.REFERRED):
        return ()
    if not is_proven(state) or state.doors.moved_at_s > state.since_s:
        return ()
    return tuple(step for step in ended.done if step is not Step.CREDENTIAL)


def resting_situation(state: State, rules: Rules) -> Situation:
    """Return where the entrance waits while it serves nobody, if there is no emergency."""
    if state.officer.service_key:
        return Situation.MAINTENANCE
    if state.unanswered and not state.officer.stopped:
        return Situation.STARTING
    return Situation.OUT_OF_SERVICE if blocked(state, rules) else Situation.IDLE


def idle_from(state: State, at_s: float, least_wait_s: float = 0.0) -> State:
    """Return the state, idle since `at_s`, with the time at which it begins a visit for a person who is there.

    That is `least_wait_s` later or more.
    """
    greet_at_s = None
    if state.presence.seen and not presence_is_faulty(state):
        stayed = state.presence.stayed
        wait_s = STAYED_S * 2 ** min(stayed - 1, MAX_DOUBLINGS) if stayed else NEXT_VISITOR_S
        greet_at_s = at_s + max(wait_s, least_wait_s)
    return with_resting_deadline(replace(state, presence=replace(state.presence, greet_at_s=greet_at_s)), at_s)


def with_resting_deadline(state: State, at_s: float) -> State:
    """Return the state with the deadline of a resting phase: the first of stuck sensor, next visit, and key left on."""
    presence = state.presence
    watched = state.phase is Phase.IDLE and presence.seen and not presence_is_faulty(state)
    key_alarm_at_s = state.officer.key_alarm_at_s if state.phase is Phase.MAINTENANCE else None
    times_s = (presence.stuck_at_s if watched else None, presence.greet_at_s, key_alarm_at_s)
    due_s = [time_s for time_s in times_s if time_s is not None]
    return replace(state, deadline_s=max(min(due_s), at_s) if due_s else None)


def may_treat(state: State, rules: Rules) -> bool:
    """Return True if the chamber is due for its treatment and proven to be empty."""
    chamber = state.chamber
    proven = chamber.empty and not state.doors.opened and not presence_is_faulty(state)
    return rules.treats_empty_chamber and chamber.treatment_due and proven


def treat(state: State, at_s: float, rules: Rules) -> Transition:
    """Announce the treatment of the empty chamber, in case that somebody is in it after all."""
    empty = replace(state, visit=None)
    return enter(empty, Situation.TREATMENT_ANNOUNCED, at_s, rules, deadline_s=at_s + rules.warn_s)


def end_visit(state: State, outcome: Outcome) -> State:
    """Return the state without a visit. The visit ends with `outcome`, unless it has an outcome already."""
    visit = state.visit
    if visit is None:
        return state
    if visit.outcome is Outcome.OPEN:
        visit = replace(visit, outcome=outcome)
    return replace(state, visit=None, ended=replace(visit, body_c=None))


def admit(state: State, visit: Visit, outcome: Outcome, at_s: float, rules: Rules) -> Transition:
    """Unlock the door for this visit, which ends with `outcome`."""
    admitted = replace(
        state,
        visit=replace(decided(visit), outcome=outcome),
        visits=visit.number,
        doors=replace(state.doors, used=False),
        passages=passages.begin(state, visit, outcome),
    )
    unlock, ends_at_s = UnlockDoor(rules.hold_s), at_s + bolt_wait_s(state, at_s, rules) + rules.hold_s
    return enter(admitted, Situation.ADMITTING, at_s, rules, unlock, deadline_s=ends_at_s)


def void(state: State, at_s: float, rules: Rules) -> Transition:
    """End a visit whose visitor may have been replaced by somebody else; whoever is there is told and begins again."""
    presence = replace(state.presence, voided=state.presence.seen, stayed=0)
    return rest(end_visit(replace(state, presence=presence), Outcome.INTERRUPTED), at_s, rules, voided=True)


def refer(state: State, verdict: Refer, at_s: float, rules: Rules) -> Transition:
    """Refer the visitor for the reason of `verdict`."""
    visit, has_fever = decided(visit_of(state)), verdict.reason is Reason.FEVER
    visit = replace(visit, outcome=Outcome.REFERRED, verdict=verdict, body_c=visit.body_c if has_fever else None)
    referred = replace(state, visit=visit, fever_visit=visit.number if has_fever else state.fever_visit)
    situation = Situation.SECOND_TRY if is_curable(referred, verdict.reason, rules) else Situation.REFERRING
    shown_s = rules.refer_longest_s if is_proven(state) else rules.refer_s
    remember = tuple(RememberFever(mark) for mark in visit.shown) if has_fever else ()
    return enter(referred, situation, at_s, rules, *remember, deadline_s=at_s + shown_s)


def is_curable(state: State, reason: Reason, rules: Rules) -> bool:
    """Return True if a better code, shown during the referral, lets this visitor go on.

    Without a sensor that sees the visitor, the next person could show that code: then only a visit in which nothing was
    done goes on.
    """
    visit = visit_of(state)
    tries_left = visit.wrong_codes < rules.wrong_codes
    same_person = is_proven(state) or not visit.done
    return reason in CURABLE and tries_left and same_person and not blocked(state, rules)


def decided(visit: Visit) -> Visit:
    """Return the visit without anything that goes on beside its steps: its end is decided."""
    return replace(visit, notice="", checking=0, check_until_s=None, ahead=Ahead())


def release(state: State, at_s: float) -> Transition:
    """Emergency: stop the sprayer and release the door until the officer resets the emergency."""
    freed = replace(state, passages=passages.end(state), doors=replace(state.doors, street_held_until_s=at_s))
    after = go(end_visit(freed, Outcome.INTERRUPTED), Situation.EMERGENCY, at_s)
    first = (StopSpray(), ReleaseDoor())
    workers = (StopMeasuring(), *stop_check_in(state, after), WatchCodes(Watch.OFF, after.watched_visit))
    return after, (*first, *workers, Indicate(SIGNALS[after.phase]))


def with_fault(state: State, device: str, fault: str) -> State:
    """Return the state with this fault of `device`, in place of an earlier fault of it."""
    return replace(state, faults=(*without_fault(state, device).faults, (device, fault)))


def without_fault(state: State, device: str) -> State:
    """Return the state without a fault of `device`."""
    if not any(faulty == device for faulty, _ in state.faults):
        return state
    return replace(state, faults=tuple(fault for fault in state.faults if fault[0] != device))
