"""The other finder patterns of a symbol of which only one has a clear contour.

The others may be scratched, pale under a lamp, or half covered by glare. The one finder pattern gives an affine map
from modules to pixels, which holds nearby. Its surroundings are rectified with that map and normalised, so that only
the nearest modules define light and dark. A finder pattern of the same size is then found by normalised
cross-correlation.
"""

import cv2
import numpy as np

from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.finders import Finder
from kiosk.scanner.symbol.sample.pose import normalise, project, ring_pattern

_SAMPLES = 3  # pixels to a module
_REACH = 44  # modules from the finder pattern to each side: more than the whole of a version 6 symbol
_MIN_CORRELATION = 0.4  # data mostly reaches 0.3 or less
_MAX_FOUND = 6
_PATTERN = ring_pattern(9, (0, 1, 3), _SAMPLES)
_NEIGHBOURHOOD = np.ones((13, 13), np.uint8)  # samples in which only the best match counts
_INNER = np.array([[-2.5, -2.5], [2.5, -2.5], [2.5, 2.5], [-2.5, 2.5]])  # corners of the 5x5 inner modules


def find_others(grey: Grey, finder: Finder) -> list[Finder]:
    """Return candidates for the other finder patterns around `finder`, the best match first.

    Returns an empty list if the corners of `finder` are not known.
    """
    if finder.corners is None:
        return []
    corners, centre = finder.corners, finder.centre
    across, down = corners[1] - corners[0] + corners[2] - corners[3], corners[3] - corners[0] + corners[2] - corners[1]
    to_pixels = np.array(
        [[across[0] / 10, down[0] / 10, centre[0]], [across[1] / 10, down[1] / 10, centre[1]], [0, 0, 1]]
    )
    side, first = 2 * _REACH * _SAMPLES, 0.5 / _SAMPLES - _REACH
    to_modules = np.array([[1 / _SAMPLES, 0, first], [0, 1 / _SAMPLES, first], [0, 0, 1]])
    matrix = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]) @ to_pixels @ to_modules
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    rectified = cv2.warpPerspective(grey, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    darkness = normalise(rectified.astype(np.float32), _SAMPLES)
    correlation = cv2.matchTemplate(darkness, _PATTERN, cv2.TM_CCOEFF_NORMED)
    peaks = (correlation >= cv2.dilate(correlation, _NEIGHBOURHOOD)) & (correlation > _MIN_CORRELATION)
    rows, columns = np.nonzero(peaks)
    best = np.argsort(-correlation[rows, columns])
    modules = (np.column_stack([columns, rows])[best] + len(_PATTERN) / 2) / _SAMPLES - _REACH
    others = [module for module in modules if np.abs(module).max() > len(_PATTERN) / _SAMPLES]
    return [
        Finder(project(to_pixels, module[None])[0], project(to_pixels, module + _INNER), finder.area_px)
        for module in others[:_MAX_FOUND]
    ]
