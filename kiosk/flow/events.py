"""Events: facts that reach the flow, named in the past tense. Each has `at_s`, the monotonic second when it happened.

The answer of a worker repeats `visit` and `request` of the command that it answers. The flow ignores an answer with
other numbers, because it is late. What the scanner reports repeats the `visit` of the newest `WatchCodes`, likewise.
"""

from dataclasses import dataclass, field

from kiosk.model import Door, Mark, Payload, Verdict


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The `deadline_s` of the state has passed."""

    at_s: float


@dataclass(frozen=True, slots=True)
class DeviceFailed:
    """`device` (its name in the settings) stopped working; `fault` is a key of `errors.FAULTS`."""

    at_s: float
    device: str
    fault: str


@dataclass(frozen=True, slots=True)
class DeviceRecovered:
    """`device` works: it answered for the first time, or it answers again."""

    at_s: float
    device: str


@dataclass(frozen=True, slots=True)
class PresenceSeen:
    """The presence sensor sees somebody."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PresenceLost:
    """The presence sensor has seen nobody for `inputs.presence.linger_s`."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PresenceGap:
    """The presence sensor sees somebody again after a gap that was too short to count as a loss."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PassageSeen:
    """Somebody walked through the building door."""

    at_s: float


@dataclass(frozen=True, slots=True)
class DoorOpened:
    """The contact of `door` reports that it is open."""

    at_s: float
    door: Door


@dataclass(frozen=True, slots=True)
class DoorClosed:
    """The contact of `door` reports that it is shut."""

    at_s: float
    door: Door


@dataclass(frozen=True, slots=True)
class ExitRequested:
    """Somebody used the handle or the exit button to leave through the building door."""

    at_s: float


@dataclass(frozen=True, slots=True)
class StreetExitRequested:
    """Somebody used the handle or the exit button to leave the chamber through the street door."""

    at_s: float


@dataclass(frozen=True, slots=True)
class OfficerPressed:
    """The officer used the key or button: admit a person; after an emergency or a stop, start again."""

    at_s: float


@dataclass(frozen=True, slots=True)
class StopPressed:
    """The officer pressed the stop button."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SkipPressed:
    """The visitor declined the spray."""

    at_s: float


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """The visitor answered with the switch `inputs.yes` or `inputs.no`. The answer is never recorded."""

    at_s: float
    yes: bool = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmergencyRaised:
    """The emergency input became active."""

    at_s: float


@dataclass(frozen=True, slots=True)
class EmergencyStands:
    """The program restarted during an emergency that the officer has not reset."""

    at_s: float


@dataclass(frozen=True, slots=True)
class EmergencyCleared:
    """The emergency input became inactive."""

    at_s: float


@dataclass(frozen=True, slots=True)
class ServiceKeyTurned:
    """The technician turned the service key on or off."""

    at_s: float
    on: bool


@dataclass(frozen=True, slots=True)
class TemperatureRead:
    """A settled reading in degrees Celsius: measured skin, estimated body temperature, and the sensor's own housing.

    high_c: this reading and above is high, as the door's last people show; None: `Rules.high_c` holds.
    few_people: True if too few people came for the relative rule, so that `high_c` is the fixed one for now.
    """

    at_s: float
    visit: int
    request: int
    body_c: float = field(repr=False)
    skin_c: float = field(repr=False)
    ambient_c: float = field(repr=False)
    high_c: float | None = field(default=None, repr=False)
    few_people: bool = False


@dataclass(frozen=True, slots=True)
class TemperatureUnsettled:
    """The thermometer got no steady plausible reading; `hint` is the key of a text that helps the visitor."""

    at_s: float
    visit: int
    request: int
    hint: str


@dataclass(frozen=True, slots=True)
class SprayStarted:
    """The sprayer confirms that it runs."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SprayStopped:
    """The sprayer did not start, or stopped early, because its interlock found the chamber not safe."""

    at_s: float


@dataclass(frozen=True, slots=True)
class UnlockRefused:
    """The building door is locked, not unlocked: the relay's limit is used up, or the airlock forbids it."""

    at_s: float


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """The scanner read a code that is not a repetition of the last one, in a picture taken for `visit`."""

    at_s: float
    payload: Payload
    visit: int


@dataclass(frozen=True, slots=True)
class CodeHinted:
    """The scanner sees a code but cannot read it; `hint` is the key of a text that helps the visitor."""

    at_s: float
    hint: str
    visit: int


@dataclass(frozen=True, slots=True)
class CredentialChecked:
    """The verdict on the payload. `scheme` names the kind of credential, for the journal; `mark` stands for it, if its
    checker can know it again."""

    at_s: float
    visit: int
    request: int
    verdict: Verdict
    scheme: str = ""
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class CheckInShown:
    """The venue's server gave a one-time code for the visitor's phone; an empty `code`: there is none to show."""

    at_s: float
    visit: int
    request: int
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckInScanned:
    """A phone opened the venue's code, which cannot be used again; the visitor decides on the phone now."""

    at_s: float
    visit: int
    request: int


@dataclass(frozen=True, slots=True)
class CheckInAnswered:
    """The verdict of the venue's server on the visitor who used the code of this request."""

    at_s: float
    visit: int
    request: int
    verdict: Verdict


Event = (
    DeadlinePassed
    | DeviceFailed
    | DeviceRecovered
    | PresenceSeen
    | PresenceLost
    | PresenceGap
    | PassageSeen
    | DoorOpened
    | DoorClosed
    | ExitRequested
    | StreetExitRequested
    | OfficerPressed
    | StopPressed
    | SkipPressed
    | AnswerGiven
    | EmergencyRaised
    | EmergencyStands
    | EmergencyCleared
    | ServiceKeyTurned
    | TemperatureRead
    | TemperatureUnsettled
    | SprayStarted
    | SprayStopped
    | UnlockRefused
    | CodeSeen
    | CodeHinted
    | CredentialChecked
    | CheckInShown
    | CheckInScanned
    | CheckInAnswered
)


def health_event(at_s: float, device: str, fault: str) -> DeviceFailed | DeviceRecovered:
    """Return the event that reports the health of `device`; an empty `fault` means that it works."""
    return DeviceFailed(at_s, device, fault) if fault else DeviceRecovered(at_s, device)
