"""The state of the entrance: everything that the flow remembers at one moment.

`State` and its parts are frozen. The flow builds a new state for each event and never changes an old one. All times are
monotonic seconds.
"""

from dataclasses import dataclass, field
from enum import Enum

from kiosk.flow.doors import ALL_SHUT, NOBODY_THROUGH, DoorState, PassageState
from kiosk.model import Mark, Pass, Phase, Step, Verdict


class Situation(Enum):
    """A key of the table: a phase, or a named sub-state of one. `phase` is the phase that it belongs to.

    DISINFECTING, with a visitor: WAITING_FOR_DOORS (the spray needs the doors shut and the visitor seen), WARNED (the
    visitor is told that the spray starts at the deadline), SPRAY_REQUESTED (the sprayer has not confirmed yet that it
    runs), SPRAYING (it has). DISINFECTING, without a visitor: TREATMENT_ANNOUNCED (whoever is in the chamber after all
    is told that it will be sprayed), TREATMENT_REQUESTED and TREATING, likewise.
    MEASURING: FIRST_READING; after a high reading PAUSE, then SECOND_READING.
    REFERRING: SECOND_TRY, while a better code is still read and cures the referral; otherwise REFERRING itself.
    """

    STARTING = ("starting", Phase.STARTING)
    IDLE = ("idle", Phase.IDLE)
    WAITING_FOR_DOORS = ("waiting_for_doors", Phase.DISINFECTING)
    WARNED = ("warned", Phase.DISINFECTING)
    SPRAY_REQUESTED = ("spray_requested", Phase.DISINFECTING)
    SPRAYING = ("spraying", Phase.DISINFECTING)
    TREATMENT_ANNOUNCED = ("treatment_announced", Phase.DISINFECTING)
    TREATMENT_REQUESTED = ("treatment_requested", Phase.DISINFECTING)
    TREATING = ("treating", Phase.DISINFECTING)
    FIRST_READING = ("first_reading", Phase.MEASURING)
    PAUSE = ("pause", Phase.MEASURING)
    SECOND_READING = ("second_reading", Phase.MEASURING)
    ASKING = ("asking", Phase.ASKING)
    SCANNING = ("scanning", Phase.SCANNING)
    CHECKING = ("checking", Phase.CHECKING)
    ADMITTING = ("admitting", Phase.ADMITTING)
    SECOND_TRY = ("second_try", Phase.REFERRING)
    REFERRING = ("referring", Phase.REFERRING)
    EMERGENCY = ("emergency", Phase.EMERGENCY)
    OUT_OF_SERVICE = ("out_of_service", Phase.OUT_OF_SERVICE)
    MAINTENANCE = ("maintenance", Phase.MAINTENANCE)

    def __init__(self, label: str, phase: Phase) -> None:
        self.label = label
        self.phase = phase


SPRAYER_ON = frozenset(
    {Situation.SPRAY_REQUESTED, Situation.SPRAYING, Situation.TREATMENT_REQUESTED, Situation.TREATING}
)
"""Situations in which the sprayer was told to run and has not been told to stop."""


