"""Finder patterns searched by their nesting: a dark square in a light one in a dark one, however steeply it is seen.

A finder pattern's light ring and dark core (5x5 and 3x3 modules, ISO/IEC 18004:2015 clause 6.3.3) are a contour within
a contour; that survives any tilt, and a scratch through the outer ring.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import rings

Points = NDArray[np.float64]

_WINDOW_PX = 61  # in which a pixel counts as dark or light
_SPECK = 20  # grey values by which dark must be darker than its surroundings, or noise makes contours by the thousand
_MOST = 16  # finder patterns considered in one picture, the largest first
_SMALLEST_PX = 12.0  # area of a light ring with its core: modules of two thirds of a pixel
_MS_AN_EDGE = 1.2e-4  # between neighbours of a row, for following outlines: noise has them by the hundred thousand
_FINDER_MS = 0.1  # for judging one outline
_RING_TO_CORE = (1.6, 5.0)  # 25 to 9 on paper; blur and over-exposure move the edges

_SHARP = 4  # pixels to a module in the picture in which corners are sharpened
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 15, 1e-3)
_LOOKS_LIKE = 0.5
_PATTERN = -rings(9, (0, 1, 3), _SHARP)
_INNER = np.pad(np.full((8 * _SHARP,) * 2, 255, np.uint8), _SHARP // 2)  # a dark page may come close


@dataclass(frozen=True, slots=True)
class Finder:
    """One finder pattern: its centre, and the corners (in any order, if known) and area of its 5x5 inner modules."""

    centre: Points
    corners: Points | None
    area_px: float


def find(grey: Grey, budget: Budget = UNLIMITED) -> list[Finder]:
    """Finder patterns of dark-on-light symbols, the largest first; many are none."""
    calm = cv2.GaussianBlur(grey, (3, 3), 0)
    crisp = cv2.addWeighted(calm, 3.0, cv2.GaussianBlur(calm, (0, 0), 2.0), -2.0, 0)
    binary = cv2.adaptiveThreshold(crisp, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, _WINDOW_PX, _SPECK)
    return nested(binary, budget)


def nested(binary: Grey, budget: Budget = UNLIMITED) -> list[Finder]:
    """Finder patterns of a picture that is black and white already."""
    edges = int(np.count_nonzero(binary[:, 1:] != binary[:, :-1]))
    if not budget.allows(_MS_AN_EDGE * edges):
        return []
    contours, tree = cv2.findContours(binary, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if tree is None:
        return []
    found = []
    for number in np.flatnonzero((tree[0][:, 3] < 0) & (tree[0][:, 2] >= 0)).tolist():
        if len(contours[number]) < 8:
            continue
        if not budget.allows(_FINDER_MS):
            break
        finder = _finder(contours[number], _largest_hole(contours, tree[0], int(tree[0][number][2])))
        if finder is not None:
            found.append(finder)
    return sorted(found, key=lambda finder: -finder.area_px)[:_MOST]


def sharpen(grey: Grey, corners: Points) -> tuple[Points, bool]:
    """A finder's corners to a tenth of a pixel or so; as they were, and False, when nothing like a finder is there."""
    square = np.array([[2, 2], [7, 2], [7, 7], [2, 7]], np.float32)
    matrix = cv2.getPerspectiveTransform(square * _SHARP, (corners - 0.5).astype(np.float32))
    side = (9 * _SHARP,) * 2
    patch = cv2.warpPerspective(grey, matrix, side, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP).astype(np.float32)
    try:
        likeness, warp = cv2.findTransformECC(
            _PATTERN, patch, np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, _STOP, _INNER, 3
        )
    except cv2.error:  # it did not converge
        return corners, False
    if likeness < _LOOKS_LIKE:
        return corners, False
    seen = np.column_stack([square * _SHARP, np.ones(4)]) @ warp.T
    return cv2.perspectiveTransform(seen[None].astype(np.float32), matrix)[0].astype(float) + 0.5, True


def _largest_hole(contours: Sequence[NDArray[np.int32]], tree: NDArray[np.int32], hole: int) -> NDArray[np.int32]:
    largest = hole
    while hole >= 0:
        if len(contours[hole]) > len(contours[largest]):
            largest = hole
        hole = int(tree[hole][0])
    return contours[largest]


def _finder(ring: NDArray[np.int32], core: NDArray[np.int32]) -> Finder | None:
    """A finder pattern, when a light patch and the hole in it have its proportions."""
    hull = cv2.convexHull(ring)
    area, core_area = cv2.contourArea(hull), cv2.contourArea(core)
    if area < _SMALLEST_PX or core_area <= 0 or not _RING_TO_CORE[0] < area / core_area < _RING_TO_CORE[1]:
        return None
    centre, core_centre = hull[:, 0].mean(0), _centroid(core)
    corners = _quadrangle(hull[:, 0].astype(float))
    centre = corners.mean(0)
    if cv2.contourArea(corners.astype(np.float32)) < 0.75 * area or ((centre - core_centre) ** 2).sum() > 0.06 * area:
        return None
    return Finder(core_centre + 0.5, centre + (corners - centre) + 0.5, area)


def _centroid(contour: NDArray[np.int32]) -> Points:
    moments = cv2.moments(contour)
    centre: Points = np.array([moments["m10"], moments["m01"]]) / max(moments["m00"], 1e-9)
    return centre


def _quadrangle(hull: Points) -> Points:
    """Four corners of a convex outline: its longest diagonal, and the points farthest from that on both sides."""
    first = hull[((hull - hull.mean(0)) ** 2).sum(1).argmax()]
    third = hull[((hull - first) ** 2).sum(1).argmax()]
    along = third - first
    aside = (hull - first) @ np.array([-along[1], along[0]])
    return np.array([first, hull[aside.argmax()], third, hull[aside.argmin()]])
