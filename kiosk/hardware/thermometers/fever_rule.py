"""The limit from which a temperature is high: a fixed one, or one that follows the people of this door.

Theory: two thermometers of the same type differ by a degree, and each drifts. A fixed limit is therefore right for one
unit and wrong for the next. The people who come to a door have, most of them, no fever, and the same thermometer in
the same room measures them all: a visitor with a fever reads higher than they do, whatever the thermometer's error is.
The relative rule puts the limit a set distance above the median of the door's last people. The median is used because
it hardly moves while fewer than half of the people have a fever. The skin follows the room's temperature, by about a
tenth of a degree for each degree (US patent 6,056,435: factors 0.09 to 0.13), so each reading is compared with the
others as if all had been measured in the same room. `docs/temperature.md` gives figures on measured people.

Rule 1: a visit enters the median once, with its first usable reading, whether that is high or not.
Rule 2: a visitor is compared with the people before them, and all readings of a visit have the same limit.
Rule 3: until `LEAST_PEOPLE` have come, the fixed limit holds.
Rule 4: the limit never leaves the range from `floor_c` to `cap_c`; in a crowd with a fever, the cap finds it.
Rule 5: the readings stand in memory only, without a name and without a visit, and are forgotten after `MEMORY_S`.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum
from statistics import median

from kiosk.settings.schema.policy import FeverRule, TemperatureSettings
from kiosk.settings.schema.thermometer import Correction, ThermometerSettings

LEAST_PEOPLE = 20
"""The median of 20 people of the data varies by 0.15 degrees, which the distance to the limit tolerates."""

MEMORY_S = 12 * 3600.0
"""A reading counts for so many seconds: the people of yesterday came to a room of yesterday."""


class Crowd(Enum):
    """The judgement of the door's last people on the limit. The values of WARM and COLD are keys of `errors.FAULTS`.

    USUAL: the limit follows them. TOO_FEW: too few came, so the fixed limit holds.
    WARM, COLD: their median lies so high or so low that the limit stays at its cap or its floor.
    """

    USUAL = ""
    TOO_FEW = "too few"
    WARM = "crowd_warm"
    COLD = "crowd_cold"


@dataclass(frozen=True, slots=True)
class RelativeRule:
    """The parameters of the relative rule; temperatures in degrees Celsius, as the thermometer's correction gives them.

    distance_c: from the median to the limit. people: readings that are kept. ambient_factor: degrees by which a reading
    rises for each degree of the room. floor_c, cap_c: lowest and highest limit.
    """

    distance_c: float
    people: int
    ambient_factor: float
    floor_c: float
    cap_c: float


class FeverLimit:
    """Gives the limit of each visit by the relative rule, and remembers the readings that it needs for that.

    high_c: the fixed limit. low_c: a reading below it is not usable. is_fixed: the site chose the fixed rule; the limit
    is not used, but the crowd is still judged, so that a thermometer that reads everybody high does not go unnoticed.
    """

    def __init__(self, high_c: float, low_c: float, rule: RelativeRule, *, is_fixed: bool = False) -> None:
        self.is_fixed = is_fixed
        self._high_c = high_c
        self.low_c = low_c
        self._rule = rule
        self._readings: deque[tuple[float, float]] = deque(maxlen=rule.people)
        self._visit: int | None = None
        self._limit_c = high_c
        self.crowd = Crowd.TOO_FEW

    def of_reading(self, at_s: float, visit: int, body_c: float, ambient_c: float) -> float:
        """Return the limit in degrees Celsius for a reading that `visit` had at `at_s`, and remember the reading.

        A reading below `low_c`, or NaN, is not remembered.
        """
        if visit == self._visit:
            return self._limit_c
        while self._readings and at_s - self._readings[0][0] > MEMORY_S:
            self._readings.popleft()
        self._limit_c = self._limit(ambient_c)
        if body_c >= self.low_c:
            self._visit = visit
            self._readings.append((at_s, body_c - self._rule.ambient_factor * ambient_c))
            self._limit(ambient_c)
        return self._limit_c

    def forget(self) -> None:
        """Forget all readings, for example because the thermometer may be another one."""
        self._readings.clear()
        self._visit = None
        self.crowd = Crowd.TOO_FEW

    def forget_since(self, since_s: float) -> None:
        """Forget the readings after `since_s`, because they may be of a thing before the sensor."""
        while self._readings and self._readings[-1][0] > since_s:
            self._readings.pop()

    def forget_newest(self, count: int) -> None:
        """Forget the newest `count` readings, because they may be of a thing before the sensor."""
        for _ in range(min(count, len(self._readings))):
            self._readings.pop()

    def _limit(self, ambient_c: float) -> float:
        """Return the limit that the readings give in a room of `ambient_c`, and set `crowd`."""
        if len(self._readings) < LEAST_PEOPLE:
            self.crowd = Crowd.TOO_FEW
            return self._high_c
        rule = self._rule
        limit_c = median(value_c for _, value_c in self._readings) + rule.ambient_factor * ambient_c + rule.distance_c
        if limit_c > rule.cap_c:
            self.crowd = Crowd.WARM
        elif limit_c < rule.floor_c:
            self.crowd = Crowd.COLD
        else:
            self.crowd = Crowd.USUAL
        return min(max(limit_c, rule.floor_c), rule.cap_c)


def fever_limit_of(temperature: TemperatureSettings, thermometer: ThermometerSettings) -> FeverLimit:
    """Return the limit of the settings.

    The correction with a heat balance accounts for the room itself. With the fixed rule the crowd is warm when its
    median is high, so that more than half of the people are referred.
    """
    is_fixed = temperature.rule is FeverRule.FIXED
    relative, high_c = temperature.relative, temperature.high_c
    balanced = thermometer.correction is Correction.HEAT_BALANCE
    rule = RelativeRule(
        distance_c=relative.distance_c,
        people=relative.people,
        ambient_factor=0.0 if balanced else relative.ambient_factor,
        floor_c=high_c - relative.below_c,
        cap_c=high_c + (relative.distance_c if is_fixed else relative.above_c),
    )
    return FeverLimit(high_c, temperature.low_c, rule, is_fixed=is_fixed)
