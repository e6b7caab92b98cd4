"""The judge of fever: it applies the site's rule to the true temperatures of bodies.

With the fixed rule, the limit is `temperature.high_c`. With the relative rule, it follows the true temperatures of the
bodies that stood before the thermometer. The kiosk remembers readings of visits, and this judge remembers bodies of
stays; their numbers may differ by some people. While either rule may hold, both limits count: a temperature between
them is neither surely a fever nor surely none. The thermometer's noise makes the same allowance (`FEVER_SLACK_C`).
"""

from collections import deque
from statistics import median

from kiosk.settings.schema.policy import FeverRule
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.thermometer import Correction, ThermometerKind
from kiosk.simulator.mlx90640 import EYE_C
from kiosk.simulator.worlds.bodies import Body
from kiosk.simulator.worlds.stay import Stay

FEVER_SLACK_C = 0.35
"""Noise of the thermometer and of its settling; within it, either judgement is right."""

LEAST_PEOPLE = 20
"""With fewer readings, the relative rule uses the fixed limit (docs/temperature.md)."""

DOUBT_PEOPLE = 10
"""The kiosk may remember so many people more or fewer than this judge."""


class FeverJudge:
    """Judges temperatures.

    stay: the present stay, which the referee changes. doubtful: the thermometer has faults, after which the kiosk
    forgets its last people.
    """

    def __init__(self, settings: Settings, stay: Stay, *, doubtful: bool) -> None:
        thermometer = settings.thermometer
        has_offset = thermometer is not None and thermometer.correction is Correction.OFFSET
        is_imager = thermometer is not None and thermometer.kind is ThermometerKind.MLX90640
        self._offset_c = (thermometer.offset_c if thermometer and has_offset else 0.0) + (EYE_C if is_imager else 0.0)
        self._temperature = settings.temperature
        self._stay = stay
        self._doubtful = doubtful
        self._crowd: deque[float] = deque(maxlen=settings.temperature.relative.people)
        self._faced: set[tuple[str, float]] = set()
        self._was_healthy: dict[str, bool] = {}

    def faced(self, body: Body) -> bool:
        """Note that the thermometer was read before the forehead of `body`; return False if it is surely a fever."""
        body_c, (lowest_c, highest_c) = body.skin_c + self._offset_c, self._limits_c()
        here = (body.name, self._stay.since_s)
        if here not in self._faced:
            self._faced.add(here)
            self._crowd.append(body_c)
        self._was_healthy[body.name] = body_c <= lowest_c - FEVER_SLACK_C
        return body_c < highest_c + FEVER_SLACK_C

    def was_healthy(self, body: Body) -> bool:
        """Return True if `body` surely had no fever when it was measured last, or has none if it never was."""
        lowest_c, _ = self._limits_c()
        return self._was_healthy.get(body.name, body.skin_c + self._offset_c <= lowest_c - FEVER_SLACK_C)

    def kiosk_is_down(self) -> None:
        """The kiosk forgets its last people."""
        self._crowd.clear()

    def _limits_c(self) -> tuple[float, float]:
        """Return the lowest and the highest limit that may hold now, in degrees Celsius."""
        fixed_c, relative, people = self._temperature.high_c, self._temperature.relative, len(self._crowd)
        if self._temperature.rule is FeverRule.FIXED or not people:
            return fixed_c, fixed_c
        limit_c = median(self._crowd) + relative.distance_c
        relative_c = min(max(limit_c, fixed_c - relative.below_c), fixed_c + relative.above_c)
        limits_c = []
        if people < LEAST_PEOPLE + DOUBT_PEOPLE or self._doubtful:
            limits_c.append(fixed_c)
        if people >= LEAST_PEOPLE - DOUBT_PEOPLE:
            limits_c.append(relative_c)
        return min(limits_c), max(limits_c)
