"""The times of the last decodes, for the technician: how long a picture takes on this machine.

The window is bounded in number, so that the figures describe the present and cost the same for ever.
"""

import statistics
from collections import deque

WINDOW = 64
"""Decodes that count; a usual visit has some tens."""


class DecodeTimes:
    """Keeps the times of the last `WINDOW` decodes, in milliseconds."""

    def __init__(self) -> None:
        self._times_ms: deque[float] = deque(maxlen=WINDOW)

    def note(self, took_ms: float) -> None:
        """Note one decode; the oldest beyond the window is forgotten."""
        self._times_ms.append(took_ms)

    @property
    def count(self) -> int:
        """Number of decodes in the window."""
        return len(self._times_ms)

    @property
    def median_ms(self) -> float:
        """Median of the window; 0 without a decode."""
        return statistics.median(self._times_ms) if self._times_ms else 0.0

    @property
    def p95_ms(self) -> float:
        """The time that 95 of 100 decodes do not exceed, by nearest rank; 0 without a decode."""
        ordered = sorted(self._times_ms)
        return ordered[-(-len(ordered) * 95 // 100) - 1] if ordered else 0.0
