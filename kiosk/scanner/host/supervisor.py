"""The controller's side of the scanner: starts its process, listens, restarts it, and says when the camera fails.

Rule 1: no picture library is imported here. Rule 2: nothing here waits for the child; time comes by `tick`.
Rule 3: what a child says after it was given up is not heard.
"""

import logging
import subprocess
import threading
from collections.abc import Callable, Sequence

from kiosk.errors import SettingsError
from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeHinted, CodeSeen, Event, health_event
from kiosk.model import Clock, Watch
from kiosk.scanner.host.child_process import Popen, ScannerChild
from kiosk.scanner.wire.messages import (
    MAX_SETTINGS_BYTES,
    Beat,
    CameraTrouble,
    CodeRead,
    Hint,
    Message,
    Preview,
    control_line,
)
from kiosk.scanner.wire.orders import EXIT_CAMERA
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

TICK_S = 0.5
START_S = 20.0
"""A cold start from an SD card, with imports and the camera's own start, may take this long."""

TERM_S = 1.0
KILL_S = 2.0
"""Rungs of the ladder, counted from the first: then SIGKILL, then it is left behind."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HEALTHY_S = 60.0
"""A child that delivered for this long ends the doubling of the pauses."""

FAULTS = ("camera_missing", "camera_silent")
WORKS = ""
"""The health report without a fault."""


class Scanner:
    """The duty "camera"; its jobs are `WatchCodes`.

    command: what to start. settings_json: one line of JSON, see `orders.Orders.line`. camera: for `silent_s`.
    on_preview: gets each live picture (JPEG) on a thread of the scanner's; it must be short.
    """

    name = "camera"

    def __init__(
        self,
        command: Sequence[str],
        settings_json: str,
        camera: CameraSettings,
        clock: Clock,
        post: Callable[[Event], bool],
        on_preview: Callable[[bytes], None],
        popen: Popen = subprocess.Popen,
    ) -> None:
        """`SettingsError` when the settings are no single line of a size that a pipe takes at once."""
        self._orders = settings_json.rstrip("\n").encode() + b"\n"
        if self._orders.count(b"\n") != 1 or len(self._orders) > MAX_SETTINGS_BYTES:
            raise SettingsError(f"scanner: orders of {len(self._orders)} bytes; one line of {MAX_SETTINGS_BYTES} fits")
        self._command = command
        self._silent_s = camera.silent_s
        self._clock = clock
        self._post = post
        self._health = Delivery[str](
            lambda fault: post(health_event(clock.now_s(), self.name, fault)), changes_only=True
        )
        self._on_preview = on_preview
        self._popen = popen
        self._watch = Watch.OFF
        self._child: ScannerChild | None = None
        self._start_at_s = clock.now_s()
        self._pause_s = FIRST_PAUSE_S
        self._lock = threading.Lock()
        self._answered = False
        self._last_frame_s = clock.now_s()

    def handle(self, job: WatchCodes) -> None:
        """Look this hard from now on, also after a restart."""
        self._watch = job.watch
        if self._child:
            self._child.write(control_line(job.watch))

    def tick(self) -> float:
        """Do what is due: start, judge, press or bury the child."""
        now_s = self._clock.now_s()
        child = self._child
        if self._answered and now_s - self._last_frame_s >= self._silent_s:
            self._health.offer(self._health.accepted or "camera_silent")
        if child is None:
            if now_s >= self._start_at_s:
                self._start(now_s)
        elif (code := child.exit_code()) is not None:
            self._bury(child, code, now_s)
        elif child.ending_since_s is not None:
            self._press(child, now_s)
        else:
            self._judge(child, now_s)
        return TICK_S

    def close(self) -> None:
        """End the child within about `KILL_S` seconds, or leave it behind."""
        child, self._child = self._child, None
        if child is None:
            return
        child.end()
        if not child.wait(TERM_S):
            child.kill()
            if not child.wait(KILL_S - TERM_S):
                logger.error("scanner: the kernel does not let it die; it is left behind")

    def _start(self, now_s: float) -> None:
        try:
            child = ScannerChild(self._command, self._clock, self._hear, self._popen)
        except OSError as error:
            logger.error("scanner: cannot be started: %s", error)  # noqa: TRY400 - a traceback adds nothing
            self._health.offer("camera_silent")
            self._plan_restart(now_s)
            return
        with self._lock:
            self._child = child
        child.listen()
        child.write(self._orders)
        child.write(control_line(self._watch))

    def _judge(self, child: ScannerChild, now_s: float) -> None:
        """End a child that broke the wire, that shows no picture any more, or that never showed one."""
        started = child.first_frame_s is not None
        silent_s = now_s - child.last_frame_s
        if silent_s >= (self._silent_s if started else START_S):
            logger.error("scanner: no picture for %.1f s, ending it", silent_s)
            self._health.offer("camera_silent")
        elif not child.broken:
            return
        with self._lock:
            child.end()

    def _press(self, child: ScannerChild, now_s: float) -> None:
        """Go up the ladder. A child that survives it holds the camera, so no other is started beside it."""
        ending_s = now_s - (child.ending_since_s or now_s)
        if ending_s >= TERM_S:
            child.kill()
        if ending_s >= KILL_S:
            self._health.offer("camera_silent")

    def _bury(self, child: ScannerChild, code: int, now_s: float) -> None:
        """Say what its end means, and plan the next."""
        if code == EXIT_CAMERA or child.first_frame_s is None:
            self._health.offer(child.trouble or "camera_silent")
        if child.first_frame_s is not None and now_s - child.first_frame_s >= HEALTHY_S:
            self._pause_s = FIRST_PAUSE_S
        with self._lock:
            self._child = None
        logger.warning("scanner: ended with code %d, starting it again in %.1f s", code, self._pause_s)
        child.end()
        self._plan_restart(now_s)

    def _plan_restart(self, now_s: float) -> None:
        self._start_at_s = now_s + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _hear(self, child: ScannerChild, message: Message) -> None:
        """What the child says, on its reading thread."""
        now_s = self._clock.now_s()
        if child is not self._child or child.ending_since_s is not None:
            return
        match message:
            case Beat(frames, frame_age_s):
                if frames and frame_age_s < self._silent_s:
                    self._note_frame(child, now_s - frame_age_s, now_s)
            case CodeRead(payload):
                self._tell(CodeSeen(now_s, payload))
            case Hint(hint):
                self._tell(CodeHinted(now_s, hint))
            case Preview(jpeg):
                self._on_preview(jpeg)
            case CameraTrouble(fault):
                child.trouble = fault if fault in FAULTS else "camera_silent"
                self._health.offer(child.trouble)

    def _note_frame(self, child: ScannerChild, frame_at_s: float, now_s: float) -> None:
        with self._lock:
            if child.ending_since_s is not None:
                return
            child.last_frame_s = self._last_frame_s = frame_at_s
            if child.first_frame_s is None:
                child.first_frame_s = now_s
            if self._health.offer(WORKS):
                self._answered = True

    def _tell(self, event: Event) -> None:
        if not self._post(event):
            logger.warning("scanner: the controller's queue is full; dropped a %s", type(event).__name__)
