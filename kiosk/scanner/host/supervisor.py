"""The supervisor of the scanner process: starts it, passes its reports on, restarts it, and reports camera faults.

Restart ladder: a process that ended is started again after a pause. The pause begins with `FIRST_PAUSE_S` and doubles
with each restart up to `LONGEST_PAUSE_S`, so that a process that fails at once does not use up the processor. After
`HEALTHY_S` with frames the pauses begin with the shortest again.

Kill ladder: a scanner that sends wrong bytes, or no frame in time, is ended. First it is asked to end; after `TERM_S`
its end is forced, as far as its link can (`kiosk.support.links`: signals, or the scanner's own timer); after
`KILL_S` it is reported as a fault. A scanner that survives that hangs in the kernel and may still hold the camera, so
no other one is started until it ends.

Silent camera: a heartbeat without a new frame is no sign of a working camera. If no frame came for `camera.silent_s`,
counted over restarts too, the fault `camera_silent` is reported. A new process has `START_S` for its first frame. A
restart that brings frames within `camera.silent_s` is no fault.

Rule 1: no picture library is imported.
Rule 2: no method waits for the process, except `close`; the time comes by calls of `tick`.
Rule 3: messages of a process that is being ended are ignored.
"""

import logging
import threading
from collections.abc import Callable

from kiosk.errors import DeviceError, SettingsError
from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeHinted, CodeSeen, Event, health_event
from kiosk.model import CameraSetup, Clock, Watch
from kiosk.scanner.host.child_process import ScannerChild
from kiosk.scanner.wire.messages import (
    MAX_SETTINGS_BYTES,
    Beat,
    CameraTrouble,
    CodeRead,
    Hint,
    Look,
    Message,
    Preview,
    ScannerFigures,
    control_line,
)
from kiosk.scanner.wire.orders import EXIT_CAMERA, START_S
from kiosk.support.delivery import Delivery
from kiosk.support.links import Link, LinkEnding

logger = logging.getLogger(__name__)

