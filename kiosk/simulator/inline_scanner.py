"""A scanner in this process: the loop of the scanner process on the virtual clock, behind a link of its own.

The controller's side is the real supervisor with its reader of messages. The scanner's side is the real loop with its
tracker, stream decoder, deduplication and outbox. Between them are a pipe and lines, as between two processes. So that
a run replays:

* the loop is stepped by alarms of the virtual clock;
* the decoder's budget counts work and not time (`WorkClock`);
* each step ends only when the thread that reads the messages waits for the next ones.
"""

import contextlib
import io
import itertools
import os
import select
import threading
from collections.abc import Callable

from kiosk.composition.environment import CameraDuty, OpenScanner, Post, scanner_opener
from kiosk.errors import DeviceError
from kiosk.model import Alarm, CameraSetup, Clock
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.exposure import Exposure
from kiosk.scanner.child.pipes import Controls, Outbox
from kiosk.scanner.child.process import FrameSource, OpenCamera, ScannerLoop
from kiosk.scanner.child.tracker import Tracker
from kiosk.scanner.wire.messages import CameraTrouble
from kiosk.scanner.wire.orders import EXIT_CAMERA, read_orders
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.settings.schema.wiring import CameraSettings
from kiosk.support.links import LinkEnding

FRAME_S = 0.25
"""The least time between two pictures in the demo, because drawing and decoding take real time."""

STARTUP_S = 1.0
"""Time from the start of the process to its first step."""

READING_MS = 2.0
"""Each reading of the clock of the budget counts as so much work. The cascade reads it around each stage."""


class WorkClock:
    """A clock of the decoder's budget that does not depend on the speed of the machine; seconds."""

    def __init__(self) -> None:
        self._readings = itertools.count()

    def __call__(self) -> float:
        """Return the time, which each call moves on by `READING_MS`."""
        return next(self._readings) * READING_MS / 1000.0


class MessagePipe(io.RawIOBase):
    """The reading end of the scanner's messages. `pass_on` waits until everything that was written is handled."""

    def __init__(self) -> None:
        super().__init__()
        self._fd, self.write_end = os.pipe()
        os.set_blocking(self._fd, False)
        self._changed = threading.Condition()
        self._reader_waits = self._ended = self._released = False
        self._reader: threading.Thread | None = None

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, or none at the end; waits for them, in real time."""
        with self._changed:
            self._reader = threading.current_thread()
            while not self._ended:
                with contextlib.suppress(BlockingIOError):
                    return os.read(self._fd, max(size, 1))
                self._reader_waits = True
                self._changed.notify_all()
                self._changed.wait()
            return b""

    def pass_on(self) -> None:
        """Let the reader read, and wait until it has handled every byte and waits for more, or has ended."""
        with self._changed:
            if self._reader_waits and not select.select([self._fd], [], [], 0.0)[0]:
                return
            self._reader_waits = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._reader_waits or self._ended)

    def finish(self) -> None:
        """End the stream, and wait for the end of the thread that reads it."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._reader and self._reader is not threading.current_thread():
            self._reader.join()

    def close(self) -> None:
        """End the stream and close both ends of the pipe."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            if not self._released:
                self._released = True
                os.close(self._fd)
                os.close(self.write_end)
        super().close()


class StepControls(Controls):
    """The control lines of a loop that is stepped: waiting only notes for how long.

    wait_s: the time for which the loop would have waited in its last step.
    """

    wait_s = 0.0

    def wait(self, for_s: float) -> None:
        """Note the time and return at once."""
        self.wait_s = for_s


class InlineScannerLink:
    """The link to a scanner that runs in this process, by alarms of `clock`.

    open_camera: makes the camera of the orders. interval_s: the least time between two steps, beside that of the
    camera's frames; drawing and decoding take real time.
    """

    log: io.RawIOBase | None = None

    def __init__(self, open_camera: OpenCamera, clock: Clock, interval_s: float = 0.0) -> None:
        self._pipe = MessagePipe()
        self.messages: io.RawIOBase = self._pipe
        self._open_camera = open_camera
        self._clock = clock
        self._outbox = Outbox(self._pipe.write_end)
        self._controls = StepControls(on_end=lambda: None)
        self._loop: ScannerLoop | None = None
        self._next: Alarm | None = None
        self._ending: LinkEnding | None = None
        self._first_s = clock.now_s() + STARTUP_S
        self._interval_s = interval_s

    def ending(self, heard: bool) -> LinkEnding | None:  # noqa: ARG002 - the ending says enough
        """Return how the loop ended, or None while it runs."""
        return self._ending

    def write(self, line: bytes) -> None:
        """Take the orders, and then control lines, which wake the loop."""
        if self._ending:
            return
        if self._loop is None:
            self._open(line)
            return
        self._controls.read_all(io.BytesIO(line))
        if self._next and self._clock.now_s() >= self._first_s:
            self._next.cancel()
            self._next = self._clock.call_at(self._clock.now_s(), self._step)

    def end(self) -> None:
        """End the loop, as the end of its input does."""
        self._end(LinkEnding("its input was closed"))

    def kill(self) -> str:
        """Do nothing: `end` has ended the loop."""
        return "the scanner in this process has ended"

    def wait(self, for_s: float) -> bool:  # noqa: ARG002 - the loop is not running now
        """Return True once the loop has ended."""
        return self._ending is not None

    def release(self) -> None:
        """End the loop and the thread that reads its messages."""
        self.end()
        self._pipe.close()

    def _open(self, line: bytes) -> None:
        orders = read_orders(line)
        camera = self._open_camera(orders.camera)
        exposure = Exposure(orders.camera.exposure_value) if orders.camera.adapt_exposure else None
        sightings = Sightings(orders.scanner.same_code_s, b"world")
        tracker = Tracker(StreamDecoder(orders.scanner.budget_ms, WorkClock(), slowness=1.0), sightings, exposure)
        self._loop = ScannerLoop(camera, tracker, self._outbox, self._controls, orders, self._clock.now_s)
        self._interval_s = max(self._interval_s, 1.0 / orders.camera.frame_hz)
        self._next = self._clock.call_at(self._first_s, self._step)

    def _step(self) -> None:
        if self._ending or self._loop is None:
            return
        try:
            self._loop.step()
        except DeviceError as error:
            self._outbox.send(CameraTrouble(error.fault))
            self._pipe.pass_on()
            self._end(LinkEnding(str(error), EXIT_CAMERA))
            return
        self._pipe.pass_on()
        if self._ending:
            return  # the controller had enough of it
        wait_s = max(self._controls.wait_s, self._interval_s)
        self._next = self._clock.call_at(self._clock.now_s() + wait_s, self._step)

    def _end(self, ending: LinkEnding) -> None:
        self._ending = self._ending or ending
        self._pipe.finish()
        if self._next:
            self._next.cancel()


def inline_opener(open_camera: Callable[[CameraSetup, Clock], FrameSource]) -> OpenScanner:
    """Return a function that makes a scanner in this process, with a picture every `FRAME_S` at most."""

    def open_scanner(
        camera: CameraSettings, scanner: ScannerSettings, clock: Clock, post: Post, on_preview: Callable[[bytes], None]
    ) -> CameraDuty:
        def start() -> InlineScannerLink:
            return InlineScannerLink(lambda setup: open_camera(setup, clock), clock, FRAME_S)

        return scanner_opener(start)(camera, scanner, clock, post, on_preview)

    return open_scanner
