"""Where a picture is as busy as a code and as tidy around it, whether or not anyone could locate the symbol.

A symbol is the one thing before a kiosk that goes from light to dark again and again in every direction within a few
modules, and stands on plain light ground: its quiet zone (ISO/IEC 18004:2015 clause 6.3.8), or the lit phone in a room.

Rule 1: pure; about 20 ms for a picture of 1280x960, so not to be asked on every picture.
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
"""A window must hold three modules or so: the finest scale serves modules up to 11 px, the coarsest up to 22."""

WINDOW_PX = 17
CROSSINGS = 2.0
"""Rises and falls within a window's width, of the window's whole contrast, both ways together; an edge has 1."""

LEAST_CONTRAST = 15
"""Grey levels between the darkest and lightest of a window; in a noisy picture twice that of its calm parts."""

LEAST_SIDE_PX = 1.5 * WINDOW_PX
LEAST_FILLED = 0.55
"""Of its hull: glare may have eaten half of a symbol, a tree is emptier."""

LIGHT, PLAIN, PLAIN_LEVELS = 0.65, 0.25, 3
"""Ground is as light as light modules from this share of the contrast on, and plain when within five pixels it differs
by less than this share of it and these grey levels, of noise."""

MARGIN_SHARE = 0.48
"""Of what lies right around a patch that is light: where the quiet zone must be."""

QUIET_SHARE, ALONE_SHARE = 0.4, 0.55
"""Of what lies farther around that is plain and light: a page or screen. Else all but the rest has to be darker than
the patch: a phone seen askew or from afar, and the room behind."""

LIGHTER_SHARE, SAME_LEVELS = 0.85, 8
"""Of the picture that is no lighter than the ground of a code, give or take some noise: the camera exposes for the
lightest, and that should be the screen or the paper."""

LINES = 0.04
"""Less steepness than this across the steepest direction (`one_way`) have stripes and cables, but no code."""

FAR_SHARE = 0.14
"""Of the picture's width: of a smaller patch the window sees the whole phone, which must be a lit rectangle."""

NEAR_SHARE = 0.16
"""Of the picture's width: a patch that is larger than this at a fine scale is not looked for at the coarser ones."""

MOST = 4
"""Busy parts that are looked at more closely, the largest first."""

RECTANGLE = 0.92
"""Of its smallest box is filled by the phone; a disc fills 0.785."""

FAINT = 25
"""Grey levels from dark to light: with less it is a wall's or cloth's pattern, unless it is burnt out."""

BURNT_LEVEL = 250


