"""The parts of one frame that stages work on: the frame itself, its textured windows, and close-ups of located symbols.

Each is made when it is first asked for and kept for the look; so are the pictures prepared from it.
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
from kiosk.scanner.symbol.locate.windows import windows

MIN_SIDE_PX = 21
"""The smallest QR code has 21 modules."""

MAX_PLACES = 2
"""A picture of many broken symbols must not cost many times as much."""

PLACE_PX = 720
"""A located symbol is brought to this size, which gives the largest code 4 pixels a module."""

PLACE_MARGIN = 0.18
MAX_ENLARGING = 4.0


class Scope(Enum):
    """What a stage works on: the whole frame, its textured windows, or the close-ups of symbols not yet read."""

    FRAME = "frame"
    WINDOW = "window"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class FrameView:
    """A part of the frame: a point of it lies in the frame at x * step + left, y * step + top."""

    grey: Grey
    left: float = 0.0
    top: float = 0.0
    step: float = 1.0
    _prepared: dict[Prepare, Grey] = field(default_factory=dict, compare=False, repr=False)

    def prepared(self, prepare: Prepare) -> Grey:
        """The view prepared so; made once."""
        if prepare not in self._prepared:
            self._prepared[prepare] = prepare(self.grey)
        return self._prepared[prepare]

    def in_frame(self, corners: Corners, factor: float) -> Corners:
        """Points of a picture that was made from the view `factor` times as large, in pixels of the frame."""
        step = self.step / factor
        return tuple((x * step + self.left, y * step + self.top) for x, y in corners)


class FrameViews:
    """The views of one frame of at most `max_px` pixels; of a larger one every n-th pixel is looked at.

    `whole` is the frame itself, whose pixels all corners are told in.
    """

    def __init__(self, grey: Grey, max_px: float = math.inf) -> None:
        self.whole = grey
        step = math.ceil(math.sqrt(grey.size / max_px))
        self._frame = FrameView(np.ascontiguousarray(grey if step <= 1 else every(grey, step)), step=max(step, 1))
        self._windows: list[FrameView] | None = None
        self._close_ups: list[FrameView] = []

    def of(self, scope: Scope, places: Sequence[Corners] = ()) -> list[FrameView]:
        """The views for a stage; `places` are those of the symbols located until now."""
        if min(self._frame.grey.shape) < MIN_SIDE_PX:
            return []
        if scope is Scope.FRAME:
            return [self._frame]
        if scope is Scope.WINDOW:
            if self._windows is None:
                self._windows = list(windows_of(self._frame))
            return self._windows
        if not self._close_ups:
            self._close_ups = list(close_ups_of(self.whole, places))
        return self._close_ups


def every(grey: Grey, step: int) -> Grey:
    """Every n-th pixel of every n-th row."""
    size = (max(grey.shape[1] // step, 1), max(grey.shape[0] // step, 1))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def windows_of(frame: FrameView) -> Iterator[FrameView]:
    """The textured windows of a frame."""
    for left, top, right, bottom in windows(frame.grey):
        part = np.ascontiguousarray(frame.grey[top:bottom, left:right])
        yield FrameView(part, left * frame.step, top * frame.step, frame.step)


def close_ups_of(grey: Grey, places: Sequence[Corners]) -> Iterator[FrameView]:
    """The places of the frame, enlarged or shrunk to one size."""
    for place in places[:MAX_PLACES]:
        box = np.array(place, np.float32)
        margin = PLACE_MARGIN * float((box.max(0) - box.min(0)).max())
        left, top = np.maximum(box.min(0) - margin, 0).astype(int).tolist()
        right, bottom = (box.max(0) + margin).astype(int).tolist()
        part = grey[top:bottom, left:right]
        if min(part.shape) >= MIN_SIDE_PX:
            factor = min(PLACE_PX / max(part.shape), MAX_ENLARGING)
            how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
            yield FrameView(cv2.resize(part, None, fx=factor, fy=factor, interpolation=how), left, top, 1 / factor)
