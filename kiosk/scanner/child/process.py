"""The scanner process: it reads the camera, decodes each frame, and reports to the controller until that ends.

One loop does all the work: wait until a frame is due, take the newest frame, give it to the tracker, write the reports
and the live picture, write a heartbeat once a second. A second thread only reads the control lines.

*Newest frame only*: decoding can take longer than the time between two frames. A frame that came meanwhile is dropped
by the camera and never decoded, so the loop never falls behind the camera.

*One picture for one visit*: the control lines name the visit. What a picture shows is reported with the number that was
valid before the picture was taken, and what is known of earlier pictures is forgotten when the number changes. The
first picture after a change is dropped, because the camera may have completed it before.

*Bound to its controller*: the process must not outlive the controller and hold the camera. It ends by itself when its
standard input is closed. If the controller is its parent, the kernel also sends it SIGKILL when the parent ends
(prctl(2), PR_SET_PDEATHSIG).

*Own timer*: a scanner that runs as a unit of its own has another user than the controller, which therefore cannot kill
it. A timer of the kernel (setitimer(2), ITIMER_REAL) is set again before each step of the loop; SIGALRM, which nothing
handles, ends a process that makes no progress. This also works while a library loops without giving up Python's lock,
when neither a thread nor a handler in Python would run.

Rule 1: the loop never waits for the controller. The controller sees by the heartbeats that the scanner is alive.
Rule 2: no content of a code is logged, and no core file is written, because frames and payloads would be in it.
"""

import contextlib
import ctypes
import faulthandler
import logging
import math
import os
import resource
import secrets
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable
from typing import BinaryIO, NoReturn, Protocol

from kiosk.errors import DeviceError, SettingsError
from kiosk.model import CameraSetup, Watch
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.decode_times import DecodeTimes
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.exposure import Exposure
from kiosk.scanner.child.pipes import Controls, Outbox
from kiosk.scanner.child.preview import preview
from kiosk.scanner.child.tracker import Tracker
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import (
    MAX_PREVIEW_BYTES,
    MAX_SETTINGS_BYTES,
    Beat,
    CameraTrouble,
    CodeRead,
    Hint,
    Look,
    Preview,
    ScannerFigures,
)
from kiosk.scanner.wire.orders import EXIT_ALONE, EXIT_BUG, EXIT_CAMERA, EXIT_ORDERS, START_S, Orders, read_orders

logger = logging.getLogger(__name__)

BEAT_S = 1.0
FRAME_WAIT_S = 0.5
"""The time for which one call waits for a frame; shorter than the interval of heartbeats."""

PAUSE_WITHOUT_FRAME_S = 0.05
"""Pause after a call that returned no frame. It limits the load if the camera returns at once."""

PR_SET_PDEATHSIG = 1
"""prctl(2): set the signal that this process gets when its parent ends."""


class FrameSource(Protocol):
    """A camera, as far as the loop uses it."""

    def start(self) -> None:
        """Start the stream of frames. Raises `DeviceError` if the camera is missing."""

    def frame(self, wait_s: float) -> Grey | None:
        """Return the newest frame that was not returned yet, or None if none came within `wait_s` seconds."""
        ...

    def expose(self, stops: float) -> None:
        """Set the exposure compensation to `stops` for the next frames; cameras without it ignore the call."""

    def close(self) -> None:
        """Release the device. `start` may be called again."""


OpenCamera = Callable[[CameraSetup], FrameSource]
"""Builds the camera that the settings name. Raises `DeviceError` if it is not there."""


class LoopControls(Protocol):
    """The controls of the loop; see `kiosk.scanner.child.pipes.Controls`."""

    look: Look
    was_off: Look | None

    def wait(self, for_s: float) -> None:
        """Wait for `for_s` seconds, or until the next control line."""


