"""The tracker: decides which frames are worth decoding, and what to report of them.

*When a frame is decoded.* Decoding is expensive and most frames of an empty entrance are equal. Each frame is reduced
to 80 x 45 pixels and compared with the last reduced frame that differed. The frame is decoded if the difference is
larger than the noise of a camera; if a located symbol is still unread; if stages of the cascade had no turn yet; or if
`DECODE_AGAIN_S` is over. Otherwise the last result stands: codes that were read are still in view.

*Which hint is reported.* A hint must not depend on a single frame, in which somebody walked by or the hand shook. While
a code or code region is in view and no code is read, the obstacle is diagnosed every `DIAGNOSE_S`. A hint is reported
if `MIN_AGREED` of the last `DIAGNOSES_KEPT` diagnoses found an obstacle, at most once in `HINT_INTERVAL_S`. The hint
"too bright" waits while the exposure can still be reduced.

*Which codes are reported.* At most `MAX_CODES_PER_PICTURE` of one picture, the most prominent ones first: a code that
is held up is larger and nearer to the centre than the codes of a poster behind it. At most `MAX_CODES_PER_S` in any
period of one second; the others are not recorded as seen, so they are reported later if they are still in view. The
controller's limit is computed from the same constants (`kiosk.scanner.wire.messages`).

*What it costs.* Diagnoses and the measurement of the light are charged to the stream (`StreamDecoder.charged`), so the
budget holds for all work on a picture.

*Exposure.* The light is measured on the unread symbol. If no symbol was located for `SYMBOL_KEPT_S`, it is measured on
the brightest object of a phone's size. A read code stops all
corrections, unless another symbol is located beside it.

Rule: no camera, no pipe, no clock; frames and monotonic seconds are arguments.
"""

import math
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import cv2
import numpy as np

from kiosk.model import Payload, Watch
from kiosk.scanner.cascade import hints
from kiosk.scanner.cascade.decode import DecodeResult, checked
from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.cascade.views import painted_over
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.exposure import Exposure
from kiosk.scanner.child.metering import light_on
from kiosk.scanner.symbol.budget import Budget
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import MAX_CODES_PER_PICTURE, MAX_CODES_PER_S, Look

SMALL_PX = (80, 45)
"""Size in which frames are compared. A pixel is then the mean of hundreds, which removes the noise of the camera."""

CHANGED_LEVELS = 8
"""A difference of more levels is motion.

Noise with a standard deviation of 20 levels leaves 1.8 in the difference of two means of 16 x 16 pixels; the limit is
4.5 times as much.
"""

DECODE_AGAIN_S = 1.0
"""A frame without motion is decoded again after this time, because a slow change is not seen as motion."""

DIAGNOSE_S, DIAGNOSES_SHARE = 0.3, 0.2
"""Interval of diagnoses, and the largest share of the time that they take: on a slow machine they are less frequent."""

DIAGNOSES_KEPT, MIN_AGREED = 4, 3
"""At least `MIN_AGREED` of the last `DIAGNOSES_KEPT` diagnoses must have found an obstacle, so that a code that passes
by causes no hint."""

HINT_INTERVAL_S = 2.0

SYMBOL_KEPT_S = 1.0
"""For this time after a symbol was located, the exposure is not adapted to another object."""


@dataclass(frozen=True, slots=True)
class FrameReport:
    """The news of one frame.

    Attributes:
        codes: the payloads that count as new scans, sorted.
        hint: a key of the visitor's texts, or "".
        stops: the new exposure correction of the camera, or None to keep it.
        decoded: False if the frame was not worth decoding.
    """

    codes: tuple[Payload, ...] = ()
    hint: str = ""
    stops: float | None = None
    decoded: bool = False


