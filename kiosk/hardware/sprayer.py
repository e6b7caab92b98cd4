"""The sprayer: a relay that runs only while the interlock allows it.

Rule 1: the interlock is asked before the pump starts; during a spray at every raw edge of a sensor and every `POLL_S`.
Rule 2: an interlock that raises an error forbids the spray: the pump is off before the error reaches the caller.
"""

import logging
import threading
from collections.abc import Callable

from kiosk.hardware.board import Board
from kiosk.hardware.relay import Relay
from kiosk.model import Alarm, Clock
from kiosk.settings.schema.wiring import SprayerSettings
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

POLL_S = 0.1
"""The longest time for which a missed edge can leave the pump on."""


class Sprayer:
    """The pump's relay with its interlock; safe from any thread.

    may_start, may_spray: the interlock; they return True if a spray may start now, and if it may go on.
    on_cut: called, from any thread, after the interlock ended a running spray; it returns True if it accepted the
    report. It is called again every `POLL_S` until it does, or until the next spray, `stop` or `close`.
    Raises `DeviceError` if the relay's pin cannot be opened.
    """

    def __init__(
        self,
        board: Board,
        settings: SprayerSettings,
        clock: Clock,
        may_start: Callable[[], bool],
        may_spray: Callable[[], bool],
        on_cut: Callable[[], bool] = lambda: True,
    ) -> None:
        self._relay = Relay(board, "sprayer", settings.relay_pin, settings.active_high, clock, settings.max_spray_s)
        self._clock = clock
        self._may_start = may_start
        self._may_spray = may_spray
        self._cut = Delivery[None](lambda _: on_cut(), clock=clock, retry_s=POLL_S)
        self._lock = threading.RLock()
        self._scheduled: Alarm | None = None

    def spray(self, for_s: float) -> bool:
        """Spray for `for_s` seconds, at most `max_spray_s` without a break.

        Returns False if the interlock forbids it or the limit is used up; the pump is then off. Raises whatever the
        interlock raises.
        """
        with self._lock:
            if not self._allowed(self._may_start):
                return False
            self._cut.cancel()
            self._schedule(self._poll)
            return self._relay.pulse(for_s)

    def stop(self) -> None:
        """Turn the pump off now."""
        with self._lock:
            self._cut.cancel()
            self._schedule(None)
            self._relay.rest()

    def check(self) -> None:
        """Turn the pump off at once if spraying is no longer allowed. Raises whatever the interlock raises."""
        with self._lock:
            if self.spraying and not self._allowed(self._may_spray):
                logger.warning("spray ended by the interlock")
                self._cut.offer(None)

    @property
    def spraying(self) -> bool:
        """True while the pump runs."""
        return self._relay.energised

    def close(self) -> None:
        """Turn the pump off and free the pin. Safe to call twice."""
        with self._lock:
            self._cut.cancel()
            self._schedule(None)
            self._relay.close()

    def _allowed(self, ask: Callable[[], bool]) -> bool:
        allowed = False
        try:
            allowed = ask()
        finally:
            if not allowed:
                self.stop()
        return allowed

    def _poll(self) -> None:
        with self._lock:
            self.check()
            if self.spraying:
                self._schedule(self._poll)

    def _schedule(self, action: Callable[[], None] | None) -> None:
        """Call `action` in `POLL_S` seconds, instead of the action that was scheduled before; None only cancels."""
        if self._scheduled:
            self._scheduled.cancel()
        self._scheduled = self._clock.call_at(self._clock.now_s() + POLL_S, action) if action else None
