"""The virtual clock: it moves only when it is advanced, and runs its alarms in order on the caller's thread."""

import heapq
import itertools
import threading
from collections.abc import Callable

from kiosk.model import Alarm
from kiosk.runtime.clock import PendingAlarm


class VirtualClock:
    """A clock that is advanced by its owner. `call_at` may be called from any thread."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self._now_s = now_s
        self._alarms: list[PendingAlarm] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def now_s(self) -> float:
        """Return the virtual monotonic seconds."""
        return self._now_s

    def call_at(self, at_s: float, action: Callable[[], None]) -> Alarm:
        """Call `action` when the clock is advanced to `at_s` or beyond. Return the alarm, which can be cancelled."""
        alarm = PendingAlarm(at_s, next(self._numbers), action)
        with self._lock:
            heapq.heappush(self._alarms, alarm)
        return alarm

    def next_at_s(self) -> float | None:
        """Return the time of the next alarm, or None."""
        with self._lock:
            while self._alarms and self._alarms[0].cancelled:
                heapq.heappop(self._alarms)
            return self._alarms[0].at_s if self._alarms else None

    def advance(self, for_s: float) -> None:
        """Advance by `for_s` seconds."""
        self.advance_to(self._now_s + for_s)

    def advance_to(self, at_s: float) -> None:
        """Advance to `at_s`, and run every due alarm in order. Raises whatever an action raises."""
        while (due_s := self.next_at_s()) is not None and due_s <= at_s:
            with self._lock:
                alarm = heapq.heappop(self._alarms)
            self._now_s = max(self._now_s, alarm.at_s)
            if not alarm.cancelled:
                alarm.action()
        self._now_s = max(self._now_s, at_s)
