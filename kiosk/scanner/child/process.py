"""The scanner's own process: camera → newest picture → lookout → pipe, until the controller is gone.

Rule 1: pictures are taken newest only; a picture that came while another was read is never seen.
Rule 2: the loop never waits for the controller; the controller learns that it lives by its heartbeat.
Rule 3: nothing that a visitor showed is logged; no core file is written, for pictures and payloads would be in it.
"""

import ctypes
import faulthandler
import logging
import math
import os
import resource
import secrets
import signal
import sys
import time
from collections.abc import Callable
from typing import BinaryIO, NoReturn, Protocol

import cv2

from kiosk.errors import DeviceError, SettingsError
from kiosk.model import Watch
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.exposure import Exposure
from kiosk.scanner.child.pipes import Controls, Outbox
from kiosk.scanner.child.tracker import Tracker
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import (
    MAX_PREVIEW_BYTES,
    MAX_SETTINGS_BYTES,
    Beat,
    CameraTrouble,
    CodeRead,
    Hint,
    Preview,
)
from kiosk.scanner.wire.orders import EXIT_ALONE, EXIT_BUG, EXIT_CAMERA, EXIT_ORDERS, Orders, read_orders
from kiosk.settings.schema.wiring import CameraSettings

logger = logging.getLogger(__name__)

BEAT_S = 1.0
FRAME_WAIT_S = 0.5
"""How long one call waits for a picture; shorter than a heartbeat."""

BREATH_S = 0.05
"""Pause after a call that gave no picture, should it have come back at once."""

PREVIEW_WIDTH_PX = 320
PREVIEW_QUALITY = 70
PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when its parent ends."""


class FrameSource(Protocol):
    """What the loop needs of a camera."""

    def start(self) -> None:
        """Begin to deliver; `DeviceError` when it is missing."""

    def frame(self, wait_s: float) -> Grey | None:
        """The newest picture that was not handed out yet, or None when none came within `wait_s`."""
        ...

    def expose(self, stops: float) -> None:
        """Correct the exposure by `stops` from the next pictures on; nothing happens where it cannot be done."""

    def close(self) -> None:
        """Let go of the device; `start` may follow."""


OpenCamera = Callable[[CameraSettings], FrameSource]
"""Builds the camera that the settings name; `DeviceError` when it is not there."""


class Patience(Protocol):
    """What the loop needs of its controls.

    rested: set by the controls at each `Watch.OFF`, and taken back by the loop, which may miss a short one.
    """

    watch: Watch
    rested: bool

    def wait(self, for_s: float) -> None:
        """Wait, but no longer than until `watch` changes."""


class ScannerLoop:
    """One turn after the other; every turn ends within `FRAME_WAIT_S`, the decoder's budget and a heartbeat."""

    def __init__(
        self,
        camera: FrameSource,
        lookout: Tracker,
        outbox: Outbox,
        controls: Patience,
        orders: Orders,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera = camera
        self._lookout = lookout
        self._outbox = outbox
        self._controls = controls
        self._orders = orders
        self._now_s = now_s
        self._frames = 0
        self._frame_at_s = now_s()
        self._asked_at_s = -math.inf
        self._breath_until_s = -math.inf
        self._next_beat_s = -math.inf
        self._next_preview_s = -math.inf
        self._reopened = False

    def step(self) -> None:
        """Wait for what is due next and do it. `DeviceError` when the camera is given up."""
        if self._controls.rested:
            self._controls.rested = False
            self._lookout.watch(Watch.OFF)
        watch = self._controls.watch
        self._lookout.watch(watch)
        due_s = max(self._asked_at_s + self._interval_s(watch), self._breath_until_s)
        self._controls.wait(max(min(due_s, self._next_beat_s) - self._now_s(), 0.0))
        if self._now_s() >= due_s:
            self._take_frame(watch)
        if self._now_s() >= self._next_beat_s:
            self._beat()
        self._outbox.flush()

    def _interval_s(self, watch: Watch) -> float:
        match watch:
            case Watch.OFF:
                return BEAT_S  # a picture a second tells that the camera lives
            case Watch.GLANCE:
                return 1.0 / self._orders.scanner.glance_hz
            case Watch.FULL:
                return 0.0

    def _take_frame(self, watch: Watch) -> None:
        self._asked_at_s = self._now_s()
        grey = self._camera.frame(FRAME_WAIT_S)
        at_s = self._now_s()
        if grey is None:
            self._breath_until_s = at_s + BREATH_S
            self._mend(at_s)
            return
        self._frames, self._frame_at_s, self._reopened = self._frames + 1, at_s, False
        if self._frames == 1:
            self._beat()
        self._tell(grey, at_s)
        if watch is Watch.FULL:
            self._show(grey, at_s)

    def _tell(self, grey: Grey, at_s: float) -> None:
        sight = self._lookout.see(grey, at_s)
        for payload in sight.codes:
            self._outbox.send(CodeRead(payload))
        if sight.hint:
            self._outbox.send(Hint(sight.hint))
        if sight.stops is not None:
            self._camera.expose(sight.stops)

    def _show(self, grey: Grey, at_s: float) -> None:
        preview_hz = self._orders.scanner.preview_hz
        if not preview_hz or at_s < self._next_preview_s:
            return
        self._next_preview_s = at_s + 1.0 / preview_hz
        jpeg = preview(grey)
        if len(jpeg) <= MAX_PREVIEW_BYTES:
            self._outbox.send_fresh(Preview(jpeg))

    def _beat(self) -> None:
        now_s = self._now_s()
        self._next_beat_s = now_s + BEAT_S
        self._outbox.send_fresh(Beat(self._frames, max(now_s - self._frame_at_s, 0.0)))

    def _mend(self, at_s: float) -> None:
        """Open the camera again once when half the time is over, and give it up when all of it is."""
        silent_s = at_s - self._frame_at_s
        limit_s = self._orders.camera.silent_s
        if silent_s >= limit_s:
            message = f"no picture for {silent_s:.1f} s; at most {limit_s} s are allowed by 'camera.silent_s'"
            raise DeviceError("camera", message, "camera_silent")
        if silent_s >= limit_s / 2 and not self._reopened:
            logger.warning("camera: no picture for %.1f s, opening it again", silent_s)
            self._reopened = True
            self._camera.close()
            self._camera.start()


def preview(grey: Grey) -> bytes:
    """The live picture for the visitor: small, grey, JPEG."""
    height_px = max(1, round(grey.shape[0] * PREVIEW_WIDTH_PX / grey.shape[1]))
    small = cv2.resize(grey, (PREVIEW_WIDTH_PX, height_px), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, PREVIEW_QUALITY])
    return bytes(jpeg)