class Tracker:
    """Follows one stream of frames. Without `exposure`, the camera's exposure is never corrected."""

    def __init__(self, stream: StreamDecoder, sightings: Sightings, exposure: Exposure | None = None) -> None:
        self._stream = stream
        self._sightings = sightings
        self._exposure = exposure
        self._located_s = -math.inf
        self._look = Look(Watch.OFF, 0)
        self._compared: Grey | None = None
        self._result = DecodeResult()
        self._decoded_s = -math.inf
        self._hints = _HintVotes()
        self._reported_s: deque[float] = deque(maxlen=MAX_CODES_PER_S)

    def watch(self, look: Look) -> None:
        """Set how thoroughly frames are read: not at all, with the first stage only (glance), or with all stages.

        A change, also of the visit, forgets the last result and the diagnoses, and codes may count as new again
        (`kiosk.scanner.child.dedupe.Sightings.look`).
        """
        if look == self._look:
            return
        self._look = look
        self._compared, self._result, self._hints = None, DecodeResult(), _HintVotes()
        self._sightings.look(look.watch, look.visit)

    def see(self, grey: Grey, at_s: float) -> FrameReport:
        """Read a frame taken at `at_s` and return its news. Raises `DeviceError` if it is not a usable grey picture."""
        if self._look.watch is Watch.OFF:
            return FrameReport(stops=self._exposure.adapt(None, at_s) if self._exposure else None)
        decoded = self._is_worth_decoding(checked(grey), at_s)
        if decoded:
            scans = self._look.watch.scans
            self._result = self._stream.decode(grey, at_s) if scans else self._stream.decode_first_stage(grey)
            self._decoded_s = at_s
        self._sightings.frame(at_s)
        codes = tuple(self._new_codes(grey, at_s))
        hint = self._hint(grey, at_s, decoded=decoded)
        with self._stream.charged():
            stops = self._expose(self._exposure, grey, at_s) if self._exposure else None
        return FrameReport(codes, hint, stops, decoded)

    def charged(self) -> AbstractContextManager[Budget]:
        """Charge the time of other work on the last frame to the stream's budget."""
        return self._stream.charged()

    def _new_codes(self, grey: Grey, at_s: float) -> Iterator[Payload]:
        """Yield the payloads in view that count as new scans, sorted, within the limits of the wire."""
        prominent = sorted(self._result.codes, key=lambda code: _prominence(code.corners, grey), reverse=True)
        payloads = list(dict.fromkeys(code.data for code in prominent))[:MAX_CODES_PER_PICTURE]
        for data in sorted(payloads):
            is_allowed = len(self._reported_s) < MAX_CODES_PER_S or at_s - self._reported_s[0] > 1.0
            if is_allowed and self._sightings.is_new(data, at_s):
                self._reported_s.append(at_s)
                yield Payload(data)

    def _is_worth_decoding(self, grey: Grey, at_s: float) -> bool:
        small = cv2.resize(grey, SMALL_PX, interpolation=cv2.INTER_AREA)
        last, unfinished = self._compared, self._result.unread or not self._result.all_stages_tried
        still = last is not None and int(cv2.absdiff(last, small).max()) <= CHANGED_LEVELS
        if still and not unfinished and at_s - self._decoded_s < DECODE_AGAIN_S:
            return False
        if not still:
            self._stream.scene_changed()
            self._compared = small
        return True

    def _expose(self, exposure: Exposure, grey: Grey, at_s: float) -> float | None:
        if self._result.unread:
            self._located_s = at_s
        elif self._result.codes:
            exposure.hold(at_s)
            return None
        if not exposure.due(at_s):
            return None
        if self._result.unread:
            return exposure.adapt(light_on(grey, self._result.unread[0]), at_s)
        if at_s - self._located_s < SYMBOL_KEPT_S:
            return None
        return exposure.adapt(light_on(grey, None), at_s)

    def _hint(self, grey: Grey, at_s: float, *, decoded: bool) -> str:
        place = self._result.unread[0] if self._result.unread else None
        if self._result.codes and place is None:
            self._hints.forget()
            return ""
        if not self._look.watch.scans or not (decoded or self._hints.seen_lately):
            return ""
        if not self._hints.due(at_s):
            return ""
        with self._stream.charged() as budget:
            others = painted_over(grey, [code.corners for code in self._result.codes])
            hint = self._hints.add(hints.diagnose(others, place), at_s, budget.spent_ms())
        helped_by_exposure = hint == hints.TOO_BRIGHT and self._exposure is not None and not self._exposure.is_lowest
        return "" if helped_by_exposure else hint


def _prominence(corners: Corners, grey: Grey) -> float:
    """Return the diagonal of a symbol in pixels, divided by 1 + its distance from the frame's centre in widths."""
    points = np.array(corners, float)
    height, width = grey.shape
    away_px = np.linalg.norm(points.mean(0) - (width / 2, height / 2))
    return float(np.linalg.norm(np.ptp(points, axis=0)) / (1.0 + away_px / width))


class _HintVotes:
    """The last diagnoses of a code that is in view and not read, and the hint on which they agree."""

    def __init__(self) -> None:
        self._reported_s = self._diagnosed_s = -math.inf
        self._interval_s = DIAGNOSE_S
        self._diagnoses: deque[str] = deque(maxlen=DIAGNOSES_KEPT)

    @property
    def seen_lately(self) -> bool:
        """True if one of the last diagnoses found a code or code region."""
        return any(self._diagnoses)

    def forget(self) -> None:
        """Forget the diagnoses, because a code was read."""
        self._diagnoses.clear()

    def due(self, at_s: float) -> bool:
        """Return True if the frame taken at `at_s` should be diagnosed."""
        pause_s = HINT_INTERVAL_S - DIAGNOSES_KEPT * self._interval_s  # after a report, until votes count again
        return at_s - self._diagnosed_s >= self._interval_s and at_s - self._reported_s >= pause_s

    def add(self, diagnosis: str, at_s: float, took_ms: float) -> str:
        """Add the diagnosis of the frame taken at `at_s`. Return the hint for the visitor, or "" if none is due."""
        self._interval_s = max(DIAGNOSE_S, took_ms / 1000.0 / DIAGNOSES_SHARE)
        self._diagnosed_s = at_s
        self._diagnoses.append(diagnosis)
        obstacles = [obstacle for obstacle in self._diagnoses if obstacle]
        if len(obstacles) < MIN_AGREED or at_s - self._reported_s < HINT_INTERVAL_S:
            return ""
        self._reported_s = at_s
        self._diagnoses.clear()
        return hints.summarise(obstacles)