class ScannerLoop:
    """The loop of the scanner process.

    Each call of `step` ends within the sum of `FRAME_WAIT_S`, the time of one decoding, and the time to the next frame
    or heartbeat.
    """

    def __init__(
        self,
        camera: FrameSource,
        tracker: Tracker,
        outbox: Outbox,
        controls: LoopControls,
        orders: Orders,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera = camera
        self._tracker = tracker
        self._outbox = outbox
        self._controls = controls
        self._orders = orders
        self._now_s = now_s
        self._frames = 0
        self._frame_at_s = now_s()
        self._asked_at_s = -math.inf
        self._paused_until_s = -math.inf
        self._next_beat_s = -math.inf
        self._next_preview_s = -math.inf
        self._reopened = False
        self._times = DecodeTimes()
        self._level = 0.0
        self._figures_sent = (self._frames, self._frame_at_s)
        self._visit = controls.look.visit
        self._frame_is_old = False
        self._interval_s = {
            Watch.OFF: BEAT_S,  # one frame a second shows that the camera works
            Watch.GLANCE: 1.0 / orders.scanner.glance_hz,
            Watch.FULL: 0.0,
            Watch.AGAIN: 0.0,
        }

    def step(self) -> None:
        """Wait until a frame or a heartbeat is due, and handle it.

        Raises `DeviceError` if the camera gave no frame for `camera.silent_s` seconds, or is missing when it is opened
        again; and `ConnectionError` if the controller closed the pipe.
        """
        if was_off := self._controls.was_off:
            self._controls.was_off = None
            self._tracker.watch(was_off)
        look = self._controls.look
        self._tracker.watch(look)
        if look.visit != self._visit:
            self._visit, self._frame_is_old = look.visit, True
        due_s = max(self._asked_at_s + self._interval_s[look.watch], self._paused_until_s)
        self._controls.wait(max(min(due_s, self._next_beat_s) - self._now_s(), 0.0))
        if self._now_s() >= due_s:
            self._take_frame(look)
        if self._now_s() >= self._next_beat_s:
            self._beat()
            self._send_figures()
        self._outbox.flush()

    def _take_frame(self, look: Look) -> None:
        self._asked_at_s = self._now_s()
        grey = self._camera.frame(FRAME_WAIT_S)
        at_s = self._now_s()
        if grey is None:
            self._paused_until_s = at_s + PAUSE_WITHOUT_FRAME_S
            self._handle_silence(at_s)
            return
        self._frames, self._frame_at_s, self._reopened = self._frames + 1, at_s, False
        if self._frames == 1:
            self._beat()
        if self._frame_is_old:
            self._frame_is_old = False
            return
        report = self._tracker.see(grey, at_s)
        self._level = float(grey[::16, ::16].mean())
        if report.decoded:
            self._times.note((self._now_s() - at_s) * 1000.0)
        for payload in report.codes:
            self._outbox.send(CodeRead(payload, look.visit))
        if report.hint:
            self._outbox.send(Hint(report.hint, look.visit))
        if report.stops is not None:
            self._camera.expose(report.stops)
        if look.watch.scans:
            self._send_preview(grey, at_s)

    def _send_preview(self, grey: Grey, at_s: float) -> None:
        preview_hz = self._orders.scanner.preview_hz
        if not preview_hz or at_s < self._next_preview_s:
            return
        self._next_preview_s = at_s + 1.0 / preview_hz
        with self._tracker.charged():
            jpeg = preview(grey)
        if len(jpeg) <= MAX_PREVIEW_BYTES:
            self._outbox.send_or_drop(Preview(jpeg))

    def _beat(self) -> None:
        now_s = self._now_s()
        self._next_beat_s = now_s + BEAT_S
        self._outbox.send_or_drop(Beat(self._frames, max(now_s - self._frame_at_s, 0.0)))

    def _send_figures(self) -> None:
        now_s, (frames_before, sent_at_s) = self._now_s(), self._figures_sent
        self._figures_sent = (self._frames, now_s)
        frames_hz = (self._frames - frames_before) / max(now_s - sent_at_s, BEAT_S / 2)
        times = self._times
        self._outbox.send_or_drop(ScannerFigures(frames_hz, times.count, times.median_ms, times.p95_ms, self._level))

    def _handle_silence(self, at_s: float) -> None:
        """Open the camera again after half of `camera.silent_s` without a frame; give it up after all of it."""
        silent_s = at_s - self._frame_at_s
        limit_s = self._orders.camera.silent_s
        if silent_s >= limit_s:
            message = f"no picture for {silent_s:.1f} s; at most {limit_s} s are allowed by 'camera.silent_s'"
            raise DeviceError("camera", message, "camera_silent")
        if silent_s >= limit_s / 2 and not self._reopened:
            logger.warning("camera: no picture for %.1f s; opening it again", silent_s)
            self._reopened = True
            self._camera.close()
            self._camera.start()


def serve(open_camera: OpenCamera) -> NoReturn:
    """Run the scanner process: orders and control lines come on stdin, messages go to stdout. Does not return.

    Both are pipes, or both are one socket.

    The process ends with one of the codes in `kiosk.scanner.wire.orders`, without clean-up: a camera that hangs would
    block it, and the kernel closes all files anyway.
    """
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Sent when the thread that started this process ends. If that was before this call, stdin is at its end already.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a parent may have left it ignored
    signal.setitimer(signal.ITIMER_REAL, START_S)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    # Messages go to a descriptor of their own. Text that a library prints to stdout goes to stderr and is only logged.
    messages_fd = os.dup(sys.stdout.fileno())
    messages = socket.socket(fileno=messages_fd) if stat.S_ISSOCK(os.fstat(messages_fd).st_mode) else messages_fd
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os._exit(_exit_code(open_camera, Outbox(messages), sys.stdin.buffer))


def _exit_code(open_camera: OpenCamera, outbox: Outbox, stdin: BinaryIO) -> int:
    """Run until an exception ends the loop, and return the exit code for it."""
    try:
        run(open_camera, outbox, stdin)
    except SettingsError as error:
        logger.error("%s", error)  # noqa: TRY400 - a traceback adds nothing
        return EXIT_ORDERS
    except DeviceError as error:
        logger.error("%s", error)  # noqa: TRY400 - a traceback adds nothing
        with contextlib.suppress(ConnectionError):
            outbox.send(CameraTrouble(error.fault))
        return EXIT_CAMERA
    except ConnectionError:
        return EXIT_ALONE
    except BaseException:
        logger.exception("the scanner ended")
        return EXIT_BUG


def run(open_camera: OpenCamera, outbox: Outbox, stdin: BinaryIO) -> NoReturn:
    """Read the orders, build the loop and run it for ever.

    Ends the process when stdin ends. Raises `SettingsError` if the first line is not valid orders, `DeviceError` if the
    camera is missing or silent, and `ConnectionError` if the controller closed the pipe.
    """
    orders = read_orders(stdin.readline(MAX_SETTINGS_BYTES + 1))
    controls = Controls(on_end=lambda: os._exit(EXIT_ALONE))
    controls.start(stdin)
    sightings = Sightings(orders.scanner.same_code_s, secrets.token_bytes(32))
    camera = open_camera(orders.camera)
    camera.start()
    exposure = Exposure(orders.camera.exposure_value) if orders.camera.adapt_exposure else None
    tracker = Tracker(StreamDecoder(orders.scanner.budget_ms), sightings, exposure)
    loop = ScannerLoop(camera, tracker, outbox, controls, orders)
    while True:
        signal.setitimer(signal.ITIMER_REAL, orders.camera.silent_s)  # as long as the controller waits for a frame
        loop.step()
