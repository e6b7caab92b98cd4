"""Types that all parts of the kiosk share: phases, steps, reasons, verdicts, doors, time.

Rule 1: this module holds definitions only, and imports only the standard library.
Rule 2: each reason has a text in each language of the visitors.
Rule 3: the content of a code travels as `Payload`, which is never printed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from enum import Enum
from typing import Protocol


class Phase(Enum):
    """A phase of the entrance, as a guard would name it. `kiosk.flow.state.Situation` divides two of them further."""

    STARTING = "starting"
    IDLE = "idle"
    DISINFECTING = "disinfecting"
    MEASURING = "measuring"
    ASKING = "asking"
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
    QUESTIONS = "questions"


class Reason(Enum):
    """The reasons for a referral. Each reason has a text for the visitor and a place to go, from the settings."""

    FEVER = "fever"
    FEVER_BEFORE = "fever_before"
    TEMPERATURE_UNRELIABLE = "temperature_unreliable"
    NO_CREDENTIAL = "no_credential"
    NOT_A_CREDENTIAL = "not_a_credential"
    BELOW_MINIMUM_DOSES = "below_minimum_doses"
    STATUS_DENIED = "status_denied"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    UNTRUSTED_ISSUER = "untrusted_issuer"
    BAD_SIGNATURE = "bad_signature"
    INCOMPLETE = "incomplete"
    LINK_ONLY = "link_only"
    ALREADY_USED = "already_used"
    STATUS_UNKNOWN = "status_unknown"
    CLOCK_UNSURE = "clock_unsure"
    SKIPPED_STEP = "skipped_step"
    FULL = "full"
    ANSWERED_YES = "answered_yes"
    NOT_ANSWERED = "not_answered"


class HealthQuestion(Enum):
    """A question of the step `questions`; "yes" means that the visitor may be ill."""

    FEVER = "fever"
    COUGH = "cough"
    CONTACT = "contact"


class PassUse(Enum):
    """The limit on the use of a credential: none, once on each day of the site's calendar, or once."""

    UNLIMITED = "unlimited"
    ONCE_A_DAY = "once_a_day"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Proof:
    """The part of a credential that its signature fixes, by which the credential is known again; never stored or shown.

    ends_utc_s: the end of its validity, Unix seconds.
    """

    identity: bytes = field(repr=False)
    use: PassUse = PassUse.UNLIMITED
    ends_utc_s: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A credential in memory, opaque to the flow: digests by which only the checker of credentials knows it again.

    digest: under a key that ends with the process. durable: under the key of the file of used passes; empty for a
    credential without a limit. last_day: the last day of its validity.
    """

    digest: bytes = field(repr=False)
    use: PassUse = PassUse.UNLIMITED
    durable: bytes = field(default=b"", repr=False)
    last_day: date = field(default=date.max, repr=False)


@dataclass(frozen=True, slots=True)
class Pass:
    """The visitor may enter. `rule` names the rule that decided, for the journal; it never quotes the payload.

    proof: how the credential is known again, if its scheme says so; it does not leave the checker of credentials.
    """

    rule: str = ""
    proof: Proof | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Refer:
    """The visitor is referred for `reason`. `rule` names the rule that decided, for the technician."""

    reason: Reason
    rule: str = ""


Verdict = Pass | Refer


class Door(Enum):
    """A door of the booth: from the chamber into the building, or from the chamber to the street."""

    BUILDING = "building"
    STREET = "street"


class Signal(Enum):
    """A signal of lights and buzzer. The signals differ in rhythm as well as in colour."""

    READY = "ready"
    BUSY = "busy"
    COME_CLOSER = "come_closer"
    ENTER = "enter"
    REFERRED = "referred"
    FAULT = "fault"
    EMERGENCY = "emergency"
    SERVICE = "service"


class Watch(Enum):
    """The effort with which the scanner looks for codes: not at all, at a few frames a second, or at every frame.

    AGAIN: at every frame, and a code that was read before and stays in view is read again.
    """

    OFF = "off"
    GLANCE = "glance"
    FULL = "full"
    AGAIN = "again"

    @property
    def scans(self) -> bool:
        """True if every frame is read with all stages."""
        return self in (Watch.FULL, Watch.AGAIN)


class ChamberWhen(Enum):
    """The time at which the chamber is sprayed.

    OCCUPIED: while a visitor stands in it, as in Bekasi. EMPTY: between visitors. The WHO does not recommend spraying
    people "under any circumstances" (interim guidance of 15 May 2020).
    """

    OCCUPIED = "occupied"
    EMPTY = "empty"


class SkipRule(Enum):
    """The way to serve a visitor who is not sprayed: continue with the next step, or refer to the officer."""

    CONTINUE = "continue"
    REFER = "refer"


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of a code that a visitor showed. They are personal data and never appear in a repr or a log."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WallTime:
    """The date and time for checking validity; `sure` is False while the clock may be wrong.

    zone: the site's time zone, in which its days begin and end.
    """

    utc: datetime
    sure: bool
    zone: tzinfo = UTC

    @property
    def local(self) -> datetime:
        """Return the date and time in the site's time zone."""
        return self.utc.astimezone(self.zone)

    @property
    def day(self) -> date:
        """Return the day of the site's calendar."""
        return self.local.date()


class Alarm(Protocol):
    """A call that a clock will make. `cancel` may be called at any time, also twice or after the call."""

    def cancel(self) -> None:
        """Prevent the call, if it has not begun."""


class Clock(Protocol):
    """Monotonic time in seconds, and calls at a given time.

    The real clock makes its calls on a thread of its own; the virtual clock makes them when a test advances it.
    """

    def now_s(self) -> float:
        """Return the monotonic time in seconds."""
        ...

    def call_at(self, at_s: float, action: Callable[[], None]) -> Alarm:
        """Call `action` at `at_s`, on a thread that the clock chooses. `action` must be short."""
        ...


class CameraKind(Enum):
    """Cameras for which the kiosk has a driver."""

    PICAMERA2 = "picamera2"
    V4L2 = "v4l2"


class CameraSetup(Protocol):
    """The settings of the camera, as its driver and the scanner use them; `camera` of the settings file names them."""

    @property
    def kind(self) -> CameraKind:
        """The driver."""
        ...

    @property
    def device(self) -> int:
        """The number of the camera, or N of `/dev/videoN`."""
        ...

    @property
    def width_px(self) -> int:
        """The width of a picture in pixels."""
        ...

    @property
    def height_px(self) -> int:
        """The height of a picture in pixels."""
        ...

    @property
    def frame_hz(self) -> float:
        """Pictures per second."""
        ...

    @property
    def silent_s(self) -> float:
        """The scanner is restarted after this time without a picture."""
        ...

    @property
    def mains_hz(self) -> int:
        """The mains frequency, against flicker."""
        ...

    @property
    def exposure_value(self) -> float:
        """The exposure correction in stops."""
        ...

    @property
    def adapt_exposure(self) -> bool:
        """True if the scanner corrects the exposure while a code cannot be read."""
        ...

    @property
    def lens_position(self) -> float | None:
        """The fixed focus in dioptres, or None for autofocus."""
        ...
