"""A switch that is on for a limited time and turns off by itself.

A pulse is a request to be on for some seconds. Its end is an alarm of the clock, which rings on another thread than
the caller's, so that the end does not depend on the caller. A second pulse replaces the alarm of the first. Without
more care, a caller that asks again and again could keep the switch on for ever; therefore the time at which the
switch was turned on (`_since_s`) is kept, and no pulse ends later than `_since_s + max_s`. A pause shorter than
`BREAK_S` does not reset `_since_s`. Each pulse has a number, because an alarm can already be ringing on its thread
when a newer pulse cancels it; such an alarm finds another number and does nothing.

Rule 1: the end is scheduled before the switch is turned on; the caller may die, hang or forget.
Rule 2: one unbroken time is never longer than `max_s`, however often it is requested again.
Rule 3: an error while switching on switches off first, and is then raised.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial

from kiosk.model import Alarm, Clock

logger = logging.getLogger(__name__)

BREAK_S = 0.2
"""A pause shorter than this does not start a new time limit: a pump or a bolt hardly reacts to it."""


class TimedSwitch:
    """Calls `switch(True)` and `switch(False)`; safe from any thread, also from within `switch`.

    name: the device, for the log. max_s: the longest time in seconds that pulses can keep it on without a break.
    """

    def __init__(self, name: str, switch: Callable[[bool], None], clock: Clock, max_s: float) -> None:
        self._name = name
        self._switch = switch
        self._clock = clock
        self._max_s = max_s
        self._lock = threading.RLock()
        self._end: Alarm | None = None
        self._pulse_number = 0
        self._held = False
        self._since_s = self._off_at_s = float("-inf")
        self.on = False

    def pulse(self, for_s: float) -> bool:
        """Turn on for `for_s` seconds from now; this replaces the rest of a running pulse and respects the limit.

        Returns False, and turns off, if the limit is used up; after a pause of `BREAK_S` a new limit begins.
        During a hold it changes nothing and returns True. Raises whatever the clock or `switch` raises.
        """
        with self._lock:
            if self._held:
                return True
            now_s = self._clock.now_s()
            if not self.on and now_s - self._off_at_s >= BREAK_S:
                self._since_s = now_s
            until_s = min(now_s + for_s, self._since_s + self._max_s)
            if not until_s > now_s:  # written this way round so that NaN is refused too
                logger.warning("%s: its limit of %.1f s is used up", self._name, self._max_s)
                self.rest()
                return False
            self._cancel_end()
            self._end = self._clock.call_at(until_s, partial(self._end_pulse, self._pulse_number))
            self._turn_on()
            return True

    def hold(self) -> None:
        """Turn on without a time limit, until `rest` is called. Raises whatever `switch` raises."""
        with self._lock:
            self._cancel_end()
            self._held = True
            self._turn_on()

    def rest(self) -> None:
        """Turn off now. Raises whatever `switch` raises."""
        with self._lock:
            self._cancel_end()
            self._held = False
            if self.on:
                self._off_at_s = self._clock.now_s()
            self.on = False
            self._switch(False)

    def abandon(self) -> None:
        """Cancel the end and call `switch` no more; the caller itself brings the output to its safe state."""
        with self._lock:
            self._cancel_end()
            self._held = self.on = False

    def _turn_on(self) -> None:
        self.on = True
        try:
            self._switch(True)
        except BaseException:
            self.rest()
            raise

    def _cancel_end(self) -> None:
        self._pulse_number += 1
        if self._end:
            self._end.cancel()
        self._end = None

    def _end_pulse(self, number: int) -> None:
        with self._lock:
            # an alarm that was already ringing when a newer pulse replaced it must not end the newer pulse
            if number == self._pulse_number:
                self.rest()
