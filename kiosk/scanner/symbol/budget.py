"""The milliseconds that one look at a picture may take, and whether what comes next still fits into them."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """`total_ms` from `began_s` on, by `now_s`, any clock of seconds."""

    total_ms: float
    now_s: Callable[[], float]
    began_s: float

    def spent_ms(self) -> float:
        """Since the look began."""
        return (self.now_s() - self.began_s) * 1000.0

    def allows(self, cost_ms: float) -> bool:
        """Whether something that takes so long would be done in time."""
        return self.spent_ms() + cost_ms <= self.total_ms


UNLIMITED = Budget(math.inf, lambda: 0.0, 0.0)
