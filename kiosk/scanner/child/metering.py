"""Exposure metering: the light on a symbol, or on the brightest object of about a phone's size.

If a symbol was located, the light inside its bounding box is measured. Otherwise the frame is scaled to an eighth of
its width and height, and a brightness threshold separates bright pixels from dark ones. A connected bright region may
be a phone or a card if its size is plausible and if it fills most of the smallest rectangle around it. The brightest
such region is measured.

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
"""Smallest share that a region fills of the smallest rectangle around it; that rectangle may be rotated."""


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
    # A clipped screen first: with the lower threshold it may be one region with a bright hand, face or doorway.
    objects = _objects(small, WHITE_LEVEL - 1) or _objects(small, level)
    return max(objects, key=lambda part: float(part.mean()), default=None)


def _objects(small: Grey, level: float) -> list[Grey]:
    """Return the pixels of each connected region above `level` that may be a phone or a card."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((small > level).astype(np.uint8))
    objects: list[Grey] = []
    for label in range(1, len(stats)):
        if MIN_SHARE * small.size <= stats[label][cv2.CC_STAT_AREA] <= MAX_SHARE * small.size:
            mask = labels == label
            _, (width, height), _ = cv2.minAreaRect(np.argwhere(mask).astype(np.float32))
            if mask.sum() >= MIN_FILLED * (width + 1) * (height + 1):
                objects.append(small[mask])
    return objects
