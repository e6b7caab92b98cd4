"""Something that may be on only for a limited time, and ends by itself.

Rule 1: the end is arranged with the clock before the beginning; whoever asked may die, hang or forget.
Rule 2: one unbroken time is never longer than `max_s`, however often it is asked for again.
Rule 3: whatever goes wrong while switching on, it is switched off before the error goes on.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial

from kiosk.model import Alarm, Clock

logger = logging.getLogger(__name__)

BREAK_S = 0.2
"""A shorter pause does not break one time into two: a pump or a bolt hardly notices it."""


class TimedSwitch:
    """Calls `switch(True)` and `switch(False)`; safe from any thread, also from within `switch`."""

    def __init__(self, name: str, switch: Callable[[bool], None], clock: Clock, max_s: float) -> None:
        self._name = name
        self._switch = switch
        self._clock = clock
        self._max_s = max_s
        self._lock = threading.RLock()
        self._end: Alarm | None = None
        self._pulse = 0
        self._held = False
        self._since_s = self._off_at_s = float("-inf")
        self.on = False

    def pulse(self, for_s: float) -> bool:
        """On for `for_s` seconds, instead of what is left of a running pulse, and never beyond the limit.

        False when the limit is used up: then it is off, and a pause of `BREAK_S` makes it free again.
        A hold is stronger: it goes on.
        """
        with self._lock:
            if self._held:
                return True
            now_s = self._clock.now_s()
            if not self.on and now_s - self._off_at_s >= BREAK_S:
                self._since_s = now_s
            until_s = min(now_s + for_s, self._since_s + self._max_s)
            if not until_s > now_s:  # also a time that is no number
                logger.warning("%s: its limit of %.1f s is used up", self._name, self._max_s)
                self.rest()
                return False
            self._begin(until_s)
            return True

    def hold(self) -> None:
        """On without a limit, until `rest`."""
        with self._lock:
            self._forget_end()
            self._held = True
            self._turn_on()

    def rest(self) -> None:
        """Off, now."""
        with self._lock:
            self._forget_end()
            self._held = False
            if self.on:
                self._off_at_s = self._clock.now_s()
            self.on = False
            self._switch(False)

    def abandon(self) -> None:
        """Switch no more: whoever calls this puts what is switched to its safe state itself."""
        with self._lock:
            self._forget_end()
            self._held = self.on = False

    def _begin(self, until_s: float) -> None:
        self._forget_end()
        self._end = self._clock.call_at(until_s, partial(self._end_of, self._pulse))
        self._turn_on()

    def _turn_on(self) -> None:
        self.on = True
        try:
            self._switch(True)
        except BaseException:
            self.rest()
            raise

    def _forget_end(self) -> None:
        self._pulse += 1
        if self._end:
            self._end.cancel()
        self._end = None

    def _end_of(self, pulse: int) -> None:
        with self._lock:
            # an alarm that was already ringing when a newer pulse replaced its own must not end the newer one
            if pulse == self._pulse:
                self.rest()
