"""Dispatch: each command of the flow becomes one call of a device or one job of a worker. Nothing is decided here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from kiosk.credentials.judging.marks import Marks
from kiosk.flow.commands import (
    CheckCredential,
    Command,
    FreeStreetDoor,
    Indicate,
    LockDoor,
    LockStreetDoor,
    MeasureTemperature,
    OfferCheckIn,
    ReleaseDoor,
    RememberFever,
    StartSpray,
    StopCheckIn,
    StopMeasuring,
    StopSpray,
    UnlockDoor,
    UseUp,
    WatchCodes,
)
from kiosk.flow.events import Event, SprayStarted, SprayStopped, UnlockRefused
from kiosk.hardware.airlock import Airlock
from kiosk.hardware.lights import Buzzer, Lights
from kiosk.hardware.lock import DoorLock
from kiosk.hardware.sprayer import Sprayer
from kiosk.model import Clock
from kiosk.runtime.worker import Worker
from kiosk.support.delivery import Delivery

RETRY_S = 0.01
"""Time between two offers of an answer to a full inbox; the loop empties the inbox within milliseconds."""


Job = MeasureTemperature | StopMeasuring | WatchCodes | CheckCredential | OfferCheckIn | StopCheckIn
"""A command to a worker."""


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices and workers of the site. `None` means the site does not have it; commands to it are ignored.

    door: the lock of the building door, or the airlock. A `StartSpray` without a sprayer is answered with
    `SprayStopped`.
    """

    door: DoorLock | Airlock
    sprayer: Sprayer | None = None
    lights: Lights | None = None
    buzzer: Buzzer | None = None
    thermometer: Worker | None = None
    scanner: Worker | None = None
    credentials: Worker | None = None
    check_in: Worker | None = None
    marks: Marks | None = None

    @property
    def indicators(self) -> tuple[Lights | Buzzer, ...]:
        """Return the devices that show a signal."""
        return tuple(device for device in (self.lights, self.buzzer) if device)


class Dispatch:
    """Executes commands in order; `post` gets the answers of sprayer and lock, repeated until they are accepted."""

    def __init__(self, devices: Devices, clock: Clock, post: Callable[[Event], bool]) -> None:
        self._devices = devices
        self._clock = clock
        self._answers = Delivery[Event](post, clock=clock, retry_s=RETRY_S)
        self._refusals = Delivery[UnlockRefused](post, clock=clock, retry_s=RETRY_S)

    def __call__(self, commands: Sequence[Command]) -> None:
        """Execute all `commands`. An error of a device is a bug here: it is raised and ends the process safely."""
        for command in commands:
            match command:
                case UnlockDoor() | LockDoor() | ReleaseDoor() | FreeStreetDoor() | LockStreetDoor():
                    self._move_lock(command)
                case StartSpray() | StopSpray():
                    self._spray(command)
                case Indicate(signal=signal):
                    for indicator in self._devices.indicators:
                        indicator.show(signal)
                case (
                    MeasureTemperature()
                    | StopMeasuring()
                    | WatchCodes()
                    | CheckCredential()
                    | OfferCheckIn()
                    | StopCheckIn()
                ):
                    self._give_job(command)
                case UseUp() | RememberFever():
                    self._mark(command)
                case _:
                    assert_never(command)

    def _move_lock(self, command: UnlockDoor | LockDoor | ReleaseDoor | FreeStreetDoor | LockStreetDoor) -> None:
        door = self._devices.door
        match command:
            case UnlockDoor(hold_s=hold_s):
                self._refusals.cancel()
                if not door.unlock(hold_s):
                    self._refusals.offer(UnlockRefused(self._clock.now_s()))
            case LockDoor():
                self._refusals.cancel()
                door.lock()
            case ReleaseDoor():
                door.release()
            case FreeStreetDoor() | LockStreetDoor() if isinstance(door, Airlock):
                door.free_street(isinstance(command, FreeStreetDoor))

    def _spray(self, command: StartSpray | StopSpray) -> None:
        sprayer = self._devices.sprayer
        if isinstance(command, StopSpray):
            if sprayer:
                sprayer.stop()
            self._answers.cancel()
        else:
            runs = sprayer is not None and sprayer.spray(command.spray_s)
            self._answers.offer((SprayStarted if runs else SprayStopped)(self._clock.now_s()))

    def _mark(self, command: UseUp | RememberFever) -> None:
        marks = self._devices.marks
        if marks is None:
            return
        if isinstance(command, UseUp):
            marks.use_up(command.mark)
        else:
            marks.remember_fever(command.mark)

    def _give_job(self, job: Job) -> None:
        """Give `job` to its worker, where it replaces one that still waits."""
        match job:
            case MeasureTemperature() | StopMeasuring():
                worker = self._devices.thermometer
            case WatchCodes():
                worker = self._devices.scanner
            case CheckCredential():
                worker = self._devices.credentials
            case OfferCheckIn() | StopCheckIn():
                worker = self._devices.check_in
        if worker:
            worker.put(job)
