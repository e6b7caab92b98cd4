"""The processing time that may be spent on one picture."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """`total_ms` milliseconds from `began_s` on, measured by `now_s`, which is any clock of seconds.

    `slowness`: how many times slower this machine is than the one on which the costs were measured.
    """

    total_ms: float
    now_s: Callable[[], float]
    began_s: float
    slowness: float = 1.0

    def spent_ms(self) -> float:
        """Return the milliseconds that have passed since `began_s`."""
        return (self.now_s() - self.began_s) * 1000.0

    def allows(self, cost_ms: float) -> bool:
        """Return True if a step still fits the budget that takes `cost_ms` milliseconds on the measured machine."""
        return self.spent_ms() + cost_ms * self.slowness <= self.total_ms


UNLIMITED = Budget(math.inf, lambda: 0.0, 0.0)
