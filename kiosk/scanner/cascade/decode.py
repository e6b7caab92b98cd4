"""Reading of the codes in one grey picture: stage after stage of the table, until the budget is spent.

The stages differ in what they win and in what they cost, from a millisecond to some tens. Each stage states its cost
for 1280x720 pixels; the cost is scaled with the pixels of the view in hand (`Stage.cost_on`). A stage is started if its
cost still fits the budget; a cheaper stage that comes later in the table may still run after an expensive one was
skipped. The first stage always runs. Symbols that a stage located but could not read become close-ups for the stages
that follow.

*An easy code hides no hard one.* The symbols that a stage read are painted over, and the cascade goes on with the same
stage on the rest of the picture, while that has texture, until `MAX_CODES_PER_PICTURE` codes were read.

Rule 1: no exception of a decoder leaves this module. For an argument that is not a grey picture there is one exception,
`DeviceError`.
Rule 2: public decoders cannot be interrupted once they were started; our own reading asks the budget before each step.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from kiosk.errors import DeviceError
from kiosk.scanner.cascade.machine import measured_slowness
from kiosk.scanner.cascade.memory import return_freed_memory
from kiosk.scanner.cascade.readers import DECODER_ERRORS, Code, Corners, Found
from kiosk.scanner.cascade.stages import STAGES, Stage
from kiosk.scanner.cascade.views import MIN_SIDE_PX, FrameView, FrameViews, Scope
from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import Pose
from kiosk.scanner.wire.messages import MAX_CODES_PER_PICTURE

logger = logging.getLogger(__name__)

MAX_SIDE_PX = 4096
"""The largest side that the settings of the camera allow."""

PX_PER_MS, MIN_BUDGET_PX = 100_000, 2_000_000
"""The pixels that a millisecond of budget pays for, and the least number of pixels that are read with any budget.

