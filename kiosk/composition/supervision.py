"""Supervision of a running kiosk at each turn of its loop: readiness, heartbeats, faults and the page.

Rule 1: READY is reported once every essential device has answered, or once an emergency or a technician's work needs
none of them; not before.
Rule 2: systemd's watchdog is fed only while all heartbeats are fresh. The loop itself feeds it.
Rule 3: a thread that is stuck for long ends the run before systemd does. If the kernel holds a thread, as when a card
stalls, SIGKILL does not end the process and its pins keep their levels; so the outputs must be safe before.
Rule 4: during an emergency a stuck worker neither ends the run nor stops the feeding, so that a released door stays
released. The loop and the inputs must be alive for that.
"""

import logging

from kiosk.composition.app import Kiosk
from kiosk.display.server import DisplayServer
from kiosk.errors import KioskError
from kiosk.flow.events import health_event
from kiosk.health import heartbeats
from kiosk.health.watchdog import Watchdog
from kiosk.journal.records import bundle_serves
from kiosk.model import Phase
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

LAST_WAIT_S = 3.0
"""A thread that is stuck for this long beyond its limit ends the run. systemd would end it 5 s beyond the limit at the
earliest: WatchdogSec is 10 s, and the last keep-alive was sent at most 5 s before."""

QUIET_S = 15.0
"""A restart for a bundle waits until nobody was at the kiosk for this long. It takes a few seconds."""

VITAL = frozenset({"loop", "inputs"})
"""The threads that release the door in an emergency."""


class Supervision:
    """Checks `kiosk` and `display`, its page if any, and reports to systemd by `watchdog`."""

    def __init__(self, kiosk: Kiosk, display: DisplayServer | None, watchdog: Watchdog) -> None:
        self._kiosk = kiosk
        self._display = display
        self._watchdog = watchdog
        self._ready = False
        self._stuck: tuple[str, ...] = ()
        self._stuck_since_s = 0.0
        self._quiet_since_s = kiosk.environment.clock.now_s()
        self._faults: tuple[str, ...] = ()
        self._page_health = self._health_of("display")
        self._clock_health = self._health_of("clock")
        self._screen_health = self._health_of("screen")

    def _health_of(self, device: str) -> Delivery[str]:
        post, clock = self._kiosk.inbox.post, self._kiosk.environment.clock
        return Delivery[str](lambda fault: post(health_event(clock.now_s(), device, fault)), changes_only=True)

    def check(self) -> None:
        """Check everything once; short. Raises `KioskError` if a thread is stuck for longer than `LAST_WAIT_S`."""
        now_s = self._kiosk.environment.clock.now_s()
        faults = tuple(sorted(fault for _, fault in self._kiosk.loop.state.faults))
        if faults != self._faults:
            self._faults = faults
            self._watchdog.status(heartbeats.status_text(self._stuck, faults))
            logger.warning("faults: %s", ", ".join(faults) or "none")
        if self._kiosk.ready and not self._ready:
            self._ready = True
            state = self._kiosk.loop.state
            serves = not state.unanswered and state.phase is not Phase.OUT_OF_SERVICE
            status = "ready for visitors" if serves else "ready, not for visitors"
            self._watchdog.ready(heartbeats.with_faults(status, self._faults))
            logger.info("%s", status)
        bundles = self._kiosk.bundles
        if (
            self._ready
            and bundles
            and bundles.serving
            and not bundles.is_ready
            and not self._kiosk.loop.state.unanswered
        ):
            bundles.is_ready = True
            self._kiosk.writer.hand_over(bundle_serves(now_s, bundles.serving))
        if self._display and not self._display.alive:
            self._page_health.offer("display_silent")
        _offer_level(self._clock_health, self._kiosk.environment.clock_fault())
        _offer_level(self._screen_health, self._display.screen_fault if self._display else "")
        self._check_heartbeats(now_s)
        self._restart_for_bundle(now_s)
        emergency = self._kiosk.loop.state.phase is Phase.EMERGENCY
        if not self._stuck or (emergency and not VITAL & set(self._stuck)):
            self._watchdog.feed(now_s)
        elif now_s - self._stuck_since_s >= LAST_WAIT_S:
            raise KioskError(
                f"{heartbeats.status_text(self._stuck)}; the kiosk ends and is started again", "worker_stuck"
            )

    def _restart_for_bundle(self, now_s: float) -> None:
        """End the kiosk for a start with the bundle that waits, once nobody was there for `QUIET_S`."""
        state = self._kiosk.loop.state
        if state.phase is not Phase.IDLE or state.presence.seen:
            self._quiet_since_s = now_s
        elif self._kiosk.bundles and self._kiosk.bundles.restart_wanted and now_s - self._quiet_since_s >= QUIET_S:
            logger.info("the kiosk starts again with a new bundle")
            self._kiosk.stop()

    def _check_heartbeats(self, now_s: float) -> None:
        beats = {worker.name: worker.beat_at_s for worker in self._kiosk.workers}
        # the inputs are polled on the alarm thread, which also ends every pulse
        beats |= {"loop": self._kiosk.loop.beat_at_s, "inputs": self._kiosk.inputs.beat_at_s}
        stuck = heartbeats.stuck(beats, now_s)
        if stuck != self._stuck:
            if not self._stuck:
                self._stuck_since_s = now_s
            self._stuck = stuck
            self._watchdog.status(heartbeats.status_text(stuck, self._faults))
            logger.warning("%s", heartbeats.status_text(stuck))


def _offer_level(health: Delivery[str], fault: str) -> None:
    """Offer the fault of a part, or its recovery ("") if a fault was reported before."""
    if fault or health.accepted or health.waiting:
        health.offer(fault)
