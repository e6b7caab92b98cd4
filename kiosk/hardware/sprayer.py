"""The sprayer: a relay that runs only while the interlock allows it.

Rule 1: the interlock is asked before the pump starts, at every raw edge of a sensor, and every `POLL_S` meanwhile.
Rule 2: an interlock that raises has said no; the pump is off before the error goes on.
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
    """Raises `DeviceError` when the relay's pin cannot be had.

    `on_cut` is called, from any thread, when the interlock ended a running spray, and again every `POLL_S` until it
    says that the news was taken, or nobody needs it any more.
    """

    def __init__(
        self,
        board: Board,
        settings: SprayerSettings,
        clock: Clock,
        may_spray: Callable[[], bool],
        on_cut: Callable[[], bool] = lambda: True,
    ) -> None:
        self._relay = Relay(board, "sprayer", settings.relay_pin, settings.active_high, clock, settings.max_spray_s)
        self._clock = clock
        self._may_spray = may_spray
        self._cut = Delivery[None](lambda _: on_cut(), clock=clock, retry_s=POLL_S)
        self._lock = threading.RLock()
        self._next: Alarm | None = None

    def spray(self, for_s: float) -> bool:
        """Spray for `for_s` seconds, at most `max_spray_s` without a break; False when it may not."""
        with self._lock:
            if not self._allowed():
                return False
            self._cut.cancel()
            self._later(self._poll)
            return self._relay.pulse(for_s)

    def stop(self) -> None:
        """Off, now."""
        with self._lock:
            self._cut.cancel()
            self._later(None)
            self._relay.rest()

    def check(self) -> None:
        """Stop at once if spraying is no longer allowed; short, and safe from any thread."""
        with self._lock:
            if self.spraying and not self._allowed():
                logger.warning("spray ended by the interlock")
                self._cut.offer(None)

    @property
    def spraying(self) -> bool:
        """Whether the pump runs."""
        return self._relay.energised

    def close(self) -> None:
        """Off, and the pin let go; safe to call twice."""
        with self._lock:
            self._cut.cancel()
            self._later(None)
            self._relay.close()

    def _allowed(self) -> bool:
        allowed = False
        try:
            allowed = self._may_spray()
        finally:
            if not allowed:
                self.stop()
        return allowed

    def _poll(self) -> None:
        with self._lock:
            self.check()
            if self.spraying:
                self._later(self._poll)

    def _later(self, action: Callable[[], None] | None) -> None:
        """Have `action` called in `POLL_S`, instead of what was arranged before."""
        if self._next:
            self._next.cancel()
        self._next = self._clock.call_at(self._clock.now_s() + POLL_S, action) if action else None
