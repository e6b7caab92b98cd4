"""The alarm for key lists that are not refreshed any more.

A list that nobody refreshes does not contain the keys that its issuers withdrew since, and after `max_age_days` it is
not used at all. A refresh that fails (a dead address, an expired certificate, no network) does this silently. So the
kiosk reports a fault before the list becomes too old.

Rule: nothing is said while the time of day is not sure, because the age would be wrong.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from kiosk.credentials.judging.table import schemes_with_keys
from kiosk.credentials.trust.trust_files import read_lists
from kiosk.errors import KioskError
from kiosk.model import Clock, WallTime
from kiosk.settings.schema.health import TrustSettings

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 3600.0
"""A look reads every list, which takes some 20 ms; ages are counted in days."""


class KeyListAlarm:
    """Looks at the ages of the imported key lists, at most every `LOOK_EVERY_S`.

    folder: the folder at which relative file names of the settings start. report: called after each look, with True if
    every list is recent and can be read, and with False if not.
    """

    def __init__(self, settings: TrustSettings, folder: Path, clock: Clock, report: Callable[[bool], None]) -> None:
        self._folder = folder / settings.folder
        self._limit = timedelta(days=min(settings.alarm_age_days, settings.max_age_days))
        self._clock = clock
        self._report = report
        self._next_s = clock.now_s()

    def look(self, wall: Callable[[], WallTime]) -> None:
        """Look if it is time to. wall: returns the time of day."""
        now_s = self._clock.now_s()
        if now_s < self._next_s:
            return
        when = wall()
        if not when.sure:
            return
        self._next_s = now_s + LOOK_EVERY_S
        self._report(self._are_recent(when))

    def _are_recent(self, when: WallTime) -> bool:
        try:
            lists = read_lists(self._folder, schemes_with_keys())
        except KioskError as error:
            logger.warning("%s", error)
            return False
        old = [keys for keys in lists if when.utc - keys.imported_at > self._limit]
        for keys in old:
            days = (when.utc - keys.imported_at).days
            logger.warning("the key list %s '%s' was imported %d days ago", keys.scheme, keys.name, days)
        return not old
