"""A player of rhythms: it applies a value, waits for its duration, applies the next one, and repeats.

Each beat is scheduled from the due time of the beat before it, not from the time at which the alarm rang, so that
late alarms do not add up. After a standstill longer than a beat, the rhythm continues from now instead of catching up.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from kiosk.model import Alarm, Clock

Value = TypeVar("Value")

Beats = Sequence[tuple[Value, float]]
"""Pairs of a value and its duration in seconds; the rhythm stops at a beat of 0 s, whose value stays."""


class RhythmPlayer(Generic[Value]):
    """Calls `apply` with each value when it is due; safe from any thread."""

    def __init__(self, clock: Clock, apply: Callable[[Value], None]) -> None:
        self._clock = clock
        self._apply = apply
        self._lock = threading.RLock()
        self._alarm: Alarm | None = None
        self._beats: Beats[Value] = ()
        self._rhythm_number = 0

    def play(self, beats: Beats[Value]) -> None:
        """Play `beats` from the first one; this ends the rhythm that is playing."""
        with self._lock:
            self.stop()
            self._beats = beats
            self._beat(self._rhythm_number, 0, self._clock.now_s())

    def stop(self) -> None:
        """Stop the rhythm; the last value stays."""
        with self._lock:
            self._rhythm_number += 1
            if self._alarm:
                self._alarm.cancel()
            self._alarm = None

    def _beat(self, rhythm_number: int, position: int, due_s: float) -> None:
        with self._lock:
            # an alarm that was already ringing when another rhythm began must not continue the old one
            if rhythm_number != self._rhythm_number:
                return
            value, for_s = self._beats[position % len(self._beats)]
            self._apply(value)
            if for_s > 0:
                now_s = self._clock.now_s()
                next_s = (due_s if due_s + for_s >= now_s else now_s) + for_s
                self._alarm = self._clock.call_at(next_s, partial(self._beat, rhythm_number, position + 1, next_s))
