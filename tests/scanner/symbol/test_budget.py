"""Every step of our own reading asks the budget and stops when it is spent."""

import numpy as np
import pytest

from kiosk.scanner.symbol.budget import Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate import finders, template_match, triples
from kiosk.scanner.symbol.read import read, read_near
from tests.scanner.symbol.drawing import STRAIGHT, seen_at, symbol

GREY, POSE = seen_at(symbol(b"KIOSK1:" + b"p" * 40, 4, "m"), STRAIGHT)
SPENT = Budget(5.0, lambda: 1.0, 0.0)
RINGS: Grey = np.tile(np.pad(np.pad(np.zeros((4, 4), np.uint8), 2, constant_values=255), 2), (60, 80))


class CountingClock:
    """A clock that advances by a millisecond each time it is read, and counts the times."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> float:
        self.times += 1
        return self.times / 1000.0


def test_the_budget_limits_the_number_of_contours_that_are_judged() -> None:
    for budget_ms in (20.0, 200.0):
        clock = CountingClock()
        assert finders.find_nested(RINGS, Budget(budget_ms, clock, 0.0))
        assert budget_ms <= clock.times + 1 <= budget_ms + 2


@pytest.mark.parametrize(
    "modules_px",
    [template_match.FINE_MODULE_PX, template_match.COARSE_MODULE_PX[:4], template_match.COARSE_MODULE_PX[3:]],
)
def test_template_matching_asks_the_budget_before_each_scale(modules_px: tuple[float, ...]) -> None:
    assert template_match.find(GREY, modules_px, SPENT) == []
    clock = CountingClock()
    template_match.find(GREY, modules_px, Budget(1e6, clock, 0.0))
    assert 3 <= clock.times <= len(modules_px)


def test_nothing_is_searched_or_read_when_the_budget_is_spent() -> None:
    found = finders.find(GREY)
    assert len(found) >= 3
    assert finders.find(GREY, SPENT) == []
    assert triples.poses_from_three(GREY, found, budget=SPENT) == []
    assert triples.poses_from_two(GREY, found, budget=SPENT) == []
    assert read(GREY, [POSE], SPENT) is None
    assert read_near(GREY, POSE, SPENT) is None
    assert read(GREY, [POSE]) is not None
