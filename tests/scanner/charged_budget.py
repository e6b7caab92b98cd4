"""A budget that counts stated costs instead of time, so that tests give the same results on every machine."""

from dataclasses import dataclass, field

from kiosk.scanner.symbol.budget import Budget


@dataclass(frozen=True, slots=True)
class Charged(Budget):
    """A budget of which every allowed cost is spent."""

    charged_ms: list[float] = field(default_factory=list)

    def spent_ms(self) -> float:
        return sum(self.charged_ms)

    def allows(self, cost_ms: float) -> bool:
        allowed = self.spent_ms() + cost_ms <= self.total_ms
        if allowed:
            self.charged_ms.append(cost_ms)
        return allowed
