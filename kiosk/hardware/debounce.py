"""A level that counts only after it lasted, and a fact about it that is told until somebody takes it.

Rule 1: the clock decides, not the number of edges; a line that never rests is never believed.
Rule 2: a line that must not be missed is the other way round: its first edge counts, and it ends when it has rested.
Rule 3: a fact that must arrive is told again and again; while nobody takes it, a short level still counts as one.
"""

import logging
import threading
from collections.abc import Callable

from kiosk.model import Clock
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

SLACK_S = 1e-6
"""Half a rounding of a sum of seconds must not make an alarm look early."""


class Debounce:
    """Follows `read()`: active counts after `on_s` seconds without an edge, inactive after `off_s`.

    `tell(level)` hands a fact over and says whether it was taken. `moved()` may be called from any thread.
    at_once: active counts from its first edge, and inactive after `off_s` seconds without one.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], bool],
        tell: Callable[[bool], bool],
        clock: Clock,
        *,
        on_s: float,
        off_s: float,
        must_arrive: bool,
        at_once: bool = False,
    ) -> None:
        self._name = name
        self._read = read
        self._reports = Delivery(tell, queue_limit=3)
        self._clock = clock
        self._needs_s = {True: on_s, False: off_s}
        self._must_arrive = must_arrive
        self._at_once = at_once
        self._lock = threading.RLock()
        self._level = self._seen = False
        self._since_s = 0.0
        self._waiting = self._closed = False

    def begin(self) -> None:
        """Take the level found now for settled; an active one that must arrive is told."""
        with self._lock:
            self._level = self._seen = self._read()
            if self._level and self._must_arrive:
                self._reports.put(True)
            self._hand_over()

    def poll(self) -> bool:
        """Catch up with what no edge reported, and with what nobody took; whether the raw level has changed."""
        with self._lock:
            if self._closed:
                return False
            changed = self._read() is not self._seen
            if changed:
                self.moved()
            self._hand_over()
            return changed

    @property
    def level(self) -> bool:
        """What the line counts as."""
        return self._level

    def moved(self, to: bool | None = None) -> None:
        """There was an edge, to the level `to` if that is known: it has to last anew from now on."""
        with self._lock:
            if self._closed:
                return
            self._seen = self._read()
            self._since_s = self._clock.now_s()
            if self._at_once and not self._level and (to or self._seen):
                self._believe(True)
            if not self._waiting and self._seen is not self._level:
                self._wait()

    def close(self) -> None:
        """Follow and tell no more."""
        with self._lock:
            self._closed = True

    def _wait(self) -> None:
        self._waiting = True
        self._clock.call_at(self._since_s + self._needs_s[self._seen], self._settle)

    def _settle(self) -> None:
        with self._lock:
            self._waiting = False
            if self._closed:
                return
            if self._read() is not self._seen:
                self.moved()
            if self._waiting or self._seen is self._level:
                return
            if self._clock.now_s() < self._since_s + self._needs_s[self._seen] - SLACK_S:
                self._wait()
                return
            self._believe(self._seen)

    def _believe(self, level: bool) -> None:
        self._level = level
        self._reports.put(level)
        self._hand_over()

    def _hand_over(self) -> None:
        if self._reports.deliver():
            return
        if not self._must_arrive:
            logger.warning("%s: the inbox is full, this press is lost", self._name)
            self._reports.cancel()
        elif len(self._reports.waiting) > 2:
            # on, off, on again: for whoever has not heard of the first yet, it is simply on
            first = self._reports.waiting[0]
            self._reports.cancel()
            self._reports.put(first)