TICK_S = 0.5
TERM_S = 1.0
KILL_S = 2.0
"""The times of the forced end and of the report, counted from the first step of the kill ladder."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HEALTHY_S = 60.0
"""After this time with frames, the pauses begin with the shortest again."""

FAULTS = ("camera_missing", "camera_silent")
NO_FAULT = ""
"""The health report of a camera that works."""


class Scanner:
    """The worker's duty "camera". Its jobs are `WatchCodes` commands.

    `restarts` counts the starts after the first; `figures` are the newest ones of the present scanner.

    Args:
        start: starts a scanner and returns the link to it; raises `DeviceError` if that is not possible.
        settings_json: the orders as one line of JSON (`kiosk.scanner.wire.orders.Orders.line`).
        camera: the settings of the camera, of which `silent_s` is used.
        clock: the time of events and pauses.
        post: offers an event to the controller's inbox; returns False if the inbox is full. Events of codes and hints
            that are refused are lost; a refused health report is offered again, or replaced by a newer one.
        on_preview: is called with each live picture (JPEG), on a thread of the supervisor's; it must be short.
    """

    name = "camera"

    def __init__(
        self,
        start: Callable[[], Link],
        settings_json: str,
        camera: CameraSetup,
        clock: Clock,
        post: Callable[[Event], bool],
        on_preview: Callable[[bytes], None],
    ) -> None:
        """Raises `SettingsError` if the orders are not a single line of a size that a pipe takes at once."""
        self.restarts = 0
        self.figures: ScannerFigures | None = None
        self._orders = settings_json.rstrip("\n").encode() + b"\n"
        if self._orders.count(b"\n") != 1 or len(self._orders) > MAX_SETTINGS_BYTES:
            raise SettingsError(
                f"scanner: orders of {len(self._orders)} bytes; one line of {MAX_SETTINGS_BYTES} is allowed"
            )
        self._start_link = start
        self._silent_s = camera.silent_s
        self._clock = clock
        self._post = post
        self._health = Delivery[str](
            lambda fault: post(health_event(clock.now_s(), self.name, fault)), changes_only=True
        )
        self._on_preview = on_preview
        self._look = Look(Watch.OFF, 0)
        self._child: ScannerChild | None = None
        self._start_at_s = clock.now_s()
        self._pause_s = FIRST_PAUSE_S
        self._lock = threading.Lock()
        self._has_worked = False
        self._last_frame_s = clock.now_s()

    def handle(self, job: WatchCodes) -> None:
        """Tell the scanner how thoroughly to look. The setting is kept and sent again after a restart."""
        self._look = Look(job.watch, job.visit)
        if self._child:
            self._child.write(control_line(self._look))

    def tick(self) -> float:
        """Do what is due for the process: start, check, end or restart it. Return the seconds until the next call."""
        now_s = self._clock.now_s()
        child = self._child
        self._health.deliver()
        if self._has_worked and now_s - self._last_frame_s >= self._silent_s:
            self._health.offer(self._health.accepted or "camera_silent")  # a fault that is known keeps its name
        if child is None:
            if now_s >= self._start_at_s:
                self._start(now_s)
        elif (ending := child.ending()) is not None:
            self._plan_restart_after(child, ending, now_s)
        elif child.ending_since_s is not None:
            self._climb_kill_ladder(child, now_s)
        else:
            self._check(child, now_s)
        return TICK_S

    def close(self) -> None:
        """End the process, or leave it running if it does not end within about `KILL_S` seconds."""
        child, self._child = self._child, None
        if child is None:
            return
        child.end()
        if not child.wait(TERM_S):
            child.kill()
            if not child.wait(KILL_S - TERM_S):
                logger.error("scanner: it does not end; it is left running")
        child.release()

    def _start(self, now_s: float) -> None:
        try:
            child = ScannerChild(self._start_link(), self._clock, self._receive)
        except DeviceError as error:
            logger.error("%s", error)  # noqa: TRY400 - a traceback adds nothing
            self._health.offer(error.fault)
            self._plan_restart(now_s)
            return
        with self._lock:
            self._child = child
        child.listen()
        child.write(self._orders)
        child.write(control_line(self._look))

    def _check(self, child: ScannerChild, now_s: float) -> None:
        """Begin to end a child that sent wrong bytes, or that delivered no frame in time."""
        silent_s = now_s - child.last_frame_s
        if silent_s >= (START_S if child.first_frame_s is None else self._silent_s):
            logger.error("scanner: no frame for %.1f s; ending the scanner", silent_s)
            self._health.offer("camera_silent")
        elif not child.broken:
            return
        with self._lock:
            child.end()

    def _climb_kill_ladder(self, child: ScannerChild, now_s: float) -> None:
        ending_s = now_s - (child.ending_since_s or now_s)
        if ending_s >= TERM_S:
            child.kill()
        if ending_s >= KILL_S:
            self._health.offer("camera_silent")

    def _plan_restart_after(self, child: ScannerChild, ending: LinkEnding, now_s: float) -> None:
        """Report a fault if the end of `child` is one, and plan the next start."""
        if ending.code == EXIT_CAMERA or child.first_frame_s is None:
            self._health.offer(child.reported_fault or "camera_silent")
        if child.first_frame_s is not None and now_s - child.first_frame_s >= HEALTHY_S:
            self._pause_s = FIRST_PAUSE_S
        with self._lock:
            self._child = None
        logger.warning("scanner: %s; starting it again in %.1f s", ending.text, self._pause_s)
        child.release()
        self._plan_restart(now_s)

    def _plan_restart(self, now_s: float) -> None:
        self.restarts += 1
        self.figures = None
        self._start_at_s = now_s + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _receive(self, child: ScannerChild, message: Message) -> None:
        """Handle a message of `child`, on the thread that reads its messages."""
        now_s = self._clock.now_s()
        if child is not self._child or child.ending_since_s is not None:
            return
        match message:
            case Beat(frames, frame_age_s):
                if frames and frame_age_s < self._silent_s:
                    self._note_frame(child, now_s - frame_age_s, now_s)
            case CodeRead(payload, visit):
                self._post_or_log(CodeSeen(now_s, payload, visit))
            case Hint(hint, visit):
                self._post_or_log(CodeHinted(now_s, hint, visit))
            case Preview(jpeg):
                self._on_preview(jpeg)
            case ScannerFigures():
                self.figures = message
            case CameraTrouble(fault):
                child.reported_fault = fault if fault in FAULTS else "camera_silent"
                self._health.offer(child.reported_fault)

    def _note_frame(self, child: ScannerChild, frame_at_s: float, now_s: float) -> None:
        with self._lock:
            if child.ending_since_s is not None:
                return
            child.last_frame_s = self._last_frame_s = frame_at_s
            if child.first_frame_s is None:
                child.first_frame_s = now_s
            if self._health.offer(NO_FAULT):
                self._has_worked = True

    def _post_or_log(self, event: Event) -> None:
        if not self._post(event):
            logger.warning("scanner: the controller's inbox is full; dropped a %s", type(event).__name__)
