"""A complete kiosk for tests: real devices and drivers on mock pins and fake buses, on a virtual clock."""

import itertools
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.composition.app import Kiosk
from kiosk.composition.environment import Environment, OpenScanner, Post
from kiosk.composition.starting.bundles import StartSettings
from kiosk.credentials.schemes.site_pass.pass_text import PassKind
from kiosk.display.server import DisplayServer
from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeSeen, DeviceRecovered
from kiosk.flow.state import Outcome
from kiosk.journal.reading import JournalReader
from kiosk.model import Clock, Payload, Phase, Refer, WallTime, Watch
from kiosk.office.pass_office import issue, load_private_key, make_key_pair
from kiosk.runtime.worker import Duty, InlineWorker, Worker
from kiosk.scanner.wire.messages import ScannerFigures
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import Mlx90614Bus
from tests.hardware.header import Header

NOW_UTC = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROOM_C, HEALTHY_C, FEVERISH_C = 26.0, 34.7, 36.8
PINS = {
    "presence": 5,
    "passage": 6,
    "door_contact": 12,
    "street_contact": 13,
    "officer": 16,
    "stop": 19,
    "skip": 20,
    "service": 21,
    "emergency": 26,
}
ACTIVE_HIGH = {"door_contact", "street_contact", "emergency"}
DOOR_PIN, PUMP_PIN = 17, 27

SITE_FILE = """
site: Balai Kota
sequence: [temperature, credential]
door: {relay_pin: 17, hold_s: 5}
camera: {}
thermometer: {}
inputs: {presence: {pin: 5}, officer: {pin: 16}}
credentials: {site_pass: {site: demo, public_keys: [trusted.pem]}}
journal: {path: journal.db}
"""
"""The settings file of a small site, in a folder with the keys of `Booth.make_keys`."""


def wires() -> dict[str, dict[str, int]]:
    """Return the settings of every input."""
    return {name: {"pin": pin} for name, pin in PINS.items()}


def settings(**changes: object) -> Settings:
    """Return the settings of a booth with every device that is relevant to safety; `changes` replace sections."""
    wanted = {
        "door": {"relay_pin": DOOR_PIN},
        "sprayer": {"relay_pin": PUMP_PIN},
        "chamber": {"when": "occupied", "warn_s": 1.0, "spray_s": 3.0, "again_s": 5.0},
        "inputs": wires(),
        "thermometer": {},
        "temperature": {"retest_pause_s": 5.0},
        "camera": {},
        "scanner": {"scan_s": 20.0},
        "credentials": {"site_pass": {"site": "demo", "public_keys": ["trusted.pem"]}},
        "journal": {"path": "journal.db"},
        **changes,
    }
    return Settings.model_validate(wanted, strict=False)


class FakeScanner:
    """A duty in place of the scanner: a shown code is reported at once, unless the scanner is off."""

    name = "camera"
    restarts = 0
    figures: ScannerFigures | None = None

    def __init__(self, clock: Clock, post: Post) -> None:
        self._clock = clock
        self._post = post
        self._answered = False
        self.watch = Watch.OFF
        self.visit = 0

    def handle(self, job: WatchCodes) -> None:
        self.watch, self.visit = job.watch, job.visit

    def tick(self) -> None:
        if not self._answered:
            self._answered = self._post(DeviceRecovered(self._clock.now_s(), self.name))

    def close(self) -> None:
        pass

    def show(self, code: bytes) -> None:
        if self.watch is not Watch.OFF:
            self._post(CodeSeen(self._clock.now_s(), Payload(code), self.visit))


