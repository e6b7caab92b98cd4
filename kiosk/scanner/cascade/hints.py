"""The reason why a code that is shown is not read, as the key of a hint to the visitor.

Decoders seldom locate a symbol that they cannot read, so the code is found by its appearance (`code_regions`). Each
fault has a measure on the code region or on the whole picture; the faults are checked in a fixed order, and the first
one that exceeds its threshold gives the hint. A code that shows no fault gives `HOLD_STILL`.

Rule 1: pure; the arguments are a picture and the symbol that was located in it, the result is a key of the visitors'
texts.
Rule 2: the fault that the visitor can correct most surely is checked first.
Rule 3: the thresholds are calibrated on drawn scenes by `bench/hints.py`; docs/scanner.md has the results.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from kiosk.scanner.cascade import code_regions
from kiosk.scanner.cascade.code_regions import BURNT_LEVEL, CodeRegion
from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.symbol.grey import Grey

HOLD_STILL = "code_hold_still"
TOO_SMALL = "too_small"
TOO_DARK = "too_dark"
TOO_BRIGHT = "too_bright"
GLARE = "glare"
MOVING = "moving"
TILTED = "tilted"
CUT_OFF = "cut_off"
OUT_OF_FOCUS = "out_of_focus"
HINTS = (HOLD_STILL, TOO_SMALL, TOO_DARK, TOO_BRIGHT, GLARE, MOVING, TILTED, CUT_OFF, OUT_OF_FOCUS)

SMALL_SHARE = code_regions.FAR_SHARE
"""Share of the picture's width below which the side of a code is too small.

It is 180 px of 1280, which are at most 2 px a module for a health certificate of 93 modules; decoders need 2.2.
"""

SMALL_MODULE_PX = 2.7
"""Module size below which a code is too small, as measured by `CodeRegion.module_px`.

That measures 2.6 for modules of 1.6 px, and 2.8 for modules of 1.9 px.
"""

EDGE_SHARE = 0.3
"""Share of a code's side that lies on the picture's edge, above which the code is cut off."""

TILTED_RATIO = 0.5
"""Ratio of the narrow to the wide side below which a code is tilted: 60 degrees."""

DARK_LEVEL = 40
"""The lightest value of a picture that is too dark, in means of 8 x 8 pixels; a well exposed screen has 200."""

SHINING = 1.5
"""Ratio of the lightest value to the ground in a picture that is too dark, so that there is something to be seen."""

BURNT_DARK = 180
"""The darkest value of a code that is burnt out; in a well exposed code it is below 100."""

BURNT_SHARE = 0.04
"""Share of a code that glare covers: white squares of a seventh of the side. Data has few white areas so large."""

ONE_WAY = 0.35
"""Ratio of squared gradients across and along the strongest direction, below which a code is moving.

A motion of four modules leaves 0.1 to 0.25; a symbol at rest has 0.5 and more, however blurred.
"""

SOFT_PX = 4.5
"""Pixels from dark to light at the steepest edges, above which a code is out of focus; in focus there are 2 to 4."""


def diagnose(grey: Grey, corners: Corners | None) -> str:
    """Return the hint for the code in a picture, one of `HINTS`, or "" if nothing like a code is there.

    `corners` are those of a symbol that was located, in pixels, or None. Motion between pictures does not count: a code
    that moves and is sharp can be read.
    """
    small = cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    ground, lightest = (float(level) for level in np.percentile(small, (20, 99)))
    if lightest < DARK_LEVEL and lightest > SHINING * ground + 1:
        return TOO_DARK
    region = code_regions.find(grey) or (code_regions.at(grey, corners) if corners else None)
    if region is None:
        return CUT_OFF if corners else ""
    return _diagnose_region(grey, region)


def summarise(hints: Sequence[str]) -> str:
    """Return one hint for several pictures, whose hints are given oldest first.

    `MOVING` wins if it occurs at all, because a hand that moves stands still at each turn. Else the most frequent hint
    wins, and of equally frequent ones the newest.
    """
    return MOVING if MOVING in hints else max(reversed(hints), key=list(hints).count)


def _diagnose_region(grey: Grey, region: CodeRegion) -> str:
    darkest, lightest = region.levels()
    if darkest > BURNT_DARK and lightest >= BURNT_LEVEL:
        return TOO_BRIGHT
    if region.edge_contact_px() > EDGE_SHARE * region.side_px() * region.scale:
        return CUT_OFF
    small_px = SMALL_SHARE * grey.shape[1]
    small = region.side_px() < small_px
    if _burnt_share(region) > BURNT_SHARE and not small:
        return GLARE
    if region.gradient_ratio() < ONE_WAY and not small:
        return MOVING
    if _edge_width_px(grey, region) > SOFT_PX:
        return OUT_OF_FOCUS
    narrow, wide = sorted(cv2.minAreaRect(region.outline())[1])
    if narrow < TILTED_RATIO * wide and wide > small_px * region.scale:
        return TILTED
    return TOO_SMALL if small or region.module_px(grey) < SMALL_MODULE_PX else HOLD_STILL


def _burnt_share(region: CodeRegion) -> float:
    """Return the share of the region's hull that is white over squares of a seventh of its side."""
    hull = cv2.fillConvexPoly(np.zeros_like(region.busy), region.outline(), 1)
    reach = max(3, int(region.side_px() * region.scale / 7))
    burnt = (region.grey >= BURNT_LEVEL).astype(np.uint8) & hull
    burnt = cv2.morphologyEx(burnt, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    return float(burnt.sum() / max(hull.sum(), 1))


def _edge_width_px(grey: Grey, region: CodeRegion) -> float:
    """Return the pixels that the steepest edges take from dark to light."""
    part, busy = region.original(grey)
    smooth = cv2.GaussianBlur(part, (3, 3), 0).astype(np.float32)
    steepness = np.hypot(
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    )
    darkest, lightest = region.levels()
    return (lightest - darkest) / max(float(np.percentile(steepness[busy], 98)), 1e-3)