def serve(open_camera: OpenCamera) -> NoReturn:
    """Be the scanner's process: orders and control lines on stdin, messages on stdout; ends with an exit code.

    It ends without clean-up, because a camera that hangs would hang that too; the kernel closes what was open.
    """
    _bind_to_parent()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    os._exit(_serve(open_camera, Outbox(_claim_stdout()), sys.stdin.buffer))


def _serve(open_camera: OpenCamera, outbox: Outbox, stdin: BinaryIO) -> int:
    try:
        run(open_camera, outbox, stdin)
    except SettingsError as error:
        logger.error("%s", error)  # noqa: TRY400 - a traceback adds nothing
        return EXIT_ORDERS
    except DeviceError as error:
        logger.error("%s", error)  # noqa: TRY400 - a traceback adds nothing
        outbox.send(CameraTrouble(error.fault))
        return EXIT_CAMERA
    except BrokenPipeError:
        return EXIT_ALONE
    except BaseException:
        logger.exception("the scanner ended")
        return EXIT_BUG


def run(open_camera: OpenCamera, outbox: Outbox, stdin: BinaryIO) -> NoReturn:
    """Read the orders, build the loop and turn it for ever.

    Ends by `SettingsError`, `DeviceError` (the camera is missing or given up), `BrokenPipeError`, or, wherever it
    is, with the process when stdin ends.
    """
    orders = read_orders(stdin.readline(MAX_SETTINGS_BYTES + 1))
    controls = Controls(on_gone=lambda: os._exit(EXIT_ALONE))
    controls.start(stdin)
    sightings = Sightings(orders.scanner.same_code_s, secrets.token_bytes(32))
    camera = open_camera(orders.camera)
    camera.start()
    exposure = Exposure(orders.camera.exposure_value) if orders.camera.adapt_exposure else None
    lookout = Tracker(StreamDecoder(orders.scanner.budget_ms), sightings, exposure)
    loop = ScannerLoop(camera, lookout, outbox, controls, orders)
    while True:
        loop.step()


def _bind_to_parent() -> None:
    """Leave no orphan and no core file.

    The signal comes when the thread that started this process ends; should it have ended before, stdin is at its end.
    """
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _claim_stdout() -> int:
    """The wire on a number of its own; whatever a library prints to stdout goes to stderr, where it harms nothing."""
    wire = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return wire
