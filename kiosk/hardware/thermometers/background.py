"""The reading of the empty spot in front of the thermometer, as the background of every measurement.

Theory: `flow.temperature` tells skin from a wall by the difference to the empty spot. The empty spot is known from the
newest samples that were taken while nobody was there. Their median is used, because a person who comes is in the view
of the sensor some tenths of a second before the presence sensor reports them. In a queue the samples come from the
gaps between several visitors and are some minutes old; the wall may have drifted since then, so the contrast that is
demanded grows with their age.
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
    of the background's age.
    """

    def __init__(self, contrast_c: float, drift_c_per_min: float) -> None:
        self._contrast_c = contrast_c
        self._drift_c_per_min = drift_c_per_min
        self._samples: deque[tuple[float, float]] = deque(maxlen=SAMPLES)

    @property
    def is_known(self) -> bool:
        """True if there are enough samples for a background."""
        return len(self._samples) >= NEEDED

    def note(self, at_s: float, object_c: float) -> None:
        """Add a sample that was taken at `at_s` while nobody was there."""
        self._samples.append((at_s, object_c))

    def forget(self) -> None:
        """Forget all samples."""
        self._samples.clear()

    def background(self, now_s: float) -> Background | None:
        """Return the background for a measurement at `now_s`, or None if it is not known yet."""
        if not self.is_known:
            return None
        age_s = now_s - median(at_s for at_s, _ in self._samples)
        contrast_c = self._contrast_c + self._drift_c_per_min * age_s / SECONDS_PER_MINUTE
        return Background(median(object_c for _, object_c in self._samples), contrast_c)
