"""The real clock: monotonic seconds, and alarms that ring on one thread of their own."""

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


@dataclass(order=True)
class PendingAlarm:
    """An alarm in a clock's heap, in the order of time and then of setting."""

    at_s: float
    number: int
    action: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Do not ring any more; it is safe at any time."""
        self.cancelled = True


class RealClock:
    """CLOCK_MONOTONIC, never the wall clock; an action runs on the alarm thread, so it must be short.

    An action that raises is a bug in a net that ends a pulse: `on_crash` ends the process, and the next net acts.
    """

    def __init__(self, on_crash: Callable[[], None] = lambda: os._exit(70)) -> None:
        self._on_crash = on_crash
        self._alarms: list[PendingAlarm] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._ring_for_ever, name="alarms", daemon=True).start()

    def now_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def call_at(self, at_s: float, action: Callable[[], None]) -> Alarm:
        """Call `action` on the alarm thread at `at_s` or as soon after as can be."""
        alarm = PendingAlarm(at_s, next(self._numbers), action)
        with self._changed:
            heapq.heappush(self._alarms, alarm)
            self._changed.notify()
        return alarm

    def _ring_for_ever(self) -> None:
        try:
            while True:
                alarm = self._next_due()
                if not alarm.cancelled:
                    alarm.action()
        except BaseException:
            logger.exception("an alarm failed")
            self._on_crash()

    def _next_due(self) -> PendingAlarm:
        with self._changed:
            while True:
                while self._alarms and self._alarms[0].cancelled:
                    heapq.heappop(self._alarms)
                wait_s = self._alarms[0].at_s - self.now_s() if self._alarms else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._alarms)
                self._changed.wait(wait_s)
