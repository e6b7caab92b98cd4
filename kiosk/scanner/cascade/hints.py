"""Why a code that is shown cannot be read, measured, for the words that help the visitor.

Rule 1: pure; a picture and what was located in it are handed in, a key of the visitor's texts comes out.
Rule 2: the hindrance that the visitor can mend most surely is named first.
Rule 3: the thresholds are calibrated on drawn scenes by `bench/hints.py`; docs/scanner.md has the table.
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
"""A code whose side is below this share of the picture's width is too far: 180 px of 1280 are 2 px a module at most
for a health certificate of 93 modules, below what decoders need (2.2)."""

SMALL_MODULE_PX = 2.7
"""The same told by the modules, as `Patch.module_px` sees them: 2.6 where they have 1.6 px, 2.8 where they have 1.9."""

EDGE_SHARE = 0.3
"""Of a patch's side that lies on the picture's edge."""

TILTED_RATIO = 0.5
"""Of the narrow to the wide side: 60 degrees."""

DARK_LEVEL = 40
"""The lightest in the picture, in means of 8 x 8 pixels; a screen that is well exposed has 200."""

SHINING = 1.5
"""How much lighter than the ground something must be in a picture that is too dark."""

BURNT_DARK = 180
"""The darkest of a code that is burnt out; of one that is well exposed it is below 100."""

BURNT_SHARE = 0.04
"""Glare: squares of a seventh of the side, white all through, over this share of the code; data has few so large."""

ONE_WAY = 0.35
"""Steepness across to along the strongest direction, squared: a motion of four modules leaves 0.1 to 0.25, a symbol
that is at rest 0.5 and more, however blurred."""

SOFT_PX = 4.5
"""Pixels from dark to light at the steepest edges; in focus there are two to four."""


def diagnose(grey: Grey, place: Corners | None) -> str:
    """What keeps a code from being read, "" when nothing like one is there.

    `place`: corners in pixels of a symbol that was located, if any was. How it moves from picture to picture is not
    asked for: what moves and is sharp can be read.
    """
    if _too_dark(grey):
        return TOO_DARK
    patch = code_regions.find(grey) or (code_regions.at(grey, place) if place else None)
    if patch is None:
        return CUT_OFF if place else ""
    return _why_not(grey, patch)


def summarise(reasons: Sequence[str]) -> str:
    """One of several looks' reasons, oldest first: a hand that moves stands still at each turn, the rest is counted."""
    return MOVING if MOVING in reasons else max(reversed(reasons), key=list(reasons).count)


def _why_not(grey: Grey, patch: CodeRegion) -> str:
    darkest, lightest = patch.levels()
    if darkest > BURNT_DARK and lightest >= BURNT_LEVEL:
        return TOO_BRIGHT
    if patch.edges() > EDGE_SHARE * patch.side_px() * patch.scale:
        return CUT_OFF
    small_px = SMALL_SHARE * grey.shape[1]
    small = patch.side_px() < small_px
    if _burnt_share(patch) > BURNT_SHARE and not small:
        return GLARE
    if patch.one_way() < ONE_WAY and not small:
        return MOVING
    if _edge_px(grey, patch) > SOFT_PX:
        return OUT_OF_FOCUS
    narrow, wide = sorted(cv2.minAreaRect(patch.outline())[1])
    if narrow < TILTED_RATIO * wide and wide > small_px * patch.scale:
        return TILTED
    return TOO_SMALL if small or patch.module_px(grey) < SMALL_MODULE_PX else HOLD_STILL


def _too_dark(grey: Grey) -> bool:
    """Whether something shines in a picture that is dark all over."""
    small = cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    ground, lightest = (float(level) for level in np.percentile(small, (20, 99)))
    return lightest < DARK_LEVEL and lightest > SHINING * ground + 1


def _burnt_share(patch: CodeRegion) -> float:
    """Of the patch's hull."""
    whole = cv2.fillConvexPoly(np.zeros_like(patch.busy), patch.outline(), 1)
    reach = max(3, int(patch.side_px() * patch.scale / 7))
    burnt = (patch.grey >= BURNT_LEVEL).astype(np.uint8) & whole
    burnt = cv2.morphologyEx(burnt, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    return float(burnt.sum() / max(whole.sum(), 1))


def _edge_px(grey: Grey, patch: CodeRegion) -> float:
    """Pixels that the steepest edges take from dark to light."""
    part, busy = patch.original(grey)
    calm = cv2.GaussianBlur(part, (3, 3), 0).astype(np.float32)
    steep = np.hypot(cv2.Sobel(calm, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(calm, cv2.CV_32F, 0, 1, scale=0.125))
    darkest, lightest = patch.levels()
    return (lightest - darkest) / max(float(np.percentile(steep[busy], 98)), 1e-3)
