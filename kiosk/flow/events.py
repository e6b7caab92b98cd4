"""Facts that reach the machine, in the past tense; each carries `at_s`, the monotonic second it happened.

`visit` and `request` in an answer are those of the question: a late answer matches neither and opens nothing.
"""

from dataclasses import dataclass, field

from kiosk.model import Door, Payload, Verdict


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The state's `deadline_s` is over."""

    at_s: float


@dataclass(frozen=True, slots=True)
class DeviceFailed:
    """`device` (its name in the settings) stopped working; `fault` is a row of `errors.FAULTS`."""

    at_s: float
    device: str
    fault: str


@dataclass(frozen=True, slots=True)
class DeviceRecovered:
    """`device` works: it answered for the first time, or again."""

    at_s: float
    device: str


@dataclass(frozen=True, slots=True)
class PresenceSeen:
    """Somebody stands at the kiosk."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PresenceLost:
    """Nobody has stood at the kiosk for `inputs.presence.linger_s`."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PassageSeen:
    """Somebody went through the door into the building."""

    at_s: float


@dataclass(frozen=True, slots=True)
class DoorOpened:
    """A door's contact opened."""

    at_s: float
    door: Door


@dataclass(frozen=True, slots=True)
class DoorClosed:
    """A door's contact closed."""

    at_s: float
    door: Door


@dataclass(frozen=True, slots=True)
class ExitRequested:
    """Somebody wants to leave by the door into the building: its handle or button was moved."""

    at_s: float


@dataclass(frozen=True, slots=True)
class OfficerPressed:
    """The officer's key or button: admit; after an emergency or a stop, start again."""

    at_s: float


@dataclass(frozen=True, slots=True)
class StopPressed:
    """The officer's stop button."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SkipPressed:
    """The visitor asked not to be sprayed."""

    at_s: float


@dataclass(frozen=True, slots=True)
class EmergencyRaised:
    """The emergency input is active."""

    at_s: float


@dataclass(frozen=True, slots=True)
class EmergencyStands:
    """The program began anew, and no officer has reset the emergency of before."""

    at_s: float


@dataclass(frozen=True, slots=True)
class EmergencyCleared:
    """The emergency input is no longer active."""

    at_s: float


@dataclass(frozen=True, slots=True)
class ServiceKeyTurned:
    """The technician's key switch was turned on or off."""

    at_s: float
    on: bool


@dataclass(frozen=True, slots=True)
class TemperatureRead:
    """A settled reading. `body_c` is `skin_c` corrected as the settings say; `ambient_c` is the sensor's own."""

    at_s: float
    visit: int
    request: int
    body_c: float = field(repr=False)
    skin_c: float = field(repr=False)
    ambient_c: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class TemperatureUnsettled:
    """The thermometer worked, but no steady plausible reading came; `hint` is a key of the visitor's texts."""

    at_s: float
    visit: int
    request: int
    hint: str


@dataclass(frozen=True, slots=True)
class SprayStarted:
    """The sprayer runs, as it was asked to."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SprayStopped:
    """The sprayer did not start, or stopped before its time: its own interlock would not have it."""

    at_s: float


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """The scanner read a code that it had not just read."""

    at_s: float
    payload: Payload


@dataclass(frozen=True, slots=True)
class CodeHinted:
    """The scanner sees a code but cannot read it; `hint` is a key of the visitor's texts."""

    at_s: float
    hint: str


@dataclass(frozen=True, slots=True)
class CredentialChecked:
    """The judgement of what was shown. `scheme` names its kind, for the journal."""

    at_s: float
    visit: int
    request: int
    verdict: Verdict
    scheme: str = ""


Event = (
    DeadlinePassed
    | DeviceFailed
    | DeviceRecovered
    | PresenceSeen
    | PresenceLost
    | PassageSeen
    | DoorOpened
    | DoorClosed
    | ExitRequested
    | OfficerPressed
    | StopPressed
    | SkipPressed
    | EmergencyRaised
    | EmergencyStands
    | EmergencyCleared
    | ServiceKeyTurned
    | TemperatureRead
    | TemperatureUnsettled
    | SprayStarted
    | SprayStopped
    | CodeSeen
    | CodeHinted
    | CredentialChecked
)


def health_event(at_s: float, device: str, fault: str) -> DeviceFailed | DeviceRecovered:
    """Return the event that reports the health of `device`; an empty `fault` means that it works."""
    return DeviceFailed(at_s, device, fault) if fault else DeviceRecovered(at_s, device)