@dataclass(frozen=True, slots=True)
class CodeRegion:
    """A busy part: the picture shrunk by `scale`, cut to the part and its surroundings, and what of it is busy."""

    grey: Grey
    busy: Grey
    left: int
    top: int
    scale: float
    frame_px: tuple[int, int]

    def side_px(self) -> float:
        """The side of a square as large, in pixels of the whole picture."""
        return math.sqrt(float(self.busy.sum())) / self.scale

    def levels(self) -> tuple[float, float]:
        """Its darkest and lightest."""
        darkest, lightest = np.percentile(self.grey[self.busy > 0], (5, 95))
        return float(darkest), float(lightest)

    def one_way(self) -> float:
        """How steep it is across its steepest direction, of along it, both squared: the structure tensor's smaller
        eigenvalue over its larger one."""
        inner = cv2.erode(self.busy, np.ones((5, 5), np.uint8)) > 0
        if not inner.any():
            return 1.0
        x, y = (cv2.Sobel(self.grey, cv2.CV_32F, *way)[inner] for way in ((1, 0), (0, 1)))
        xx, yy, xy = (float((one * other).mean()) for one, other in ((x, x), (y, y), (x, y)))
        spread = math.hypot((xx - yy) / 2, xy)
        return ((xx + yy) / 2 - spread) / max((xx + yy) / 2 + spread, 1e-6)

    def module_px(self, grey: Grey) -> float:
        """About the side of its modules: a random half of a symbol's neighbours differ, so in each direction the
        picture goes half the contrast up or down in every module. Blur makes modules seem larger than they are."""
        part, busy = self.original(grey)
        here, there = busy[:-1, :-1], part[:-1, :-1]
        steps = (
            cv2.mean(cv2.absdiff(part[:-1, 1:], there)[here])[0] + cv2.mean(cv2.absdiff(part[1:, :-1], there)[here])[0]
        )
        darkest, lightest = np.percentile(part[busy], (2, 98))
        return float(lightest - darkest) / max(steps, 1e-3)

    def edges(self) -> float:
        """Pixels of `grey` along which it lies on an edge of the picture, on the one where it is longest."""
        high, wide = self.busy.shape
        lines = (
            (self.left == 0, self.busy[:, 0]),
            (self.top == 0, self.busy[0]),
            (self.left + wide == self.frame_px[0], self.busy[:, -1]),
            (self.top + high == self.frame_px[1], self.busy[-1]),
        )
        return max(float(line.sum()) for at_edge, line in lines if at_edge) if any(at for at, _ in lines) else 0.0

    def around(self, near_px: int, far_px: int) -> Flags:
        """What of `grey` lies farther from it than `near_px` and nearer than `far_px` (half of these, to each side)."""
        far = cv2.dilate(self.busy, np.ones((far_px + 1, far_px + 1), np.uint8))
        near = cv2.dilate(self.busy, np.ones((near_px + 1, near_px + 1), np.uint8))
        found: Flags = (far > 0) & (near == 0)
        return found

    def outline(self) -> NDArray[np.int32]:
        """The hull about it, in pixels of `grey`."""
        points = cv2.findNonZero(self.busy)
        return np.asarray(cv2.convexHull(points), np.int32)

    def original(self, grey: Grey) -> tuple[Grey, Flags]:
        """The same part of the whole picture, and what of it is busy."""
        left, top = round(self.left / self.scale), round(self.top / self.scale)
        high, wide = (round(side / self.scale) for side in self.busy.shape)
        part = grey[top : top + high, left : left + wide]
        return part, cv2.resize(self.busy, part.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def find(grey: Grey) -> CodeRegion | None:
    """The largest patch that is like a code, as fine as it can be told from its surroundings; None for none."""
    found: list[CodeRegion] = []
    for scale in SCALES:
        found += [patch for patch in _busy_parts(_shrunk(grey, scale), scale) if _is_like_code(grey, patch)][:1]
        if found and found[0].side_px() > NEAR_SHARE * grey.shape[1]:
            return found[0]
    largest = max((patch.side_px() for patch in found), default=0.0)
    return next((patch for patch in found if patch.side_px() ** 2 >= 0.5 * largest**2), None)


def at(grey: Grey, place: Corners) -> CodeRegion | None:
    """The patch within these corners; None when they lie outside of the picture."""
    small = _shrunk(grey, SCALES[0])
    busy = np.zeros_like(small)
    cv2.fillConvexPoly(busy, np.clip(np.array(place) * SCALES[0], -9999, 9999).astype(np.int32), 1)
    left, top, wide, high = cv2.boundingRect(busy)
    return _cut(small, busy, (left, top, wide, high), SCALES[0]) if busy.any() else None


def _busy_parts(small: Grey, scale: float) -> list[CodeRegion]:
    """The largest busy parts of the shrunk picture, the largest first."""
    contrast = _contrast(small, WINDOW_PX)
    calm = float(np.percentile(contrast[::8, ::8], 20))
    busy = _busy(small, contrast, max(LEAST_CONTRAST, 2 * calm))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(busy)
    largest = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:MOST]
    return [
        _cut(small, (labels == label).astype(np.uint8), tuple(stats[label, :4].tolist()), scale)
        for label in largest.tolist()
        if stats[label, cv2.CC_STAT_AREA] >= LEAST_SIDE_PX**2
    ]


