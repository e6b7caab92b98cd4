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
        self._alarms: list[tuple[float, int, PendingAlarm]] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def now_s(self) -> float:
        """Return the virtual monotonic seconds."""
        return self._now_s

    def call_at(self, at_s: float, action: Callable[[], None]) -> Alarm:
        """Call `action` when the clock is advanced to `at_s` or beyond. Return the alarm, which can be cancelled."""
        number = next(self._numbers)
        alarm = PendingAlarm(at_s, number, action)
        with self._lock:
            heapq.heappush(self._alarms, (at_s, number, alarm))
        return alarm

    def next_at_s(self) -> float | None:
        """Return the time of the next alarm, or None."""
        with self._lock:
            while self._alarms and self._alarms[0][2].cancelled:
                heapq.heappop(self._alarms)
            return self._alarms[0][0] if self._alarms else None

    def advance(self, for_s: float) -> None:
        """Advance by `for_s` seconds."""
        self.advance_to(self._now_s + for_s)

    def advance_to(self, at_s: float) -> None:
        """Advance to `at_s`, and run every due alarm in order. Raises whatever an action raises."""
        while True:
            with self._lock:
                if not self._alarms or self._alarms[0][0] > at_s:
                    break
                due_s, _, alarm = heapq.heappop(self._alarms)
            if not alarm.cancelled:
                self._now_s = max(self._now_s, due_s)
                alarm.action()
        self._now_s = max(self._now_s, at_s)