class Booth:
    """A kiosk in `folder`, the sensors and doors around it, and three site passes."""

    def __init__(
        self,
        folder: Path,
        wanted: Settings | None = None,
        open_scanner: OpenScanner | None = None,
        display: DisplayServer | None = None,
        start: StartSettings | None = None,
    ) -> None:
        self.clock = VirtualClock()
        self.header = Header(self.clock)
        self.bus = Mlx90614Bus(self.clock)
        self.scanner: FakeScanner | None = None
        self.folder = folder
        office, forger = self.make_keys(folder), Ed25519PrivateKey.generate()
        self.good_pass = issue(office, "demo", PassKind.STAFF, 30, NOW_UTC).text.encode()
        self.other_pass = issue(office, "demo", PassKind.INVITED, 1, NOW_UTC).text.encode()
        self.forged_pass = issue(forger, "demo", PassKind.STAFF, 30, NOW_UTC).text.encode()
        self._open_scanner: OpenScanner = open_scanner or self._open_fake_scanner
        self.kiosk = Kiosk(wanted or settings(), folder, self._environment(), display, start=start)
        # Python 3.13 warns of a connection that nobody closed; many tests end without `close`
        weakref.finalize(self, self.kiosk.writer._journal._disconnect).atexit = False
        for name in PINS:
            self.set(name, active=False)
        self.bus.look_at(ROOM_C, ROOM_C)

    @staticmethod
    def make_keys(folder: Path) -> Ed25519PrivateKey:
        """Make the keys of the pass office, and write the public one to the file that the settings name."""
        keys = make_key_pair(folder)
        (folder / "trusted.pem").write_bytes(keys.public.read_bytes())
        return load_private_key(keys.private)

    @staticmethod
    def wall() -> WallTime:
        return WallTime(NOW_UTC, sure=True)

    def start(self) -> "Booth":
        self.kiosk.start()
        self.advance(1.0)
        return self

    def _environment(self) -> Environment:
        return Environment(
            clock=self.clock,
            board=self.header,
            open_i2c=lambda _number: self.bus,
            open_scanner=self._open_scanner,
            worker=lambda duty, _on_crash: self.worker(duty),
            wall=self.wall,
        )

    def worker(self, duty: Duty) -> Worker:
        """Return the worker of a duty; subclasses return another one."""
        return InlineWorker(duty, self.clock)

    def _open_fake_scanner(
        self,
        _camera: CameraSettings,
        _scanner: ScannerSettings,
        clock: Clock,
        post: Post,
        _preview: Callable[[bytes], None],
    ) -> FakeScanner:
        self.scanner = FakeScanner(clock, post)
        return self.scanner

    def set(self, name: str, *, active: bool) -> None:
        """Set an input to its active or its rest level."""
        level = active if name in ACTIVE_HIGH else not active
        self.header.factory.pin(PINS[name]).move(level)

    def press(self, name: str) -> None:
        self.set(name, active=True)
        self.advance(0.2)
        self.set(name, active=False)
        self.advance(0.2)

    def face(self, skin_c: float) -> None:
        self.bus.look_at(skin_c, ROOM_C)

    def show(self, code: bytes) -> None:
        assert self.scanner
        self.scanner.show(code)
        self.advance(0.05)

    def walk_to_camera(self) -> None:
        """Let a healthy visitor arrive and be sprayed and measured, until a code is asked for."""
        self.set("presence", active=True)
        self.advance(4.5)
        self.face(HEALTHY_C)
        self.advance(2.5)
        assert self.phase is Phase.SCANNING

    def go_away(self) -> None:
        self.set("presence", active=False)
        self.face(ROOM_C)
        self.advance(3.0)

    @property
    def phase(self) -> Phase:
        return self.kiosk.loop.state.phase

    @property
    def ended(self) -> tuple[Outcome, str]:
        """Outcome and reason of the last visit, or of the present one if its visitor is being referred."""
        visit = self.kiosk.loop.state.visit or self.kiosk.loop.state.ended
        assert visit is not None
        return visit.outcome, visit.verdict.reason.value if isinstance(visit.verdict, Refer) else ""

    def rows(self) -> list[tuple[str, str, str]]:
        """Return kind, outcome and reason of every row of the journal."""
        with self.reading() as reader:
            return [(row.kind, row.outcome, row.reason) for row in reader.rows()]

    def reading(self) -> JournalReader:
        """Return a reader of the journal, as another process opens one."""
        return JournalReader(self.folder / "journal.db")

    def settle(self) -> None:
        """Let the loop handle all waiting events."""
        while self.kiosk.loop.turn(wait_s=0.0):
            pass

    def advance(self, for_s: float) -> None:
        """Advance the clock by `for_s`. The loop runs at the time of each alarm and deadline."""
        until_s = self.clock.now_s() + for_s
        self.settle()
        while (next_s := self._next_at_s(until_s)) < until_s:
            self.clock.advance_to(next_s)
            self.settle()
        self.clock.advance_to(until_s)
        self.settle()

    def _next_at_s(self, until_s: float) -> float:
        times = (self.kiosk.loop.state.due_s, self.clock.next_at_s())
        return min((max(at_s, self.clock.now_s()) for at_s in times if at_s is not None), default=until_s)

    def level(self, pin: int) -> bool:
        return bool(self.header.factory.pin(pin).state)

    @property
    def door_energised(self) -> bool:
        return self.level(DOOR_PIN)

    @property
    def pump_ran_s(self) -> float:
        """The total time for which the pump has run."""
        moves = [*self.header.factory.pin(PUMP_PIN).moves, (self.clock.now_s(), False)]
        return float(sum(until_s - at_s for (at_s, on), (until_s, _) in itertools.pairwise(moves) if on))

    @property
    def pump_on(self) -> bool:
        return self.level(PUMP_PIN)

    def close(self) -> None:
        self.kiosk.close("asked")
