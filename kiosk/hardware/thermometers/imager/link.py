"""The controller's side of the imager: it starts the process, keeps its newest sample, and starts it again.

The process is a child of the controller (decision 0019). A thread reads its lines. `sample` gives each sample once, so
that one picture is not taken for several steady ones.

Rule 1: nothing here waits for the process, except `close`, whose time is bounded.
Rule 2: nothing here imports NumPy, because this code runs in the controller.
Rule 3: a process that ends, is silent or writes what is no look is ended and started again, after a pause that doubles.
"""

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO

from kiosk.errors import DeviceError, KioskError
from kiosk.flow.temperature import Sample
from kiosk.hardware.thermometers.imager.messages import (
    MAX_LINE_BYTES,
    ImagerOrders,
    SensorTrouble,
    orders_line,
    parse_look,
)
from kiosk.model import Clock

logger = logging.getLogger(__name__)

IMAGER = (sys.executable, "-P", "-m", "kiosk.composition.imager_app")
"""The command line of the imager's process."""

START_S = 15.0
"""Longest time until the first line: NumPy takes some seconds from a cold card, the calibration 0.2 s."""

SILENT_S = 3.0
"""Without a line for this time, the process is ended; a picture comes every 0.25 s, a fault every second."""

FRESH_S = 1.0
"""An older sample may be of somebody who left."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
END_S = 1.0
"""Longest time that `close` waits for the end of the process."""

Start = Callable[[Sequence[str]], "subprocess.Popen[bytes]"]


def start_process(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start `command` with two pipes; its log goes to the controller's own.

    NumPy's OpenBLAS gets one thread, because each one reserves memory and none is needed.
    """
    return subprocess.Popen(  # noqa: S603 - the command is a constant
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )


class ImagerLink:
    """The imager as a thermometer of the controller; see `kiosk.hardware.thermometers.thermometer.Thermometer`."""

    def __init__(
        self, orders: ImagerOrders, clock: Clock, command: Sequence[str] = IMAGER, start: Start = start_process
    ) -> None:
        self._orders = orders
        self._clock = clock
        self._command = command
        self._start_process = start
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ended: list[subprocess.Popen[bytes]] = []
        self._newest: Sample | SensorTrouble | None = None
        self._trouble: DeviceError | None = None
        self._is_wrong = False
        self._heard_at_s: float | None = None
        self._started_at_s = 0.0
        self._start_at_s = clock.now_s()
        self._pause_s = FIRST_PAUSE_S
        self._closed = False

    def sample(self) -> Sample | None:
        """Return the newest sample if it is new, else None; start the process if it does not run and may be started.

        Raises `DeviceError` (thermometer_silent, thermometer_error) if the sensor does not work, or its process.
        """
        now_s = self._clock.now_s()
        if self._process is None:
            self._begin(now_s)
        elif (newest := self._take(now_s)) is not None:
            self._pause_s, self._trouble = FIRST_PAUSE_S, None
            return newest
        if self._trouble:  # until the next process has a sample
            raise self._trouble
        return None

    def _take(self, now_s: float) -> Sample | None:
        """Return the newest sample and forget it. Raises `DeviceError` like `sample`."""
        assert self._process
        if self._process.poll() is not None:
            raise self._over(now_s, f"its process ended with code {self._process.returncode}")
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
        process, self._process = self._process, None
        if process is None:
            return
        _close(process.stdin)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
        # the reading thread closes the other pipe when it has read its end

    def _begin(self, now_s: float) -> None:
        """Start the process if its time has come. Raises `DeviceError` if it cannot be started."""
        self._ended = [process for process in self._ended if process.poll() is None]
        if self._closed or now_s < self._start_at_s:
            return
        self._newest, self._heard_at_s, self._is_wrong, self._started_at_s = None, None, False, now_s
        try:
            process = self._start_process(self._command)
        except OSError as error:
            raise self._over(now_s, f"its process cannot be started ({error})") from error
        self._process = process
        threading.Thread(target=self._read, args=(process,), name="imager", daemon=True).start()
        with contextlib.suppress(OSError):  # a process that has ended already is noticed by the next call
            assert process.stdin
            process.stdin.write(orders_line(self._orders))
            process.stdin.flush()

    def _over(self, now_s: float, found: str) -> DeviceError:
        """End the process, plan the next one, and return the error."""
        process, self._process = self._process, None
        if process:
            process.kill()
            _close(process.stdin)
            self._ended.append(process)
        self._plan_restart(now_s)
        self._trouble = DeviceError("thermometer", f"imager: {found}", "thermometer_silent")
        return self._trouble

    def _plan_restart(self, now_s: float) -> None:
        self._start_at_s = now_s + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout
        with process.stdout as stream:
            while line := stream.readline(MAX_LINE_BYTES):
                try:
                    seen = parse_look(line)
                except KioskError as error:
                    logger.error("%s", error)  # noqa: TRY400 - a traceback adds nothing
                    self._is_wrong = True
                    return
                with self._lock:
                    if process is self._process:
                        self._newest, self._heard_at_s = seen, self._clock.now_s()


def _close(stream: IO[bytes] | None) -> None:
    with contextlib.suppress(OSError):
        if stream:
            stream.close()
