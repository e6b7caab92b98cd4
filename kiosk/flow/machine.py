"""The decisions of the entrance: one table from (situation, kind of event) to a handler, and `step`, which applies it.

Rule 1: every decision stands in this table; no handler does input or output, reads a clock, logs or uses chance.
Rule 2: an event is recorded first (`observe`), in every phase; then the table says what follows from it.
Rule 3: a pair that is not in the table changes nothing more: an unexpected event at a door is not an error.
Rule 4: a `DeadlinePassed` before the deadline of the situation only ends the passages of an admission, reports a
        building door that stands open too long, or gives up what lasted too long beside the step in front.
Rule 5: what goes on beside the step in front is begun and ended last (`ahead.accompany`), for every event alike.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar, cast

from kiosk.flow.commands import Command, Indicate, RememberFever, UseUp
from kiosk.flow.events import (
    AnswerGiven,
    CheckInAnswered,
    CheckInScanned,
    CheckInShown,
    CodeHinted,
    CodeSeen,
    CredentialChecked,
    DeadlinePassed,
    DeviceFailed,
    DeviceRecovered,
    DoorClosed,
    DoorOpened,
    EmergencyRaised,
    EmergencyStands,
    Event,
    OfficerPressed,
    PassageSeen,
    PresenceGap,
    PresenceLost,
    PresenceSeen,
    ServiceKeyTurned,
    SkipPressed,
    SprayStarted,
    SprayStopped,
    StopPressed,
    StreetExitRequested,
    TemperatureRead,
    TemperatureUnsettled,
    UnlockRefused,
)
from kiosk.flow.handlers import ahead, airlock, asking, chamber, check_in, idle, interrupts, visiting
from kiosk.flow.observations import observe
from kiosk.flow.passages import used_up
from kiosk.flow.questions import signal
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State
from kiosk.flow.transitions import OFFERS_CHECK_IN, Transition

Handler = Callable[[State, Event, Rules], Transition]
EventT = TypeVar("EventT", bound=Event)

Table = dict[tuple[Situation, type], Handler]


def on(
    kind: type[EventT], handler: Callable[[State, EventT, Rules], Transition], situations: Iterable[Situation]
) -> Table:
    """Return the rows in which `handler` handles events of `kind` in `situations`."""
    # `step` gives the handler events of `kind` only, which a dictionary's type cannot say
    return {(situation, kind): cast("Handler", handler) for situation in situations}


def table(*groups: Table) -> Table:
    """Return the rows of all groups. Raises `ValueError` if two groups have a row for the same pair."""
    rows = {pair: handler for group in groups for pair, handler in group.items()}
    if len(rows) != sum(len(group) for group in groups):
        raise ValueError("two handlers for the same situation and kind of event")
    return rows


EVERYWHERE = frozenset(Situation)
NO_EMERGENCY = EVERYWHERE - {Situation.EMERGENCY}
SERVICE = NO_EMERGENCY - {Situation.MAINTENANCE}
NOT_READY = frozenset({Situation.STARTING, Situation.OUT_OF_SERVICE})
CHAMBER = frozenset({Situation.WAITING_FOR_DOORS, Situation.WARNED, Situation.SPRAY_REQUESTED, Situation.SPRAYING})
SPRAY = frozenset({Situation.SPRAY_REQUESTED, Situation.SPRAYING})
TREATMENT = frozenset({Situation.TREATMENT_ANNOUNCED, Situation.TREATMENT_REQUESTED, Situation.TREATING})
TREATMENT_SPRAY = TREATMENT - {Situation.TREATMENT_ANNOUNCED}
READING = frozenset({Situation.FIRST_READING, Situation.SECOND_READING})
AFTER_CHAMBER = READING | {Situation.PAUSE, Situation.ASKING, Situation.SCANNING, Situation.CHECKING}
BEFORE_SCANNING = CHAMBER | READING | {Situation.PAUSE, Situation.ASKING}
BESIDE_MEASURING = CHAMBER | {Situation.ASKING, Situation.SCANNING, Situation.CHECKING}
REFERRAL = frozenset({Situation.SECOND_TRY, Situation.REFERRING})

TABLE = table(
    # interrupts
    on(EmergencyRaised, interrupts.emergency, NO_EMERGENCY),
    on(EmergencyStands, interrupts.emergency, NO_EMERGENCY),
    on(DeviceFailed, interrupts.failed, SERVICE),
    on(StopPressed, interrupts.stop, SERVICE),
    on(ServiceKeyTurned, interrupts.service_key, NO_EMERGENCY),
    on(OfficerPressed, interrupts.officer_admits, NO_EMERGENCY - {Situation.ADMITTING, Situation.OUT_OF_SERVICE}),
    on(OfficerPressed, interrupts.officer_starts, {Situation.OUT_OF_SERVICE}),
    on(OfficerPressed, interrupts.reset, {Situation.EMERGENCY}),
    on(DeviceRecovered, interrupts.recovered, NOT_READY),
    on(DeadlinePassed, interrupts.key_left_on, {Situation.MAINTENANCE}),
    # nobody is served
    on(PresenceSeen, idle.begin, {Situation.IDLE}),
    on(CodeSeen, idle.begin_with_code, {Situation.IDLE}),
    on(SkipPressed, idle.begin_unsprayed, {Situation.IDLE}),
    on(DeadlinePassed, idle.deadline, {Situation.IDLE}),
    on(PresenceLost, idle.presence_lost, {Situation.IDLE}),
    on(PresenceGap, idle.gap_seen, {Situation.IDLE}),
    on(PassageSeen, idle.passed, {Situation.IDLE}),
    on(DoorOpened, idle.door_moved, {Situation.IDLE}),
    on(DoorClosed, idle.door_moved, {Situation.IDLE}),
    # DISINFECTING, with a visitor
    on(SkipPressed, chamber.skip, CHAMBER),
    on(PresenceLost, visiting.left, CHAMBER),
    on(DoorOpened, chamber.interrupted, CHAMBER),
    on(DoorClosed, chamber.door_closed, {Situation.WAITING_FOR_DOORS}),
    on(DeadlinePassed, chamber.not_shut, {Situation.WAITING_FOR_DOORS}),
    on(DeadlinePassed, chamber.warning_over, {Situation.WARNED}),
    on(SprayStarted, chamber.spray_started, {Situation.SPRAY_REQUESTED}),
    on(SprayStopped, chamber.interrupted, SPRAY),
    on(DeadlinePassed, chamber.spray_unconfirmed, {Situation.SPRAY_REQUESTED}),
    on(DeadlinePassed, chamber.spray_over, {Situation.SPRAYING}),
    # DISINFECTING, the empty chamber
    on(PresenceSeen, idle.begin, TREATMENT),
    on(DoorOpened, chamber.treatment_cancelled, TREATMENT),
    on(SprayStarted, chamber.spray_started, {Situation.TREATMENT_REQUESTED}),
    on(SprayStopped, chamber.treatment_failed, TREATMENT_SPRAY),
    on(SkipPressed, chamber.refuse_treatment, TREATMENT),
    on(DeadlinePassed, chamber.announcement_over, {Situation.TREATMENT_ANNOUNCED}),
    on(DeadlinePassed, chamber.treatment_failed, {Situation.TREATMENT_REQUESTED}),
    on(DeadlinePassed, chamber.treatment_over, {Situation.TREATING}),
    # MEASURING
    on(TemperatureRead, visiting.first_reading, {Situation.FIRST_READING}),
    on(DeadlinePassed, visiting.pause_over, {Situation.PAUSE}),
    on(TemperatureRead, visiting.second_reading, {Situation.SECOND_READING}),
    on(TemperatureUnsettled, visiting.temperature_unsettled, READING),
    on(DeadlinePassed, visiting.thermometer_silent, READING),
    # ASKING
    on(AnswerGiven, asking.answered, {Situation.ASKING}),
    on(DeadlinePassed, asking.not_answered, {Situation.ASKING}),
    # SCANNING and CHECKING
    on(CodeSeen, visiting.check, {Situation.SCANNING}),
    on(CodeHinted, visiting.hinted, {Situation.SCANNING, Situation.SECOND_TRY}),
    on(DeadlinePassed, visiting.scan_over, {Situation.SCANNING}),
    on(CredentialChecked, visiting.checked, {Situation.CHECKING, Situation.SECOND_TRY}),
    on(DeadlinePassed, visiting.check_over, {Situation.CHECKING}),
    on(CheckInShown, check_in.shown, OFFERS_CHECK_IN),
    on(CheckInScanned, check_in.scanned, OFFERS_CHECK_IN),
    on(CheckInAnswered, check_in.answered, OFFERS_CHECK_IN),
    # ahead of their step
    on(CodeSeen, ahead.code_shown, BEFORE_SCANNING | {Situation.SECOND_TRY}),
    on(CredentialChecked, ahead.code_judged, BEFORE_SCANNING),
    on(TemperatureRead, ahead.measured, BESIDE_MEASURING),
    on(TemperatureUnsettled, ahead.not_measured, BESIDE_MEASURING),
    # MEASURING, ASKING, SCANNING and CHECKING
    on(PresenceLost, visiting.left, AFTER_CHAMBER),
    on(DoorOpened, visiting.street_door_opened, AFTER_CHAMBER),
    on(SkipPressed, chamber.skip_ahead, AFTER_CHAMBER),
    # ADMITTING and REFERRING
    on(PassageSeen, visiting.passed, {Situation.ADMITTING}),
    on(UnlockRefused, visiting.unlock_refused, {Situation.ADMITTING}),
    on(DoorClosed, visiting.door_closed, {Situation.ADMITTING}),
    on(DeadlinePassed, visiting.admission_over, {Situation.ADMITTING}),
    on(DoorOpened, visiting.street_door_opened, {Situation.ADMITTING}),
    on(PresenceSeen, visiting.somebody_came, {Situation.ADMITTING}),
    on(PresenceLost, visiting.referral_over, REFERRAL),
    on(DoorOpened, visiting.referral_over, REFERRAL),
    on(DeadlinePassed, visiting.referral_over, REFERRAL),
    # the exit of an airlock's street door
    on(StreetExitRequested, airlock.leave_idle, {Situation.IDLE}),
    on(StreetExitRequested, airlock.leave, CHAMBER | AFTER_CHAMBER | {Situation.ADMITTING}),
    on(StreetExitRequested, chamber.treatment_cancelled, TREATMENT),
    on(StreetExitRequested, visiting.referral_over, REFERRAL),
)


def step(state: State, event: Event, rules: Rules) -> Transition:
    """Return the next state and the commands that follow from `event`. Never raises, for any state and event."""
    observed = observe(state, event, rules)
    lapsed: tuple[Command, ...] = ()
    if isinstance(event, DeadlinePassed):
        observed, lapsed = ahead.lapse(observed, event, rules)
    handler = TABLE.get((observed.situation, type(event)))
    if isinstance(event, DeadlinePassed) and (observed.deadline_s is None or event.at_s < observed.deadline_s):
        handler = None
    after, commands = handler(observed, event, rules) if handler else (observed, ())
    if mark := used_up(state.passages, observed.passages):
        commands = (*commands, UseUp(mark))
    if isinstance(event, CredentialChecked) and event.mark and event.visit == state.fever_visit:
        commands = (*commands, RememberFever(event.mark))  # the verdict comes after the referral for fever
    if after.phase is state.phase and signal(after, rules) is not signal(state, rules):
        commands = (*commands, Indicate(signal(after, rules)))
    after, commands = ahead.accompany(state, after, (*lapsed, *commands), rules)
    return airlock.with_street_door(state, event, after, commands) if rules.airlock else (after, commands)
