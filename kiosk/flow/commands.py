"""What the machine asks for, in the imperative; `dispatch` carries each to its device."""

from dataclasses import dataclass

from kiosk.model import Payload, Signal, Watch


@dataclass(frozen=True, slots=True)
class UnlockDoor:
    """Unlock the door into the building for `hold_s`; the relay ends it by itself."""

    hold_s: float


@dataclass(frozen=True, slots=True)
class LockDoor:
    """Lock the door into the building now."""


@dataclass(frozen=True, slots=True)
class ReleaseDoor:
    """Unlock the door into the building until `LockDoor`: the emergency."""


@dataclass(frozen=True, slots=True)
class StartSpray:
    """Spray for `spray_s`, and answer with `SprayStarted` or `SprayStopped`.

    The relay ends it by itself, and at once when the interlock says so.
    """

    spray_s: float


@dataclass(frozen=True, slots=True)
class StopSpray:
    """Stop spraying now."""


@dataclass(frozen=True, slots=True)
class MeasureTemperature:
    """Answer with `TemperatureRead` or `TemperatureUnsettled` for this visit and request."""

    visit: int
    request: int


@dataclass(frozen=True, slots=True)
class StopMeasuring:
    """Nobody waits for a temperature any more."""


@dataclass(frozen=True, slots=True)
class WatchCodes:
    """How hard the scanner looks from now on."""

    watch: Watch


@dataclass(frozen=True, slots=True)
class CheckCredential:
    """Answer with `CredentialChecked` for this visit and request."""

    visit: int
    request: int
    payload: Payload


@dataclass(frozen=True, slots=True)
class Indicate:
    """Show `signal` by lights and buzzer until the next."""

    signal: Signal


Command = (
    UnlockDoor
    | LockDoor
    | ReleaseDoor
    | StartSpray
    | StopSpray
    | MeasureTemperature
    | StopMeasuring
    | WatchCodes
    | CheckCredential
    | Indicate
)
