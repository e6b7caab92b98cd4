"""What a kiosk is built from: the real parts here, the simulator's in its own room; nothing chooses by itself."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.flow.events import Event
from kiosk.hardware.board import Board, open_board
from kiosk.hardware.buses import open_i2c
from kiosk.hardware.thermometers.mlx90614 import Bus
from kiosk.health.clock import WallClock
from kiosk.model import Clock, WallTime
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import Duty, ThreadWorker, Worker
from kiosk.scanner.host.supervisor import Scanner
from kiosk.scanner.wire.orders import Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings

Post = Callable[[Event], bool]
OpenScanner = Callable[[CameraSettings, ScannerSettings, Clock, Post, Callable[[bytes], None]], Duty]


@dataclass(frozen=True, slots=True)
class Environment:
    """The edges of one kiosk; `worker` runs a duty and is told whom to call when one ends by a bug.

    wall: the time of day, which never waits. keep_time: stores what `wall` wants kept; it may wait for the card.
    """

    clock: Clock
    board: Board
    open_i2c: Callable[[int], Bus]
    open_scanner: OpenScanner
    worker: Callable[[Duty, Callable[[str], None]], Worker]
    wall: Callable[[], WallTime]
    keep_time: Callable[[], None] = lambda: None
    simulated: bool = False


def real_environment(floor: Path) -> Environment:
    """The environment of a Raspberry Pi, the time floor kept in `floor`; `DeviceError` with remedy where this is none."""
    clock, wall = RealClock(), WallClock(floor)
    return Environment(
        clock=clock,
        board=open_board(),
        open_i2c=open_i2c,
        open_scanner=scanner_opener([sys.executable, "-P", "-m", "kiosk.composition.scanner_app"]),
        worker=lambda duty, on_crash: ThreadWorker(duty, clock, on_crash),
        wall=wall.now,
        keep_time=wall.keep,
    )


def scanner_opener(command: list[str]) -> OpenScanner:
    """A way to open the scanner as a process of its own, started by `command`."""

    def open_scanner(
        camera: CameraSettings, scanner: ScannerSettings, clock: Clock, post: Post, on_preview: Callable[[bytes], None]
    ) -> Duty:
        line = Orders(camera=camera, scanner=scanner).line()
        return Scanner(command, line, camera, clock, post, on_preview)

    return open_scanner
