"""The watch over the spot before the thermometer: it notices that a thing may be measured instead of people.

Theory: a lamp as warm as skin that is switched on while a visitor stands there reads like a forehead. The sensor cannot
tell the two apart at that moment. Afterwards two facts do. A lamp is still there when the visitor has left. And
foreheads differ: among 510 measured people in an order by chance, six in a row agree within `ALIKE_C` once in 200,000
visits, and once in 40,000 with the imager. Readings that agree raise no doubt if a sample of the empty spot between
them was not warm.

Rule 1: a finding is a fault for the technician, and never refers or admits anybody by itself.
Rule 2: after equal readings nobody is measured before the spot was seen empty again: then a lamp is known as what is
        there, and a forehead differs from it.
Rule 3: without a presence sensor, what is warm may be a person whom nobody knows of. Only after `UNWATCHED_S` is it
        taken for a thing, and for what the empty spot looks like.
Rule 4: a visit counts once. Skin temperatures stand in memory only, without a visit.
"""

from collections import deque
from enum import Enum

from kiosk.flow.temperature import Sample

WARM_SAMPLES = 6
"""So many samples of the empty spot in a row, within 3 s, are a warm thing; fewer may be somebody who comes or goes."""

UNWATCHED_S = 120.0
"""Without a presence sensor, what is warm for this long is a thing; a person who looks for a phone may stand there
meanwhile (see `referrals.longest_s`)."""

WARM_C = 3.0
"""A warm thing is so much warmer than the sensor, which is as warm as the room; a wall in the shade is not."""

ALIKE_VISITS, ALIKE_C = 6, 0.1
"""So many visits in a row with readings within this range were not six people."""

MISSED_VISITS = 6
"""So many visits in a row without any reading were not due to the visitors."""


class SpotFault(Enum):
    """Faults of the spot, for the technician. The values are keys of `faults.FAULTS`; NONE is the end of a fault."""

    NONE = ""
    WARM = "spot_warm"
    ALIKE = "readings_alike"
    MISSED = "nobody_measured"


class SpotWatch:
    """Follows the samples of the empty spot, and the readings of the visits.

    skin_min_c: the lowest skin temperature, in degrees Celsius.
    """

    def __init__(self, skin_min_c: float) -> None:
        self._skin_min_c = skin_min_c
        self._warm_samples, self._warm_since_s = 0, 0.0
        self._is_thing, self._is_watched = False, True
        self._readings: deque[float] = deque(maxlen=ALIKE_VISITS)
        self._read_visit: int | None = None
        self._missed_visit: int | None = None
        self._missed = 0
        self._is_alike = False
        self.cool_at_s = 0.0

    @property
    def fault(self) -> SpotFault:
        """The fault of the spot at the moment."""
        if self._is_thing:
            return SpotFault.WARM
        if self._is_alike:
            return SpotFault.ALIKE
        return SpotFault.MISSED if self._missed >= MISSED_VISITS else SpotFault.NONE

    @property
    def is_warm(self) -> bool:
        """True if the newest sample of the empty spot was warm, so that the next one should come soon."""
        return self._warm_samples > 0

    @property
    def may_be_person(self) -> bool:
        """True if it is warm, no presence sensor would see a person there, and it is not known as a thing yet."""
        return self.is_warm and not self._is_thing and not self._is_watched

    def note_empty(self, at_s: float, sample: Sample, *, watched: bool) -> bool:
        """Note a sample while nobody is known to be there. Return True if it shows a warm thing for the first time.

        watched: a presence sensor would see somebody who is there.
        """
        self._is_watched = watched
        if sample.object_c >= self._skin_min_c and sample.object_c - sample.ambient_c >= WARM_C:
            if not self.is_warm:
                self._warm_since_s = at_s
            self._warm_samples += 1
            is_long = watched or at_s - self._warm_since_s >= UNWATCHED_S
            if self._is_thing or self._warm_samples < WARM_SAMPLES or not is_long:
                return False
            self._is_thing = True
            return True
        self._is_thing = False
        self._warm_samples = 0
        self._readings.clear()
        self._is_alike = False
        self.cool_at_s = at_s
        return False

    def note_reading(self, visit: int, skin_c: float) -> bool:
        """Note a reading of the skin. Return True if it may be of a thing, so that it must not be used."""
        self._missed = 0
        if visit == self._read_visit:
            return False
        self._read_visit = visit
        self._readings.append(skin_c)
        if len(self._readings) < ALIKE_VISITS or max(self._readings) - min(self._readings) > ALIKE_C:
            return False
        self._readings.clear()
        self._is_alike = True
        return True

    def note_none(self, visit: int) -> None:
        """Note that a measurement of `visit` had no reading."""
        if visit != self._missed_visit:
            self._missed_visit = visit
            self._missed += 1
