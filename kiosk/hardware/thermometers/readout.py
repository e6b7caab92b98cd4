"""The readings of the thermometer, for the technician: the newest sample, and the trace of the visit that runs.

Rule: the values stand in memory while their visit lasts, and are never stored.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.flow.events import Event, TemperatureRead

TRACE_SAMPLES = 240
"""Samples of one visit that are kept; a measurement of 12 s takes 120."""


@dataclass(frozen=True, slots=True)
class SampleQuickly:
    """A job of the thermometer's worker: sample as in a measurement for `for_s` seconds. One that runs goes on."""

    for_s: float


@dataclass(frozen=True, slots=True)
class ReadoutSample:
    """One sample in degrees Celsius, taken at `at_s` monotonic seconds.

    visit: the visit that is measured, or None. object_c, ambient_c: as the sensor gives them. body_c: the corrected
    value. empty_c: the reading of the empty spot; None if it is not known.
    """

    at_s: float
    visit: int | None
    object_c: float = field(repr=False)
    ambient_c: float = field(repr=False)
    body_c: float = field(repr=False)
    empty_c: float | None = None

    @property
    def values(self) -> tuple[float, float, float]:
        """The measured, the ambient and the corrected value."""
        return self.object_c, self.ambient_c, self.body_c


class Readout:
    """Stands between the thermometer's worker and the inbox, and keeps what was read. Safe from any thread.

    post: offers an event to the inbox; returns True if it was accepted.
    """

    def __init__(self, post: Callable[[Event], bool]) -> None:
        self._post = post
        self._lock = threading.Lock()
        self._visit: int | None = None
        self._reading: TemperatureRead | None = None
        self._sample: ReadoutSample | None = None
        self._trace: deque[ReadoutSample] = deque(maxlen=TRACE_SAMPLES)

    def post(self, event: Event) -> bool:
        """Offer the event to the inbox, and keep it if it is a reading that was accepted."""
        accepted = self._post(event)
        if accepted and isinstance(event, TemperatureRead):
            with self._lock:
                self._reading = event
        return accepted

    def note(self, sample: ReadoutSample) -> None:
        """Keep a sample as the newest, and in the trace if it belongs to the visit that runs."""
        with self._lock:
            self._sample = sample
            if sample.visit is not None and sample.visit == self._visit:
                self._trace.append(sample)

    @property
    def newest(self) -> ReadoutSample | None:
        """The newest sample; None before the first one, and after a visit until the next one."""
        with self._lock:
            return self._sample

    def trace(self) -> tuple[ReadoutSample, ...]:
        """Return the samples of the visit that runs, the oldest first."""
        with self._lock:
            return tuple(self._trace)

    def of(self, visit: int) -> TemperatureRead | None:
        """Return the newest reading of `visit`, or None."""
        with self._lock:
            reading = self._reading
        return reading if reading and reading.visit == visit else None

    def keep_only(self, visit: int | None) -> None:
        """Forget what belongs to any visit but this one; None: no visit runs."""
        with self._lock:
            if visit == self._visit:
                return
            self._visit, self._sample = visit, None
            self._trace.clear()
            if self._reading and self._reading.visit != visit:
                self._reading = None
