"""The composition root: from settings and environment to a kiosk that runs; the only maker of real things.

Rule 1: what cannot be built is an error with cause and remedy; nothing is left out or replaced.
Rule 2: outputs are built first and made safe first.
Rule 3: a worker that ends takes the whole kiosk down, outputs safe, exit code not 0.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from kiosk.composition.environment import Environment
from kiosk.composition.site_rules import rules_of
from kiosk.credentials.judging.accepted import accepted_schemes
from kiosk.credentials.judging.judge import CredentialDuty
from kiosk.credentials.judging.registry import Registry
from kiosk.credentials.schemes.entry import Network
from kiosk.display.screens import screen_of
from kiosk.display.server import DisplayServer
from kiosk.errors import FAULTS, JournalError, KioskError
from kiosk.flow.events import EmergencyStands, SprayStopped, health_event
from kiosk.flow.state import State
from kiosk.hardware.inputs import Inputs
from kiosk.hardware.interlock import Interlock
from kiosk.hardware.lights import Buzzer, Lights
from kiosk.hardware.lock import DoorLock
from kiosk.hardware.sprayer import Sprayer
from kiosk.hardware.thermometers.duty import ThermometerDuty
from kiosk.hardware.thermometers.mlx90614 import Mlx90614
from kiosk.journal import records
from kiosk.journal.reading import JournalReader
from kiosk.journal.store import Journal
from kiosk.journal.writer import JournalWriter
from kiosk.model import Phase, Step
from kiosk.runtime.dispatch import Devices, Dispatch
from kiosk.runtime.inbox import Inbox
from kiosk.runtime.loop import Loop
from kiosk.runtime.worker import Duty, Worker
from kiosk.settings.schema.settings import Settings

logger = logging.getLogger(__name__)

START_S = 30.0
"""Every essential device must have answered this long after the start; a scanner's cold start may take 20 s."""

STOP_WORKER_S = 3.0


