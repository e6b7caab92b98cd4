"""The scanner on the virtual clock: the real tracker and decoder with the simulated camera, without a process.

It takes the jobs and posts the events of `kiosk.scanner.host.supervisor.Scanner`. It takes fewer frames than the real
one, because drawing and decoding take real time. The processing budget is real time too.
"""

import math
import secrets
from collections.abc import Callable

from kiosk.errors import DeviceError
from kiosk.flow.commands import WatchCodes
from kiosk.flow.events import CodeHinted, CodeSeen, Event, health_event
from kiosk.model import Clock, Watch
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.exposure import Exposure
from kiosk.scanner.child.process import FrameSource
from kiosk.scanner.child.tracker import Tracker
from kiosk.scanner.wire.messages import Look, ScannerFigures
from kiosk.settings.schema.policy import ScannerSettings
from kiosk.support.delivery import Delivery

FRAME_S = {Watch.OFF: 2.0, Watch.GLANCE: 0.5, Watch.FULL: 0.25}
"""Seconds between two frames."""

RESTART_S = 2.0


class InlineScanner:
    """The worker's duty "camera" without a process. Its jobs are `WatchCodes` commands.

    Args:
        camera: the simulated camera.
        settings: the settings of the scanner.
        silent_s: without a frame for this time, the fault `camera_silent` is reported.
        clock: the virtual clock.
        post: offers an event to the controller's inbox.
        exposure: corrects the exposure of the camera; None: it is not corrected.
    """

    name = "camera"
    restarts = 0
    figures: ScannerFigures | None = None

    def __init__(
        self,
        camera: FrameSource,
        settings: ScannerSettings,
        silent_s: float,
        clock: Clock,
        post: Callable[[Event], bool],
        exposure: Exposure | None = None,
    ) -> None:
        self._camera = camera
        sightings = Sightings(settings.same_code_s, secrets.token_bytes(32))
        self._tracker = Tracker(StreamDecoder(settings.budget_ms), sightings, exposure)
        self._silent_s = silent_s
        self._clock = clock
        self._post = post
        self._look = Look(Watch.OFF, 0)
        self._started = False
        self._due_s = -math.inf
        self._frame_at_s = clock.now_s()
        self._health = Delivery[str](
            lambda fault: post(health_event(clock.now_s(), self.name, fault)), changes_only=True
        )

    def handle(self, job: WatchCodes) -> None:
        """Set how often frames are taken and how thoroughly they are read."""
        self._look = Look(job.watch, job.visit)
        self._tracker.watch(self._look)
        self._due_s = min(self._due_s, self._clock.now_s() + FRAME_S[job.watch])

    def tick(self) -> float:
        """Take and read a frame if one is due. Return the seconds until the next one is due."""
        now_s = self._clock.now_s()
        if now_s >= self._due_s:
            self._due_s = now_s + FRAME_S[self._look.watch]
            try:
                self._take_frame(now_s)
            except DeviceError as error:
                self._started = False
                self._due_s = now_s + RESTART_S
                self._health.offer(error.fault)
        return max(self._due_s - now_s, 0.0)

    def close(self) -> None:
        """Release the camera."""
        self._camera.close()

    def _take_frame(self, now_s: float) -> None:
        if not self._started:
            self._camera.start()
            self._started = True
        grey = self._camera.frame(0.0)
        if grey is None:
            if now_s - self._frame_at_s >= self._silent_s:
                raise DeviceError("camera", f"no picture for {now_s - self._frame_at_s:.1f} s", "camera_silent")
            return
        self._frame_at_s = now_s
        self._health.offer("")
        report = self._tracker.see(grey, now_s)
        for payload in report.codes:
            self._post(CodeSeen(now_s, payload, self._look.visit))
        if report.stops is not None:
            self._camera.expose(report.stops)
        if report.hint:
            self._post(CodeHinted(now_s, report.hint, self._look.visit))
