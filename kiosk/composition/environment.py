"""The environment of a kiosk: its clock, its board, its buses, its scanner and its threads.

The environment of a Raspberry Pi is made here, the simulated one in `kiosk.simulator`. The caller chooses; there is no
fallback from one to the other.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Protocol

from kiosk.composition.thermometers import open_imager
from kiosk.credentials.check_in.venue_server import HttpsVenueServer, OpenVenue
from kiosk.credentials.schemes.online_status.status_request import HttpsStatusService, OpenStatus
from kiosk.flow.events import Event
from kiosk.hardware.board import Board, open_board
from kiosk.hardware.buses import LateBus
from kiosk.hardware.inputs import POLL_S
from kiosk.hardware.speaker.player import AplayPlayer, Player
from kiosk.hardware.thermometers.mlx90614 import Bus
from kiosk.hardware.thermometers.thermometer import Thermometer
from kiosk.health.clock import WallClock
from kiosk.model import Clock, WallTime
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import Duty, ThreadWorker, Worker
from kiosk.scanner.host.child_process import SCANNER
from kiosk.scanner.host.supervisor import Scanner
from kiosk.scanner.wire.messages import ScannerFigures
from kiosk.scanner.wire.orders import Orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.thermometer import ThermometerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.support.links import Link, ProcessLink, SocketLink

COMMAND = (sys.executable, "-P", "-m", "kiosk.composition.scanner_app")
"""The command line of a scanner that the controller starts itself."""


class CameraDuty(Duty, Protocol):
    """The scanner's duty.

    restarts: number of times that its process was started again. figures: what it did lately; None if that is not
    known.
    """

    restarts: int
    figures: ScannerFigures | None


Post = Callable[[Event], bool]
StartScanner = Callable[[], Link]
OpenImager = Callable[[ThermometerSettings, Clock], Thermometer]
OpenScanner = Callable[[CameraSettings, ScannerSettings, Clock, Post, Callable[[bytes], None]], CameraDuty]


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything outside the program that one kiosk needs.

    clock: monotonic time and alarms.
    board: opens pins.
    open_i2c: opens the I2C bus with this number.
    open_scanner: makes the scanner's duty.
    worker: makes the worker of a duty; its second argument is called with the worker's name if the duty raises.
    wall: the time of day; it never waits.
    keep_time: stores the time floor of `wall`; it may wait for the card.
    clock_fault: the fault of `wall`, or ""; it never waits.
    open_player: makes the player of the ALSA device with this name.
    poll_s: the interval in seconds at which the levels of the inputs are read without an edge.
    open_venue: makes the connection to the venue's check-in server.
    open_status: makes the connection to a health app's status service.
    open_imager: makes the thermometer that is a thermal imager.
    """

    clock: Clock
    board: Board
    open_i2c: Callable[[int], Bus]
    open_scanner: OpenScanner
    worker: Callable[[Duty, Callable[[str], None]], Worker]
    wall: Callable[[], WallTime]
    keep_time: Callable[[], None] = lambda: None
    clock_fault: Callable[[], str] = lambda: ""
    open_player: Callable[[str], Player] = AplayPlayer
    poll_s: float = POLL_S
    open_venue: OpenVenue = HttpsVenueServer
    open_status: OpenStatus = HttpsStatusService
    open_imager: OpenImager = open_imager


@dataclass(frozen=True, slots=True)
class UnitSockets:
    """The sockets of the units of scanner and imager; None: the helper is a child of this process.

    There is no fallback from one to the other.
    """

    scanner: Path | None = None
    imager: Path | None = None


def real_environment(floor: Path, units: UnitSockets, zone: tzinfo) -> Environment:
    """Return the environment of this Raspberry Pi; `floor` is the file of the time floor, `zone` the site's time zone.

    Raises `DeviceError` if there are no GPIO pins.
    """
    clock, wall = RealClock(), WallClock(floor, zone=zone)
    return Environment(
        clock=clock,
        board=open_board(),
        open_i2c=LateBus,
        open_scanner=scanner_opener(partial(SocketLink, SCANNER, units.scanner) if units.scanner else process(COMMAND)),
        worker=lambda duty, on_crash: ThreadWorker(duty, clock, on_crash),
        wall=wall.now,
        keep_time=wall.keep,
        clock_fault=lambda: wall.fault,
        open_imager=partial(open_imager, unit=units.imager),
    )


def process(command: Sequence[str]) -> StartScanner:
    """Return a function that starts the scanner process `command`."""
    return partial(ProcessLink, SCANNER, command)


def scanner_opener(start: StartScanner) -> OpenScanner:
    """Return a function that makes a scanner; `start` starts its process or connects to its unit."""

    def open_scanner(
        camera: CameraSettings, scanner: ScannerSettings, clock: Clock, post: Post, on_preview: Callable[[bytes], None]
    ) -> CameraDuty:
        line = Orders(camera=camera, scanner=scanner).line()
        return Scanner(start, line, camera, clock, post, on_preview)

    return open_scanner
