"""The reading of the empty spot in front of the thermometer, as the background of every measurement.

Theory: `flow.temperature` tells skin from a wall by the difference to the empty spot. The empty spot is known from the
newest samples that were taken while nobody was there. A sample counts only if it agrees with the sample before it: a
person who leaves stays in the sensor's filter, and a person who comes is in its view before the presence sensor
reports them, each for some tenths of a second. In a queue, where a gap between two visitors has room for two samples,
most samples would otherwise be foreheads. The median of the samples is used, so that one wrong sample changes little.
The samples of a queue come from the gaps between several visitors and are some minutes old; the wall may have drifted
since then, so the contrast that is demanded grows with their age.
"""

from collections import deque
from statistics import median

from kiosk.flow.temperature import Background

SAMPLES = 5
NEEDED = 3
"""Samples that are kept, and the smallest number that has a median which one wrong sample does not move."""

SECONDS_PER_MINUTE = 60.0


class EmptySpot:
    """Remembers the newest samples of the empty spot.

    contrast_c: degrees by which skin must differ from a fresh background. drift_c_per_min: added to it for each minute
    of the background's age. Two samples agree if they differ by less than half of `contrast_c`.
    """

    def __init__(self, contrast_c: float, drift_c_per_min: float) -> None:
        self._contrast_c = contrast_c
        self._drift_c_per_min = drift_c_per_min
        self._last_c: float | None = None
        self._in_a_row = 0
        self._samples: deque[tuple[float, float]] = deque(maxlen=SAMPLES)

    @property
    def is_known(self) -> bool:
        """True if there are enough samples for a background."""
        return len(self._samples) >= NEEDED

    @property
    def is_steady(self) -> bool:
        """True if enough samples of the present time without a person agreed to outvote those from before it."""
        return self._in_a_row >= NEEDED

    def note(self, at_s: float, object_c: float) -> None:
        """Add a sample that was taken at `at_s` while nobody was there, if it agrees with the one before it."""
        agrees = self._last_c is not None and abs(object_c - self._last_c) < self._contrast_c / 2
        self._last_c = object_c
        self._in_a_row = self._in_a_row + 1 if agrees else 0
        if agrees:
            self._samples.append((at_s, object_c))

    def interrupt(self) -> None:
        """Somebody is there: the next sample of the empty spot has none before it with which it could agree."""
        self._last_c, self._in_a_row = None, 0

    def forget(self) -> None:
        """Forget all samples."""
        self.interrupt()
        self._samples.clear()

    def background(self, now_s: float) -> Background | None:
        """Return the background for a measurement at `now_s`, or None if it is not known yet."""
        if not self.is_known:
            return None
        age_s = now_s - median(at_s for at_s, _ in self._samples)
        contrast_c = self._contrast_c + self._drift_c_per_min * age_s / SECONDS_PER_MINUTE
        return Background(median(object_c for _, object_c in self._samples), contrast_c)
