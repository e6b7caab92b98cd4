"""Plays a rhythm by clock alarms: a value, how long, the next value; over and over, or until a beat without length."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from kiosk.model import Alarm, Clock

Value = TypeVar("Value")

Beats = Sequence[tuple[Value, float]]
"""Values and the seconds that each lasts; a beat of 0 s stays."""


class Player(Generic[Value]):
    """Hands each value to `apply` when it is due; safe from any thread."""

    def __init__(self, clock: Clock, apply: Callable[[Value], None]) -> None:
        self._clock = clock
        self._apply = apply
        self._lock = threading.RLock()
        self._alarm: Alarm | None = None
        self._beats: Beats[Value] = ()
        self._round = 0

    def play(self, beats: Beats[Value]) -> None:
        """Begin `beats`, from the first, instead of whatever was playing."""
        with self._lock:
            self.stop()
            self._beats = beats
            self._beat(self._round, 0, self._clock.now_s())

    def stop(self) -> None:
        """Play no more; the last value stays."""
        with self._lock:
            self._round += 1
            if self._alarm:
                self._alarm.cancel()
            self._alarm = None

    def _beat(self, playing: int, number: int, due_s: float) -> None:
        with self._lock:
            # an alarm that was already ringing when other beats began must not go on with the old ones
            if playing != self._round:
                return
            value, for_s = self._beats[number % len(self._beats)]
            self._apply(value)
            if for_s > 0:
                # by the due time, so that a rhythm does not drift; after a standstill it goes on from now
                now_s = self._clock.now_s()
                next_s = (due_s if due_s + for_s >= now_s else now_s) + for_s
                self._alarm = self._clock.call_at(next_s, partial(self._beat, playing, number + 1, next_s))
