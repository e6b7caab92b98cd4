"""The controller's side of the imager: it starts the process, keeps its newest sample, and starts it again.

The process is a unit of its own, or a child of the controller in the demo, in tests and by hand (decision 0021). A
thread reads its lines. `sample` gives each sample once, so that one picture is not taken for several steady ones.

Rule 1: nothing here waits for the process, except `close`, whose time is bounded.
Rule 2: nothing here imports NumPy, because this code runs in the controller.
Rule 3: a process that ends, is silent or writes what is no look is ended and started again, after a pause that doubles.
"""

import contextlib
import io
import logging
import threading
from collections.abc import Callable

from kiosk.errors import DeviceError, KioskError
from kiosk.flow.temperature import Sample
from kiosk.hardware.thermometers.imager.messages import (
    MAX_LINE_BYTES,
    ImagerOrders,
    SensorTrouble,
    SensorUnit,
    orders_line,
    parse_look,
)
from kiosk.model import Clock
from kiosk.support.links import Helper, Link

logger = logging.getLogger(__name__)

IMAGER = Helper("imager", not_started="thermometer_silent", missing="imager_missing")

START_S = 15.0
"""Longest time until the first line: NumPy takes some seconds from a cold card, the calibration 0.2 s."""

SILENT_S = 3.0
"""Without a line for this time, the process is ended; a picture comes every 0.25 s, a fault every second."""

FRESH_S = 1.0
"""An older sample may be of somebody who left."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
END_S = 1.0
"""Longest time of each of the three waits of `close` for the end of processes."""


class ImagerLink:
    """The imager as a thermometer of the controller; see `kiosk.hardware.thermometers.thermometer.Thermometer`.

    start: starts the process, or connects to its unit; raises `DeviceError` if that is not possible.
    """

    def __init__(self, orders: ImagerOrders, clock: Clock, start: Callable[[], Link]) -> None:
        self._orders = orders
        self._clock = clock
        self._start = start
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._ended: list[Link] = []
        self._newest: Sample | SensorTrouble | None = None
        self._unit: str | None = None
        self._trouble: DeviceError | None = None
        self._is_wrong = False
        self._heard_at_s: float | None = None
        self._started_at_s = 0.0
        self._start_at_s = clock.now_s()
        self._pause_s = FIRST_PAUSE_S
        self._closed = False
        self._told = threading.Event()

    def sample(self) -> Sample | None:
        """Return the newest sample if it is new, else None; start the process if it does not run and may be started.

        Raises `DeviceError` (thermometer_silent, thermometer_error, imager_missing) if the sensor does not work, its
        process or its unit.
        """
        now_s = self._clock.now_s()
        if self._link is None:
            self._begin(now_s)
        elif (newest := self._take(now_s)) is not None:
            self._pause_s, self._trouble = FIRST_PAUSE_S, None
            return newest
        if self._trouble:  # until the next process has a sample
            raise self._trouble
        return None

    def wait(self, for_s: float) -> None:
        """Wait at most `for_s` real seconds until the process has written a line or closed its output."""
        self._told.wait(for_s)
        self._told.clear()

    def unit(self) -> str | None:
        """Return the number of the sensor that gave the newest sample; "" if it has none, None if it is not known."""
        with self._lock:
            return self._unit

    def _take(self, now_s: float) -> Sample | None:
        """Return the newest sample and forget it. Raises `DeviceError` like `sample`."""
        assert self._link
        if ending := self._link.ending(heard=self._heard_at_s is not None):
            raise self._over(now_s, ending.text)
        with self._lock:
            newest, self._newest, heard_at_s = self._newest, None, self._heard_at_s
        if self._is_wrong:
            raise self._over(now_s, "its process wrote what is no look")
        quiet_s = now_s - (self._started_at_s if heard_at_s is None else heard_at_s)
        if quiet_s > (START_S if heard_at_s is None else SILENT_S):
            raise self._over(now_s, f"its process is silent for {quiet_s:.0f} s")
        if isinstance(newest, SensorTrouble):
            raise DeviceError("thermometer", newest.found, newest.fault)
        return newest if quiet_s <= FRESH_S else None

    def close(self) -> None:
        """End the process. Safe to call twice."""
        self._closed = True
        link, self._link = self._link, None
        if link:
            link.end()
            if not link.wait(END_S):
                link.kill()
                link.wait(END_S)
            self._ended.append(link)
        for ended in self._ended:
            ended.wait(END_S / len(self._ended))  # a child that was killed leaves the process table only by this
            ended.release()
        self._ended.clear()
        # the reading thread closes the stream of the looks when it has read its end

    def _begin(self, now_s: float) -> None:
        """Start the process if its time has come. Raises `DeviceError` if it cannot be started."""
        self._release_ended()
        if self._closed or now_s < self._start_at_s:
            return
        self._newest, self._heard_at_s, self._is_wrong, self._started_at_s = None, None, False, now_s
        self._unit = None
        try:
            link = self._start()
        except DeviceError as error:
            self._plan_restart(now_s)
            self._trouble = error
            raise
        self._link = link
        threading.Thread(target=self._read, args=(link,), name="imager", daemon=True).start()
        link.write(orders_line(self._orders))  # a process that has ended already is noticed by the next call

    def _over(self, now_s: float, found: str) -> DeviceError:
        """End the process, plan the next one, and return the error."""
        link, self._link = self._link, None
        if link:
            link.end()
            link.kill()
            self._ended.append(link)
        self._plan_restart(now_s)
        self._trouble = DeviceError("thermometer", f"imager: {found}", "thermometer_silent")
        return self._trouble

    def _plan_restart(self, now_s: float) -> None:
        self._start_at_s = now_s + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _release_ended(self) -> None:
        """Release the links whose processes have ended; the others are asked again before the next start."""
        running = []
        for link in self._ended:
            if link.wait(0.0):
                link.release()
            else:
                running.append(link)
        self._ended = running

    def _read(self, link: Link) -> None:
        # A connection may end with ECONNRESET (unix(7)): the other end was closed before it had read everything.
        try:
            with io.BufferedReader(link.messages) as stream, contextlib.suppress(ConnectionError):
                while line := stream.readline(MAX_LINE_BYTES):
                    try:
                        seen = parse_look(line)
                    except KioskError as error:
                        logger.error("%s", error)  # noqa: TRY400 - a traceback adds nothing
                        self._is_wrong = True
                        return
                    self._keep(link, seen)
                    self._told.set()
        finally:
            self._told.set()

    def _keep(self, link: Link, seen: Sample | SensorTrouble | SensorUnit) -> None:
        with self._lock:
            if link is not self._link:
                return
            if isinstance(seen, SensorUnit):
                self._unit = seen.unit
            else:
                self._newest, self._heard_at_s = seen, self._clock.now_s()
