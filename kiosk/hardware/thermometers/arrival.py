"""The arrival of a person: the reading leaves that of the empty spot within seconds, and a lamp that warms up creeps.

Theory: somebody who comes before the sensor changes its reading by several degrees within a second, because the sensor
follows in a few tenths. A heater, a bulb's glass or a wall in the sun approaches its temperature exponentially, with a
time constant of some seconds to minutes. A reading needs a change within `WINDOW_S`, since the spot was empty, of at
least `SHARE` of the whole difference and of at least `LEAST_C`, or of half of a small difference. A person who comes at
a constant pace for less than 4.5 s changes it by a sixth within 0.75 s. A lamp with a time constant of 10 s changes as
fast only at its beginning, when its readings are too unsteady to be used. A slower person is asked to step back and
come again, and this is a change.

Rule 1: a change between two samples counts in full, also if they lie further apart: how fast it was is not known.
Rule 2: the spot counts as empty when it reads as the empty spot does, whatever a presence sensor says. In a queue
whose gaps were never seen empty, the changes of the people before count.
"""

from collections import deque

from kiosk.flow.temperature import Background

WINDOW_S = 0.75
"""Time in which the reading must change."""

SHARE = 1 / 6
"""The change as a share of the difference between skin and empty spot."""

LEAST_C = 0.75
"""The least change in degrees Celsius."""


class Arrival:
    """Follows the samples since the spot was empty."""

    def __init__(self) -> None:
        self._newest: deque[tuple[float, float]] = deque()
        self._largest_c = 0.0

    def note(self, at_s: float, object_c: float, empty: Background | None) -> None:
        """Note a sample. empty: the empty spot; None: it is not known, so that nobody can be measured."""
        if empty is None or abs(object_c - empty.object_c) < empty.contrast_c / 2:
            self._newest.clear()
            self._largest_c = 0.0
        while len(self._newest) > 1 and at_s - self._newest[0][0] > WINDOW_S:
            self._newest.popleft()
        changes_c = (abs(object_c - before_c) for _, before_c in self._newest)
        self._largest_c = max(self._largest_c, *changes_c, 0.0)
        self._newest.append((at_s, object_c))

    def creeps(self, skin_c: float, empty: Background) -> bool:
        """Return True if a reading of `skin_c` came about too slowly for a person."""
        difference_c = abs(skin_c - empty.object_c)
        return self._largest_c < max(SHARE * difference_c, min(difference_c / 2, LEAST_C))
