"""The composition root: builds a kiosk from its settings and its environment, starts it, runs it and closes it.

Rule 1: a device or a key that cannot be opened is an error with cause and remedy; it is not left out or replaced.
Rule 2: each output is at its safe level from its construction, and `close` brings the sprayer and the door to the safe
state before anything else.
Rule 3: if one worker ends by a bug, the whole kiosk ends; during an emergency it goes on until the emergency is over,
because its end would lock a released door.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.composition.airlock import open_airlock, open_inputs
from kiosk.composition.credential_workers import open_check_in, open_credentials
from kiosk.composition.environment import CameraDuty, Environment
from kiosk.composition.showing import Showing
from kiosk.composition.site_rules import report_start, rules_of
from kiosk.composition.spraying import open_sprayer
from kiosk.composition.starting.bundles import StartSettings
from kiosk.composition.thermometers import calibration_of, open_sensor
from kiosk.composition.voice import open_speaker, spoken_rules
from kiosk.display.server import DisplayServer
from kiosk.errors import KioskError
from kiosk.flow.events import EmergencyStands
from kiosk.flow.questions import presence_is_faulty, unanswered_text
from kiosk.hardware.airlock import Airlock
from kiosk.hardware.lights import Buzzer, Lights
from kiosk.hardware.lock import DoorLock
from kiosk.hardware.speaker.clips import Clips
from kiosk.hardware.sprayer import Sprayer
from kiosk.hardware.thermometers.duty import ThermometerDuty
from kiosk.hardware.thermometers.fever_rule import fever_limit_of
from kiosk.hardware.thermometers.readout import Readout
from kiosk.journal import reading, records
from kiosk.journal.store import Journal
from kiosk.journal.writer import JournalWriter, RowRefused, RowWritten
from kiosk.model import Phase, Step
from kiosk.runtime.dispatch import Devices, Dispatch
from kiosk.runtime.inbox import Inbox
from kiosk.runtime.loop import Loop
from kiosk.runtime.worker import Duty, Worker
from kiosk.scanner.host.sight import SightReadout
from kiosk.settings.schema.policy import RESERVED_PREFIXES
from kiosk.settings.schema.settings import Settings

if TYPE_CHECKING:
    from kiosk.composition.fleet import FleetMember

logger = logging.getLogger(__name__)

START_S = 30.0
"""Within this time after the start every essential device must answer; a cold start of the scanner may take 20 s."""

INPUTS_S = 1.0
"""Time after the start until the inputs are debounced, and with them whether there is an emergency."""

STOP_WORKER_S = 3.0


class Kiosk:
    """One kiosk: the loop and everything that it needs.

    settings: read from a file in `folder`; relative paths in them start there. display: the visitors' page, if any.
    clips: what the loudspeaker says, if the site has one. start: the bundle in `settings`, and the fault of the start.
    Raises `KioskError` if a device or a key cannot be opened; everything opened before it is closed again.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        environment: Environment,
        display: DisplayServer | None = None,
        clips: Clips | None = None,
        start: StartSettings | None = None,
    ) -> None:
        self.settings = settings
        self.environment = environment
        self.inbox = Inbox()
        self.readout = Readout(self.inbox.post)
        self.sight = SightReadout(self.inbox.post, RESERVED_PREFIXES)
        self.rules = spoken_rules(settings, rules_of(settings, start), clips)
        self.workers: list[Worker] = []
        self.crashed, self._is_late = "", False
        self.display, self._folder = display, folder
        self._clips = clips
        can_skip = settings.inputs.skip is not None
        self.show = Showing(self.readout, self.rules, can_skip, environment.clock, display)
        self.observers = self.show.observers
        self.camera: CameraDuty | None = None
        self._closing = ExitStack()
        self._stopping = threading.Event()
        try:
            self._build(start)
        except BaseException:
            self._closing.close()
            raise

    def _build(self, start: StartSettings | None) -> None:
        settings, board, clock = self.settings, self.environment.board, self.environment.clock
        self._closing.callback(board.close)
        self.writer = self._open_journal()  # the first worker, so that it ends last
        door = self._closing.enter_context(closing(DoorLock(board, settings.door, clock)))
        self.door: DoorLock | Airlock = door
        self.sprayer: Sprayer | None = None
        post = self.inbox.post
        self.inputs = open_inputs(settings.inputs, self.environment, post, self._check_interlocks, self._closing)
        if settings.street_door:
            self.door = open_airlock(door, settings.street_door, board, self.inputs, clock, post)
            self._closing.callback(self.door.close)
        self.sprayer = open_sprayer(settings, board, self.inputs, self.rules.warn_s, clock, post)
        if self.sprayer:
            self._closing.callback(self.sprayer.close)
        keep = self._closing.enter_context
        lights = keep(closing(Lights(board, settings.lights, clock))) if settings.lights else None
        buzzer = keep(closing(Buzzer(board, settings.buzzer, clock))) if settings.buzzer else None
        credentials = open_credentials(settings, self._folder, self.environment, post)
        self.devices = Devices(
            door=self.door,
            sprayer=self.sprayer,
            lights=lights,
            buzzer=buzzer,
            thermometer=self._open_thermometer(),
            scanner=self._open_scanner(),
            credentials=self._maybe_worker(credentials),
            marks=credentials.marks if credentials else None,
            check_in=self._maybe_worker(open_check_in(settings, self._folder, self.environment, post)),
        )
        self.bundles = start.open_duty(self.environment, post) if start else None
        self._maybe_worker(self.bundles)
        self.speaker = self._maybe_worker(open_speaker(settings, self._clips, self.environment, post))
        self.show.speaker = self.speaker
        self._fleet: FleetMember | None = self._open_fleet()
        dispatch = Dispatch(self.devices, clock, self.inbox.post)
        self.loop = Loop(self.rules, clock, self.inbox, self.writer, dispatch, self.show)
        report_start(start, clock.now_s(), post)

    def start(self) -> None:
        """Start the inputs before the workers.

        `Inputs.start` lets lgpio claim each line again. That fails while another process has the descriptor of the
        line, such as a process that a worker started.
        """
        self.loop.begin()
        self.inputs.start()
        for worker in self.workers:
            worker.start()
        self._check_interlocks()
        if self._fleet:
            self._fleet.start()

    def run(self, on_turn: Callable[[], None]) -> None:
        """Run the loop until `stop` is called; call `on_turn` after each turn.

        Raises `KioskError` if a worker ended; in an emergency, only `on_turn` ends the run. A device that is silent
        for `START_S` may come later. Emergencies and a technician's work do not count: the camera may be unplugged.
        """
        started_at_s = starting_since_s = self.environment.clock.now_s()
        while not self._stopping.is_set():
            self.loop.turn()
            now_s, phase = self.environment.clock.now_s(), self.loop.state.phase
            if self.crashed and now_s - started_at_s >= INPUTS_S and phase is not Phase.EMERGENCY:
                raise KioskError(f"worker '{self.crashed}' ended; see the log for the cause", "worker_ended")
            if phase in (Phase.EMERGENCY, Phase.MAINTENANCE):
                starting_since_s = now_s
            is_late = phase is Phase.STARTING and self.loop.state.unanswered and now_s - starting_since_s > START_S
            if is_late and not self._is_late:
                self._is_late = True
                logger.error("not ready after %.0f s; %s", START_S, unanswered_text(self.loop.state))
            on_turn()

    @property
    def ready(self) -> bool:
        """Return True if every essential device has answered since the start, or if the kiosk goes on without them.

        In an emergency and during a technician's work it needs none of them, and one that is late may still come.
        Without READY, systemd would end it after TimeoutStartSec, and lock a released door for the time of a restart.
        """
        return (
            self._is_late
            or not self.loop.state.unanswered
            or self.loop.state.phase in (Phase.EMERGENCY, Phase.MAINTENANCE)
        )

    def stop(self) -> None:
        """Ask `run` to return; safe from a signal handler."""
        self._stopping.set()

    def close(self, how: str) -> None:
        """Bring the outputs to the safe state, then end everything else; `how` is one word for the journal's last row.

        Raises the error of a device that cannot be closed.
        """
        try:
            if self.sprayer:
                self.sprayer.close()
        finally:
            self.door.close()
        self.loop.end()
        self.writer.hand_over(records.stopped(self.environment.clock.now_s(), how))
        for worker in reversed(self.workers):
            if not worker.stop(STOP_WORKER_S):
                logger.error("worker %s has not ended within %.0f s; it is abandoned", worker.name, STOP_WORKER_S)
        self._closing.close()

    def _recall_emergency(self) -> bool:
        """Post `EmergencyStands` if the journal says that an emergency was not reset; return False to be called again.

        Runs on the journal's thread, before its first row.
        """
        path = self._folder / self.settings.journal.path
        if not self.settings.inputs.emergency or not reading.emergency_stands(path):
            return True
        return self.inbox.post(EmergencyStands(self.environment.clock.now_s()))

    def _check_interlocks(self) -> None:
        """Let the interlocks look at an edge of the inputs, which are built before sprayer and airlock."""
        if isinstance(self.door, Airlock):
            self.door.check()
        if self.sprayer:
            self.sprayer.check()

    def _make_worker(self, duty: Duty) -> Worker:
        worker = self.environment.worker(duty, self._note_crash)
        self.workers.append(worker)
        return worker

    def _maybe_worker(self, duty: Duty | None) -> Worker | None:
        return self._make_worker(duty) if duty else None

    def _note_crash(self, worker: str) -> None:
        self.crashed = worker

    def _open_journal(self) -> JournalWriter:
        settings, environment = self.settings.journal, self.environment
        path = self._folder / settings.path
        journal = Journal(path, self.settings.name, environment.wall, settings.keep_days, settings.max_mb)
        clock, post = environment.clock, self._post_answer
        writer = JournalWriter(journal, environment.wall, clock, post, environment.keep_time, self._recall_emergency)
        writer.wake = partial(self._make_worker(writer).put, None)
        return writer

    def _post_answer(self, answer: RowWritten | RowRefused) -> bool:
        if self._fleet:
            self._fleet.wake()
        return self.inbox.post(answer)

    def _open_thermometer(self) -> Worker | None:
        settings = self.settings.thermometer
        if settings is None or Step.TEMPERATURE not in self.settings.sequence:
            return None
        clock, wall, measure_s = self.environment.clock, self.environment.wall, self.settings.temperature.measure_s
        sensor = open_sensor(settings, clock, self.environment.open_i2c, self.environment.open_imager)
        limit, made = fever_limit_of(self.settings.temperature, settings), calibration_of(settings, self._folder)
        post, note, is_empty = self.readout.post, self.readout.note, self._is_spot_empty

        def is_watched() -> bool:
            return self.inputs.has_presence and not presence_is_faulty(self.loop.state)

        duty = ThermometerDuty(sensor, settings, measure_s, clock, post, is_empty, limit, made, wall, note, is_watched)
        return self._make_worker(duty)

    def _is_spot_empty(self) -> bool:
        """Return True if the flow, or the presence sensor at this moment, knows of nobody in front of the kiosk.

        In a queue the gaps between visitors may all be shorter than `linger_s`, and the flow then sees none of them.
        Safe from any thread.
        """
        state = self.loop.state
        seen = state.presence.seen and not presence_is_faulty(state) and self.inputs.present
        return state.phase is not Phase.STARTING and state.visit is None and not seen

    def _open_scanner(self) -> Worker | None:
        camera = self.settings.camera
        if camera is None or Step.CREDENTIAL not in self.settings.sequence:
            return None
        on_preview = self.display.preview if self.display else lambda _jpeg: None
        clock, post = self.environment.clock, self.sight.post
        self.camera = self.environment.open_scanner(camera, self.settings.scanner, clock, post, on_preview)
        return self._make_worker(self.camera)

    def _open_fleet(self) -> "FleetMember | None":
        if self.settings.fleet is None:
            return None
        from kiosk.composition.fleet import FleetMember

        fleet = FleetMember(self.settings, self._folder, self.environment, self.inbox.post, self.camera)
        self.observers.append(fleet.show)
        return self._closing.enter_context(closing(fleet))
