"""Finder patterns searched by what they look like from afar: for pictures too blurred, coarse or cracked for outlines.

A picture of a finder pattern, averaged over all angles, is laid over the frame in one size after the other. It is found
by that even when motion has smeared two of its modules into one; a scratch costs it little; it costs the most time.
"""

import cv2
import numpy as np

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.finders import Finder
from kiosk.scanner.symbol.sample.pose import Values, rings

COARSE_PX = (
    3.4,
    4.3,
    5.4,
    6.8,
    8.6,
    10.8,
    13.6,
    17.2,
)  # sides of modules that are searched for, a third of an octave apart
FINE_PX = (1.1, 1.35, 1.7, 2.15, 2.7)

_MODULES = 9  # a finder pattern and its separators, ISO/IEC 18004:2015 clauses 6.3.3 and 6.3.4
_MODULE_PX = 2.0  # to which the frame is scaled
_ANGLES = 8
_ALIKE = 0.45  # correlation; a sharp finder pattern has 0.8 and more
_MOST = 12
_SMALLEST, _LARGEST = 21, 177  # modules on a symbol's side, versions 1 and 40
_ROOM = 2.0  # sides of the symbol in the window about it
_MS_A_PIXEL = 1.6e-5  # of the scaled picture


def find_alike(grey: Grey, modules_px: tuple[float, ...], budget: Budget = UNLIMITED) -> list[Finder]:
    """What looks most like finder patterns with modules of about these sizes, the likeliest first; most are none."""
    seen: list[tuple[float, Finder]] = []
    for module_px in modules_px:
        if _fits(grey, module_px) and budget.allows(_MS_A_PIXEL * grey.size * (_MODULE_PX / module_px) ** 2):
            seen += _peaks(grey, module_px)
    found: list[Finder] = []
    for _, finder in sorted(seen, key=lambda pair: -pair[0]):
        if all(_apart(finder, other) for other in found):
            found.append(finder)
    return found[:_MOST]


def _fits(grey: Grey, module_px: float) -> bool:
    """Whether a symbol of such modules fits into the picture, and would not be lost in it."""
    return bool(_SMALLEST * module_px <= min(grey.shape) <= _ROOM * _LARGEST * module_px)


def _peaks(grey: Grey, module_px: float) -> list[tuple[float, Finder]]:
    scale = _MODULE_PX / module_px
    if min(grey.shape) * scale <= _PATTERN.shape[0] + 2:
        return []
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how).astype(np.float32)
    side = _PATTERN.shape[0]
    alike = cv2.matchTemplate(picture, _PATTERN, cv2.TM_CCOEFF_NORMED)
    rows, columns = np.nonzero((alike >= cv2.dilate(alike, np.ones((9, 9), np.uint8))) & (alike > _ALIKE))
    best = np.argsort(-alike[rows, columns])[:_MOST]
    area = (5 * module_px) ** 2
    centres = (np.column_stack([columns[best], rows[best]]) + side / 2) / scale
    return [
        (float(alike[rows[k], columns[k]]), Finder(centre, None, area)) for k, centre in zip(best, centres, strict=True)
    ]


def _apart(one: Finder, other: Finder) -> bool:
    """Whether they are two: at two places, or a large one about a small one."""
    larger, smaller = max(one.area_px, other.area_px), min(one.area_px, other.area_px)
    return float(((one.centre - other.centre) ** 2).sum()) > larger / 2 or larger > 4 * smaller


def _pattern() -> Values:
    """A finder pattern at every angle at once, dark as in a picture."""
    fine = 8
    square = rings(_MODULES, (0, 1, 3), fine)
    total = np.zeros_like(square)
    for k in range(_ANGLES):
        turn = cv2.getRotationMatrix2D((square.shape[1] / 2 - 0.5, square.shape[0] / 2 - 0.5), 90.0 * k / _ANGLES, 1.0)
        total += cv2.warpAffine(square, turn, square.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    side = round(_MODULES * _MODULE_PX)
    pattern: Values = -cv2.resize(total / _ANGLES, (side, side), interpolation=cv2.INTER_AREA)
    return pattern


_PATTERN = _pattern()
