"""Reading of a stream: consecutive pictures of one scene.

In a stream no picture is given to all stages; the stages take turns over the pictures. For each picture:

1. The first stage reads the picture. If it reads a code that was not in view before, the picture is done.
2. Codes that were in view before, such as that of a poster, are painted over.
3. In two pictures of three, the symbol that was located last is tracked and accumulated
   (`kiosk.scanner.symbol.follow`). The third picture is left to the other stages, because some symbols need a
   preparation rather than more pictures.
4. The other stages continue with their turns where the last picture stopped. Every fourth turn is a *seeker*, a stage
   that only locates symbols; a symbol that it locates is tracked from then on. While a symbol is tracked, seekers are
   skipped.

Cost: a stage is started if the saved time pays for it (`kiosk.scanner.cascade.allowance`), so an expensive stage has
its turn every n-th picture.

Rule 1: the first stage reads every picture.
Rule 2: a stage that does not fit the saved time keeps its turn for the next picture, so no stage is left out.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import cv2

from kiosk.scanner.cascade.allowance import Allowance
from kiosk.scanner.cascade.decode import (
    DecodedCode,
    DecodeResult,
    checked,
    new_codes,
    outside_of,
    run_stage,
    views_within,
)
from kiosk.scanner.cascade.machine import measured_slowness
from kiosk.scanner.cascade.memory import return_freed_memory
from kiosk.scanner.cascade.own import corners_of
from kiosk.scanner.cascade.readers import Corners, Found
from kiosk.scanner.cascade.stages import SEEKERS, STAGES, Stage
from kiosk.scanner.cascade.views import FrameViews, Scope
from kiosk.scanner.symbol.budget import Budget
from kiosk.scanner.symbol.follow import Follower
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import MAX_CODES_PER_PICTURE

ACCUMULATED = "accumulated"
"""The stage name of a symbol that was read from several pictures."""

STAGES_PER_SEEKER = 3
"""Other stages that have their turn between two seekers."""

TRACKING_MS = 25.0
MAX_TRACKED_IN_A_ROW = 2
"""After as many tracked pictures, one picture is left to the other stages."""

CLOSE_UP_S = 0.3
"""A located symbol gives close-ups for this time after it was last located."""


IN_VIEW_S = 1.0
"""A code counts as in view for this time after it was last read."""


class StreamDecoder:
    """A decoder of a stream of pictures within `budget_ms` milliseconds a picture on average.

    `now_s` is any clock of seconds. `slowness`: how many times slower this machine is than the one on which the costs
    were measured; None to measure it.
    """

    def __init__(
        self,
        budget_ms: float,
        now_s: Callable[[], float] = time.perf_counter,
        stages: Sequence[Stage] = STAGES,
        slowness: float | None = None,
    ) -> None:
        cv2.setNumThreads(1)  # the other cores are for the page, the camera and the controller
        self._now_s = now_s
        self._slowness = measured_slowness(now_s) if slowness is None else slowness
        self._allowance = Allowance(budget_ms, self._slowness)
        self._first = stages[0]
        readers = [stage for stage in stages[1:] if not stage.tracked]
        self._others = order_of_turns(readers, SEEKERS if stages is STAGES else ())
        self._turn = self._tried = 0
        self._follower = Follower()
        self._tracked_in_a_row = 0
        self._unread: tuple[Corners, ...] = ()
        self._located_s = -math.inf
        self._in_view_s: dict[bytes, float] = {}
        self._is_searching = False

    def scene_changed(self) -> None:
        """Note that the scene changed, so that every stage has to be tried again before `all_stages_tried`."""
        self._tried = 0

    @contextmanager
    def charged(self) -> Iterator[Budget]:
        """Charge the time of other work on the last picture, so that fewer stages run in the next ones.

        Yields the budget that is left, whose `spent_ms` is the time of that work.
        """
        budget = self._budget()
        yield budget
        self._allowance.charge(budget.spent_ms())
        if self._is_searching:
            return_freed_memory()

    def decode_first_stage(self, grey: Grey) -> DecodeResult:
        """Read a picture by the first stage only. Raises `DeviceError` if `grey` is not an allowed frame."""
        budget = self._budget()
        (frame,) = self._views_of(grey).of(Scope.FRAME)
        found = run_stage(self._first, frame, budget)
        return DecodeResult(new_codes(found, self._first, budget, ()), found.unread)

    def decode(self, grey: Grey, at_s: float) -> DecodeResult:
        """Read the picture taken at `at_s` (monotonic seconds).

        Raises `DeviceError` if `grey` is not an allowed frame.
        """
        result = self._read(grey, at_s)
        if self._is_searching:
            return_freed_memory()
        return result

    def _read(self, grey: Grey, at_s: float) -> DecodeResult:
        self._allowance.earn(at_s)
        budget = self._budget()
        views = self._views_of(grey)
        (frame,) = views.of(Scope.FRAME)
        found = run_stage(self._first, frame, budget)
        codes = new_codes(found, self._first, budget, ())
        self._allowance.charge_first(budget.spent_ms())
        self._is_searching = self._are_in_view(codes, at_s) and len(codes) < MAX_CODES_PER_PICTURE
        if self._is_searching:
            result = self._search(views, found, codes, at_s)
        else:
            result = DecodeResult(codes, all_stages_tried=len(codes) >= MAX_CODES_PER_PICTURE)
        self._in_view_s |= dict.fromkeys((code.data for code in result.codes), at_s)
        if result.unread:
            self._unread, self._located_s = result.unread, at_s
        return result

    def _views_of(self, grey: Grey) -> FrameViews:
        return views_within(self._allowance.income_ms / self._slowness, checked(grey))

    def _budget(self) -> Budget:
        """Return a budget of the saved time that begins now."""
        return Budget(self._allowance.balance_ms, self._now_s, self._now_s(), self._slowness)

    def _are_in_view(self, codes: Sequence[DecodedCode], at_s: float) -> bool:
        """Return True if all of these codes were in view before."""
        self._in_view_s = {data: seen_s for data, seen_s in self._in_view_s.items() if at_s - seen_s <= IN_VIEW_S}
        return all(code.data in self._in_view_s for code in codes)

    def _search(self, views: FrameViews, found: Found, known: tuple[DecodedCode, ...], at_s: float) -> DecodeResult:
        """Track a symbol and give other stages their turns, on the picture without the known codes."""
        if known:
            views = views.without([code.corners for code in known])
            found = Found(unread=outside_of(found.unread, known))
        budget = self._budget()
        result = self._track(views.whole, found, at_s, budget) or self._take_turns(views, found.unread, at_s, budget)
        self._allowance.charge(budget.spent_ms())
        others = tuple(code for code in result.codes if all(code.data != each.data for each in known))
        return replace(result, codes=known + others)

    def _take_turns(self, views: FrameViews, unread: tuple[Corners, ...], at_s: float, budget: Budget) -> DecodeResult:
        """Give the next stages their turns, until one reads or the next one does not fit the budget."""
        may_exceed = self._allowance.is_full
        for _ in self._others:
            stage = self._others[self._turn % len(self._others)]
            is_tracked = self._follower.saw(at_s)
            recent = self._unread if at_s - self._located_s <= CLOSE_UP_S else ()
            parts = [] if is_tracked and stage in SEEKERS else views.of(stage.scope, unread or recent)
            # With little income, the tracking in the next pictures needs more than these pictures earn.
            income_ms = self._allowance.income_ms / self._slowness
            reserved_ms = max(TRACKING_MS - income_ms, 0.0) if is_tracked else 0.0
            if parts and not may_exceed and not budget.allows(sum(map(stage.cost_on, parts)) + reserved_ms):
                break
            self._turn, self._tried = self._turn + 1, self._tried + 1
            for view in parts:
                found = run_stage(stage, view, budget)
                may_exceed = False
                codes = new_codes(found, stage, budget, ())
                if codes:
                    return DecodeResult(codes, all_stages_tried=False)
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
        return DecodeResult((code,), all_stages_tried=False)


def order_of_turns(readers: Sequence[Stage], seekers: Sequence[Stage]) -> list[Stage]:
    """Return the order of turns: a seeker after every few readers, until each of both had at least one turn."""
    rounds = max(math.ceil(len(readers) / STAGES_PER_SEEKER), len(seekers))
    turns: list[Stage] = []
    for number in range(rounds):
        first = number * STAGES_PER_SEEKER % max(len(readers), 1)
        turns += readers[first : first + STAGES_PER_SEEKER]
        turns += seekers[number % len(seekers) :][:1] if seekers else []
    return turns
