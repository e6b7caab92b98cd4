"""Location of symbols of which one finder pattern is hidden."""

import cv2
import numpy as np
import pytest

from kiosk.scanner.symbol.locate import finders, triples
from kiosk.scanner.symbol.sample.pose import project
from tests.scanner.symbol.drawing import STRAIGHT, TILTED, seen_at, symbol

CODE = symbol(b"KIOSK1:" + b"p" * 55, 5, "m")
N = len(CODE)
FINDERS = {"upper left": (3.5, 3.5), "upper right": (N - 3.5, 3.5), "lower left": (3.5, N - 3.5)}


@pytest.mark.parametrize("corners", [STRAIGHT, TILTED, STRAIGHT[2:] + STRAIGHT[:2], STRAIGHT[1:] + STRAIGHT[:1]])
@pytest.mark.parametrize("hidden", FINDERS)
def test_two_finder_patterns_determine_position_and_orientation(
    hidden: str, corners: list[tuple[float, float]]
) -> None:
    grey, pose = seen_at(CODE, corners)
    ((x, y),) = project(pose.matrix, np.array([FINDERS[hidden]]))
    cv2.circle(grey, (round(float(x)), round(float(y))), round(5 * pose.module_px()), 235, -1)
    found = triples.poses_from_two(grey, finders.find(grey))
    assert found
    assert found[0].version == pose.version
    assert np.abs(found[0].corners() - pose.corners()).max() < pose.module_px()
