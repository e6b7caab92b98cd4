"""A kiosk as systemd would run it, on mock pins. The tests start it as a process of its own.

usage: service_child.py FOLDER HOW, with HOW one of: well, worker_crashes, loop_crashes, second_signal,
silent_camera, emergency_and_silent_camera, emergency_and_crashed_camera, service_key_and_silent_camera
At its end it writes the levels of the relay pins to FOLDER/levels, and the number of objects that the garbage collector
does not examine to FOLDER/frozen.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory

from kiosk.composition import app
from kiosk.composition.app import Kiosk
from kiosk.composition.environment import Environment
from kiosk.composition.service import run_until_signal
from kiosk.hardware.board import Board
from kiosk.health.watchdog import Watchdog
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import ThreadWorker
from kiosk.simulator.mlx90614 import Mlx90614Bus
from tests.booth import DOOR_PIN, PUMP_PIN, Booth, FakeScanner, settings


class CrashingScanner(FakeScanner):
    """A scanner that answers once and then raises."""

    def tick(self) -> None:
        if self._answered:
            raise ZeroDivisionError("a bug in a worker")
        super().tick()


class SilentScanner(FakeScanner):
    """A scanner that never answers."""

    def tick(self) -> None:
        pass


class DeadScanner(FakeScanner):
    """A scanner that raises before it answers."""

    def tick(self) -> None:
        raise ZeroDivisionError("a bug in a worker")


SCANNERS = {
    "worker_crashes": CrashingScanner,
    "silent_camera": SilentScanner,
    "emergency_and_silent_camera": SilentScanner,
    "emergency_and_crashed_camera": DeadScanner,
    "service_key_and_silent_camera": SilentScanner,
}


class RememberingFactory(MockFactory):  # type: ignore[misc] # gpiozero has no types
    """Remembers the levels of its pins at the moment when they were closed."""

    levels: dict[int, bool]

    def close(self) -> None:
        self.levels = {pin: self.pin(pin).state for pin in (DOOR_PIN, PUMP_PIN)} if self.pins else self.levels
        super().close()


def main(folder: Path, how: str) -> None:
    clock = RealClock()
    factory = RememberingFactory()
    environment = Environment(
        clock=clock,
        board=Board(factory),
        open_i2c=lambda _number: Mlx90614Bus(clock),
        open_scanner=lambda _camera, _scanner, clock, post, _preview: SCANNERS.get(how, FakeScanner)(clock, post),
        worker=lambda duty, on_crash: ThreadWorker(duty, clock, on_crash),
        wall=Booth.wall,
    )
    Booth.make_keys(folder)
    inputs = {"officer": {"pin": 16}, "presence": {"pin": 5}}
    if how.startswith("emergency"):
        inputs["emergency"] = {"pin": 6}  # active high; the mock pin is pulled up, as if the wire were cut
    if how.startswith("service_key"):
        inputs["service"] = {"pin": 6}
    app.START_S = 1.5  # so that a test sees what happens after it
    door = {"relay_pin": DOOR_PIN, "hold_s": 1.0 if how == "silent_camera" else 5.0}
    kiosk = Kiosk(settings(inputs=inputs, door=door), folder, environment)
    if how == "loop_crashes":
        kiosk.loop._dispatch = fail

    if how == "second_signal":
        kiosk.close = partial(close_during_a_second_signal, kiosk.close)  # type: ignore[method-assign]

    def start() -> None:
        kiosk.start()
        if how.startswith("service_key"):
            factory.pin(6).drive_low()
        elif "and" not in how:
            factory.pin(16).drive_low()  # the officer admits a visitor, so that the door is unlocked at the end

    try:
        run_until_signal(kiosk, None, Watchdog(os.environ), start)
    finally:
        (folder / "levels").write_text(repr(factory.levels))
        (folder / "frozen").write_text(str(gc.get_freeze_count()))


def close_during_a_second_signal(close: Callable[[str], None], how: str) -> None:
    """Send a second SIGINT at the beginning of the clean-up, then close."""
    signal.raise_signal(signal.SIGINT)
    close(how)


def fail(_commands: Any) -> None:
    raise ZeroDivisionError("a bug in the loop")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