class Kiosk:
    """One kiosk: the loop and everything that it needs.

    settings: read from a file in `folder`; relative paths in them start there. display: the visitors' page, if any.
    Raises `KioskError` if a device, a key or another part cannot be opened; what was opened before is closed again.
    """

    def __init__(
        self, settings: Settings, folder: Path, environment: Environment, display: DisplayServer | None = None
    ) -> None:
        self.settings = settings
        self.environment = environment
        self.inbox = Inbox()
        self.crashed = ""
        self._folder = folder
        self._display = display
        self._closing = ExitStack()
        self._stopping = threading.Event()
        try:
            self._build()
        except BaseException:
            self._closing.close()
            raise

    def _build(self) -> None:
        self._closing.callback(self.environment.board.close)
        self.workers: list[Worker] = []
        self.writer = self._open_journal()  # the first worker, so that it ends last
        self.door = DoorLock(self.environment.board, self.settings.door, self.environment.clock)
        self._closing.callback(self.door.close)
        self.sprayer: Sprayer | None = None
        self.inputs = Inputs(
            self.environment.board, self.settings.inputs, self.environment.clock, self.inbox.post, self._check_sprayer
        )
        self._closing.callback(self.inputs.close)
        self.sprayer = self._open_sprayer()
        self.devices = Devices(
            door=self.door,
            sprayer=self.sprayer,
            lights=self._open_lights(),
            buzzer=self._open_buzzer(),
            thermometer=self._open_thermometer(),
            scanner=self._open_scanner(),
            credentials=self._open_credentials(),
        )
        self.rules = rules_of(self.settings)
        self.loop = Loop(
            self.rules,
            self.environment.clock,
            self.inbox,
            self.writer,
            Dispatch(self.devices, self.environment.clock, self.inbox.post),
            self._show,
        )

    def start(self) -> None:
        """Bring it to life: workers, sensors, and the first row of the journal."""
        if self.settings.inputs.emergency and self._emergency_stands():
            self.inbox.post(EmergencyStands(self.environment.clock.now_s()))
        self.loop.begin()
        for worker in self.workers:
            worker.start()
        self.inputs.start()

    def run(self, on_turn: Callable[[], None]) -> None:
        """Serve until `stop` or a crash; raises KioskError when it cannot go on. `on_turn` is called at each turn."""
        give_up_at_s = self.environment.clock.now_s() + START_S
        while not self._stopping.is_set():
            self.loop.turn()
            if self.crashed:
                raise KioskError(f"worker '{self.crashed}' ended unexpectedly; the log tells why", "worker_ended")
            # an emergency, or a technician at work, is not ended by a device that is missing
            starting = self.loop.state.phase is Phase.STARTING
            if starting and self.loop.state.unanswered and self.environment.clock.now_s() > give_up_at_s:
                raise KioskError(self._silent_devices())
            on_turn()

    @property
    def ready(self) -> bool:
        """Whether every essential device has answered."""
        return not self.loop.state.unanswered

    def stop(self) -> None:
        """Ask `run` to return; safe from a signal handler."""
        self._stopping.set()

    def close(self, how: str) -> None:
        """Outputs to the safe state first, then everything else; `how` is a word for the journal."""
        try:
            if self.sprayer:
                self.sprayer.close()
        finally:
            self.door.close()
        self.loop.end()
        self.writer.hand_over(records.stopped(self.environment.clock.now_s(), how))
        for worker in reversed(self.workers):
            if not worker.stop(STOP_WORKER_S):
                logger.error("worker %s does not end; it is left behind", worker.name)
        self._closing.close()

    def _emergency_stands(self) -> bool:
        """Whether the journal says that an emergency was never reset; one that cannot be read says nothing."""
        path = self._folder / self.settings.journal.path
        if not path.exists():
            return False
        try:
            with JournalReader(path) as journal:
                return journal.emergency_stands()
        except JournalError as error:
            logger.warning("whether an emergency stands is not known: %s", error)
            return False

    def _show(self, state: State) -> None:
        if self._display:
            can_skip = self.settings.inputs.skip is not None
            self._display.show(screen_of(state, self.rules, can_skip), self.environment.clock.now_s())

    def _silent_devices(self) -> str:
        faults = dict(self.loop.state.faults)
        lines = []
        for device in sorted(self.loop.state.unanswered):
            fault = FAULTS.get(faults.get(device, f"{device}_silent"))
            lines.append(f"{device}: {fault.cause}; {fault.remedy}" if fault else f"{device}: does not answer")
        return f"not ready after {START_S:.0f} s; " + "; ".join(lines)

    def _check_sprayer(self) -> None:
        if self.sprayer:
            self.sprayer.check()

    def _tell_spray_stopped(self) -> bool:
        return self.inbox.post(SprayStopped(self.environment.clock.now_s()))

    def _worker(self, duty: Duty) -> Worker:
        worker = self.environment.worker(duty, self._crash)
        self.workers.append(worker)
        return worker

    def _crash(self, name: str) -> None:
        self.crashed = name

    def _open_journal(self) -> JournalWriter:
        wanted, environment = self.settings.journal, self.environment
        path = self._folder / wanted.path
        journal = Journal(path, self.settings.name, environment.wall, wanted.keep_days, wanted.max_mb)
        writer = JournalWriter(journal, environment.wall, environment.clock, self.inbox.post, environment.keep_time)
        writer.wake = partial(self._worker(writer).put, None)
        return writer

    def _open_sprayer(self) -> Sprayer | None:
        settings = self.settings.sprayer
        if settings is None:
            return None
        may_spray = Interlock(self.settings.chamber.when, self.inputs)
        sprayer = Sprayer(self.environment.board, settings, self.environment.clock, may_spray, self._tell_spray_stopped)
        self._closing.callback(sprayer.close)
        return sprayer

    def _open_lights(self) -> Lights | None:
        if self.settings.lights is None:
            return None
        lights = Lights(self.environment.board, self.settings.lights, self.environment.clock)
        self._closing.callback(lights.close)
        return lights

    def _open_buzzer(self) -> Buzzer | None:
        if self.settings.buzzer is None:
            return None
        buzzer = Buzzer(self.environment.board, self.settings.buzzer, self.environment.clock)
        self._closing.callback(buzzer.close)
        return buzzer

    def _open_thermometer(self) -> Worker | None:
        settings = self.settings.thermometer
        if settings is None or Step.TEMPERATURE not in self.settings.sequence:
            return None
        sensor = Mlx90614(self.environment.open_i2c(settings.bus), settings)
        measure_s = self.settings.temperature.measure_s
        return self._worker(ThermometerDuty(sensor, settings, measure_s, self.environment.clock, self.inbox.post))

    def _open_scanner(self) -> Worker | None:
        camera = self.settings.camera
        if camera is None or Step.CREDENTIAL not in self.settings.sequence:
            return None
        on_preview = self._display.preview if self._display else _forget
        duty = self.environment.open_scanner(
            camera, self.settings.scanner, self.environment.clock, self.inbox.post, on_preview
        )
        return self._worker(duty)

    def _open_credentials(self) -> Worker | None:
        if Step.CREDENTIAL not in self.settings.sequence:
            return None
        wanted = self.settings.credentials
        network = Network(self.environment.clock, wanted.timeout_s, self._status_reachable)
        registry = Registry(accepted_schemes(wanted, self._folder, network))
        return self._worker(CredentialDuty(registry, self.environment.wall, self.environment.clock, self.inbox.post))

    def _status_reachable(self, reachable: bool) -> None:
        fault = "" if reachable else "status_unreachable"
        self.inbox.post(health_event(self.environment.clock.now_s(), "status", fault))


def _forget(_jpeg: bytes) -> None:
    """Nobody looks at the live picture."""
