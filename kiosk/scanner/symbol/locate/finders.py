"""Finder patterns found by their contours.

The light ring and the dark core of a finder pattern (5x5 and 3x3 modules, ISO/IEC 18004:2015 clause 6.3.3) are a
contour within a contour. That nesting survives any tilt, and a scratch through the outer dark ring.

The picture is sharpened and made black and white by an adaptive threshold; the contours of light areas with a hole are
followed; an area is taken for a finder pattern if its convex hull is close to a quadrangle, if the ratio of the areas
is near 25 to 9, and if the hole is centred in it. Many results are not finder patterns; `triples` selects.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import Points, ring_pattern

_THRESHOLD_WINDOW_PX = 61
_THRESHOLD_LEVELS = 20  # grey values below the mean at which a pixel is dark; with less, noise makes too many contours
_MAX_FINDERS = 16  # in one picture, the largest first
_MIN_AREA_PX = 12.0  # of a light ring with its core: modules of two thirds of a pixel
_MIN_RING_PX = 8  # length of the contour around it
_SMOOTHED_PX, _SMOOTHED_NOISY_PX = 3, 9
_NOISY_LEVELS = 8  # grey values by which neighbours that are alike differ at most
_NOISE_STEP = 4  # every n-th pixel of every n-th row is judged
_MS_PER_EDGE = 1.6e-4  # for following contours; noise has hundreds of thousands of edges between pixels of a row
_FINDER_MS = 0.1  # for judging one contour
_RING_TO_CORE = (1.6, 5.0)  # 25 to 9 on paper; blur and over-exposure move the edges
_MIN_FILLED = 0.75  # of the contour's hull that its quadrangle fills
_MAX_OFF_CENTRE = 0.06  # squared distance of the centres of ring and core, as a share of the area

_SAMPLES = 4  # pixels to a module in the picture in which corners are refined
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 15, 1e-3)
_MIN_CORRELATION = 0.5
_PATTERN = -ring_pattern(9, (0, 1, 3), _SAMPLES)
_INNER = np.pad(np.full((8 * _SAMPLES,) * 2, 255, np.uint8), _SAMPLES // 2)  # a dark page may come close


@dataclass(frozen=True, slots=True)
class Finder:
    """A candidate for a finder pattern, in pixels of the picture.

    centre: shape (2,).
    corners: the corners of its 5x5 inner modules in any order, shape (4, 2); None if they are not known.
    area_px: the area of these modules.
    """

    centre: Points
    corners: Points | None
    area_px: float


def find(grey: Grey, budget: Budget = UNLIMITED) -> list[Finder]:
    """Return candidates for finder patterns of dark-on-light symbols, the largest first.

    A noisy picture is smoothed over more pixels: it has fewer contours then, and more of them are those of modules.
    """
    window_px = _SMOOTHED_NOISY_PX if _is_noisy(grey) else _SMOOTHED_PX
    smooth = cv2.GaussianBlur(grey, (window_px, window_px), 0)
    sharp = cv2.addWeighted(smooth, 3.0, cv2.GaussianBlur(smooth, (0, 0), 2.0), -2.0, 0)
    mean, kind = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY
    binary = cv2.adaptiveThreshold(sharp, 255, mean, kind, _THRESHOLD_WINDOW_PX, _THRESHOLD_LEVELS)
    return find_nested(binary, budget)


def _is_noisy(grey: Grey) -> bool:
    """Return True if less than a quarter of the neighbouring pixels are alike.

    In a symbol without noise, more of them are alike, because they lie in the same module.
    """
    left, right = grey[::_NOISE_STEP, :-1:_NOISE_STEP], grey[::_NOISE_STEP, 1::_NOISE_STEP]
    return left.size > 0 and bool(np.percentile(cv2.absdiff(left, right), 25) > _NOISY_LEVELS)


def find_nested(binary: Grey, budget: Budget = UNLIMITED) -> list[Finder]:
    """Return candidates for finder patterns in a picture that is black and white, the largest first.

    Returns what was found so far when the budget is spent.
    """
    edges = int(np.count_nonzero(binary[:, 1:] != binary[:, :-1]))
    if not budget.allows(_MS_PER_EDGE * edges):
        return []
    contours, tree = cv2.findContours(binary, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if tree is None:
        return []
    lengths = np.fromiter(map(len, contours), np.intp, len(contours))
    parent = tree[0][:, 3]
    holes = np.flatnonzero(parent >= 0)
    holes = holes[np.lexsort((-lengths[holes], parent[holes]))]  # of each area in turn, the longest hole first
    areas, first = np.unique(parent[holes], return_index=True)
    found = []
    for area, largest in zip(areas.tolist(), holes[first].tolist(), strict=True):
        if lengths[area] < _MIN_RING_PX:
            continue
        if not budget.allows(_FINDER_MS):
            break
        finder = _as_finder(contours[area], contours[largest])
        if finder is not None:
            found.append(finder)
    return sorted(found, key=lambda finder: -finder.area_px)[:_MAX_FINDERS]


def refine_corners(grey: Grey, corners: Points) -> tuple[Points, bool]:
    """Return the corners of a finder pattern's inner modules to about a tenth of a pixel, and True.

    The pattern is aligned by an affine transform that maximises the correlation (enhanced correlation coefficient).
    The corners are returned unchanged, with False, if nothing like a finder pattern is seen.
    """
    square = np.array([[2, 2], [7, 2], [7, 7], [2, 7]], np.float32) * _SAMPLES - 0.5
    matrix = cv2.getPerspectiveTransform(square, (corners - 0.5).astype(np.float32))
    side = (9 * _SAMPLES,) * 2
    rectified = cv2.warpPerspective(grey, matrix, side, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    try:
        correlation, warp = cv2.findTransformECC(
            _PATTERN,
            rectified.astype(np.float32),
            np.eye(2, 3, dtype=np.float32),
            cv2.MOTION_AFFINE,
            _STOP,
            _INNER,
            3,
        )
    except cv2.error:  # it did not converge
        return corners, False
    if correlation < _MIN_CORRELATION:
        return corners, False
    seen = np.column_stack([square, np.ones(4)]) @ warp.T
    return cv2.perspectiveTransform(seen[None].astype(np.float32), matrix)[0].astype(float) + 0.5, True


def _as_finder(ring: NDArray[np.int32], core: NDArray[np.int32]) -> Finder | None:
    """Return the finder pattern, or None if a light area and the largest hole in it do not have its proportions."""
    hull = cv2.convexHull(ring)
    area, core_area = cv2.contourArea(hull), cv2.contourArea(core)
    if area < _MIN_AREA_PX or core_area <= 0 or not _RING_TO_CORE[0] < area / core_area < _RING_TO_CORE[1]:
        return None
    corners = _quadrangle(hull[:, 0].astype(float))
    if cv2.contourArea(corners.astype(np.float32)) < _MIN_FILLED * area:
        return None
    moments = cv2.moments(core)
    core_centre: Points = np.array([moments["m10"], moments["m01"]]) / max(moments["m00"], 1e-9)
    if ((corners.mean(0) - core_centre) ** 2).sum() > _MAX_OFF_CENTRE * area:
        return None
    return Finder(core_centre + 0.5, corners + 0.5, area)


def _quadrangle(hull: Points) -> Points:
    """Return four corners of a convex contour: its longest diagonal, and the points farthest from it on both sides."""
    first = hull[((hull - hull.mean(0)) ** 2).sum(1).argmax()]
    third = hull[((hull - first) ** 2).sum(1).argmax()]
    along = third - first
    aside = (hull - first) @ np.array([-along[1], along[0]])
    return np.array([first, hull[aside.argmax()], third, hull[aside.argmin()]])
