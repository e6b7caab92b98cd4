"""Symbols of which one finder pattern is hidden."""

import cv2
import numpy as np
import pytest

from kiosk.scanner.symbol.locate import finders, triples
from kiosk.scanner.symbol.sample.pose import project
from tests.scanner.symbol.drawing import LEANING, STRAIGHT, seen_at, symbol

CODE = symbol(b"KIOSK1:" + b"p" * 55, 5, "m")
N = len(CODE)
FINDERS = {"upper left": (3.5, 3.5), "upper right": (N - 3.5, 3.5), "lower left": (3.5, N - 3.5)}


@pytest.mark.parametrize("corners", [STRAIGHT, LEANING, STRAIGHT[2:] + STRAIGHT[:2], STRAIGHT[1:] + STRAIGHT[:1]])
@pytest.mark.parametrize("hidden", FINDERS)
def test_two_finders_tell_where_the_symbol_lies_and_which_way_round(
    hidden: str, corners: list[tuple[float, float]]
) -> None:
    grey, there = seen_at(CODE, corners)
    ((x, y),) = project(there.matrix, np.array([FINDERS[hidden]]))
    cv2.circle(grey, (round(float(x)), round(float(y))), round(5 * there.module_px()), 235, -1)
    found = triples.poses_from_two(grey, finders.find(grey))
    assert found
    assert found[0].version == there.version
    assert np.abs(found[0].corners() - there.corners()).max() < there.module_px()
