"""The processing time that may be spent on one picture."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """`total_ms` milliseconds from `began_s` on, measured by `now_s`, which is any clock of seconds."""

    total_ms: float
    now_s: Callable[[], float]
    began_s: float

    def spent_ms(self) -> float:
        """Return the milliseconds that have passed since `began_s`."""
        return (self.now_s() - self.began_s) * 1000.0

    def allows(self, cost_ms: float) -> bool:
        """Return True if a step that takes `cost_ms` milliseconds still fits the budget."""
        return self.spent_ms() + cost_ms <= self.total_ms


UNLIMITED = Budget(math.inf, lambda: 0.0, 0.0)
