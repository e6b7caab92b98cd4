"""Reading of a stream: consecutive pictures of one scene.

In a stream no picture is given to all stages; the stages take turns over the pictures. For each picture:

1. The first stage reads the picture. If it reads a code, the picture is done.
2. In two pictures of three, the symbol that was located last is tracked and accumulated
   (`kiosk.scanner.symbol.follow`). The third picture is left to the other stages, because some symbols need a
   preparation rather than more pictures.
3. The other stages continue with their turns where the last picture stopped. Every fourth turn is a *seeker*, a stage
   that only locates symbols; a symbol that it locates is tracked from then on. While a symbol is tracked, seekers are
   skipped.

Cost: each picture earns `budget_ms`. A stage is started if the earned time pays for it. So an expensive stage has its
turn every n-th picture, and the budget is kept on average. Up to two budgets can be saved.

Rule 1: the first stage reads every picture.
Rule 2: a stage that does not fit the earned time keeps its turn for the next picture, so no stage is left out.
"""

import math
import time
from collections.abc import Callable, Sequence

import cv2

from kiosk.scanner.cascade.decode import DecodedCode, DecodeResult, checked, result_of, run_stage, views_within
from kiosk.scanner.cascade.own import corners_of
from kiosk.scanner.cascade.readers import Corners, Found
from kiosk.scanner.cascade.stages import REPLACED_BY_TRACKING, SEEKERS, STAGES, Stage
from kiosk.scanner.cascade.views import FrameViews, Scope
from kiosk.scanner.symbol.budget import Budget
from kiosk.scanner.symbol.follow import Follower
from kiosk.scanner.symbol.grey import Grey

ACCUMULATED = "accumulated"
"""The stage name of a symbol that was read from several pictures."""

STAGES_PER_SEEKER = 3
"""Other stages that have their turn between two seekers."""

TRACKING_MS = 25.0
MAX_TRACKED_IN_A_ROW = 2
"""After as many tracked pictures, one picture is left to the other stages."""

MAX_SAVED_BUDGETS = 2.0
MIN_MAX_SAVED_MS = 40.0
"""Time that can be saved: in budgets, or in milliseconds if that is more. A more expensive stage never has a turn."""

CLOSE_UP_S = 0.3
"""A located symbol gives close-ups for this time after it was last located."""


class StreamDecoder:
    """A decoder of a stream of pictures within `budget_ms` milliseconds a picture on average.

    `now_s` is any clock of seconds.
    """

    def __init__(
        self, budget_ms: float, now_s: Callable[[], float] = time.perf_counter, stages: Sequence[Stage] = STAGES
    ) -> None:
        cv2.setNumThreads(1)  # the other cores are for the page, the camera and the controller
        self._budget_ms = budget_ms
        self._max_saved_ms = max(MAX_SAVED_BUDGETS * budget_ms, MIN_MAX_SAVED_MS)
        self._now_s = now_s
        self._first = stages[0]
        readers = [stage for stage in stages[1:] if stage.name not in REPLACED_BY_TRACKING]
        turns = order_of_turns(readers, SEEKERS if stages is STAGES else ())
        self._others = [stage for stage in turns if stage.cost_ms <= self._max_saved_ms]
        self._turn = self._tried = 0
        self._earned_ms = 0.0
        self._follower = Follower()
        self._tracked_in_a_row = 0
        self._unread: tuple[Corners, ...] = ()
        self._located_s = -math.inf

    def scene_changed(self) -> None:
        """Note that the scene changed, so that every stage has to be tried again before `all_stages_tried`."""
        self._tried = 0

    def decode_first_stage(self, grey: Grey) -> DecodeResult:
        """Read a picture by the first stage only. Raises `DeviceError` if `grey` is not an allowed frame."""
        budget = Budget(self._budget_ms, self._now_s, self._now_s())
        (frame,) = views_within(self._budget_ms, checked(grey)).of(Scope.FRAME)
        found = run_stage(self._first, frame, budget)
        return result_of(found, self._first, budget) if found.codes else DecodeResult(unread=found.unread)

    def decode(self, grey: Grey, at_s: float) -> DecodeResult:
        """Read the picture taken at `at_s` (monotonic seconds).

        Raises `DeviceError` if `grey` is not an allowed frame.
        """
        self._earned_ms = min(self._earned_ms + self._budget_ms, self._max_saved_ms)
        budget = Budget(self._earned_ms, self._now_s, self._now_s())
        views = views_within(self._budget_ms, checked(grey))
        (frame,) = views.of(Scope.FRAME)
        found = run_stage(self._first, frame, budget)
        if found.codes:
            result = result_of(found, self._first, budget)
        else:
            tracked = self._track(views.whole, found, at_s, budget)
            result = tracked or self._take_turns(views, found.unread, at_s, budget)
        self._earned_ms -= budget.spent_ms()
        if result.unread:
            self._unread, self._located_s = result.unread, at_s
        return result

    def _take_turns(self, views: FrameViews, unread: tuple[Corners, ...], at_s: float, budget: Budget) -> DecodeResult:
        """Give the next stages their turns, until one reads or the next one does not fit the budget."""
        for _ in self._others:
            stage = self._others[self._turn % len(self._others)]
            is_tracked = self._follower.saw(at_s)
            recent = self._unread if at_s - self._located_s <= CLOSE_UP_S else ()
            parts = [] if is_tracked and stage in SEEKERS else views.of(stage.scope, unread or recent)
            # With a small budget, the tracking in the next pictures needs more than these pictures earn.
            reserved_ms = max(TRACKING_MS - self._budget_ms, 0.0) if is_tracked else 0.0
            if parts and not budget.allows(sum(map(stage.cost_on, parts)) + reserved_ms):
                break
            self._turn, self._tried = self._turn + 1, self._tried + 1
            for view in parts:
                found = run_stage(stage, view, budget)
                if found.codes:
                    return result_of(found, stage, budget)
                unread = unread or found.unread
                tracked = None if self._follower.saw(at_s) else self._track(views.whole, found, at_s, budget)
                if tracked is not None:
                    return tracked
        return DecodeResult(unread=unread, all_stages_tried=self._tried >= len(self._others))

    def _track(self, grey: Grey, found: Found, at_s: float, budget: Budget) -> DecodeResult | None:
        """Track and accumulate the symbol; return it if it can be read from the pictures up to this one."""
        if self._tracked_in_a_row >= MAX_TRACKED_IN_A_ROW or not budget.allows(TRACKING_MS):
            self._tracked_in_a_row = 0
            self._follower.remember(grey, found.poses, at_s)
            return None
        symbol = self._follower.feed(grey, found.poses, at_s)
        self._tracked_in_a_row += self._follower.saw(at_s)
        if symbol is None:
            return None
        code = DecodedCode(symbol.data, corners_of(symbol.pose), ACCUMULATED, budget.spent_ms())
        return DecodeResult((code,))


def order_of_turns(readers: Sequence[Stage], seekers: Sequence[Stage]) -> list[Stage]:
    """Return the order of turns: a seeker after every few readers, until each of both had at least one turn."""
    rounds = max(math.ceil(len(readers) / STAGES_PER_SEEKER), len(seekers))
    turns: list[Stage] = []
    for number in range(rounds):
        first = number * STAGES_PER_SEEKER % max(len(readers), 1)
        turns += readers[first : first + STAGES_PER_SEEKER]
        turns += seekers[number % len(seekers) :][:1] if seekers else []
    return turns
