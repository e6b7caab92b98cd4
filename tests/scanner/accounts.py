"""A budget that goes by what stages and steps say that they cost, so that tests mean the same on every machine."""

from dataclasses import dataclass, field

from kiosk.scanner.symbol.budget import Budget


@dataclass(frozen=True, slots=True)
class Charged(Budget):
    """What was allowed counts as spent."""

    charged_ms: list[float] = field(default_factory=list)

    def spent_ms(self) -> float:
        return sum(self.charged_ms)

    def allows(self, cost_ms: float) -> bool:
        allowed = self.spent_ms() + cost_ms <= self.total_ms
        if allowed:
            self.charged_ms.append(cost_ms)
        return allowed
