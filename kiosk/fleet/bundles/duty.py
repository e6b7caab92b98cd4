"""The worker that watches the store of bundles while the kiosk runs.

Rule 1: it changes nothing in the running kiosk. A new bundle counts from the next start, and `restart_wanted` asks for
one; the kiosk ends when nobody is there.
Rule 2: everything that may wait for the card happens on this worker's thread.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from kiosk.fleet.bundles.trial import Trials
from kiosk.model import WallTime

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 20.0
REFUSED, OLD = "bundle_refused", "bundle_old"


class BundleDuty:
    """Watches the store. The owner sets `is_ready` when the kiosk is ready with the bundle of this start.

    trials: of this start. serving: the version of the bundle that this run uses, 0 for none. alarm_age: how long the
    last confirmation may be ago. wall: the time of day. report: called after each look with a fault, or "".
    """

    name = "bundles"

    def __init__(
        self,
        trials: Trials,
        serving: int,
        alarm_age: timedelta,
        wall: Callable[[], WallTime],
        report: Callable[[str], object],
    ) -> None:
        self.serving = serving
        self.is_ready = False
        self.restart_wanted = False
        self._trials = trials
        self._alarm_age = alarm_age
        self._wall = wall
        self._report = report

    def handle(self, job: object) -> None:
        """Do nothing: there are no jobs."""

    def tick(self) -> float:
        """Look at the store, report the fault that there is, and ask for a restart if a new bundle waits."""
        if self.is_ready:
            try:
                self._trials.serve(self.serving)
            except OSError as error:
                logger.warning("it cannot be noted that bundle %d serves: %s", self.serving, error)
        waiting = self._trials.waiting()
        self.restart_wanted = waiting is not None and waiting.version != self.serving
        self._report(self._fault())
        return LOOK_EVERY_S

    def close(self) -> None:
        """Do nothing: the duty holds nothing."""

    def _fault(self) -> str:
        newest = self._trials.newest()
        if newest.refused or (newest.version and newest.version == self._trials.note.refused):
            return REFUSED
        wall = self._wall()
        if newest.confirmed_at and wall.sure and wall.utc - newest.confirmed_at > self._alarm_age:
            return OLD
        return ""
