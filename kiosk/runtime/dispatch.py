"""Commands to devices: each command of the machine becomes one call; nothing is decided here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from kiosk.flow.commands import (
    CheckCredential,
    Command,
    Indicate,
    LockDoor,
    MeasureTemperature,
    ReleaseDoor,
    StartSpray,
    StopMeasuring,
    StopSpray,
    UnlockDoor,
    WatchCodes,
)
from kiosk.flow.events import Event, SprayStarted, SprayStopped
from kiosk.hardware.lights import Buzzer, Lights
from kiosk.hardware.lock import DoorLock
from kiosk.hardware.sprayer import Sprayer
from kiosk.model import Clock
from kiosk.runtime.worker import Worker
from kiosk.support.delivery import Delivery

RETRY_S = 0.01
"""Time between two offers of the sprayer's answer to a full inbox; the loop empties the inbox within milliseconds."""


@dataclass(frozen=True, slots=True)
class Devices:
    """What the site has; None is what it has not, and what is asked of it is then not done by anybody else."""

    door: DoorLock
    sprayer: Sprayer | None = None
    lights: Lights | None = None
    buzzer: Buzzer | None = None
    thermometer: Worker | None = None
    scanner: Worker | None = None
    credentials: Worker | None = None


class Dispatch:
    """Carries out commands in their order; `post` takes what a device answers at once."""

    def __init__(self, devices: Devices, clock: Clock, post: Callable[[Event], bool]) -> None:
        self._devices = devices
        self._clock = clock
        self._answers = Delivery[Event](post, clock=clock, retry_s=RETRY_S)

    def __call__(self, commands: Sequence[Command]) -> None:
        """Carry out all `commands`; an error of a device is a bug here and ends the process safely."""
        for command in commands:
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command:
            case UnlockDoor() | LockDoor() | ReleaseDoor():
                self._move_door(command)
            case StartSpray() | StopSpray():
                self._spray(command)
            case MeasureTemperature() | StopMeasuring():
                put(self._devices.thermometer, command)
            case WatchCodes():
                put(self._devices.scanner, command)
            case CheckCredential():
                put(self._devices.credentials, command)
            case Indicate():
                self._indicate(command)
            case _:
                assert_never(command)

    def _move_door(self, command: UnlockDoor | LockDoor | ReleaseDoor) -> None:
        match command:
            case UnlockDoor(hold_s=hold_s):
                self._devices.door.unlock(hold_s)
            case LockDoor():
                self._devices.door.lock()
            case ReleaseDoor():
                self._devices.door.release()

    def _indicate(self, command: Indicate) -> None:
        if self._devices.lights:
            self._devices.lights.show(command.signal)
        if self._devices.buzzer:
            self._devices.buzzer.show(command.signal)

    def _spray(self, command: StartSpray | StopSpray) -> None:
        sprayer = self._devices.sprayer
        if isinstance(command, StopSpray):
            if sprayer:
                sprayer.stop()
            self._answers.cancel()
        else:
            runs = sprayer is not None and sprayer.spray(command.spray_s)
            self._answers.offer((SprayStarted if runs else SprayStopped)(self._clock.now_s()))


def put(worker: Worker | None, job: Command) -> None:
    """Hand a job to a worker; a full inbox refuses it, and the phase's deadline then sends the visitor on."""
    if worker:
        worker.put(job)
