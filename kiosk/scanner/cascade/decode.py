"""Reading the codes in one grey picture: stage after stage of the table, until one reads or the budget is spent.

Rule 1: no exception of a decoder leaves this file; what is no grey picture has one exit, `DeviceError`.
Rule 2: a stage is begun only when its cost on the picture in hand still fits the budget; the decoders of others are not
interrupted, our own reading asks the budget before each of its steps.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from kiosk.errors import DeviceError
from kiosk.scanner.cascade.readers import STUMBLES, Code, Corners, Found
from kiosk.scanner.cascade.stages import STAGES, Stage
from kiosk.scanner.cascade.views import MIN_SIDE_PX, FrameView, FrameViews
from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import Pose

logger = logging.getLogger(__name__)

MAX_SIDE_PX = 4096
"""As the settings of the camera allow."""

PX_A_MS, FEWEST_PX = 100_000, 2_000_000
"""Of a picture of more pixels than the budget pays for, every n-th is looked at: the first stage alone takes a
millisecond for 900,000 pixels, five for so many of noise."""


@dataclass(frozen=True, slots=True)
class DecodedCode:
    """One code that was read; `ms` is the time from the picture in hand to this reading."""

    data: bytes = field(repr=False)
    corners: Corners
    stage: str
    ms: float


@dataclass(frozen=True, slots=True)
class DecodeResult:
    """The result of one picture: the codes, or the symbols that were located but not read.

    `unread` holds the corners of these symbols in pixels of the picture, `poses` the poses of those whose version is
    known as well. `all_stages_tried` is False while stages of a stream still wait for their turn.
    """

    codes: tuple[DecodedCode, ...] = ()
    unread: tuple[Corners, ...] = ()
    poses: tuple[Pose, ...] = ()
    all_stages_tried: bool = True


class Decoder:
    """Reads QR codes within `budget_ms` milliseconds a picture; `now_s` is any clock of seconds."""

    def __init__(
        self, budget_ms: float, now_s: Callable[[], float] = time.perf_counter, stages: Sequence[Stage] = STAGES
    ) -> None:
        cv2.setNumThreads(1)  # the other cores belong to the page, the camera and the controller
        self._budget_ms = budget_ms
        self._now_s = now_s
        self._stages = stages

    def decode(self, grey: Grey) -> DecodeResult:
        """One look by as many stages as the budget allows."""
        budget = Budget(self._budget_ms, self._now_s, self._now_s())
        return try_stages(self._stages, views_within(self._budget_ms, picture(grey)), budget)


def views_within(budget_ms: float, grey: Grey) -> FrameViews:
    """The views of a frame, of no more pixels than a look of so many milliseconds can pay for."""
    return FrameViews(grey, max(budget_ms * PX_A_MS, FEWEST_PX))


def try_stages(stages: Sequence[Stage], views: FrameViews, budget: Budget) -> DecodeResult:
    """One look by those of the stages that the budget allows; by the first in any case."""
    places: tuple[Corners, ...] = ()
    guesses: tuple[Pose, ...] = ()
    for number, stage in enumerate(stages):
        for view in views.of(stage.scope, places):
            if number and not budget.allows(stage.cost_on(view)):
                continue
            found = attempt(stage, view, budget)
            if found.codes:
                ms = budget.spent_ms()
                return DecodeResult(tuple(DecodedCode(code.data, code.corners, stage.name, ms) for code in found.codes))
            places, guesses = places or found.unread, guesses or found.poses
    return DecodeResult(unread=places, poses=guesses)


def picture(grey: Grey) -> Grey:
    """The same. `DeviceError` when it is no grey picture of bytes."""
    if not isinstance(grey, np.ndarray) or grey.ndim != 2 or grey.dtype != np.uint8:
        found = f"{type(grey).__name__} {getattr(grey, 'dtype', '')}{getattr(grey, 'shape', '')}"
        raise DeviceError("camera", f"frame is {found!r}; grey pictures of bytes are allowed", "camera_silent")
    return grey


def checked(grey: Grey) -> Grey:
    """A camera's frame, contiguous. `DeviceError` when it is none of an allowed size: the camera's driver erred."""
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in picture(grey).shape):
        size = f"{grey.shape[1]}x{grey.shape[0]}"
        allowed = f"{MIN_SIDE_PX} to {MAX_SIDE_PX} px a side are allowed; see 'camera.width_px'"
        raise DeviceError("camera", f"frame is {size} px; {allowed}", "camera_silent")
    return np.ascontiguousarray(grey)


def attempt(stage: Stage, view: FrameView, budget: Budget = UNLIMITED) -> Found:
    """What the stage finds in the view, in the frame's pixels; nothing when the decoder stumbles."""
    try:
        prepared = view.prepared(stage.prepare)
        found = stage.read(prepared, budget)
    except STUMBLES as error:
        # Only the kind of the error: its text may hold what was read.
        logger.debug("stage '%s' stumbled: %s", stage.name, type(error).__name__)
        return Found()
    factor = prepared.shape[1] / view.grey.shape[1]
    codes = (Code(code.data, view.in_frame(code.corners, factor)) for code in found.codes)
    places = (view.in_frame(corners, factor) for corners in found.unread)
    guesses = (guess.moved(view.left, view.top, view.step / factor) for guess in found.poses)
    return Found(tuple(codes), tuple(places), tuple(guesses))
