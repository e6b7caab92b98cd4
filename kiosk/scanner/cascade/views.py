"""Views: the parts of one frame that stages work on.

A stage works on the whole frame, on its textured windows (`kiosk.scanner.symbol.locate.windows`), or on close-ups of
symbols that were located but not read. A view is made when it is first asked for and kept as long as the frame is being
decoded; so are the pictures prepared from it, which several stages share.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

import cv2
import numpy as np

from kiosk.scanner.cascade.prepare import Prepare
from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.windows import find_windows

MIN_SIDE_PX = 21
"""The smallest QR code has 21 modules."""

MAX_CLOSE_UPS = 2
"""A picture of many unreadable symbols must not cost many times as much."""

CLOSE_UP_PX = 720
"""A located symbol is scaled to this size, which gives the largest version 4 pixels a module."""

CLOSE_UP_MARGIN = 0.18

PAINTED_SHARE = 1.08
"""A symbol that was read is painted over by a quadrangle that is so many times as large. It then covers a module around
version 2 and the quiet zone of version 21 (ISO/IEC 18004:2015 clause 6.3.8), but no symbol beside it."""

MAX_PAINTED_PX = 8192
"""Corners are clipped to twice this, because OpenCV draws with 16-bit numbers and fractions."""
MAX_ENLARGING = 4.0


class Scope(Enum):
    """The views that a stage works on: the whole frame, its textured windows, or close-ups of unread symbols."""

    FRAME = "frame"
    WINDOW = "window"
    CLOSE_UP = "close-up"


@dataclass(frozen=True, slots=True)
class FrameView:
    """A part of the frame. Point (x, y) of it is point (x * step + left, y * step + top) of the frame."""

    grey: Grey
    left: float = 0.0
    top: float = 0.0
    step: float = 1.0
    _prepared: dict[Prepare, Grey] = field(default_factory=dict, compare=False, repr=False)

    def prepared(self, prepare: Prepare) -> Grey:
        """Return the view after this preparation, which is done once."""
        if prepare not in self._prepared:
            self._prepared[prepare] = prepare(self.grey)
        return self._prepared[prepare]

    def in_frame(self, corners: Corners, factor: float) -> Corners:
        """Map points of a picture that is `factor` times as large as the view to pixels of the frame."""
        step = self.step / factor
        return tuple((x * step + self.left, y * step + self.top) for x, y in corners)


class FrameViews:
    """The views of one frame. If the frame has more than `max_px` pixels, only every n-th pixel is used.

    `whole` is the frame itself; all corners are in its pixels.
    """

    def __init__(self, grey: Grey, max_px: float = math.inf) -> None:
        self.whole = grey
        self._max_px = max_px
        step = math.ceil(math.sqrt(grey.size / max_px))
        part = grey if step <= 1 else every_nth_pixel(grey, step)
        self._frame = FrameView(np.ascontiguousarray(part), step=max(step, 1))
        self._windows: list[FrameView] | None = None
        self._close_ups: list[FrameView] = []

    def of(self, scope: Scope, unread: Sequence[Corners] = ()) -> list[FrameView]:
        """Return the views of a scope. `unread` are the corners of the symbols that were located so far.

        Returns no view of a frame that is too small for a code.
        """
        if min(self._frame.grey.shape) < MIN_SIDE_PX:
            return []
        if scope is Scope.FRAME:
            return [self._frame]
        if scope is Scope.WINDOW:
            if self._windows is None:
                self._windows = list(windows_of(self._frame))
            return self._windows
        if not self._close_ups:
            self._close_ups = list(close_ups_of(self.whole, unread))
        return self._close_ups

    def without(self, symbols: Sequence[Corners]) -> "FrameViews":
        """Return the views of the same frame with these symbols painted over, so that they hide no other symbol."""
        return FrameViews(painted_over(self.whole, symbols), self._max_px)


def painted_over(grey: Grey, symbols: Sequence[Corners]) -> Grey:
    """Return a copy of the picture in which each of these symbols has the level of the ground around it."""
    picture = grey.copy()
    height, width = grey.shape
    for corners in symbols:
        points = np.array(corners, np.float64)
        centre = points.mean(0)
        outline = np.clip(centre + (points - centre) * PAINTED_SHARE, -2 * MAX_PAINTED_PX, 2 * MAX_PAINTED_PX)
        along = np.linspace(outline, np.roll(outline, -1, 0), 16, endpoint=False).reshape(-1, 2).astype(int)
        inside = along[((along >= 0) & (along < (width, height))).all(1)]
        level = float(np.median(grey[inside[:, 1], inside[:, 0]])) if len(inside) else 0.0
        cv2.fillConvexPoly(picture, cv2.convexHull(outline.astype(np.int32)), level)
    return picture


def every_nth_pixel(grey: Grey, step: int) -> Grey:
    """Return every n-th pixel of every n-th row."""
    size = (max(grey.shape[1] // step, 1), max(grey.shape[0] // step, 1))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def windows_of(frame: FrameView) -> Iterator[FrameView]:
    """Yield the textured windows of a frame."""
    for left, top, right, bottom in find_windows(frame.grey):
        part = np.ascontiguousarray(frame.grey[top:bottom, left:right])
        yield FrameView(part, left * frame.step, top * frame.step, frame.step)


def close_ups_of(grey: Grey, unread: Sequence[Corners]) -> Iterator[FrameView]:
    """Yield close-ups of the first of these symbols, enlarged or shrunk to one size."""
    for corners in unread[:MAX_CLOSE_UPS]:
        points = np.array(corners, np.float32)
        margin = CLOSE_UP_MARGIN * float((points.max(0) - points.min(0)).max())
        left, top = np.maximum(points.min(0) - margin, 0).astype(int).tolist()
        right, bottom = (points.max(0) + margin).astype(int).tolist()
        part = grey[top:bottom, left:right]
        if min(part.shape) >= MIN_SIDE_PX:
            factor = min(CLOSE_UP_PX / max(part.shape), MAX_ENLARGING)
            how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
            yield FrameView(cv2.resize(part, None, fx=factor, fy=factor, interpolation=how), left, top, 1 / factor)
