"""Exposure control: corrects the camera's exposure by the light on the place where the code is shown.

A camera's automatic exposure adapts to the whole picture. The screen of a phone fills a small part of it, so in a dim
room the screen is clipped to white, and in bright light a code can be too dark. This controller measures only the
place of the code (`kiosk.scanner.child.metering`) and changes the exposure compensation by whole *stops*; one stop
doubles or halves the light. It makes at most one step in `INTERVAL_S`, because a camera needs a few frames to apply a
new exposure, and a measurement before that would be of the old one.

The correction does not oscillate. A place counts as too bright if 0.4 of its pixels have a level of 250 or more, so
its mean is at least 100. One step darker leaves half of it or more, which is above `DARK_MEAN`. A place counts as too
dark if its mean is below 45, so at most 0.36 of its pixels have 125 or more, and one step brighter brings only those
to 250.

Rule 1: this module is pure; the light and monotonic seconds are arguments, a correction in stops is the result.
Rule 2: while a code can be read, the exposure is not changed.
"""

import math
from dataclasses import dataclass

WHITE_LEVEL = 250
WHITE_SHARE = 0.4
"""Half of a symbol's modules are light. If most of these are clipped, they bleed into the dark modules."""

DARK_MEAN = 45.0
DARK_WHITE_SHARE = 0.02
"""If more pixels than this are clipped, a dark place is not made brighter: a reflection of a lamp would grow."""

STEP_STOPS = 1.0
"""A code can be read over a range of ten stops, so coarse steps are enough, and they are quick."""

INTERVAL_S = 0.5
"""A new exposure takes effect after a few frames (libcamera delays it by up to three), and the camera then settles."""

LOWEST_STOPS, HIGHEST_STOPS = -4.0, 2.0
"""Limits, relative to the settings' value.

In an entrance hall of 50 lx a wall has 5 cd/m2. A camera that adapts to the whole picture makes the wall grey; a phone
of 500 cd/m2 is then four stops above white. libcamera accepts -8 to 8.
"""

GONE_S = 2.0
"""If no code and no bright object was seen for this time, the exposure returns to the settings' value."""


@dataclass(frozen=True, slots=True)
class SceneLight:
    """The light on a place of a frame: its mean level (0 to 255), and its share of pixels of `WHITE_LEVEL` or more."""

    mean: float
    white_share: float


class Exposure:
    """The controller; it begins with `usual_stops`, the settings' value."""

    def __init__(self, usual_stops: float) -> None:
        self._usual_stops = usual_stops
        self._stops = usual_stops
        self._measured_s = -math.inf
        self._present_s = -math.inf

    @property
    def is_lowest(self) -> bool:
        """True if the exposure cannot be reduced any more."""
        return self._stops <= self._usual_stops + LOWEST_STOPS

    def due(self, at_s: float) -> bool:
        """Return True if the light should be measured now. A measurement takes up to a millisecond."""
        return at_s - self._measured_s >= INTERVAL_S

    def hold(self, at_s: float) -> None:
        """Keep the exposure, because a code was read at `at_s`."""
        self._present_s = at_s

    def adapt(self, light: SceneLight | None, at_s: float) -> float | None:
        """Return the new correction in stops, or None if the exposure stays.

        `light` is the light on a place that could not be read, or None if there is no such place.
        """
        if light is not None:
            self._present_s = at_s
        if not self.due(at_s):
            return None
        self._measured_s = at_s
        stops = self._stops
        if light is None:
            if at_s - self._present_s >= GONE_S:
                stops = self._usual_stops
        elif light.white_share > WHITE_SHARE:
            stops = max(stops - STEP_STOPS, self._usual_stops + LOWEST_STOPS)
        elif light.mean < DARK_MEAN and light.white_share < DARK_WHITE_SHARE:
            stops = min(stops + STEP_STOPS, self._usual_stops + HIGHEST_STOPS)
        if stops == self._stops:
            return None
        self._stops = stops
        return stops
