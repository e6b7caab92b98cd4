"""Each step of our own reading asks the budget, and ends when that is spent."""

import numpy as np
import pytest

from kiosk.scanner.symbol.budget import Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate import finders, triples
from kiosk.scanner.symbol.locate import template_match as likeness
from kiosk.scanner.symbol.read import read, read_near
from tests.scanner.symbol.drawing import STRAIGHT, seen_at, symbol

GREY, THERE = seen_at(symbol(b"KIOSK1:" + b"p" * 40, 4, "m"), STRAIGHT)
SPENT = Budget(5.0, lambda: 1.0, 0.0)
RINGS: Grey = np.tile(np.pad(np.pad(np.zeros((4, 4), np.uint8), 2, constant_values=255), 2), (60, 80))


class Asked:
    """A clock that tells how often it was looked at."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> float:
        self.times += 1
        return self.times / 1000.0


def test_of_outlines_by_the_thousand_so_many_are_judged_as_the_budget_allows() -> None:
    for budget_ms in (20.0, 200.0):
        clock = Asked()
        assert finders.find_nested(RINGS, Budget(budget_ms, clock, 0.0))
        assert budget_ms <= clock.times + 1 <= budget_ms + 2


@pytest.mark.parametrize(
    "modules_px", [likeness.FINE_MODULE_PX, likeness.COARSE_MODULE_PX[:4], likeness.COARSE_MODULE_PX[3:]]
)
def test_each_scale_of_likeness_is_asked_for(modules_px: tuple[float, ...]) -> None:
    assert likeness.find(GREY, modules_px, SPENT) == []
    clock = Asked()
    likeness.find(GREY, modules_px, Budget(1e6, clock, 0.0))
    assert 3 <= clock.times <= len(modules_px)


def test_with_nothing_left_nothing_is_searched_or_read() -> None:
    found = finders.find(GREY)
    assert len(found) >= 3
    assert finders.find(GREY, SPENT) == []
    assert triples.poses_from_three(GREY, found, budget=SPENT) == []
    assert triples.poses_from_two(GREY, found, budget=SPENT) == []
    assert read(GREY, [THERE], SPENT) is None
    assert read_near(GREY, THERE, SPENT) is None
    assert read(GREY, [THERE]) is not None
