"""The words that every room of the kiosk shares: phases, steps, reasons, verdicts, doors, time.

Rule 1: standard library only; nothing here does anything.
Rule 2: phases are what a guard would say; reasons are those of the design, and each has words in both languages.
Rule 3: what a visitor shows travels as `Payload`, which never prints itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol


class Phase(Enum):
    """Where the entrance is with its visitor, or with itself."""

    STARTING = "starting"
    IDLE = "idle"
    DISINFECTING = "disinfecting"
    MEASURING = "measuring"
    SCANNING = "scanning"
    CHECKING = "checking"
    ADMITTING = "admitting"
    REFERRING = "referring"
    EMERGENCY = "emergency"
    OUT_OF_SERVICE = "out_of_service"
    MAINTENANCE = "maintenance"


class Step(Enum):
    """One step of a site's `sequence`."""

    DISINFECT = "disinfect"
    TEMPERATURE = "temperature"
    CREDENTIAL = "credential"


class Reason(Enum):
    """Why a visitor is referred; each has a sentence, a place to go and a referral in the settings."""

    FEVER = "fever"
    TEMPERATURE_UNRELIABLE = "temperature_unreliable"
    NO_CREDENTIAL = "no_credential"
    NOT_A_CREDENTIAL = "not_a_credential"
    BELOW_MINIMUM_DOSES = "below_minimum_doses"
    STATUS_DENIED = "status_denied"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    UNTRUSTED_ISSUER = "untrusted_issuer"
    BAD_SIGNATURE = "bad_signature"
    ALREADY_USED = "already_used"
    STATUS_UNKNOWN = "status_unknown"
    CLOCK_UNSURE = "clock_unsure"
    SKIPPED_STEP = "skipped_step"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Pass:
    """The visitor may enter. `rule` names what decided, for the journal; never what the visitor showed."""

    rule: str = ""


@dataclass(frozen=True, slots=True)
class Refer:
    """The visitor is kindly sent on, for `reason`. `rule` names what decided, for the technician."""

    reason: Reason
    rule: str = ""


Verdict = Pass | Refer


class Door(Enum):
    """A door that the kiosk knows: the one into the building, and the chamber's one to the street."""

    BUILDING = "building"
    STREET = "street"


class Signal(Enum):
    """What the lights and the buzzer tell; each differs in rhythm as well as in colour."""

    READY = "ready"
    BUSY = "busy"
    COME_CLOSER = "come_closer"
    ENTER = "enter"
    REFERRED = "referred"
    FAULT = "fault"
    EMERGENCY = "emergency"
    SERVICE = "service"


class Watch(Enum):
    """How hard the scanner looks: not at all, now and then, or at every frame."""

    OFF = "off"
    GLANCE = "glance"
    FULL = "full"


class ChamberWhen(Enum):
    """In which state the chamber may be sprayed.

    OCCUPIED: a visitor stands in it, as in Bekasi. EMPTY: treated between visitors, as the WHO advises, which
    recommends spraying no person "under any circumstances" (interim guidance of 15 May 2020).
    """

    OCCUPIED = "occupied"
    EMPTY = "empty"


class SkipRule(Enum):
    """What happens to a visitor who asks not to be sprayed: on to the next step, or to the officer."""

    CONTINUE = "continue"
    REFER = "refer"


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of a code that a visitor showed; personal, so they never appear in a repr or a log."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WallTime:
    """The date and time for judging validity; `sure` is False while the clock is not known to be right."""

    utc: datetime
    sure: bool


class Alarm(Protocol):
    """A call that a clock will make; `cancel` is safe at any time, also twice, also after it rang."""

    def cancel(self) -> None:
        """Do not ring any more."""


class Clock(Protocol):
    """Monotonic time in seconds, and calls to be made at a time.

    The real clock rings on a thread of its own; the simulator's virtual clock rings when it is advanced.
    """

    def now_s(self) -> float:
        """Monotonic seconds."""
        ...

    def call_at(self, at_s: float, action: Callable[[], None]) -> Alarm:
        """Call `action` at `at_s`, on a thread of the clock's choice; it must be short."""
        ...
