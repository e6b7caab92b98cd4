"""Reading the codes in one grey picture: stage after stage of the table, until one reads or the budget is spent.

Rule 1: no exception of a decoder leaves this file; a frame that is none has one exit, `DeviceError`.
Rule 2: the budget is looked at between stages; a stage that has begun is not interrupted.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from kiosk.errors import DeviceError
from kiosk.scanner.prepare import Grey
from kiosk.scanner.readers import STUMBLES, Code, Corners, Found
from kiosk.scanner.stages import STAGES, Scope, Stage
from kiosk.scanner.symbol.place import Place

logger = logging.getLogger(__name__)

MIN_SIDE_PX = 21
"""The smallest QR code has 21 modules."""

MAX_SIDE_PX = 4096
"""As the settings of the camera allow."""

MAX_PLACES = 2
"""A picture of many broken symbols must not cost many times as much."""

PLACE_PX = 720
"""A located symbol is brought to this size, which gives the largest code 4 pixels a module."""

PLACE_MARGIN = 0.18
MAX_ENLARGING = 4.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One code that was read; `ms` is the time from the picture in hand to this reading."""

    data: bytes = field(repr=False)
    corners: Corners
    stage: str
    ms: float


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a picture gave: the codes, else where symbols are that nobody could read.

    `guesses` are the places of symbols whose version is known too; `all_tried` is False while stages of a stream wait.
    """

    readings: tuple[Reading, ...] = ()
    places: tuple[Corners, ...] = ()
    guesses: tuple[Place, ...] = ()
    all_tried: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """A part of the frame: a point of it lies in the frame at x * step + left, y * step + top."""

    grey: Grey
    left: float = 0.0
    top: float = 0.0
    step: float = 1.0


class Decoder:
    """Reads QR codes within `budget_ms` milliseconds a picture; `now_s` is any clock of seconds."""

    def __init__(
        self, budget_ms: float, now_s: Callable[[], float] = time.perf_counter, stages: Sequence[Stage] = STAGES
    ) -> None:
        cv2.setNumThreads(1)  # the other cores belong to the page, the camera and the controller
        self._budget_ms = budget_ms
        self._now_s = now_s
        self._stages = stages

    def decode(self, grey: Grey) -> list[Reading]:
        """The codes in the picture. `DeviceError` when it is no grey picture of an allowed size."""
        return list(self.look(grey).readings)

    def glance(self, grey: Grey) -> Look:
        """One look by the first stage only."""
        return self._try_stages(checked(grey), self._stages[:1])

    def look(self, grey: Grey) -> Look:
        """One look by as many stages as the budget allows."""
        return self._try_stages(checked(grey), self._stages)

    def _try_stages(self, grey: Grey, stages: Sequence[Stage]) -> Look:
        began_s = self._now_s()
        frame = View(grey)
        places: tuple[Corners, ...] = ()
        guesses: tuple[Place, ...] = ()
        close_ups: list[View] | None = None
        for number, stage in enumerate(stages):
            if number and self._spent_ms(began_s) + stage.cost_ms > self._budget_ms:
                continue
            if stage.scope is Scope.PLACE and close_ups is None:
                close_ups = list(close_ups_of(grey, places))
            for view in [frame] if stage.scope is Scope.FRAME else close_ups or []:
                found = attempt(stage, view)
                if found.codes:
                    ms = self._spent_ms(began_s)
                    return Look(tuple(Reading(code.data, code.corners, stage.name, ms) for code in found.codes))
                places, guesses = places or found.places, guesses or found.guesses
        return Look(places=places, guesses=guesses)

    def _spent_ms(self, began_s: float) -> float:
        return (self._now_s() - began_s) * 1000.0


def checked(grey: Grey) -> Grey:
    """The frame, contiguous. `DeviceError` when it is no grey picture of an allowed size: the camera's driver erred."""
    if not isinstance(grey, np.ndarray) or grey.ndim != 2 or grey.dtype != np.uint8:
        found = f"{type(grey).__name__} {getattr(grey, 'dtype', '')}{getattr(grey, 'shape', '')}"
        raise DeviceError("camera", f"frame is {found!r}; grey pictures of bytes are allowed", "camera_silent")
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in grey.shape):
        size = f"{grey.shape[1]}x{grey.shape[0]}"
        allowed = f"{MIN_SIDE_PX} to {MAX_SIDE_PX} px a side are allowed; see 'camera.width_px'"
        raise DeviceError("camera", f"frame is {size} px; {allowed}", "camera_silent")
    return np.ascontiguousarray(grey)


def attempt(stage: Stage, view: View) -> Found:
    """What the stage finds in the view, in the frame's pixels; nothing when the decoder stumbles."""
    try:
        picture = stage.prepare(view.grey)
        found = stage.read(picture)
    except STUMBLES as error:
        # Only the kind of the error: its text may hold what was read.
        logger.debug("stage '%s' stumbled: %s", stage.name, type(error).__name__)
        return Found()
    step = view.step * view.grey.shape[1] / picture.shape[1]
    codes = (Code(code.data, _in_frame(code.corners, view, step)) for code in found.codes)
    places = (_in_frame(corners, view, step) for corners in found.places)
    guesses = (guess.moved(view.left, view.top, step) for guess in found.guesses)
    return Found(tuple(codes), tuple(places), tuple(guesses))


def _in_frame(corners: Corners, view: View, step: float) -> Corners:
    return tuple((x * step + view.left, y * step + view.top) for x, y in corners)


def close_ups_of(grey: Grey, places: Sequence[Corners]) -> Iterator[View]:
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
            yield View(cv2.resize(part, None, fx=factor, fy=factor, interpolation=how), left, top, 1 / factor)
