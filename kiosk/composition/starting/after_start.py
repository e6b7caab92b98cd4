"""The work of the service while its kiosk runs: keep the settings that serve, and end a run with other settings.

Rule: the loop never waits for the card, so the settings are kept by a thread of their own.
"""

import logging
import threading
from collections.abc import Callable
from math import inf
from pathlib import Path

from kiosk.composition.app import Kiosk
from kiosk.composition.starting.repair import Repair
from kiosk.composition.starting.start_choice import StartChoice
from kiosk.composition.supervision import QUIET_S
from kiosk.errors import KioskError
from kiosk.journal.records import settings_mistake
from kiosk.model import Phase
from kiosk.settings.last_good import keep

logger = logging.getLogger(__name__)

MAX_MISTAKES = 10
"""At most so many mistakes of a refused file become rows of the journal."""


class AfterStart:
    """Looks at `kiosk` after each turn of its loop.

    choice: how it started; the content of an accepted settings file is kept in `folder` as soon as every essential
    device has answered, and the mistakes of a refused file become rows. repair: the kiosk is stopped once the file is
    repaired and nobody was there for `QUIET_S`; None if it runs with its file. lasts_s: the kiosk is stopped after this
    time, while it is out of service.
    """

    def __init__(
        self, kiosk: Kiosk, folder: Path | None, choice: StartChoice, repair: Repair | None = None, lasts_s: float = inf
    ) -> None:
        now_s = kiosk.environment.clock.now_s()
        self._kiosk = kiosk
        self._folder = folder
        self._data = choice.data
        self._places = choice.places[:MAX_MISTAKES]
        self._repair = repair
        self._ends_at_s = now_s + lasts_s
        self._quiet_since_s = now_s
        self.keeper: threading.Thread | None = None
        self.is_over = False
        """The kiosk was stopped here, and an ordinary start is due."""
        self.also: Callable[[], None] = lambda: None
        """Another function that is called after each turn."""

    def check(self) -> None:
        """Do what is due; short."""
        self.also()
        state, now_s = self._kiosk.loop.state, self._kiosk.environment.clock.now_s()
        if self._folder and self._data and self.keeper is None and not state.unanswered:
            self.keeper = threading.Thread(target=self._keep, name="settings", daemon=True)
            self.keeper.start()
        for place in self._places:
            self._kiosk.writer.hand_over(settings_mistake(now_s, place))
        self._places = ()
        if state.phase not in (Phase.IDLE, Phase.OUT_OF_SERVICE) or state.presence.seen:
            self._quiet_since_s = now_s
        is_repaired = self._repair is not None and self._repair.is_done and now_s - self._quiet_since_s >= QUIET_S
        if is_repaired or (state.phase is Phase.OUT_OF_SERVICE and now_s >= self._ends_at_s):
            self.is_over = True
            self._kiosk.stop()

    def _keep(self) -> None:
        assert self._folder
        try:
            keep(self._folder, self._data)
        except KioskError as error:
            logger.warning("%s", error)
