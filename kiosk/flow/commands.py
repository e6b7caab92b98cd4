"""Commands of the flow to the devices. `kiosk.runtime.dispatch` carries out each of them."""

from dataclasses import dataclass

from kiosk.model import Mark, Payload, Signal, Watch


@dataclass(frozen=True, slots=True)
class UnlockDoor:
    """Unlock the building door for `hold_s` seconds. The relay ends it by itself.

    In an airlock, it begins when the street door is locked.
    """

    hold_s: float


@dataclass(frozen=True, slots=True)
class LockDoor:
    """Lock the building door now."""


@dataclass(frozen=True, slots=True)
class ReleaseDoor:
    """Unlock the building door, and the street door of an airlock, until `LockDoor`, in an emergency."""


@dataclass(frozen=True, slots=True)
class FreeStreetDoor:
    """Unlock the street door of an airlock for whoever comes, as soon as the building door is shut and locked."""


@dataclass(frozen=True, slots=True)
class LockStreetDoor:
    """Lock the street door of an airlock now. It still opens from the chamber."""


@dataclass(frozen=True, slots=True)
class StartSpray:
    """Spray for `spray_s` seconds and answer with `SprayStarted` or `SprayStopped`.

    The relay ends the spray by itself, and the interlock ends it earlier when the chamber is not safe.
    """

    spray_s: float


@dataclass(frozen=True, slots=True)
class StopSpray:
    """Stop the sprayer now."""


@dataclass(frozen=True, slots=True)
class MeasureTemperature:
    """Measure, and answer with `TemperatureRead` or `TemperatureUnsettled` for this visit and request."""

    visit: int
    request: int


@dataclass(frozen=True, slots=True)
class StopMeasuring:
    """Stop measuring: no answer is expected any more."""


@dataclass(frozen=True, slots=True)
class WatchCodes:
    """Set how hard the scanner looks for codes from now on, and for which visit (`state.State.watched_visit`)."""

    watch: Watch
    visit: int


@dataclass(frozen=True, slots=True)
class CheckCredential:
    """Check the payload, and answer with `CredentialChecked` for this visit and request."""

    visit: int
    request: int
    payload: Payload


@dataclass(frozen=True, slots=True)
class OfferCheckIn:
    """Get one-time codes from the venue's server for this visit and request, and report them and the result.

    The answers are `CheckInShown`, for each code, `CheckInScanned` and `CheckInAnswered`.
    """

    visit: int
    request: int


@dataclass(frozen=True, slots=True)
class StopCheckIn:
    """Withdraw the venue's code: no answer is expected any more."""


@dataclass(frozen=True, slots=True)
class UseUp:
    """Somebody went in with the credential of `mark`: it is not accepted again, as the site and the credential say."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class RememberFever:
    """The visitor who showed the credential of `mark` was referred for fever: refer it for as long as the site says."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class Indicate:
    """Show `signal` with lights and buzzer until the next `Indicate`."""

    signal: Signal


Command = (
    UnlockDoor
    | LockDoor
    | ReleaseDoor
    | FreeStreetDoor
    | LockStreetDoor
    | StartSpray
    | StopSpray
    | MeasureTemperature
    | StopMeasuring
    | WatchCodes
    | CheckCredential
    | OfferCheckIn
    | StopCheckIn
    | UseUp
    | RememberFever
    | Indicate
)