class Outcome(Enum):
    """The end of a visit. OPEN: it has not ended."""

    OPEN = "open"
    ADMITTED = "admitted"
    ADMITTED_BY_OFFICER = "admitted_by_officer"
    REFERRED = "referred"
    LEFT = "left"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Ahead:
    """Results that a visit has before their step comes. They count then, and for this visit only.

    verdict, scheme: of a code that was shown early; the journal learns them when the step comes.
    until_s: when that verdict is forgotten and the code is read again.
    wrong: the key of a visitor's text for the last early code that cannot be used; empty for none.
    healthy: an early reading of the temperature was normal.
    retest_at_s: an early reading was high, and is repeated not before this time; `None` without such a reading.
    """

    verdict: Verdict | None = None
    scheme: str = ""
    until_s: float | None = None
    wrong: str = ""
    healthy: bool = False
    retest_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit. It holds nothing that identifies the visitor.

    number: the visits are counted from 1.
    done: the steps that are done.
    skipped: the visitor is not sprayed in this visit: they declined, or they were sprayed and have not left since.
    answered: the number of questions that the visitor answered.
    unreliable_readings: readings of this visit that could not be used.
    scan_deadline_s: the end of the time for showing a code; `None` before the first scan.
    notice: the key of a visitor's text that the screen adds, for example "not_a_credential"; empty for none.
    body_c: the estimated body temperature in degrees Celsius that the screen shows to the visitor. It is never stored.
    verdict, scheme: the last verdict, and the kind of credential that it is about, for the journal.
    mark: the last credential of this visit that its checker can know again, opaque; `None` if there is none.
    shown: the credentials of this visit that were checked, however late, for the memory of fevers.
    wrong_codes: codes of this visit that a better code can replace.
    agreeing: a phone opened the venue's code in this visit, which gave the visitor more time once.
    heard: the notices of this visit, once for each time that the visitor heard them.
    measuring: the number of the request that the thermometer has not answered; 0 for none.
    checking: the number of the request that the credential worker has not answered; 0 for none.
    check_until_s: the end of the time for that answer.
    ahead: what is known before its step comes.
    """

    number: int
    done: tuple[Step, ...] = ()
    skipped: bool = False
    answered: int = 0
    unreliable_readings: int = 0
    scan_deadline_s: float | None = None
    notice: str = ""
    body_c: float | None = field(default=None, repr=False)
    verdict: Verdict | None = None
    scheme: str = ""
    mark: Mark | None = None
    shown: tuple[Mark, ...] = ()
    wrong_codes: int = 0
    agreeing: bool = False
    heard: tuple[str, ...] = ()
    measuring: int = 0
    checking: int = 0
    check_until_s: float | None = None
    ahead: Ahead = Ahead()
    outcome: Outcome = Outcome.OPEN

    @property
    def lapses_at_s(self) -> float | None:
        """The time at which a thing beside the present step is given up: a missing answer, or an early verdict."""
        return min((at_s for at_s in (self.check_until_s, self.ahead.until_s) if at_s is not None), default=None)

    @property
    def passed_ahead(self) -> frozenset[Step]:
        """The steps whose good result is known before they come."""
        known = {Step.TEMPERATURE: self.ahead.healthy, Step.CREDENTIAL: isinstance(self.ahead.verdict, Pass)}
        return frozenset(step for step, is_known in known.items() if is_known)

    @property
    def did_something(self) -> bool:
        """True if the visitor did anything that must not count for somebody else."""
        return bool(self.done or self.skipped or self.answered or self.checking or self.ahead != Ahead())


@dataclass(frozen=True, slots=True)
class ChamberState:
    """The part of the state about the spray, of a visitor or of the empty chamber.

    spray_left_s: the rest of the visitor's spray, in seconds.
    patience_ends_at_s: the end of the time in which an interrupted spray may be completed, counted from the first
        interruption; `None` if nothing interrupted it.
    sprayed: a visitor was sprayed, and the presence sensor has seen somebody without a gap since.
    replaced: the street door was opened since that spray, or the presence sensor had a gap since somebody went in; so
        somebody else may be in the chamber now.
    went_in: an admitted person used the building door since that spray; they need not be the sprayed visitor.
    spray_again_at_s: nobody is sprayed before this time; `None` after the visitor who was sprayed last went in, and
        nobody can have left by the street door since the spray.
    declined: somebody declined the spray, and the sensors do not prove that they have left. Nobody is sprayed.
    treatment_due: the chamber is sprayed as soon as it is empty.
    empty: the presence sensor lost the last person while a door stood open or had just moved. A sensor may lose a
        person who holds still, so its word alone is no proof.
    """

    spray_left_s: float = 0.0
    patience_ends_at_s: float | None = None
    sprayed: bool = False
    replaced: bool = False
    went_in: bool = False
    spray_again_at_s: float | None = None
    declined: bool = False
    treatment_due: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True)
class PresenceState:
    """The part of the state about people in front of the kiosk.

    seen: the presence sensor sees somebody.
    stuck_at_s: when a sensor that sees somebody is reported as stuck, unless there is another sign of life before.
    unseen_openings: the number of door openings since the sensor last changed.
    stayed: the number of visits in a row after which the visitor stayed in front of the kiosk.
    greet_at_s: when IDLE begins a visit for the person who is there; `None` if no visit is planned.
    done: the steps, other than the credential, that the person who is there did in the visit before; they stay done as
        long as the sensors prove that it is the same person.
    voided: the visit of the person who is there ended because the street door was opened, or the person may have
        changed; they are told so and begin again.
    """

    seen: bool = False
    stuck_at_s: float = 0.0
    unseen_openings: int = 0
    stayed: int = 0
    greet_at_s: float | None = None
    done: tuple[Step, ...] = ()
    voided: bool = False


@dataclass(frozen=True, slots=True)
class OfficerState:
    """The inputs by which officer and technician control the kiosk.

    stopped: the officer pressed stop and has not started the kiosk again.
    emergency_input: the emergency input is active.
    service_key: the technician's key is turned on. key_alarm_at_s: when a key that stays on is reported.
    refused: the officer's press opened nothing, because the street door of an airlock stands open.
    deaf_until_s: a press of the officer's button before this time is ignored: it belongs to the press before it.
    """

    stopped: bool = False
    emergency_input: bool = False
    service_key: bool = False
    key_alarm_at_s: float | None = None
    refused: bool = False
    deaf_until_s: float = float("-inf")


@dataclass(frozen=True, slots=True)
class CheckInState:
    """The part of the state about the venue's one-time code, which the visitor scans with a phone.

    request: the number of the newest request for codes. open: its result is still awaited.
    code: the code that the screen shows when it asks for a code; empty for none. seen: it was on the screen.
    scanned: a phone has opened the code.
    """

    request: int = 0
    open: bool = False
    code: str = field(default="", repr=False)
    seen: bool = False
    scanned: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The whole entrance at one moment.

    since_s, deadline_s: when the situation began; when it acts by itself (`None`: never). See also `due_s`.
    visit: the visit in progress, or `None`. ended: the visit before it with its outcome, for the journal.
    visits: the number of the newest visit.
    fever_visit: the number of the newest visit that was referred for fever; 0 for none.
    request: the number of the newest request to a worker. No two requests have the same number.
    faults: pairs of device and fault code, one for each device, the newest last.
    unanswered: essential devices that have not answered since the start.
    few_people: too few people were measured so far for the relative rule, as the newest reading says.
    """

    situation: Situation = Situation.STARTING
    since_s: float = 0.0
    deadline_s: float | None = None
    visit: Visit | None = None
    ended: Visit | None = None
    visits: int = 0
    fever_visit: int = 0
    request: int = 0
    chamber: ChamberState = ChamberState()
    doors: DoorState = ALL_SHUT
    passages: PassageState = NOBODY_THROUGH
    presence: PresenceState = PresenceState()
    officer: OfficerState = OfficerState()
    check_in: CheckInState = CheckInState()
    faults: tuple[tuple[str, str], ...] = ()
    unanswered: frozenset[str] = frozenset()
    few_people: bool = False

    @property
    def phase(self) -> Phase:
        """The phase of the situation."""
        return self.situation.phase

    @property
    def watched_visit(self) -> int:
        """For which visit the scanner looks: its number; without a visit, minus the number of the next one.

        A picture that was taken before a visit began therefore has another number than a picture of the visit.
        """
        return self.visit.number if self.visit else -(self.visits + 1)

    @property
    def due_s(self) -> float | None:
        """The time at which something falls due: the situation's deadline, the end of a thing beside it, the end of an
        admission's passages, or the alarm of an open door.

        The emergency has no such alarm, because the doors are meant to stand open.
        """
        in_emergency, doors = self.situation is Situation.EMERGENCY, self.doors
        alarms_s = () if in_emergency else (doors.alarm_at_s, doors.street_alarm_at_s)
        lapse_s = self.visit.lapses_at_s if self.visit else None
        times = (self.deadline_s, lapse_s, self.passages.ends_at_s, *alarms_s)
        return min((time_s for time_s in times if time_s is not None), default=None)

    @property
    def sprayer_on(self) -> bool:
        """True while the sprayer was told to run and has not been told to stop."""
        return self.situation in SPRAYER_ON
