"""The share of chance in the figures: other people, other orders, and people on whom nothing was chosen."""

import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from statistics import median, quantiles

from bench.fever.people import Person
from bench.fever.rules import Figures, Sensor, errors_of_units, figures, margins, settings_of, shares
from kiosk.settings.schema.policy import FeverRule


def worst_of_draws(people: Sequence[Person], sensor: Sensor, draws: int, shuffled: bool, units: int) -> Figures:
    """Return quantiles (5, 50, 95 %) of the worst unit's shares by the relative rule, over bootstrap draws."""
    found = []
    for seed in range(draws):
        chance = random.Random(seed)
        taken = chance.choices(range(len(people)), k=len(people))
        crowd = [people[number] for number in (taken if shuffled else sorted(taken))]
        drawn = figures(crowd, FeverRule.RELATIVE, sensor, units, seed)
        found.append((drawn.sensitivity[0], drawn.specificity[0]))
    sensitivity, specificity = map(_spread, zip(*found, strict=True))
    order = "by chance" if shuffled else "of the file"
    return Figures(FeverRule.RELATIVE.value, sensor.name, sensitivity, specificity, f"drawn, order {order}")


STEPS_C = tuple(step / 100 for step in range(-20, 31))
"""The distances that are tried, as degrees from the default."""

WANTED_SPECIFICITY = 0.9
"""The distance is chosen as the smallest one with which the worst unit reaches it."""


def held_out(people: Sequence[Person], sensor: Sensor, splits: int, units: int) -> Iterator[Figures]:
    """Yield quantiles (5, 50, 95 %) of the worst unit's shares by the relative rule on halves that chose nothing.

    The people are split at random, and keep the order of the file. The first row has the default distance. The second
    one has the distance that was chosen on the other half, whose quantiles are in `distance_c`.
    """
    by_default, by_choice, chosen_c = [], [], []
    for seed in range(splits):
        drawn = set(random.Random(seed).sample(range(len(people)), len(people) // 2))
        first, second = (
            _Half([person for number, person in enumerate(people) if (number in drawn) is side], sensor, units, seed)
            for side in (True, False)
        )
        for known, judged in ((first, second), (second, first)):
            step_c = known.choice_c()
            chosen_c.append(sensor.distance_c + step_c)
            by_choice.append(judged.worst(step_c))
            by_default.append(judged.worst(0.0))
    for found, text, distance_c in (
        (by_default, "held out, default distance", ()),
        (by_choice, "held out, distance from the other half", _spread(chosen_c)),
    ):
        sensitivity, specificity = map(_spread, zip(*found, strict=True))
        yield Figures(FeverRule.RELATIVE.value, sensor.name, sensitivity, specificity, text, distance_c)


class _Half:
    """The margins of one half of the people before drawn units: sorted, for fevers and for healthy people."""

    def __init__(self, people: Sequence[Person], sensor: Sensor, units: int, seed: int) -> None:
        settings, errors = settings_of(FeverRule.RELATIVE, sensor), errors_of_units(units, len(people), seed)
        judged = [list(margins(people, sensor, errors_c, settings)) for errors_c in errors]
        shares(judged[0])  # raises KioskError without a fever or without a healthy person
        self._fevers, self._healthy = (
            [sorted(margin_c for has_fever, margin_c in unit if has_fever is side) for unit in judged]
            for side in (True, False)
        )

    def worst(self, step_c: float) -> tuple[float, float]:
        """Return sensitivity and specificity of the worst unit with the default distance and `step_c` more."""
        sensitivity = min(1 - bisect_left(unit, step_c) / len(unit) for unit in self._fevers)
        return sensitivity, min(bisect_left(unit, step_c) / len(unit) for unit in self._healthy)

    def choice_c(self) -> float:
        """Return the step to the distance that this half would choose."""
        return next((step_c for step_c in STEPS_C if self.worst(step_c)[1] >= WANTED_SPECIFICITY), STEPS_C[-1])


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the quantiles 5, 50 and 95 %."""
    cuts = quantiles(values, n=20, method="inclusive")
    return cuts[0], median(values), cuts[-1]
