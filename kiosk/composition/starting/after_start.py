"""The work of the service while its kiosk runs: keep the settings that serve, and end a safe mode.

Rule: the loop never waits for the card, so the settings are kept by a thread of their own.
"""

import logging
import threading
from collections.abc import Callable
from math import inf
from pathlib import Path

from kiosk.composition.app import Kiosk
from kiosk.errors import KioskError
from kiosk.model import Phase
from kiosk.settings.last_good import keep

logger = logging.getLogger(__name__)


class AfterStart:
    """Looks at `kiosk` after each turn of its loop.

    data: the content of the settings file, kept in `folder` as soon as every essential device has answered; b"" if
    there is nothing to keep. lasts_s: the kiosk is stopped after this time, while nobody is served.
    """

    def __init__(self, kiosk: Kiosk, folder: Path | None, data: bytes = b"", lasts_s: float = inf) -> None:
        self._kiosk = kiosk
        self._folder = folder
        self._data = data
        self._ends_at_s = kiosk.environment.clock.now_s() + lasts_s
        self.keeper: threading.Thread | None = None
        self.also: Callable[[], None] = lambda: None
        """Called after each turn too."""

    def check(self) -> None:
        """Do what is due; short."""
        self.also()
        state = self._kiosk.loop.state
        if self._folder and self._data and self.keeper is None and not state.unanswered:
            self.keeper = threading.Thread(target=self._keep, name="settings", daemon=True)
            self.keeper.start()
        if state.phase is Phase.OUT_OF_SERVICE and self._kiosk.environment.clock.now_s() >= self._ends_at_s:
            self._kiosk.stop()

    @property
    def is_over(self) -> bool:
        """Return True if the time of the run is over."""
        return self._kiosk.environment.clock.now_s() >= self._ends_at_s

    def _keep(self) -> None:
        assert self._folder
        try:
            keep(self._folder, self._data)
        except KioskError as error:
            logger.warning("%s", error)
