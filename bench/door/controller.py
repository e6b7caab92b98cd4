"""The real controller process on mock pins and a fake I2C bus: `-m bench.door.controller FOLDER`.

It does the same as `kiosk.composition.service.serve`, with another environment. Lines on its standard input set its
inputs. On its standard output it writes notes, in nanoseconds of CLOCK_MONOTONIC: the stages of its start, each input
that becomes active, and each switching of the door's relay. It imports no picture library; the simulated camera is in
the scanner process only.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin
from smbus2 import i2c_msg

from bench import BEGAN_NS
from kiosk.composition.app import Kiosk
from kiosk.composition.environment import CameraDuty, Environment, OpenScanner, Post, process, scanner_opener
from kiosk.composition.live_view import fed
from kiosk.composition.service import open_display, run_until_signal, showing
from kiosk.flow.events import CodeSeen, DeviceRecovered, Event
from kiosk.hardware.board import Board
from kiosk.health.clock import WallClock
from kiosk.health.watchdog import Watchdog
from kiosk.model import Clock
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import ThreadWorker
from kiosk.settings.loader import load
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import CameraSettings, InputSettings
from kiosk.simulator.mlx90614 import Mlx90614Bus

AMBIENT_C = 26.0


def note(what: str, at_ns: int | None = None) -> None:
    """Write the note that `what` happened at `at_ns`; without it, now."""
    os.write(1, f"{what} {time.monotonic_ns() if at_ns is None else at_ns}\n".encode())


class NotedPin(MockPin):  # type: ignore[misc] # gpiozero has no types
    """A mock pin that writes a note when the pin `noted` switches. It keeps no history of its states."""

    noted: int | None = None

    def _change_state(self, value: bool) -> bool:
        at_ns = time.monotonic_ns()
        changed = bool(super()._change_state(value))
        del self.states[:-1]
        if changed and self.info.name == f"GPIO{self.noted}":
            note("relay_on" if value else "relay_off", at_ns)
        return changed


class NotedBus(Mlx90614Bus):
    """The fake bus; its first answer is noted."""

    answered = False

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Do the transfer of the fake bus."""
        super().i2c_rdwr(*i2c_msgs)
        if not self.answered:
            self.answered = True
            note("temperature")


def open_scanner(command: list[str]) -> OpenScanner:
    """Return the opener of the real scanner; its events are noted before they are posted."""
    opener = scanner_opener(process(command))

    def open_noted(
        camera: CameraSettings, scanner: ScannerSettings, clock: Clock, post: Post, on_preview: Callable[[bytes], None]
    ) -> CameraDuty:
        def post_noted(event: Event) -> bool:
            match event:
                case CodeSeen():
                    note("code")
                case DeviceRecovered():
                    note("camera")
            return post(event)

        return opener(camera, scanner, clock, post_noted, on_preview)

    return open_noted


def read_inputs(settings: Settings, factory: Any, bus: Mlx90614Bus) -> None:
    """Set all inputs to rest, then set them by the lines on standard input: `presence 1`, `face 34.7`."""

    def set_input(name: str, active: bool) -> None:
        wire: InputSettings = getattr(settings.inputs, name)
        pin = factory.pin(wire.pin)
        if active is wire.active_low:
            pin.drive_low()
        else:
            pin.drive_high()

    def listen() -> None:
        for line in sys.stdin:
            name, value = line.split()
            if name == "face":
                bus.look_at(float(value), AMBIENT_C)
            else:
                if value == "1":
                    note(name)
                set_input(name, value == "1")

    bus.look_at(AMBIENT_C, AMBIENT_C)
    for name in type(settings.inputs).model_fields:
        if getattr(settings.inputs, name):
            set_input(name, active=False)
    threading.Thread(target=listen, name="wires", daemon=True).start()


def main() -> None:
    """Run the kiosk of the folder until a signal ends it."""
    note("up", BEGAN_NS)
    note("imported")
    folder = Path(sys.argv[1])
    settings = load(folder / "kiosk.yaml", folder / "texts")
    note("settings")
    NotedPin.noted = settings.door.relay_pin
    display = open_display(settings, folder, simulated=True)
    with showing(display):
        note("page")
        clock, wall = RealClock(), WallClock(folder / "time-floor", root=folder)
        factory = MockFactory(pin_class=NotedPin)
        bus = NotedBus(clock)
        scanner = [sys.executable, "-m", "bench.door.camera", str(folder / "pictures.npy"), str(folder / "camera.log")]
        environment = Environment(
            clock=clock,
            board=Board(factory),
            open_i2c=lambda _number: bus,
            open_scanner=open_scanner(scanner),
            worker=lambda duty, on_crash: ThreadWorker(duty, clock, on_crash),
            wall=wall.now,
            keep_time=wall.keep,
        )
        kiosk = Kiosk(settings, folder, environment, display)
        read_inputs(settings, factory, bus)
        note("built")
        with fed(kiosk, os.environ):
            run_until_signal(kiosk, display, Watchdog(os.environ))


if __name__ == "__main__":
    main()
