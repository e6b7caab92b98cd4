"""The demo's composition root: the real kiosk on fake buses, a status service on loopback, and people.

Rule 1: everything below the drivers is simulated, nothing above them; the page says so.
Rule 2: it needs a folder of its own for keys and journal, and leaves nothing outside it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from gpiozero.pins.mock import MockFactory

from kiosk.composition.app import Kiosk
from kiosk.composition.environment import Environment, OpenScanner, Post, scanner_opener
from kiosk.credentials.trust.trust_files import KeyList, write_list
from kiosk.display.server import DisplayServer
from kiosk.hardware.board import Board
from kiosk.model import Clock, WallTime
from kiosk.office.pass_office import load_private_key, make_key_pair
from kiosk.runtime.clock import RealClock
from kiosk.runtime.worker import Duty, InlineWorker, ThreadWorker
from kiosk.scanner.child.exposure import Exposure
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.booth import SimulatedBooth
from kiosk.simulator.camera import BoothCamera, SimulatedView, write_view
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.inline_scanner import InlineScanner
from kiosk.simulator.mlx90614 import Mlx90614Bus
from kiosk.simulator.overrides import PUBLIC_KEY, TRUST_FOLDER, with_overrides
from kiosk.simulator.personas import Persona, VisitorCodes, make_visitor_codes
from kiosk.simulator.phone import Scene
from kiosk.simulator.specimens import Specimens
from kiosk.simulator.status_server import StatusServer
from kiosk.simulator.visitor import Ending
from kiosk.simulator.world import World

People = Callable[[VisitorCodes], Iterator[Persona]]


class Demo:
    """A booth with people in it, in `folder`, on a real or a virtual clock."""

    clock: RealClock | VirtualClock

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        people: People,
        clock: RealClock | VirtualClock,
        on_ending: Callable[[Ending], None],
        display: DisplayServer | None = None,
    ) -> None:
        self.clock = clock
        self._folder = folder
        self._view = SimulatedView()
        self._closing = ExitStack()
        props = self._make_props()
        self.service = StatusServer(props.statuses)
        self._closing.enter_context(self.service)
        try:
            self._build(settings, people(props), on_ending, display)
        except BaseException:
            self._closing.close()
            raise

    def _build(
        self,
        settings: Settings,
        people: Iterator[Persona],
        on_ending: Callable[[Ending], None],
        display: DisplayServer | None,
    ) -> None:
        self.settings = with_overrides(settings, self.service.address)
        factory, clock = MockFactory(), self.clock
        self.bus = Mlx90614Bus(clock)
        self.kiosk = Kiosk(self.settings, self._folder, self._environment(factory, clock), display)
        self.booth = SimulatedBooth(self.settings, factory, self.bus, self._point_camera)
        self.world = World(people, self.booth, self.service, clock, lambda: self.kiosk.loop.state, on_ending)

    def start(self) -> None:
        """Everything at rest, the kiosk on, and the people on their way."""
        self.booth.settle()
        self.kiosk.start()
        self.world.start()

    def advance(self) -> None:
        """On a virtual clock: let happen what happens next."""
        assert isinstance(self.clock, VirtualClock)
        while self.kiosk.loop.turn(0.0):
            pass
        times = (self.kiosk.loop.state.deadline_s, self.clock.next_at_s())
        self.clock.advance_to(min(at_s for at_s in times if at_s is not None))

    def close(self) -> None:
        """Switch the kiosk off and send the people home."""
        self.world.stop()
        self.kiosk.close("asked")
        self.leave()

    def leave(self) -> None:
        """Send the people home, where the kiosk was switched off by others."""
        self.world.stop()
        self._closing.close()

    def _make_props(self) -> VisitorCodes:
        keys = make_key_pair(self._folder)
        (self._folder / PUBLIC_KEY).write_bytes(keys.public.read_bytes())
        issuers, now_utc = Specimens(), datetime.now(UTC)
        for key in issuers.trusted:
            write_list(self._folder / TRUST_FOLDER, KeyList(key.scheme, "demo", now_utc, (key,)))
        return make_visitor_codes(load_private_key(keys.private), issuers, now_utc)

    def _environment(self, factory: MockFactory, clock: RealClock | VirtualClock) -> Environment:
        return Environment(
            clock=clock,
            board=Board(factory),
            open_i2c=lambda _number: self.bus,
            open_scanner=self._open_scanner(),
            worker=lambda duty, on_crash: (
                InlineWorker(duty, clock) if isinstance(clock, VirtualClock) else ThreadWorker(duty, clock, on_crash)
            ),
            wall=lambda: WallTime(datetime.now(UTC), sure=True),
        )

    def _open_scanner(self) -> OpenScanner:
        if isinstance(self.clock, VirtualClock):
            return self._open_inline
        write_view(self._scene_file, self._view)
        return scanner_opener([sys.executable, "-P", "-m", "kiosk.simulator.camera", str(self._scene_file)])

    def _open_inline(
        self, camera: CameraSettings, scanner: ScannerSettings, clock: Clock, post: Post, _on_preview: object
    ) -> Duty:
        size_px = (camera.width_px, camera.height_px)
        usual_stops = camera.exposure_value
        booth = BoothCamera(size_px, camera.frame_hz, lambda: self._view, clock.now_s, _no_pause, usual_stops)
        exposure = Exposure(usual_stops) if camera.adapt_exposure else None
        return InlineScanner(booth, scanner, camera.silent_s, clock, post, exposure)

    def _point_camera(self, scene: Scene) -> None:
        self._view = SimulatedView(scene)
        if isinstance(self.clock, RealClock):
            write_view(self._scene_file, self._view)

    @property
    def _scene_file(self) -> Path:
        return self._folder / "scene.json"


def _no_pause(_seconds: float) -> None:
    """Virtual time does not pass by waiting."""
