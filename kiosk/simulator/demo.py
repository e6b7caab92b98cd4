"""The composition root of the demo: the real kiosk on fake buses, a status service on loopback, and visitors.

Rule 1: everything below the drivers is simulated and nothing above them. The page says so.
Rule 2: keys, journal and scene file are in one folder; nothing is written outside it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from gpiozero.pins.mock import MockFactory

from kiosk.composition.app import Kiosk
from kiosk.composition.environment import Environment, process, scanner_opener
from kiosk.composition.thermometers import orders_of
from kiosk.credentials.check_in.venue_server import HttpsVenueServer
from kiosk.credentials.trust.trust_files import KeyList, write_list
from kiosk.display.cards import code_of
from kiosk.display.screens import screen_of
from kiosk.display.server import DisplayServer
from kiosk.hardware.board import Board
from kiosk.hardware.speaker.player import AplayPlayer
from kiosk.hardware.thermometers.imager.reader import FaceThermometer
from kiosk.model import CameraSetup, Clock, WallTime
from kiosk.office.pass_office import load_private_key, make_key_pair
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import InlineWorker, ThreadWorker
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.thermometer import ThermometerKind
from kiosk.simulator.booth import SimulatedBooth
from kiosk.simulator.camera import BoothCamera, SimulatedView, write_view
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.inline_scanner import inline_opener
from kiosk.simulator.mlx90614 import Mlx90614Bus
from kiosk.simulator.mlx90640 import Mlx90640Bus
from kiosk.simulator.overrides import PUBLIC_KEY, TRUST_FOLDER, with_overrides
from kiosk.simulator.people.personas import Persona, VisitorCodes, make_visitor_codes
from kiosk.simulator.people.phone import Scene
from kiosk.simulator.people.visitor import Ending
from kiosk.simulator.services.check_in_server import CheckInServer
from kiosk.simulator.services.desk_link import PromptVenue
from kiosk.simulator.services.status_server import StatusServer
from kiosk.simulator.specimens import Specimens
from kiosk.simulator.voice import DemoVoice
from kiosk.simulator.world import World
from kiosk.support.time_zones import zone_of

PersonaSource = Callable[[VisitorCodes], Iterator[Persona]]
"""Yields the visitors of a run; the argument contains the codes that they can show."""


class Demo:
    """A simulated booth with a kiosk and visitors.

    Args:
        settings: the site's settings; the overrides of the demo replace keys, journal and status service.
        folder: an empty folder for the files of the demo.
        personas: yields the visitors.
        clock: a real clock, or a virtual one; on a virtual clock, `advance` moves it.
        on_ending: is called with the ending of each visit.
        display: the page, or None.
        voice: what speaks, or None.
    """

    clock: RealClock | VirtualClock

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        personas: PersonaSource,
        clock: RealClock | VirtualClock,
        on_ending: Callable[[Ending], None],
        display: DisplayServer | None = None,
        voice: DemoVoice | None = None,
    ) -> None:
        self.clock = clock
        self.folder = self._folder = folder
        self._view = SimulatedView()
        self._voice = voice
        self._closing = ExitStack()
        self.codes = self._issue_codes()
        self.service = self._closing.enter_context(StatusServer(self.codes.statuses))
        self.venue = self._closing.enter_context(CheckInServer(clock.now_s))
        try:
            holds = isinstance(clock, RealClock)
            self.settings = with_overrides(settings, self.service.address, self.venue.address, holds=holds)
            factory = MockFactory()
            self.bus = thermometer_bus(self.settings, clock)
            said = voice.clips if voice else None
            self.kiosk = Kiosk(self.settings, folder, self._environment(factory), display, said)
            self.booth = SimulatedBooth(self.settings, factory, self.bus, self._point_camera)
            self.world = World(
                personas(self.codes),
                self.booth,
                self.service,
                self.venue,
                clock,
                lambda: self.kiosk.loop.state,
                self._venue_code,
                on_ending,
            )
        except BaseException:
            self._closing.close()
            raise

    def start(self) -> None:
        """Set the booth to rest, start the kiosk, and let the visitors come."""
        self.booth.settle()
        self.kiosk.start()
        self.world.start()

    def advance(self) -> None:
        """Handle all events, then advance the virtual clock to the next alarm or deadline."""
        assert isinstance(self.clock, VirtualClock)
        while self.kiosk.loop.turn(0.0):
            pass
        times = (self.kiosk.loop.state.due_s, self.clock.next_at_s())
        self.clock.advance_to(min(at_s for at_s in times if at_s is not None))

    def close(self) -> None:
        """Close the kiosk and end the simulation."""
        self.world.stop()
        self.kiosk.close("asked")
        self.leave()

    def leave(self) -> None:
        """End the simulation; for a kiosk that was closed already."""
        self.world.stop()
        self._closing.close()

    def _issue_codes(self) -> VisitorCodes:
        """Make the keys and trust lists of the demo in its folder, and issue the visitors' codes."""
        keys = make_key_pair(self._folder)
        (self._folder / PUBLIC_KEY).write_bytes(keys.public.read_bytes())
        issuers, now_utc = Specimens(), datetime.now(UTC)
        for key in issuers.trusted:
            write_list(self._folder / TRUST_FOLDER, KeyList(key.scheme, "demo", now_utc, (key,)))
        return make_visitor_codes(load_private_key(keys.private), issuers, now_utc)

    def _environment(self, factory: MockFactory) -> Environment:
        """Return the environment: a scanner process and threads on a real clock, none of both on a virtual one."""
        clock, zone = self.clock, zone_of(self.settings.time_zone)
        open_scanner = inline_opener(self._open_camera)
        if isinstance(clock, RealClock):
            write_view(self._scene_file, self._view)
            command = [sys.executable, "-P", "-m", "kiosk.simulator.camera", str(self._scene_file)]
            open_scanner = scanner_opener(process(command))
        return Environment(
            clock=clock,
            board=Board(factory),
            open_i2c=lambda _number: self.bus,
            open_imager=lambda settings, _clock: FaceThermometer(self.bus, orders_of(settings)),
            open_scanner=open_scanner,
            worker=lambda duty, on_crash: (
                InlineWorker(duty, clock) if isinstance(clock, VirtualClock) else ThreadWorker(duty, clock, on_crash)
            ),
            wall=lambda: WallTime(datetime.now(UTC), sure=True, zone=zone),
            open_player=self._voice.open_player if self._voice else AplayPlayer,
            open_venue=PromptVenue if isinstance(clock, VirtualClock) else HttpsVenueServer,
        )

    def _open_camera(self, setup: CameraSetup, clock: Clock) -> BoothCamera:
        return BoothCamera(
            (setup.width_px, setup.height_px),
            setup.frame_hz,
            lambda: self._view,
            clock.now_s,
            pause=lambda _seconds: None,  # virtual time does not pass by waiting
            usual_stops=setup.exposure_value,
        )

    def _venue_code(self) -> dict[str, int | str] | None:
        """Return the modules of the venue's code as the page draws them, or None while it shows none."""
        code = screen_of(self.kiosk.loop.state, self.kiosk.rules).venue_code
        return code_of(code) if code else None

    def _point_camera(self, scene: Scene) -> None:
        self._view = SimulatedView(scene)
        if isinstance(self.clock, RealClock):
            write_view(self._scene_file, self._view)

    @property
    def _scene_file(self) -> Path:
        return self._folder / "scene.json"


def thermometer_bus(settings: Settings, clock: Clock) -> Mlx90614Bus | Mlx90640Bus:
    """Return the simulated bus with the sensor of the settings."""
    imager = settings.thermometer and settings.thermometer.kind is ThermometerKind.MLX90640
    return Mlx90640Bus(clock) if imager else Mlx90614Bus(clock)
