"""The other finder patterns of a symbol of which only one has an outline: scratched, pale under a lamp, half dazzled.

One finder pattern tells how the paper lies: its neighbourhood is seen straight on, light and dark are judged by the
nearest modules alone, and what there looks like a finder pattern of the same size may be one.
"""

import cv2
import numpy as np

from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.finders import Finder, Points
from kiosk.scanner.symbol.sample.pose import Transform, Values, level, project, rings

_SAMPLES = 3  # pixels to a module
_REACH = 44  # modules from the finder on each side: the whole of a version 6 symbol, and some
_ALIKE = 0.4  # correlation; data has 0.3 and less, mostly
_MOST = 6
_PATTERN = rings(9, (0, 1, 3), _SAMPLES)
_APART = np.ones((13, 13), np.uint8)  # samples: two patterns stand at least as far from each other
_INNER = np.array([[-2.5, -2.5], [2.5, -2.5], [2.5, 2.5], [-2.5, 2.5]])  # corners of a finder's 5x5 modules


def companions(grey: Grey, finder: Finder) -> list[Finder]:
    """What looks like a finder pattern around this one, the likeliest first; nothing if its corners are not known."""
    if finder.corners is None:
        return []
    frame = _frame(finder.corners, finder.centre)
    alike = cv2.matchTemplate(level(_straight(grey, frame), _SAMPLES), _PATTERN, cv2.TM_CCOEFF_NORMED)
    rows, columns = np.nonzero((alike >= cv2.dilate(alike, _APART)) & (alike > _ALIKE))
    best = np.argsort(-alike[rows, columns])
    modules = (np.column_stack([columns, rows])[best] + len(_PATTERN) / 2) / _SAMPLES - _REACH
    others = [module for module in modules if np.abs(module).max() > len(_PATTERN) / _SAMPLES]
    return [_finder(frame, module, finder.area_px) for module in others[:_MOST]]


def _frame(corners: Points, centre: Points) -> Transform:
    """From modules, counted from the finder's centre, to pixels; as if the camera were far away."""
    across, down = corners[1] - corners[0] + corners[2] - corners[3], corners[3] - corners[0] + corners[2] - corners[1]
    return np.array([[across[0] / 10, down[0] / 10, centre[0]], [across[1] / 10, down[1] / 10, centre[1]], [0, 0, 1]])


def _straight(grey: Grey, frame: Transform) -> Values:
    side, first = 2 * _REACH * _SAMPLES, 0.5 / _SAMPLES - _REACH
    to_modules = np.array([[1 / _SAMPLES, 0, first], [0, 1 / _SAMPLES, first], [0, 0, 1]])
    matrix = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]) @ frame @ to_modules
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen: Values = cv2.warpPerspective(grey, matrix, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return seen.astype(np.float32)


def _finder(frame: Transform, module: Points, area_px: float) -> Finder:
    centre = project(frame, module[None])[0]
    return Finder(centre, project(frame, module + _INNER), area_px)
