"""The light on the place where a code is, or on the brightest thing of a phone's size.

Rule 1: pure; a picture and places in it are handed in.
"""

import cv2
import numpy as np

from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.child.exposure import WHITE_LEVEL, SceneLight
from kiosk.scanner.symbol.grey import Grey

BRIGHT_LEVEL = 150
"""Where nothing is so bright, half-way from the ground to the lightest."""

SHARE = 0.03
"""Of the picture: a phone of 72 x 150 mm half a metre away."""

MOST = 0.6
"""Larger is the room's own light: a window, or a wall under a lamp. Burnt out all over, nothing at all can be seen."""

FILLED = 0.6
"""Of its box; a phone is a rectangle, held a little askew."""


def light_on(grey: Grey, place: Corners | None) -> SceneLight | None:
    """The light on the symbol at `place`, else on the brightest phone-like thing; None where nothing is."""
    part = _inside(grey, place) if place else _brightest(grey)
    if part is None or part.size == 0:
        return None
    return SceneLight(float(part.mean()), float((part >= WHITE_LEVEL).mean()))


def _inside(grey: Grey, place: Corners) -> Grey:
    box = np.array(place, float)
    left, top = np.maximum(box.min(0), 0).astype(int).tolist()
    right, bottom = np.maximum(box.max(0), 0).astype(int).tolist()
    return grey[top:bottom, left:right]


def _brightest(grey: Grey) -> Grey | None:
    """The brightest filled thing, an eighth as large: enough for light. All of a picture that is burnt out."""
    small = np.asarray(cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA), np.uint8)
    if (small >= WHITE_LEVEL).mean() > MOST:
        return small
    ground, lightest = (float(level) for level in np.percentile(small, (20, 99)))
    level = BRIGHT_LEVEL if lightest > BRIGHT_LEVEL else (ground + lightest) / 2
    _, labels, stats, _ = cv2.connectedComponentsWithStats((small > level).astype(np.uint8))
    found: list[Grey] = []
    for label in range(1, len(stats)):
        left, top, width, height, area = (int(value) for value in stats[label])
        if SHARE * small.size <= area <= MOST * small.size and area >= FILLED * width * height:
            found.append(
                small[top : top + height, left : left + width][labels[top : top + height, left : left + width] == label]
            )
    return max(found, key=lambda part: float(part.mean()), default=None)
