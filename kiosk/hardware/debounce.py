"""Debounce: a level counts only after it was stable for a time, and is then reported.

A mechanical contact bounces: it opens and closes several times before it rests. Each edge therefore starts the stable
time again (`_since_s`), and a level counts when it has lasted for its stable time. There is at most one pending alarm.
An edge does not move it; if edges came meanwhile, the alarm rings too early and is set again. So a line that bounces a
thousand times needs one alarm for each stable time, not a thousand. An edge can be lost; therefore the alarm reads the
raw level again before it counts, and `poll` compares it with the last one seen.

Rule 1: time decides, not the number of edges; a line that is never stable never counts.
Rule 2: with `at_once` it is the opposite, for a line that must not be missed: its first active edge counts, and it
        ends when the line was inactive for its stable time.
Rule 3: a report that must arrive is offered until it is accepted. Meanwhile a later change is kept as well, so that a
        short active level is not lost; "on, off, on" is reduced to "on".
"""

import logging
import threading
from collections.abc import Callable

from kiosk.model import Clock
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

SLACK_S = 1e-6
"""An alarm counts as due although it is early by this much, because a sum of seconds is rounded."""


class Debounce:
    """Follows the raw level `read()`; safe from any thread.

    name: the input, for the log. read: returns the raw level, True for active.
    report: offers the debounced level; returns True if it was accepted.
    on_s, off_s: the stable times, in seconds, of the active and of the inactive level.
    must_arrive: a report is repeated until it is accepted; otherwise it is lost if it is refused, and the log says so.
    at_once: the active level counts from its first edge.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], bool],
        report: Callable[[bool], bool],
        clock: Clock,
        *,
        on_s: float,
        off_s: float,
        must_arrive: bool,
        at_once: bool = False,
    ) -> None:
        self._name = name
        self._read = read
        self._reports = Delivery(report, queue_limit=3)
        self._clock = clock
        self._stable_s = {True: on_s, False: off_s}
        self._must_arrive = must_arrive
        self._at_once = at_once
        self._lock = threading.RLock()
        self._level = self._raw = False
        self._since_s = 0.0
        self._alarm_pending = self._closed = False

    def start(self) -> None:
        """Accept the level found now as stable; report it if it is active and must arrive."""
        with self._lock:
            self._level = self._raw = self._read()
            if self._level and self._must_arrive:
                self._reports.put(True)
            self._deliver()

    def poll(self) -> bool:
        """Handle a change that no edge reported, and offer refused reports again.

        Returns True if there was such a change of the raw level.
        """
        with self._lock:
            if self._closed:
                return False
            changed = self._read() is not self._raw
            if changed:
                self.edge()
            self._deliver()
            return changed

    @property
    def level(self) -> bool:
        """The level after the debounce: True while the input is active."""
        return self._level

    def edge(self, to: bool | None = None) -> None:
        """Handle an edge: the stable time starts again. to: the level after the edge, None if it is not known."""
        with self._lock:
            if self._closed:
                return
            self._raw = self._read()
            self._since_s = self._clock.now_s()
            # `to` matters for a pulse that is over before the level is read
            if self._at_once and not self._level and (to or self._raw):
                self._accept(True)
            if not self._alarm_pending and self._raw is not self._level:
                self._set_alarm()

    def close(self) -> None:
        """Ignore all further edges and report nothing more."""
        with self._lock:
            self._closed = True

    def _set_alarm(self) -> None:
        self._alarm_pending = True
        self._clock.call_at(self._since_s + self._stable_s[self._raw], self._alarm)

    def _alarm(self) -> None:
        with self._lock:
            self._alarm_pending = False
            if self._closed:
                return
            if self._read() is not self._raw:
                self.edge()
            if self._alarm_pending or self._raw is self._level:
                return
            if self._clock.now_s() < self._since_s + self._stable_s[self._raw] - SLACK_S:
                self._set_alarm()
                return
            self._accept(self._raw)

    def _accept(self, level: bool) -> None:
        self._level = level
        self._reports.put(level)
        self._deliver()

    def _deliver(self) -> None:
        if self._reports.deliver():
            return
        if not self._must_arrive:
            logger.warning("%s: the inbox is full, this press is lost", self._name)
            self._reports.cancel()
        elif len(self._reports.waiting) > 2:
            # on, off, on: the receiver has not accepted the first "on" yet, so that one is enough
            first = self._reports.waiting[0]
            self._reports.cancel()
            self._reports.put(first)
