"""The real clock: monotonic time, and alarms that run on one thread of their own."""

import heapq
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.model import Alarm

logger = logging.getLogger(__name__)

EXIT_BUG = 70
"""Exit code of an internal software error (sysexits.h: EX_SOFTWARE)."""


@dataclass(order=True, slots=True)
class PendingAlarm:
    """An alarm in a clock's heap, ordered by time and then by the order of the calls of `call_at`."""

    at_s: float
    number: int
    action: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Prevent the action if it has not started. Safe from any thread, and to call twice."""
        self.cancelled = True


class RealClock:
    """CLOCK_MONOTONIC and a thread "alarms" that runs the actions one after the other, so each must be short.

    The ends of the relays' pulses are such actions. If an action raises, no further alarm would run, so `on_crash` is
    called; by default it ends the process at once, and `ExecStopPost=` brings the outputs to the safe state.
    """

    def __init__(self, on_crash: Callable[[], None] = lambda: os._exit(EXIT_BUG)) -> None:
        self._on_crash = on_crash
        self._alarms: list[PendingAlarm] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._run_alarms, name="alarms", daemon=True).start()

    def now_s(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def call_at(self, at_s: float, action: Callable[[], None]) -> Alarm:
        """Call `action` on the alarm thread at `at_s`, or as soon as possible after it. Safe from any thread."""
        alarm = PendingAlarm(at_s, next(self._numbers), action)
        with self._changed:
            heapq.heappush(self._alarms, alarm)
            self._changed.notify()
        return alarm

    def _run_alarms(self) -> None:
        try:
            while True:
                alarm = self._wait_for_due()
                if not alarm.cancelled:
                    alarm.action()
        except BaseException:
            logger.exception("an alarm failed")
            self._on_crash()

    def _wait_for_due(self) -> PendingAlarm:
        with self._changed:
            while True:
                while self._alarms and self._alarms[0].cancelled:
                    heapq.heappop(self._alarms)
                wait_s = self._alarms[0].at_s - self.now_s() if self._alarms else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._alarms)
                self._changed.wait(wait_s)
