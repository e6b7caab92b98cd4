"""The time that the stages of a stream may take, as an account in milliseconds.

*Income.* Each picture earns the budget, as many times as the machine is slower, up to `MAX_STRETCH`. The time in which
the scanner only waited for the picture is earned too: if pictures come seldom, there is more time for each.

*Expense.* The time of the stages, and of other work on the picture (hints, exposure, the live picture). The first stage
reads every picture, whatever it costs. It is charged at most `FIRST_SHARE` of the picture's income, so that noisy
pictures, on which it takes long, leave the other stages half of the time.

*Savings and debt.* Unused time is saved for expensive stages, and a stage that took longer than expected leaves a debt.
The account is never deeper in debt than one picture's income, so a debt is paid after one picture or two.

Rule: pure; milliseconds, and the seconds at which pictures were taken, are arguments.
"""

import math

MAX_STRETCH = 5.0
"""Most budgets that a picture earns on a slow machine. With more, too few pictures are looked at in a second.

On drawn streams, 3 reads fewer at seven times slower, and the same at ten times."""

FIRST_SHARE = 0.5

MAX_SAVED_BUDGETS = 2.0
MIN_MAX_SAVED_MS = 40.0
"""Time that can be saved: in budgets, or in milliseconds of the measured machine if that is more. A stage that costs
more has its turn when everything that can be saved was saved."""


class Allowance:
    """The account of one stream. It begins full, because nobody was there before the first picture."""

    def __init__(self, budget_ms: float, slowness: float) -> None:
        self.income_ms = budget_ms * min(slowness, MAX_STRETCH)
        self.max_saved_ms = max(MAX_SAVED_BUDGETS * self.income_ms, MIN_MAX_SAVED_MS * slowness)
        self._balance_ms = self.max_saved_ms
        self._at_s = math.nan
        self._spent_ms = 0.0

    @property
    def balance_ms(self) -> float:
        """The time that stages may take now; not below 0."""
        return max(self._balance_ms, 0.0)

    @property
    def is_full(self) -> bool:
        """True if no more can be saved."""
        return self._balance_ms >= self.max_saved_ms

    def earn(self, at_s: float) -> None:
        """Add the income of the picture taken at `at_s` (monotonic seconds)."""
        between_ms = (at_s - self._at_s) * 1000.0
        waited_ms = 0.0 if math.isnan(between_ms) else max(between_ms - self._spent_ms, 0.0)
        self._balance_ms = min(self._balance_ms + self.income_ms + waited_ms, self.max_saved_ms)
        self._at_s, self._spent_ms = at_s, 0.0

    def charge_first(self, ms: float) -> None:
        """Charge the time of the first stage."""
        self._spent_ms += ms
        self._balance_ms -= min(ms, FIRST_SHARE * self.income_ms)

    def charge(self, ms: float) -> None:
        """Charge the time of other stages, or of other work on the picture."""
        self._spent_ms += ms
        self._balance_ms = max(self._balance_ms - ms, -self.income_ms)
