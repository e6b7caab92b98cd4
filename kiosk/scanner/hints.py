"""Why a symbol that is seen cannot be read, measured, for the words that help the visitor.

Rule 1: pure; a picture and the places of what was located in it are handed in, a key of the visitor's texts comes out.
Rule 2: the hindrance that the visitor can mend most surely is named first.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from kiosk.scanner.prepare import Grey
from kiosk.scanner.readers import Corners

HOLD_STILL = "code_hold_still"
TOO_SMALL = "too_small"
TOO_DARK = "too_dark"
GLARE = "glare"
MOVING = "moving"
TILTED = "tilted"
CUT_OFF = "cut_off"
OUT_OF_FOCUS = "out_of_focus"
HINTS = (HOLD_STILL, TOO_SMALL, TOO_DARK, GLARE, MOVING, TILTED, CUT_OFF, OUT_OF_FOCUS)

SMALL_SHARE = 0.14
"""A code whose side is below this share of the picture's width is too far: 180 px of 1280 are 2 px a module at most
for a health certificate of 93 modules, below what decoders need (2.2)."""

EDGE_SHARE = 0.01
"""Of the picture's width; a corner that is nearer to the edge lies on it."""

TILTED_RATIO = 0.55
"""Of the shorter to the longer side: beyond 57 degrees."""

DARK_LEVEL = 40
"""The lightest in the place; a screen that is well exposed has 200."""

BLOWN_LEVEL, BLOWN_SHARE = 250, 0.04
"""Glare: a patch of at least a fifth of the side (data has none so large), white all through, over this share."""

SPEED = 0.6
"""Sides of the code a second: the eighth of a side while a shutter of a 1/50 s was open ten times."""

SOFT_PX = 6.0
"""Pixels from dark to light at the steepest edges; in focus there are two or three."""

BRIGHT_LEVEL, BRIGHT_SHARE, TEXTURE = 150, 0.03, 25.0
"""A phone-like region: bright, of this share of the picture, with print on it (standard deviation, grey levels)."""


def why(grey: Grey, place: Corners, speed: float) -> str:
    """What keeps the symbol at `place` (corners in pixels) from being read; `speed` in its sides a second."""
    box = np.array(place, float)
    sides = np.hypot(*(np.roll(box, -1, 0) - box).T)
    part = _inside(grey, box)
    if part.size == 0 or _at_edge(grey, box):
        return CUT_OFF
    lightest, darkest = (float(level) for level in np.percentile(part, (95, 5)))
    if lightest < DARK_LEVEL:
        return TOO_DARK
    if _blown_share(part, float(sides.max())) > BLOWN_SHARE:
        return GLARE
    if sides.min() < TILTED_RATIO * sides.max():
        return TILTED
    if sides.max() < SMALL_SHARE * grey.shape[1]:
        return TOO_SMALL
    if speed > SPEED:
        return MOVING
    return OUT_OF_FOCUS if _edge_px(part, lightest - darkest) > SOFT_PX else HOLD_STILL


def why_nothing(grey: Grey) -> str:
    """A hint when no symbol is located at all: a bright thing with print on it that the picture cuts off, or ""."""
    small = cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    _, _, stats, _ = cv2.connectedComponentsWithStats((small > BRIGHT_LEVEL).astype(np.uint8))
    for label in range(1, len(stats)):
        left, top, width, height, area = (int(value) for value in stats[label])
        if area < BRIGHT_SHARE * small.size or area < 0.5 * width * height:
            continue
        print_on_it = grey[8 * top : 8 * (top + height), 8 * left : 8 * (left + width)].std() > TEXTURE
        touches = left == 0 or top == 0 or left + width == small.shape[1] or top + height == small.shape[0]
        if print_on_it and touches:
            return CUT_OFF
    return ""


def speed_of(places: Sequence[tuple[float, Corners]]) -> float:
    """How fast a place moved, in its own sides a second, from when and where it was seen, oldest first."""
    if len(places) < 2 or places[-1][0] - places[0][0] <= 0:
        return 0.0
    centres = np.array([np.mean(corners, axis=0) for _, corners in places])
    box = np.array(places[-1][1], float)
    side = max(float(np.hypot(*(np.roll(box, -1, 0) - box).T).max()), 1.0)
    path = float(np.hypot(*np.diff(centres, axis=0).T).sum())
    return path / side / (places[-1][0] - places[0][0])


def _inside(grey: Grey, box: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Grey:
    left, top = np.maximum(box.min(0), 0).astype(int).tolist()
    right, bottom = np.maximum(box.max(0), 0).astype(int).tolist()
    return grey[top:bottom, left:right]


def _at_edge(grey: Grey, box: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    edge = EDGE_SHARE * grey.shape[1]
    return bool((box < edge).any() or (box > np.array(grey.shape[::-1]) - edge).any())


def _blown_share(part: Grey, side_px: float) -> float:
    reach = max(5, int(side_px / 5))
    blown = cv2.morphologyEx((part >= BLOWN_LEVEL).astype(np.uint8), cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    return float(blown.mean())


def _edge_px(part: Grey, contrast: float) -> float:
    """Pixels that the steepest edges take from dark to light."""
    calm = cv2.GaussianBlur(part, (3, 3), 0).astype(np.float32)
    steep = np.hypot(cv2.Sobel(calm, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(calm, cv2.CV_32F, 0, 1, scale=0.125))
    return contrast / max(float(np.percentile(steep, 98)), 1e-3)
