"""The entrance's decisions: one table, (phase, kind of event) → what to do, and `step`, which looks it up.

Rule 1: everything that decides stands in this table; no I/O, no clock, no log, no chance.
Rule 2: a fact is noted first (`note`), in every phase; then the table says whether anything follows from it.
Rule 3: a pair that the table does not have does nothing: a stray event is no error at a door.
Rule 4: an event of a phase that has no deadline, or comes before it, is no `DeadlinePassed`.
"""

from collections.abc import Callable
from typing import Any

from kiosk.flow import chamber, idle, interrupts, visiting
from kiosk.flow.commands import Indicate
from kiosk.flow.events import (
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
    PresenceLost,
    PresenceSeen,
    ServiceKeyTurned,
    SkipPressed,
    SprayStarted,
    SprayStopped,
    StopPressed,
    TemperatureRead,
    TemperatureUnsettled,
)
from kiosk.flow.observations import note
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.flow.transitions import AT_REST, Turn, signal
from kiosk.model import Door, Phase

Handler = Callable[[State, Any, Rules], Turn]

EVERYWHERE = tuple(Phase)
SERVING = (
    Phase.STARTING,
    Phase.IDLE,
    Phase.DISINFECTING,
    Phase.MEASURING,
    Phase.SCANNING,
    Phase.CHECKING,
    Phase.ADMITTING,
    Phase.REFERRING,
    Phase.OUT_OF_SERVICE,
)
HALF_WAY = (Phase.MEASURING, Phase.SCANNING, Phase.CHECKING)


def passage(state: State, event: DoorClosed, rules: Rules) -> Turn:
    """The building's door fell shut behind the visitor; behind the one before it if nobody has opened it since."""
    behind_them = event.door is Door.BUILDING and state.door_moved
    return visiting.entered(state, event, rules) if behind_them else (state, ())


TABLE: dict[tuple[Phase, type], Handler] = {
    # whatever happens
    **{(phase, EmergencyRaised): interrupts.emergency for phase in EVERYWHERE if phase is not Phase.EMERGENCY},
    (Phase.STARTING, EmergencyStands): interrupts.emergency,
    **{(phase, DeviceFailed): interrupts.failed for phase in SERVING},
    **{(phase, StopPressed): interrupts.stop for phase in SERVING},
    **{(phase, ServiceKeyTurned): interrupts.service_key for phase in (*SERVING, Phase.MAINTENANCE)},
    **{
        (phase, OfficerPressed): interrupts.officer_admits
        for phase in (*SERVING, Phase.MAINTENANCE)
        if phase not in {Phase.ADMITTING, Phase.OUT_OF_SERVICE}
    },
    (Phase.OUT_OF_SERVICE, OfficerPressed): interrupts.officer_starts,
    (Phase.EMERGENCY, OfficerPressed): interrupts.reset,
    (Phase.STARTING, DeviceRecovered): interrupts.recovered,
    (Phase.OUT_OF_SERVICE, DeviceRecovered): interrupts.recovered,
    # nobody is served
    (Phase.IDLE, PresenceSeen): idle.begin,
    (Phase.IDLE, CodeSeen): idle.begin_with_code,
    (Phase.IDLE, DeadlinePassed): idle.deadline,
    (Phase.IDLE, SkipPressed): idle.begin_unsprayed,
    (Phase.IDLE, PresenceLost): idle.presence_lost,
    (Phase.IDLE, DoorOpened): idle.door_moved,
    (Phase.IDLE, DoorClosed): idle.door_moved,
    # nobody can be served
    **{(phase, DeadlinePassed): idle.held_open for phase in AT_REST - {Phase.IDLE}},
    **{(phase, moved): idle.door_watched for phase in AT_REST - {Phase.IDLE} for moved in (DoorOpened, DoorClosed)},
    # the chamber
    (Phase.DISINFECTING, DeadlinePassed): chamber.spray_due,
    (Phase.DISINFECTING, SkipPressed): chamber.skip,
    (Phase.DISINFECTING, SprayStarted): chamber.spray_started,
    (Phase.DISINFECTING, SprayStopped): chamber.spray_stopped,
    (Phase.DISINFECTING, DoorOpened): chamber.opened,
    (Phase.DISINFECTING, DoorClosed): chamber.closed,
    (Phase.DISINFECTING, PresenceSeen): chamber.entered,
    (Phase.DISINFECTING, PresenceLost): chamber.left,
    # the temperature
    (Phase.MEASURING, TemperatureRead): visiting.temperature_read,
    (Phase.MEASURING, TemperatureUnsettled): visiting.temperature_unsettled,
    (Phase.MEASURING, DeadlinePassed): visiting.measuring_deadline,
    # the credential
    (Phase.SCANNING, CodeSeen): visiting.check,
    (Phase.SCANNING, CodeHinted): visiting.hinted,
    (Phase.SCANNING, DeadlinePassed): visiting.scan_over,
    (Phase.CHECKING, CredentialChecked): visiting.checked,
    (Phase.CHECKING, DeadlinePassed): visiting.check_over,
    **{(phase, PresenceLost): visiting.left for phase in HALF_WAY},
    **{(phase, SkipPressed): chamber.skip_ahead for phase in HALF_WAY},
    # the door
    (Phase.ADMITTING, PassageSeen): visiting.entered,
    (Phase.ADMITTING, DoorClosed): passage,
    (Phase.ADMITTING, DeadlinePassed): visiting.entered,
    (Phase.REFERRING, PresenceLost): visiting.referral_over,
    (Phase.REFERRING, DeadlinePassed): visiting.referral_over,
}


def step(state: State, event: Event, rules: Rules) -> Turn:
    """The next state and the commands that follow from `event`; never raises for any state and event."""
    if isinstance(event, DeadlinePassed) and (state.deadline_s is None or event.at_s < state.deadline_s):
        return state, ()
    noted = note(state, event, rules)
    handler = TABLE.get((state.phase, type(event)))
    after, commands = handler(noted, event, rules) if handler else (noted, ())
    if after.phase is state.phase and signal(after) is not signal(state):
        return after, (*commands, Indicate(signal(after)))
    return after, commands
