"""The worker that judges credentials in its own thread, so that a slow service never delays doors and buttons.

Rule 1: each command `CheckCredential` gets one answer, `CredentialChecked`, with the same numbers of visit and request.
The flow ignores an answer that comes too late.
Rule 2: an answer that the full inbox refused is offered again for `OFFER_S`, or until a newer answer replaces it.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from kiosk.credentials.judging.marks import Marks
from kiosk.credentials.judging.registry import Registry
from kiosk.flow.commands import CheckCredential
from kiosk.flow.events import CredentialChecked, Event
from kiosk.model import Clock, Pass, WallTime
from kiosk.support.delivery import Delivery

logger = logging.getLogger(__name__)

OFFER_S = 2.0
OFFER_EVERY_S = 0.05
WRITE_EVERY_S = 0.25
"""A use of a pass is durable about this long after the passage was seen."""


class CredentialDuty:
    """Judges the codes that visitors show.

    marks: knows credentials again.
    wall: returns the time of day by which validity is judged. post: offers an event to the loop's inbox and returns
    False if the inbox is full. watch: called at each tick, for what must be looked at now and then.
    """

    name = "credentials"

    def __init__(
        self,
        registry: Registry,
        wall: Callable[[], WallTime],
        clock: Clock,
        post: Callable[[Event], bool],
        marks: Marks,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        self._registry = registry
        self.marks = marks
        self._wall = wall
        self._clock = clock
        self._watch = watch
        self._answers = Delivery[CredentialChecked](post)

    def handle(self, job: CheckCredential) -> None:
        """Judge one credential and post `CredentialChecked`."""
        when = self._wall()
        judgement = self._registry.judge(job.payload, when)
        verdict, mark = judgement.verdict, None
        if isinstance(verdict, Pass) and verdict.proof:
            mark = self.marks.mark_of(judgement.scheme, verdict.proof, when)
            verdict = self.marks.refusal(mark) or replace(verdict, proof=None)
        now_s = self._clock.now_s()
        self._answers.offer(CredentialChecked(now_s, job.visit, job.request, verdict, judgement.scheme, mark))

    def tick(self) -> float:
        """Make uses of passes durable; offer the waiting answer again, or drop it `OFFER_S` after it was made.

        An answer waits if the full inbox did not accept it. Return the seconds until the next tick."""
        self.marks.write()
        self._watch()
        self._answers.deliver()
        for answer in self._answers.waiting:
            if self._clock.now_s() - answer.at_s <= OFFER_S:
                return OFFER_EVERY_S
            logger.error("the verdict for visit %d was refused for %.1f s and is dropped", answer.visit, OFFER_S)
            self._answers.cancel()
        return WRITE_EVERY_S

    def close(self) -> None:
        """Make the last uses of passes durable."""
        self.marks.write()
