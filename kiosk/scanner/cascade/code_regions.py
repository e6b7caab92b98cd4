"""Code regions: parts of a picture that look like a code, whether or not a decoder could locate the symbol.

A symbol changes from light to dark again and again in every direction within a few modules, and it is surrounded by
plain light ground: its quiet zone (ISO/IEC 18004:2015 clause 6.3.8), or the lit phone in a darker room.

*Busy parts.* In a sliding window, the mean absolute difference of neighbouring pixels times the window's width is the
length of the path that the grey value takes through the window; both directions are added. At a single edge the path is
the window's contrast; a part is busy if the path is longer than twice the contrast. Busy pixels are closed and opened
morphologically, which leaves compact parts. This is done at three scales, as a window has to hold about three modules.

*Selection.* A busy part is a code region if it fills its convex hull, if it has contrast and gradients in all
directions, if hardly anything in the picture is lighter, and if its surroundings are plain and light. For a small part
the window covers the whole phone, so the part together with the light around it has to be a rectangle on darker ground.

Rule: pure. It takes about 20 ms for a picture of 1280x960, so it is not run on every picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.symbol.grey import Grey

Flags = NDArray[np.bool_]

SCALES = (0.5, 0.35, 0.25)
"""Scales of the picture. The finest one serves modules up to 11 px, the coarsest one up to 22 px."""

WINDOW_PX = 17
CROSSINGS = 2.0
"""Least path through a window of a busy part, both directions together, in multiples of the window's contrast."""

MIN_CONTRAST = 15
"""Least grey levels between the darkest and the lightest of a window; in a noisy picture, twice that of calm parts."""

MIN_SIDE_PX = 1.5 * WINDOW_PX
"""Least side of a busy part, in pixels of the scaled picture."""

MIN_FILLED = 0.55
"""Least share of its hull that a busy part fills: glare may cover half of a symbol, a tree is emptier."""

LIGHT, PLAIN, PLAIN_LEVELS = 0.65, 0.25, 3
"""Limits for the ground around a code, as shares of the code's contrast, and grey levels added for noise.

Ground is as light as light modules from `LIGHT` of the contrast on. It is plain if the difference within five pixels is
below `PLAIN` of the contrast plus `PLAIN_LEVELS`.
"""

MARGIN_SHARE = 0.48
"""Least light share of the pixels right around a region, where the quiet zone must be."""

QUIET_SHARE, ALONE_SHARE = 0.4, 0.55
"""Least share of the pixels farther around that is plain and light: a page or a screen.

Alternatively, the least share that is either plain and light, or darker than the code: a phone that is seen askew or
from afar, and the room behind it.
"""

LIGHTER_SHARE, SAME_LEVELS = 0.85, 8
"""Least share of the picture that is not lighter than the ground of a code, and grey levels of noise to allow for.

The camera exposes for the lightest part, and that should be the screen or the paper.
"""

LINES = 0.04
"""Least `CodeRegion.gradient_ratio` of a code; stripes and cables have less."""

FAR_SHARE = 0.14
"""Share of the picture's width below which a region is small, so that it has to lie on a lit rectangle."""

NEAR_SHARE = 0.16
"""Share of the picture's width above which a region at a fine scale ends the search at coarser scales."""

MAX_PARTS = 4
"""Busy parts that are examined at each scale, the largest first."""

RECTANGLE = 0.92
"""Least share of its smallest rotated box that a phone fills; a disc fills 0.785."""

FAINT = 25
"""Grey levels from dark to light below which a part is the pattern of a wall or a cloth, unless it is burnt out."""

BURNT_LEVEL = 250


