"""The worker that judges credentials beside the loop, so that a slow service never holds up doors and buttons.

Rule 1: one answer for each question, with its visit and request; the machine drops what comes late.
Rule 2: an answer that the full inbox refused is offered again for `OFFER_S`, or until a newer one replaces it.
"""

import logging
from collections.abc import Callable

from kiosk.credentials.judging.registry import Registry
from kiosk.flow.commands import CheckCredential
from kiosk.flow.events import CredentialChecked, Event
from kiosk.model import Clock, WallTime

logger = logging.getLogger(__name__)

OFFER_S = 2.0
OFFER_EVERY_S = 0.05


class CredentialDuty:
    """Judges what visitors show. wall: the date for judging validity. post: gives an event to the loop's inbox."""

    name = "credentials"

    def __init__(
        self, registry: Registry, wall: Callable[[], WallTime], clock: Clock, post: Callable[[Event], bool]
    ) -> None:
        self._registry = registry
        self._wall = wall
        self._clock = clock
        self._post = post
        self._refused: CredentialChecked | None = None

    def handle(self, job: CheckCredential) -> None:
        """Judge one credential and post `CredentialChecked`."""
        judgement = self._registry.judge(job.payload, self._wall())
        self._refused = CredentialChecked(
            self._clock.now_s(), job.visit, job.request, judgement.verdict, judgement.scheme
        )
        self._offer()

    def tick(self) -> float | None:
        """Offer a refused answer again."""
        if self._refused:
            self._offer()
        return OFFER_EVERY_S if self._refused else None

    def close(self) -> None:
        """Nothing is held."""

    def _offer(self) -> None:
        assert self._refused
        if self._post(self._refused):
            self._refused = None
        elif self._clock.now_s() - self._refused.at_s > OFFER_S:
            logger.error("the verdict for visit %d was refused for %.1f s and is dropped", self._refused.visit, OFFER_S)
            self._refused = None
