"""Finder patterns found by template matching, for pictures that are too blurred, coarse or damaged for contours.

The template is a finder pattern averaged over all angles, so that one template serves every orientation. It is compared
with the frame by normalised cross-correlation, at one scale after the other. It matches even where motion has smeared
two modules of the pattern into one, and a scratch hardly lowers the correlation. It takes the most time of all searches
where the modules are small, because the frame is enlarged then.
"""

import math

import cv2
import numpy as np

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.finders import Finder
from kiosk.scanner.symbol.sample.pose import Values, ring_pattern

COARSE_MODULE_PX = (3.4, 4.3, 5.4, 6.8, 8.6, 10.8, 13.6, 17.2)
"""Sides of the modules that are searched for, in pixels, a third of an octave apart."""

FINE_MODULE_PX = (1.1, 1.35, 1.7, 2.15, 2.7)

_MODULES = 9  # a finder pattern and its separators, ISO/IEC 18004:2015 clauses 6.3.3 and 6.3.4
_MODULE_PX = 2.0  # to which the frame is scaled
_ANGLES = 8
_MIN_CORRELATION = 0.45  # a sharp finder pattern has 0.8 and more
_MAX_FOUND = 12
_MIN_SIZE, _MAX_SIZE = 21, 177  # modules on a symbol's side, versions 1 and 40
_MAX_WINDOW = 2.0  # side of the window relative to the largest symbol that is searched for in it
_MS_PER_PIXEL = 1.6e-5  # of the scaled picture


def find(grey: Grey, modules_px: tuple[float, ...], budget: Budget = UNLIMITED) -> list[Finder]:
    """Return candidates for finder patterns with modules of about these sides in pixels, the best match first.

    A scale is left out if a symbol of such modules does not fit into the picture or would be tiny in it, or if the
    budget does not allow it.
    """
    seen: list[tuple[float, Finder]] = []
    for module_px in modules_px:
        fits = _MIN_SIZE * module_px <= min(grey.shape) <= _MAX_WINDOW * _MAX_SIZE * module_px
        if fits and budget.allows(_MS_PER_PIXEL * grey.size * (_MODULE_PX / module_px) ** 2):
            seen += _peaks(grey, module_px)
    found: list[Finder] = []
    for _, finder in sorted(seen, key=lambda pair: -pair[0]):
        if all(_are_distinct(finder, other) for other in found):
            found.append(finder)
    return found[:_MAX_FOUND]


def _peaks(grey: Grey, module_px: float) -> list[tuple[float, Finder]]:
    """Return the local maxima of the correlation at one scale, and the finder patterns there."""
    scale = _MODULE_PX / module_px
    side = _TEMPLATE.shape[0]
    if min(grey.shape) * scale <= side + 2:
        return []
    correlation = cv2.matchTemplate(_scaled(grey, scale).astype(np.float32), _TEMPLATE, cv2.TM_CCOEFF_NORMED)
    neighbourhood = np.ones((9, 9), np.uint8)
    peaks = (correlation >= cv2.dilate(correlation, neighbourhood)) & (correlation > _MIN_CORRELATION)
    rows, columns = np.nonzero(peaks)
    best = np.argsort(-correlation[rows, columns])[:_MAX_FOUND]
    area = (5 * module_px) ** 2
    centres = (np.column_stack([columns[best], rows[best]]) + side / 2) / scale
    return [
        (float(correlation[rows[k], columns[k]]), Finder(centre, None, area))
        for k, centre in zip(best, centres, strict=True)
    ]


def _scaled(grey: Grey, scale: float) -> Grey:
    """Return the picture enlarged or shrunk. It is halved first, which OpenCV does in a tenth of the time."""
    while scale <= 0.5:
        grey, scale = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), scale * 2
    scaled: Grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    return scaled


def _are_distinct(one: Finder, other: Finder) -> bool:
    """Return True for two patterns: at two positions, or one much larger than the other."""
    larger, smaller = max(one.area_px, other.area_px), min(one.area_px, other.area_px)
    return math.dist(one.centre, other.centre) ** 2 > larger / 2 or larger > 4 * smaller


def _averaged_finder() -> Values:
    """Return a finder pattern averaged over all angles; dark is negative, as in a picture."""
    fine = 8
    square = ring_pattern(_MODULES, (0, 1, 3), fine)
    total = np.zeros_like(square)
    for k in range(_ANGLES):
        turn = cv2.getRotationMatrix2D((square.shape[1] / 2 - 0.5, square.shape[0] / 2 - 0.5), 90.0 * k / _ANGLES, 1.0)
        total += cv2.warpAffine(square, turn, square.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    side = round(_MODULES * _MODULE_PX)
    template: Values = -cv2.resize(total / _ANGLES, (side, side), interpolation=cv2.INTER_AREA)
    return template


_TEMPLATE = _averaged_finder()