@dataclass(frozen=True, slots=True)
class CodeRegion:
    """A part of a picture that looks like a code.

    grey: the picture scaled by `scale`, cropped to the part and its surroundings.
    busy: an array of the same shape, 1 where the part is busy, else 0.
    left, top: position of `grey` in the scaled picture, in its pixels.
    frame_px: width and height of the scaled picture.
    """

    grey: Grey
    busy: Grey
    left: int
    top: int
    scale: float
    frame_px: tuple[int, int]

    def side_px(self) -> float:
        """Return the side of a square of the same area, in pixels of the original picture."""
        return math.sqrt(float(self.busy.sum())) / self.scale

    def levels(self) -> tuple[float, float]:
        """Return the darkest and the lightest grey level (5 % and 95 % percentiles)."""
        darkest, lightest = np.percentile(self.grey[self.busy > 0], (5, 95))
        return float(darkest), float(lightest)

    def gradient_ratio(self) -> float:
        """Return the smaller eigenvalue of the structure tensor divided by the larger one.

        This is the ratio of squared gradients across and along their strongest direction: 0 for stripes, and 1 if all
        directions are alike.
        """
        inner = cv2.erode(self.busy, np.ones((5, 5), np.uint8)) > 0
        if not inner.any():
            return 1.0
        x, y = (cv2.Sobel(self.grey, cv2.CV_32F, *order)[inner] for order in ((1, 0), (0, 1)))
        xx, yy, xy = (float((one * other).mean()) for one, other in ((x, x), (y, y), (x, y)))
        spread = math.hypot((xx - yy) / 2, xy)
        return ((xx + yy) / 2 - spread) / max((xx + yy) / 2 + spread, 1e-6)

    def module_px(self, grey: Grey) -> float:
        """Estimate the side of the modules, in pixels of the original picture `grey`.

        Half of a symbol's neighbouring modules differ, so the picture changes by half the contrast per module in each
        direction. Blur makes modules seem larger than they are.
        """
        part, busy = self.original(grey)
        here, there = busy[:-1, :-1], part[:-1, :-1]
        steps = (
            cv2.mean(cv2.absdiff(part[:-1, 1:], there)[here])[0] + cv2.mean(cv2.absdiff(part[1:, :-1], there)[here])[0]
        )
        darkest, lightest = np.percentile(part[busy], (2, 98))
        return float(lightest - darkest) / max(steps, 1e-3)

    def edge_contact_px(self) -> float:
        """Return the pixels of `grey` along which the region touches the picture's edge, for the edge with most."""
        height, width = self.busy.shape
        lines = (
            (self.left == 0, self.busy[:, 0]),
            (self.top == 0, self.busy[0]),
            (self.left + width == self.frame_px[0], self.busy[:, -1]),
            (self.top + height == self.frame_px[1], self.busy[-1]),
        )
        return max((float(line.sum()) for at_edge, line in lines if at_edge), default=0.0)

    def around(self, near_px: int, far_px: int) -> Flags:
        """Return the pixels of `grey` whose distance to the region is between `near_px` / 2 and `far_px` / 2."""
        far = cv2.dilate(self.busy, np.ones((far_px + 1, far_px + 1), np.uint8))
        near = cv2.dilate(self.busy, np.ones((near_px + 1, near_px + 1), np.uint8))
        found: Flags = (far > 0) & (near == 0)
        return found

    def outline(self) -> NDArray[np.int32]:
        """Return the convex hull, in pixels of `grey`."""
        points = cv2.findNonZero(self.busy)
        return np.asarray(cv2.convexHull(points), np.int32)

    def original(self, grey: Grey) -> tuple[Grey, Flags]:
        """Return the same part of the original picture `grey`, and which of its pixels are busy."""
        left, top = round(self.left / self.scale), round(self.top / self.scale)
        height, width = (round(side / self.scale) for side in self.busy.shape)
        part = grey[top : top + height, left : left + width]
        return part, cv2.resize(self.busy, part.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def find(grey: Grey) -> CodeRegion | None:
    """Return the largest code region of a picture at the finest scale that shows all of it; None if there is none."""
    found: list[CodeRegion] = []
    for scale in SCALES:
        found += [part for part in _busy_parts(_scaled(grey, scale), scale) if _is_like_code(grey, part)][:1]
        if found and found[0].side_px() > NEAR_SHARE * grey.shape[1]:
            return found[0]
    largest = max((region.side_px() for region in found), default=0.0)
    return next((region for region in found if region.side_px() ** 2 >= 0.5 * largest**2), None)


def at(grey: Grey, corners: Corners) -> CodeRegion | None:
    """Return the region within these corners (pixels); None if they lie outside of the picture."""
    small = _scaled(grey, SCALES[0])
    busy = np.zeros_like(small)
    cv2.fillConvexPoly(busy, np.clip(np.array(corners) * SCALES[0], -9999, 9999).astype(np.int32), 1)
    left, top, width, height = cv2.boundingRect(busy)
    return _cropped(small, busy, (left, top, width, height), SCALES[0]) if busy.any() else None


def _busy_parts(small: Grey, scale: float) -> list[CodeRegion]:
    """Return the largest busy parts of the scaled picture, the largest first, without specks and thin lines."""
    contrast = _contrast(small, WINDOW_PX)
    calm = float(np.percentile(contrast[::8, ::8], 20))
    here = small[:-1, :-1]
    steps = cv2.addWeighted(cv2.absdiff(small[:-1, 1:], here), 0.5, cv2.absdiff(small[1:, :-1], here), 0.5, 0)
    steps = cv2.copyMakeBorder(steps, 0, 1, 0, 1, cv2.BORDER_REPLICATE)
    path = 2 * WINDOW_PX * cv2.boxFilter(steps, cv2.CV_32F, (WINDOW_PX, WINDOW_PX))
    busy = ((path > CROSSINGS * contrast) & (contrast > max(MIN_CONTRAST, 2 * calm))).astype(np.uint8)
    half, whole = (np.ones((side, side), np.uint8) for side in (WINDOW_PX // 2, WINDOW_PX + 4))
    compact = cv2.morphologyEx(cv2.morphologyEx(busy, cv2.MORPH_CLOSE, half), cv2.MORPH_OPEN, whole)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(compact)
    largest = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:MAX_PARTS]
    return [
        _cropped(small, (labels == label).astype(np.uint8), tuple(stats[label, :4].tolist()), scale)
        for label in largest.tolist()
        if stats[label, cv2.CC_STAT_AREA] >= MIN_SIDE_PX**2
    ]


def _scaled(grey: Grey, scale: float) -> Grey:
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8)


def _contrast(small: Grey, window_px: int) -> Grey:
    """Return the difference of the lightest and the darkest value in the window around each pixel."""
    window = np.ones((window_px, window_px), np.uint8)
    return np.asarray(cv2.subtract(cv2.dilate(small, window), cv2.erode(small, window)), np.uint8)


def _cropped(small: Grey, busy: Grey, box: Sequence[int], scale: float) -> CodeRegion:
    """Return the region in `box` (left, top, width, height) with the surroundings that `_is_like_code` needs."""
    left, top, width, height = box
    margin = 2 * WINDOW_PX
    first_x, first_y = max(left - margin, 0), max(top - margin, 0)
    window = np.s_[first_y : top + height + margin, first_x : left + width + margin]
    return CodeRegion(small[window], busy[window], first_x, first_y, scale, (small.shape[1], small.shape[0]))


def _is_like_code(grey: Grey, region: CodeRegion) -> bool:
    """Return True if a busy part is compact, as light as anything in the picture, and on plain light ground."""
    darkest, lightest = region.levels()
    compact = region.busy.sum() >= MIN_FILLED * cv2.contourArea(region.outline())
    faint = lightest - darkest < FAINT and lightest < BURNT_LEVEL
    ground = float(np.percentile(region.grey, 95)) + SAME_LEVELS
    if not compact or faint or (grey[::8, ::8] <= ground).mean() < LIGHTER_SHARE or region.gradient_ratio() < LINES:
        return False
    light = region.grey >= darkest + LIGHT * (lightest - darkest)
    around = region.around(WINDOW_PX // 2, 2 * WINDOW_PX)
    plain = _contrast(region.grey, 5) < PLAIN * (lightest - darkest) + PLAIN_LEVELS
    quiet = _share(plain & light, around)
    alone = quiet + _share(region.grey < darkest, around)
    if region.side_px() < FAR_SHARE * grey.shape[1]:
        return alone >= ALONE_SHARE and not region.edge_contact_px() and _is_on_lit_rectangle(region, around)
    margin = _share(light, region.around(0, WINDOW_PX))
    return margin >= MARGIN_SHARE and (quiet >= QUIET_SHARE or alone >= ALONE_SHARE)


def _share(flags: Flags, where: Flags) -> float:
    return float(flags[where].mean()) if where.any() else 0.0


def _is_on_lit_rectangle(region: CodeRegion, around: Flags) -> bool:
    """Return True if the region, with the light around it, is a rectangle on darker ground."""
    ground = float(np.percentile(region.grey[around], 10))
    lit = (region.grey > (ground + region.levels()[0]) / 2).astype(np.uint8) | region.busy
    _, labels = cv2.connectedComponents(lit)
    whole = labels == labels[region.busy > 0][0]
    points = cv2.findNonZero(whole.astype(np.uint8))
    (_, (width, height), _) = cv2.minAreaRect(points)
    return bool(whole.sum() >= RECTANGLE * width * height)
