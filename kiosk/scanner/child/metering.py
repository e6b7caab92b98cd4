"""Exposure metering: the light on a symbol, or on the brightest object of about a phone's size.

If a symbol was located, the light inside its bounding box is measured. Otherwise the frame is scaled to an eighth of
its width and height, and a brightness threshold separates bright pixels from dark ones. A connected bright region may
be a phone or a card if its size is plausible and if it fills most of its bounding box. The brightest such region is
measured.

The functions are pure.
"""

import cv2
import numpy as np

from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.child.exposure import WHITE_LEVEL, SceneLight
from kiosk.scanner.symbol.grey import Grey

BRIGHT_LEVEL = 150
"""The threshold of a bright region. In a darker frame: half-way between the background and the lightest level."""

MIN_SHARE = 0.03
"""Smallest region, as a share of the frame: a phone of 72 x 150 mm at a distance of half a metre."""

MAX_SHARE = 0.6
"""Largest region, as a share of the frame. A larger one is a window or a lit wall."""

MIN_FILLED = 0.6
"""Smallest share of its bounding box that a region fills; a phone is a rectangle that is held a little askew."""


def light_on(grey: Grey, place: Corners | None) -> SceneLight | None:
    """Return the light on the symbol at `place`, or, if that is None, on the brightest object of a phone's size.

    Returns None if there is no such object, or if `place` is outside the frame.
    """
    if place:
        corners = np.array(place, float)
        left, top = np.maximum(corners.min(0), 0).astype(int).tolist()
        right, bottom = np.maximum(corners.max(0), 0).astype(int).tolist()
        part: Grey | None = grey[top:bottom, left:right]
    else:
        part = _brightest_object(grey)
    if part is None or part.size == 0:
        return None
    return SceneLight(float(part.mean()), float((part >= WHITE_LEVEL).mean()))


def _brightest_object(grey: Grey) -> Grey | None:
    """Return the pixels of the brightest object, from the frame reduced to an eighth; None if there is no object.

    If most of the frame is clipped, returns the whole reduced frame.
    """
    small = np.asarray(cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA), np.uint8)
    if (small >= WHITE_LEVEL).mean() > MAX_SHARE:
        return small
    background, lightest = (float(level) for level in np.percentile(small, (20, 99)))
    level = BRIGHT_LEVEL if lightest > BRIGHT_LEVEL else (background + lightest) / 2
    _, labels, stats, _ = cv2.connectedComponentsWithStats((small > level).astype(np.uint8))
    objects: list[Grey] = []
    for label in range(1, len(stats)):
        left, top, width, height, area = (int(value) for value in stats[label])
        if MIN_SHARE * small.size <= area <= MAX_SHARE * small.size and area >= MIN_FILLED * width * height:
            box = np.s_[top : top + height, left : left + width]
            objects.append(small[box][labels[box] == label])
    return max(objects, key=lambda part: float(part.mean()), default=None)
