"""Looking at a stream of pictures of one scene: no picture gets every stage, but every stage gets its turn.

Rule 1: the first stage looks at every picture; what it or a later stage located is followed through the next ones.
Rule 2: the others take turns. Each picture earns the budget; a stage is begun when what was earned pays for it, so a
dear one has its turn every n-th picture, and on average the budget is kept.
"""

import math
import time
from collections.abc import Callable, Sequence

import cv2

from kiosk.scanner.cascade.decode import DecodedCode, DecodeResult, attempt, checked, views_within
from kiosk.scanner.cascade.readers import Corners, Found
from kiosk.scanner.cascade.stages import OWN, SEEKERS, STAGES, Stage
from kiosk.scanner.cascade.views import FrameViews, Scope
from kiosk.scanner.symbol.budget import Budget
from kiosk.scanner.symbol.follow import Follower
from kiosk.scanner.symbol.grey import Grey

GATHERED = "gathered"
"""The stage's name of what was put together from several pictures."""

READERS_A_SEEKER = 3
"""So many other stages have their turn between two seekers."""

FOLLOW_COST_MS = 25.0
FOLLOWED_IN_A_ROW = 2
"""Then a picture is left to the other stages: some symbols need preparation more than patience."""

MOST_EARNED = 2.0
LEAST_SAVED_MS = 40.0
"""Budgets, or with small ones milliseconds, that may be saved up; a stage that is dearer than that has no turn."""

CARRIED_S = 0.3
"""A place is looked at for so long after it was last located."""


class StreamDecoder:
    """Reads QR codes in a stream of pictures in `budget_ms` milliseconds a picture, on average."""

    def __init__(
        self, budget_ms: float, now_s: Callable[[], float] = time.perf_counter, stages: Sequence[Stage] = STAGES
    ) -> None:
        cv2.setNumThreads(1)  # the other cores belong to the page, the camera and the controller
        self._budget_ms = budget_ms
        self._most_ms = max(MOST_EARNED * budget_ms, LEAST_SAVED_MS)
        self._now_s = now_s
        self._first = stages[0]
        readers = [stage for stage in stages[1:] if stage.name not in OWN]
        turns = _in_turns(readers, SEEKERS if stages is STAGES else ())
        self._others = [stage for stage in turns if stage.cost_ms <= self._most_ms]
        self._turn = self._tried = 0
        self._earned_ms = 0.0
        self._follower = Follower()
        self._followed = 0
        self._places: tuple[Corners, ...] = ()
        self._located_s = float("-inf")

    def scene_changed(self) -> None:
        """The scene changed: every stage is to have its turn again."""
        self._tried = 0

    def decode_first_stage(self, grey: Grey) -> DecodeResult:
        """One look by the first stage only."""
        budget = Budget(self._budget_ms, self._now_s, self._now_s())
        (frame,) = views_within(self._budget_ms, checked(grey)).of(Scope.FRAME)
        found = attempt(self._first, frame, budget)
        return _told(found, self._first.name, budget) if found.codes else DecodeResult(unread=found.unread)

    def decode(self, grey: Grey, at_s: float) -> DecodeResult:
        """Look at the picture taken at `at_s` (seconds, monotonic). `DeviceError` when it is none."""
        self._earned_ms = min(self._earned_ms + self._budget_ms, self._most_ms)
        budget = Budget(self._earned_ms, self._now_s, self._now_s())
        look = self._look(views_within(self._budget_ms, checked(grey)), at_s, budget)
        self._earned_ms -= budget.spent_ms()
        if look.unread:
            self._places, self._located_s = look.unread, at_s
        return look

    def _look(self, views: FrameViews, at_s: float, budget: Budget) -> DecodeResult:
        (frame,) = views.of(Scope.FRAME)
        found = attempt(self._first, frame, budget)
        if found.codes:
            return _told(found, self._first.name, budget)
        followed = self._follow(views.whole, found, at_s, budget)
        return followed or self._take_turns(views, found.unread, at_s, budget)

    def _take_turns(self, views: FrameViews, places: tuple[Corners, ...], at_s: float, budget: Budget) -> DecodeResult:
        for _ in self._others:
            stage = self._others[self._turn % len(self._others)]
            followed = self._follower.sees(at_s)
            parts = [] if followed and stage in SEEKERS else views.of(stage.scope, places or self._carried(at_s))
            kept_ms = max(FOLLOW_COST_MS - self._budget_ms, 0.0) if followed else 0.0
            if parts and not budget.allows(sum(map(stage.cost_on, parts)) + kept_ms):
                break
            self._turn, self._tried = self._turn + 1, self._tried + 1
            for view in parts:
                found = attempt(stage, view, budget)
                if found.codes:
                    return _told(found, stage.name, budget)
                places = places or found.unread
                look = None if self._follower.sees(at_s) else self._follow(views.whole, found, at_s, budget)
                if look is not None:
                    return look
        return DecodeResult(unread=places, all_stages_tried=self._tried >= len(self._others))

    def _follow(self, grey: Grey, found: Found, at_s: float, budget: Budget) -> DecodeResult | None:
        """What the pictures up to this one say together, with the symbol where it was found or followed to."""
        if self._followed >= FOLLOWED_IN_A_ROW or not budget.allows(FOLLOW_COST_MS):
            self._followed = 0
            self._follower.hint(grey, found.poses, at_s)
            return None
        symbol = self._follower.feed(grey, found.poses, at_s)
        self._followed += self._follower.sees(at_s)
        if symbol is None:
            return None
        corners = tuple((float(x), float(y)) for x, y in symbol.place.corners())
        return DecodeResult((DecodedCode(symbol.data, corners, GATHERED, budget.spent_ms()),))

    def _carried(self, at_s: float) -> tuple[Corners, ...]:
        return self._places if at_s - self._located_s <= CARRIED_S else ()


def _told(found: Found, stage: str, budget: Budget) -> DecodeResult:
    ms = budget.spent_ms()
    return DecodeResult(tuple(DecodedCode(code.data, code.corners, stage, ms) for code in found.codes))


def _in_turns(readers: Sequence[Stage], seekers: Sequence[Stage]) -> list[Stage]:
    """The order of turns: a seeker after every few of the readers, until each of both had one."""
    rounds = max(math.ceil(len(readers) / READERS_A_SEEKER), len(seekers))
    turns: list[Stage] = []
    for number in range(rounds):
        first = number * READERS_A_SEEKER % max(len(readers), 1)
        turns += readers[first : first + READERS_A_SEEKER]
        turns += seekers[number % len(seekers) :][:1] if seekers else []
    return turns
