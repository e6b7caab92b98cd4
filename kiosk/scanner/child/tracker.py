"""What a person at a lookout would do with the pictures: rest while nothing moves, look hard when something is there,
tell each code once, say what is wrong when a code is seen that cannot be read, and shade the eyes from a bright one.

Rule 1: no camera, no pipe, no clock; pictures and monotonic seconds are handed in.
"""

import math
from collections import deque
from dataclasses import dataclass

import cv2

from kiosk.model import Payload, Watch
from kiosk.scanner.cascade import hints
from kiosk.scanner.cascade.decode import DecodeResult, checked
from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.exposure import Exposure
from kiosk.scanner.child.metering import light_on
from kiosk.scanner.symbol.grey import Grey

SMALL_PX = (80, 45)
"""Pictures are compared this small: a pixel is the mean of hundreds, so the noise of a camera is gone."""

CHANGED_LEVELS = 8
"""Noise of 20 grey levels leaves 1.8 in the difference of two means of 16 x 16 pixels; this is 4.5 times as much."""

LOOK_AGAIN_S = 1.0
"""A picture in which nothing moves is looked at again this often, should a slow change hide in it."""

JUDGE_S = 0.3
"""What hinders is measured this often: it costs as much as a dear stage."""

JUDGED, AGREED = 4, 3
"""So many of the last looks must have found something like a code, not to speak of what passes by."""

HINT_EVERY_S = 2.0

PLACED_S = 1.0
"""So long the exposure stays with a symbol that is located now and then, not to go to and fro with something else."""

HINTS = hints.HINTS
"""The keys of the visitor's texts that a lookout may answer."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is new in a picture: codes that count as scanned now, a hint for the visitor or "".

    `stops` is the exposure correction that the camera should have from now on, None to leave it.
    """

    codes: tuple[Payload, ...] = ()
    hint: str = ""
    stops: float | None = None


class Tracker:
    """Looks at one stream of pictures; without `exposure` the camera's is left alone."""

    def __init__(self, stream: StreamDecoder, sightings: Sightings, exposure: Exposure | None = None) -> None:
        self._stream = stream
        self._sightings = sightings
        self._exposure = exposure
        self._placed_s = -math.inf
        self._watch = Watch.OFF
        self._small: Grey | None = None
        self._look = DecodeResult()
        self._looked_at_s = -math.inf
        self._unread = _Unread()

    def watch(self, watch: Watch) -> None:
        """Look this hard from now on.

        What a glance saw woke the entrance but was no scan yet, so it counts again once a scan begins. What was told
        while the entrance was busy with the first code counts again after the pause that it made for that.
        """
        if watch is self._watch:
            return
        self._watch = watch
        self._small, self._look, self._unread = None, DecodeResult(), _Unread()
        if watch is not Watch.OFF:
            self._sightings.resume(scan=watch is Watch.FULL)

    def see(self, grey: Grey, at_s: float) -> Sight:
        """Look at a picture taken at `at_s`. `DeviceError` when it is none."""
        if self._watch is Watch.OFF:
            return Sight(stops=self._exposure.after(None, at_s) if self._exposure else None)
        looked = self._worth_a_look(checked(grey), at_s)
        if looked:
            full = self._watch is Watch.FULL
            self._look = self._stream.decode(grey, at_s) if full else self._stream.decode_first_stage(grey)
            self._looked_at_s = at_s
        payloads = {reading.data for reading in self._look.codes}
        glance = self._watch is Watch.GLANCE
        codes = tuple(Payload(data) for data in sorted(payloads) if self._sightings.is_new(data, at_s, glance=glance))
        return Sight(
            codes,
            self._hint(grey, at_s, looked=looked),
            self._expose(self._exposure, grey, at_s) if self._exposure else None,
        )

    def _worth_a_look(self, grey: Grey, at_s: float) -> bool:
        """Whether something moved, or a symbol waits to be read, or stages wait for their turn, or it is time again."""
        small = cv2.resize(grey, SMALL_PX, interpolation=cv2.INTER_AREA)
        last, waiting = self._small, self._look.unread or not self._look.all_stages_tried
        still = last is not None and not _moved(last, small)
        if still and not waiting and at_s - self._looked_at_s < LOOK_AGAIN_S:
            return False
        if not still:
            self._stream.scene_changed()
            self._small = small
        return True

    def _expose(self, exposure: Exposure, grey: Grey, at_s: float) -> float | None:
        """By the symbol that cannot be read; by the brightest thing once no symbol was located for a while."""
        if self._look.codes:
            exposure.hold(at_s)
        elif self._look.unread:
            self._placed_s = at_s
        if self._look.codes or not exposure.due(at_s):
            return None
        if self._look.unread:
            return exposure.after(light_on(grey, self._look.unread[0]), at_s)
        if at_s - self._placed_s < PLACED_S:
            return None
        return exposure.after(light_on(grey, None), at_s)

    def _hint(self, grey: Grey, at_s: float, *, looked: bool) -> str:
        if self._look.codes:
            self._unread.forget()
        if self._watch is not Watch.FULL or self._look.codes or not (looked or self._unread.seen):
            return ""
        hint = self._unread.hint(grey, self._look.unread[0] if self._look.unread else None, at_s)
        mendable = hint == hints.TOO_BRIGHT and self._exposure is not None and not self._exposure.is_lowest
        return "" if mendable else hint


class _Unread:
    """Something like a code that is seen again and again and never read."""

    def __init__(self) -> None:
        self._told_s = self._judged_s = -math.inf
        self._reasons: deque[str] = deque(maxlen=JUDGED)

    @property
    def seen(self) -> bool:
        """Whether something like a code was there lately."""
        return any(self._reasons)

    def forget(self) -> None:
        """It was read."""
        self._reasons.clear()

    def hint(self, grey: Grey, place: Corners | None, at_s: float) -> str:
        """What to tell the visitor now, or ""."""
        if at_s - self._judged_s < JUDGE_S or at_s - self._told_s < HINT_EVERY_S - JUDGED * JUDGE_S:
            return ""
        self._judged_s = at_s
        self._reasons.append(hints.diagnose(grey, place))
        reasons = [reason for reason in self._reasons if reason]
        if len(reasons) < AGREED or at_s - self._told_s < HINT_EVERY_S:
            return ""
        self._told_s = at_s
        self._reasons.clear()
        return hints.summarise(reasons)


def _moved(last: Grey, small: Grey) -> bool:
    return int(cv2.absdiff(last, small).max()) > CHANGED_LEVELS
