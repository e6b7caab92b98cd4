"""Looking at a stream of pictures of one scene: no picture gets every stage, but every stage gets its turn.

Rule 1: the first stage looks at every picture; what it or a later stage located is followed through the next ones.
Rule 2: the others take turns. Each picture earns the budget; a stage is begun when what was earned pays for it, so a
dear one has its turn every n-th picture, and on average the budget is kept.
"""

import time
from collections.abc import Callable, Sequence

import cv2

from kiosk.scanner.budget import Budget
from kiosk.scanner.decode import Look, Reading, attempt, checked
from kiosk.scanner.prepare import Grey
from kiosk.scanner.readers import Corners, Found
from kiosk.scanner.stages import STAGES, Stage
from kiosk.scanner.symbol.follow import Follower
from kiosk.scanner.views import Scope, View, Views

GATHERED = "gathered"
"""The stage's name of what was put together from several pictures."""

FOLLOW_COST_MS = 12.0
MOST_EARNED = 6.0
"""Budgets that may be saved up; a stage that is dearer than that has no turn."""

CARRIED_S = 0.3
"""A place is looked at for so long after it was last located."""


class Stream:
    """Reads QR codes in a stream of pictures in `budget_ms` milliseconds a picture, on average."""

    def __init__(
        self, budget_ms: float, now_s: Callable[[], float] = time.perf_counter, stages: Sequence[Stage] = STAGES
    ) -> None:
        cv2.setNumThreads(1)  # the other cores belong to the page, the camera and the controller
        self._budget_ms = budget_ms
        self._now_s = now_s
        self._first = stages[0]
        self._others = [stage for stage in stages[1:] if stage.cost_ms <= MOST_EARNED * budget_ms]
        self._turn = self._tried = 0
        self._earned_ms = 0.0
        self._follower = Follower()
        self._places: tuple[Corners, ...] = ()
        self._located_s = float("-inf")

    def anew(self) -> None:
        """The scene changed: every stage is to have its turn again."""
        self._tried = 0

    def glance(self, grey: Grey) -> Look:
        """One look by the first stage only."""
        budget = Budget(self._budget_ms, self._now_s, self._now_s())
        found = attempt(self._first, View(checked(grey)), budget)
        return _told(found, self._first.name, budget) if found.codes else Look(places=found.places)

    def look(self, grey: Grey, at_s: float) -> Look:
        """Look at the picture taken at `at_s` (seconds, monotonic). `DeviceError` when it is none."""
        self._earned_ms = min(self._earned_ms, (MOST_EARNED - 1) * self._budget_ms) + self._budget_ms
        budget = Budget(self._earned_ms, self._now_s, self._now_s())
        look = self._look(Views(checked(grey)), at_s, budget)
        self._earned_ms -= budget.spent_ms()
        if look.places:
            self._places, self._located_s = look.places, at_s
        return look

    def _look(self, views: Views, at_s: float, budget: Budget) -> Look:
        (frame,) = views.of(Scope.FRAME)
        found = attempt(self._first, frame, budget)
        if found.codes:
            return _told(found, self._first.name, budget)
        places = found.places
        if budget.allows(FOLLOW_COST_MS):
            symbol = self._follower.feed(frame.grey, found.guesses, at_s)
            if symbol is not None:
                corners = tuple((float(x), float(y)) for x, y in symbol.place.corners())
                return Look((Reading(symbol.data, corners, GATHERED, budget.spent_ms()),))
        for _ in self._others:
            stage = self._others[self._turn % len(self._others)]
            parts = views.of(stage.scope, places or self._carried(at_s))
            if not budget.allows(sum(map(stage.cost_on, parts))):
                break
            self._turn, self._tried = self._turn + 1, self._tried + 1
            for view in parts:
                found = attempt(stage, view, budget)
                if found.codes:
                    return _told(found, stage.name, budget)
                self._follower.hint(found.guesses, at_s)
                places = places or found.places
        return Look(places=places, all_tried=self._tried >= len(self._others))

    def _carried(self, at_s: float) -> tuple[Corners, ...]:
        return self._places if at_s - self._located_s <= CARRIED_S else ()


def _told(found: Found, stage: str, budget: Budget) -> Look:
    ms = budget.spent_ms()
    return Look(tuple(Reading(code.data, code.corners, stage, ms) for code in found.codes))
