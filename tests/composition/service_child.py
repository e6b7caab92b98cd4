"""A kiosk as systemd would run it, on mock pins: started by the tests as a process of its own.

usage: service_child.py FOLDER HOW, with HOW one of: well, worker_crashes, loop_crashes, asked_again
At its end it writes the levels of the relay pins to FOLDER/levels, and to FOLDER/kept how many objects the garbage
collector does not look through.
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

from kiosk.composition.app import Kiosk
from kiosk.composition.environment import Environment
from kiosk.composition.service import live
from kiosk.hardware.board import Board
from kiosk.health.watchdog import Watchdog
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import ThreadWorker
from kiosk.simulator.mlx90614 import Mlx90614Bus
from tests.booth import DOOR_PIN, PUMP_PIN, Booth, Shown, settings


class Breaking(Shown):
    """Answers, and then is a bug."""

    def tick(self) -> None:
        if self._answered:
            raise ZeroDivisionError("a bug in a worker")
        super().tick()


class RememberingFactory(MockFactory):  # type: ignore[misc] # gpiozero has no types
    """Tells the levels that its pins had when they were let go."""

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
        open_scanner=lambda _camera, _scanner, clock, post, _preview: (
            Breaking(clock, post) if how == "worker_crashes" else Shown(clock, post)
        ),
        worker=lambda duty, on_crash: ThreadWorker(duty, clock, on_crash),
        wall=Booth.wall,
    )
    Booth.make_keys(folder)
    kiosk = Kiosk(settings(inputs={"officer": {"pin": 16}, "presence": {"pin": 5}}), folder, environment)
    if how == "loop_crashes":
        kiosk.loop._dispatch = broken

    if how == "asked_again":
        kiosk.close = partial(close_when_asked_again, kiosk.close)  # type: ignore[method-assign]

    def start() -> None:
        kiosk.start()
        factory.pin(16).drive_low()  # the officer lets somebody in, so that there is a door to lock at the end

    try:
        live(kiosk, None, Watchdog(os.environ), start)
    finally:
        (folder / "levels").write_text(repr(factory.levels))
        (folder / "kept").write_text(str(gc.get_freeze_count()))


def close_when_asked_again(close: Callable[[str], None], how: str) -> None:
    """A second Ctrl+C comes when the clean-up has begun."""
    signal.raise_signal(signal.SIGINT)
    close(how)


def broken(_commands: Any) -> None:
    raise ZeroDivisionError("a bug in the loop")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