Of a larger picture only every n-th pixel is read. The first stage alone takes a millisecond for 900,000 pixels, and
five milliseconds for as many pixels of noise.
"""


@dataclass(frozen=True, slots=True)
class DecodedCode:
    """A code that was read: its payload, its corners in pixels of the picture, and the name of the stage.

    `ms` is the time in milliseconds from the start of decoding to this result.
    """

    data: bytes = field(repr=False)
    corners: Corners
    stage: str
    ms: float


@dataclass(frozen=True, slots=True)
class DecodeResult:
    """The result of one picture: the codes, and the symbols that were located but not read.

    `unread` holds the corners of these symbols in pixels of the picture, `poses` the poses of those whose version is
    known as well. `all_stages_tried` is False while stages of a stream still wait for their turn.
    """

    codes: tuple[DecodedCode, ...] = ()
    unread: tuple[Corners, ...] = ()
    poses: tuple[Pose, ...] = ()
    all_stages_tried: bool = True


class Decoder:
    """A decoder of single pictures within `budget_ms` milliseconds each; `now_s` is any clock of seconds.

    `slowness`: how many times slower this machine is than the one on which the costs were measured; None to measure it.
    """

    def __init__(
        self,
        budget_ms: float,
        now_s: Callable[[], float] = time.perf_counter,
        stages: Sequence[Stage] = STAGES,
        slowness: float | None = None,
    ) -> None:
        cv2.setNumThreads(1)  # the other cores are for the page, the camera and the controller
        self._budget_ms = budget_ms
        self._now_s = now_s
        self._stages = stages
        self._slowness = measured_slowness(now_s) if slowness is None else slowness

    def decode(self, grey: Grey, most: int = MAX_CODES_PER_PICTURE) -> DecodeResult:
        """Read the codes in a picture of any size, by the stages that the budget allows, until `most` were read.

        Raises `DeviceError` if `grey` is not a two-dimensional array of uint8.
        """
        require_grey(grey)
        budget = Budget(self._budget_ms, self._now_s, self._now_s(), self._slowness)
        result = try_stages(self._stages, views_within(self._budget_ms / self._slowness, grey), budget, most)
        return_freed_memory()
        return result


def views_within(budget_ms: float, grey: Grey) -> FrameViews:
    """Return the views of a frame, with no more pixels than the budget pays for on the measured machine."""
    return FrameViews(grey, max(budget_ms * PX_PER_MS, MIN_BUDGET_PX))


def try_stages(
    stages: Sequence[Stage], views: FrameViews, budget: Budget, most: int = MAX_CODES_PER_PICTURE
) -> DecodeResult:
    """Run the first stage, and then each stage that the budget allows, until `most` codes were read."""
    unread: tuple[Corners, ...] = ()
    poses: tuple[Pose, ...] = ()
    codes: tuple[DecodedCode, ...] = ()
    for number, stage in enumerate(stages):
        waiting = list(views.of(stage.scope, unread))
        while waiting:
            view = waiting.pop(0)
            if (number or codes) and not budget.allows(stage.cost_on(view)):
                continue
            found = run_stage(stage, view, budget)
            read = new_codes(found, stage, budget, codes)
            unread, poses = unread or found.unread, poses or found.poses
            if not read:
                continue
            codes += read
            views = views.without([code.corners for code in read])
            if len(codes) >= most or not views.of(Scope.WINDOW):
                return DecodeResult(codes)
            unread, poses = outside_of(unread, codes), ()
            waiting = list(views.of(stage.scope, unread))
    return DecodeResult(codes, unread, poses)


def new_codes(found: Found, stage: Stage, budget: Budget, known: Sequence[DecodedCode]) -> tuple[DecodedCode, ...]:
    """Return the codes that a stage read, without those that are known already."""
    ms, data = budget.spent_ms(), {code.data for code in known}
    return tuple(DecodedCode(code.data, code.corners, stage.name, ms) for code in found.codes if code.data not in data)


def outside_of(symbols: Sequence[Corners], codes: Sequence[DecodedCode]) -> tuple[Corners, ...]:
    """Return the symbols whose centre is in none of the codes: a code that was read is often located twice."""
    outlines = [cv2.convexHull(np.array(code.corners, np.float32)) for code in codes]
    centres = [np.array(corners, float).mean(0).tolist() for corners in symbols]
    return tuple(
        corners
        for corners, centre in zip(symbols, centres, strict=True)
        if all(cv2.pointPolygonTest(outline, centre, measureDist=False) < 0 for outline in outlines)
    )


def require_grey(grey: Grey) -> Grey:
    """Return the picture unchanged. Raises `DeviceError` if it is not a two-dimensional array of uint8."""
    if not isinstance(grey, np.ndarray) or grey.ndim != 2 or grey.dtype != np.uint8:
        found = f"{type(grey).__name__} {getattr(grey, 'dtype', '')}{getattr(grey, 'shape', '')}"
        raise DeviceError("camera", f"frame is {found!r}; grey pictures of bytes are allowed", "camera_silent")
    return grey


def checked(grey: Grey) -> Grey:
    """Return a camera's frame as a contiguous array.

    Raises `DeviceError` if it is not a grey picture, or not of an allowed size, which is a fault of the camera's
    driver.
    """
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in require_grey(grey).shape):
        size = f"{grey.shape[1]}x{grey.shape[0]}"
        allowed = f"{MIN_SIDE_PX} to {MAX_SIDE_PX} px a side are allowed; see 'camera.width_px'"
        raise DeviceError("camera", f"frame is {size} px; {allowed}", "camera_silent")
    return np.ascontiguousarray(grey)


def run_stage(stage: Stage, view: FrameView, budget: Budget = UNLIMITED) -> Found:
    """Return the result of a stage on a view, in pixels of the frame; empty if the decoder raised an exception."""
    try:
        prepared = view.prepared(stage.prepare)
        found = stage.read(prepared, budget)
    except DECODER_ERRORS as error:
        # Only the type of the exception: its text may contain the payload.
        logger.debug("stage '%s' failed: %s", stage.name, type(error).__name__)
        return Found()
    factor = prepared.shape[1] / view.grey.shape[1]
    codes = (Code(code.data, view.in_frame(code.corners, factor)) for code in found.codes)
    unread = (view.in_frame(corners, factor) for corners in found.unread)
    poses = (pose.moved(view.left, view.top, view.step / factor) for pose in found.poses)
    return Found(tuple(codes), tuple(unread), tuple(poses))
