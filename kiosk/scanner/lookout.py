"""What a person at a lookout would do with the pictures: rest while nothing moves, look hard when something is there,
tell each code once, and say "hold still" when a code is seen that cannot be read.

Rule 1: no camera, no pipe, no clock; pictures and monotonic seconds are handed in.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from kiosk.model import Payload, Watch
from kiosk.scanner.decode import Decoder, Look, checked
from kiosk.scanner.dedupe import Sightings
from kiosk.scanner.prepare import Grey
from kiosk.scanner.readers import Corners

SMALL_PX = (80, 45)
"""Pictures are compared this small: a pixel is the mean of hundreds, so the noise of a camera is gone."""

CHANGED_LEVELS = 8
"""Noise of 20 grey levels leaves 1.8 in the difference of two means of 16 x 16 pixels; this is 4.5 times as much."""

LOOK_AGAIN_S = 1.0
"""A picture in which nothing moves is looked at again this often, should a slow change hide in it."""

HINT_AFTER_S = 0.7
HINT_EVERY_S = 2.0
HINT_GAP_S = 0.6
"""At the edge of what can be read a symbol is located in every second picture or so; after this long it is gone."""

FAR_SHARE = 0.14
"""A code whose side is below this share of the picture's width is too far: 180 px of 1280 are 2 px a module at most
for a health certificate of 93 modules, below what decoders need (2.2)."""

HINT_STILL = "code_hold_still"
HINT_FAR = "code_too_far"
HINTS = (HINT_STILL, HINT_FAR)
"""The keys of the visitor's texts that a lookout may answer."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is new in a picture: codes that count as scanned now, and a hint for the visitor or ""."""

    codes: tuple[Payload, ...] = ()
    hint: str = ""


class Lookout:
    """Looks at one stream of pictures."""

    def __init__(self, decoder: Decoder, sightings: Sightings) -> None:
        self._decoder = decoder
        self._sightings = sightings
        self._watch = Watch.OFF
        self._glanced = False
        self._small: Grey | None = None
        self._look = Look()
        self._looked_at_s = -math.inf
        self._unread = _Unread()

    def watch(self, watch: Watch) -> None:
        """Look this hard from now on.

        What a glance saw woke the entrance but was no scan yet, so it counts again once a scan begins.
        """
        if watch is self._watch:
            return
        self._watch = watch
        self._small, self._look, self._unread = None, Look(), _Unread()
        if watch is Watch.FULL and self._glanced:
            self._sightings.forget()
        self._glanced = watch is Watch.GLANCE or (self._glanced and watch is Watch.OFF)

    def see(self, grey: Grey, at_s: float) -> Sight:
        """Look at a picture taken at `at_s`. `DeviceError` when it is none."""
        if self._watch is Watch.OFF:
            return Sight()
        if self._worth_a_look(checked(grey), at_s):
            self._look = self._decoder.look(grey) if self._watch is Watch.FULL else self._decoder.glance(grey)
            self._looked_at_s = at_s
        payloads = {reading.data for reading in self._look.readings}
        codes = tuple(Payload(data) for data in sorted(payloads) if self._sightings.is_new(data, at_s))
        return Sight(codes, self._hint(grey.shape[1], at_s))

    def _worth_a_look(self, grey: Grey, at_s: float) -> bool:
        """Whether something moved since the last look, or a symbol waits to be read, or it is time again."""
        small = cv2.resize(grey, SMALL_PX, interpolation=cv2.INTER_AREA)
        last, waiting = self._small, self._look.places
        if last is not None and not waiting and at_s - self._looked_at_s < LOOK_AGAIN_S and not _moved(last, small):
            return False
        self._small = small
        return True

    def _hint(self, width_px: int, at_s: float) -> str:
        if self._watch is not Watch.FULL:
            return ""
        places = self._look.places
        return self._unread.hint(places[0] if places else None, width_px, at_s)


class _Unread:
    """A symbol that is located again and again and never read."""

    def __init__(self) -> None:
        self._since_s = math.inf
        self._last_s = -math.inf
        self._told_s = -math.inf

    def hint(self, place: Corners | None, width_px: int, at_s: float) -> str:
        """What to tell the visitor now, or ""."""
        if place is None:
            return ""
        if at_s - self._last_s > HINT_GAP_S:
            self._since_s = at_s
        self._last_s = at_s
        if at_s - self._since_s < HINT_AFTER_S or at_s - self._told_s < HINT_EVERY_S:
            return ""
        self._told_s = at_s
        return HINT_FAR if _side_px(place) < FAR_SHARE * width_px else HINT_STILL


def _moved(last: Grey, small: Grey) -> bool:
    return int(cv2.absdiff(last, small).max()) > CHANGED_LEVELS


def _side_px(place: Corners) -> float:
    box = np.array(place, np.float32)
    return float((box.max(0) - box.min(0)).max())
