"""How many stops brighter or darker the camera should look, by the light on the place where a code is shown.

Rule 1: pure; the light and monotonic seconds are handed in, a correction in stops comes out.
Rule 2: it never goes to and fro. In a place that is too bright, 0.4 of the pixels have 250 or more, so the mean is at
least 100; one step darker leaves half of it or more, which is above `DARK_MEAN`. A place that is too dark has a mean
below 45, so at most 0.36 of it can be at 125 or more, and one step brighter brings only those to 250.
Rule 3: what can be read is left as it is.
"""

import math
from dataclasses import dataclass

WHITE_LEVEL = 250
WHITE_SHARE = 0.4
"""Half of a code's modules are light; when most of these are clipped, they bleed into the dark ones."""

DARK_MEAN = 45.0
DARK_WHITE_SHARE = 0.02
"""In a place that is too dark nothing is clipped; a lamp mirrored in it would be clipped more by a brighter look."""

STEP_STOPS = 1.0
"""A code is read over ten stops, so coarse steps do, and nobody has to wait."""

PACE_S = 0.5
"""An exposure takes a few frames to come into force (libcamera delays it by up to three), and the camera settles."""

LOWEST_STOPS, HIGHEST_STOPS = -4.0, 2.0
"""From the settings' value. In a lobby of 50 lx a wall has 5 cd/m2. A camera that goes by the whole picture makes that
grey, and a phone of 500 cd/m2 is then four stops above white. libcamera takes -8 to 8."""

GONE_S = 2.0
"""When nothing was shown for this long, the next visitor starts from the settings' value."""


@dataclass(frozen=True, slots=True)
class SceneLight:
    """On a place of the picture: the mean level (0 to 255) and the share of pixels of `WHITE_LEVEL` or more."""

    mean: float
    white_share: float


class Exposure:
    """The correction of the moment; `usual_stops` is the settings' value."""

    def __init__(self, usual_stops: float) -> None:
        self._usual_stops = usual_stops
        self._stops = usual_stops
        self._judged_s = -math.inf
        self._shown_s = -math.inf

    @property
    def is_lowest(self) -> bool:
        """Whether a bright screen cannot be helped any more."""
        return self._stops <= self._usual_stops + LOWEST_STOPS

    def due(self, at_s: float) -> bool:
        """Whether the light is to be measured now; it costs up to a millisecond, so not on every picture."""
        return at_s - self._judged_s >= PACE_S

    def hold(self, at_s: float) -> None:
        """A code was read at `at_s`: this light is good."""
        self._shown_s = at_s

    def after(self, light: SceneLight | None, at_s: float) -> float | None:
        """The new correction in stops, or None to leave it; `light` of what could not be read, None for nobody."""
        if light is not None:
            self._shown_s = at_s
        if not self.due(at_s):
            return None
        self._judged_s = at_s
        wanted = self._wanted(light, at_s)
        if wanted == self._stops:
            return None
        self._stops = wanted
        return wanted

    def _wanted(self, light: SceneLight | None, at_s: float) -> float:
        if light is None:
            return self._usual_stops if at_s - self._shown_s >= GONE_S else self._stops
        if light.white_share > WHITE_SHARE:
            return max(self._stops - STEP_STOPS, self._usual_stops + LOWEST_STOPS)
        if light.mean < DARK_MEAN and light.white_share < DARK_WHITE_SHARE:
            return min(self._stops + STEP_STOPS, self._usual_stops + HIGHEST_STOPS)
        return self._stops