def _shrunk(grey: Grey, scale: float) -> Grey:
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8)


def _contrast(small: Grey, window_px: int) -> Grey:
    window = np.ones((window_px, window_px), np.uint8)
    return np.asarray(cv2.subtract(cv2.dilate(small, window), cv2.erode(small, window)), np.uint8)


def _busy(small: Grey, contrast: Grey, least: float) -> Grey:
    """1 where the picture rises and falls often enough; specks and thin lines are left out."""
    here = small[:-1, :-1]
    steps = cv2.addWeighted(cv2.absdiff(small[:-1, 1:], here), 0.5, cv2.absdiff(small[1:, :-1], here), 0.5, 0)
    steps = cv2.copyMakeBorder(steps, 0, 1, 0, 1, cv2.BORDER_REPLICATE)
    path = 2 * WINDOW_PX * cv2.boxFilter(steps, cv2.CV_32F, (WINDOW_PX, WINDOW_PX))
    busy = ((path > CROSSINGS * contrast) & (contrast > least)).astype(np.uint8)
    half, whole = (np.ones((side, side), np.uint8) for side in (WINDOW_PX // 2, WINDOW_PX + 4))
    closed = cv2.morphologyEx(busy, cv2.MORPH_CLOSE, half)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, whole), np.uint8)


def _cut(small: Grey, busy: Grey, box: Sequence[int], scale: float) -> CodeRegion:
    left, top, wide, high = box
    margin = 2 * WINDOW_PX
    first_x, first_y = max(left - margin, 0), max(top - margin, 0)
    window = np.s_[first_y : top + high + margin, first_x : left + wide + margin]
    return CodeRegion(small[window], busy[window], first_x, first_y, scale, (small.shape[1], small.shape[0]))


def _is_like_code(grey: Grey, patch: CodeRegion) -> bool:
    """Whether it is compact, as light as anything in the picture, and on plain light ground."""
    darkest, lightest = patch.levels()
    compact = patch.busy.sum() >= LEAST_FILLED * cv2.contourArea(patch.outline())
    faint = lightest - darkest < FAINT and lightest < BURNT_LEVEL
    ground = float(np.percentile(patch.grey, 95)) + SAME_LEVELS
    if not compact or faint or (grey[::8, ::8] <= ground).mean() < LIGHTER_SHARE or patch.one_way() < LINES:
        return False
    light = patch.grey >= darkest + LIGHT * (lightest - darkest)
    around = patch.around(WINDOW_PX // 2, 2 * WINDOW_PX)
    plain = _contrast(patch.grey, 5) < PLAIN * (lightest - darkest) + PLAIN_LEVELS
    quiet = _share(plain & light, around)
    alone = quiet + _share(patch.grey < darkest, around)
    if patch.side_px() < FAR_SHARE * grey.shape[1]:
        return alone >= ALONE_SHARE and not patch.edges() and _on_lit_rectangle(patch, around)
    margin = _share(light, patch.around(0, WINDOW_PX))
    return margin >= MARGIN_SHARE and (quiet >= QUIET_SHARE or alone >= ALONE_SHARE)


def _share(flags: Flags, where: Flags) -> float:
    return float(flags[where].mean()) if where.any() else 0.0


def _on_lit_rectangle(patch: CodeRegion, around: Flags) -> bool:
    """Whether the patch, with the light around it, is a rectangle on darker ground."""
    ground = float(np.percentile(patch.grey[around], 10))
    lit = (patch.grey > (ground + patch.levels()[0]) / 2).astype(np.uint8) | patch.busy
    _, labels = cv2.connectedComponents(lit)
    whole = labels == labels[patch.busy > 0][0]
    points = cv2.findNonZero(whole.astype(np.uint8))
    (_, (wide, high), _) = cv2.minAreaRect(points)
    return bool(whole.sum() >= RECTANGLE * wide * high)
