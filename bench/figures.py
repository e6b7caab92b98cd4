"""Samples and the table that they are told in: medians with their spread, nothing passes or fails."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("what", "median", "spread", "samples", "aim")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `tail` is the share of the samples that the upper end of the spread covers (1: all)."""

    what: str
    samples: Sequence[float]
    unit: str
    aim: str = ""
    tail: float = 1.0

    def cells(self) -> tuple[str, ...]:
        """The line as texts."""
        middle = f"{written(statistics.median(self.samples))} {self.unit}"
        if len(self.samples) == 1:
            return self.what, middle, "", "1", self.aim
        ordered = sorted(self.samples)
        upper = ordered[math.ceil(self.tail * len(ordered)) - 1]
        name = "" if self.tail == 1.0 else f"p{self.tail * 100:.0f} "
        spread = f"{written(ordered[0])} .. {name}{written(upper)}"
        return self.what, middle, spread, str(len(ordered)), self.aim


def table(rows: Sequence[Row]) -> str:
    """The rows as one table in Markdown."""
    lines = [HEAD, ("---", "---:", "---:", "---:", "---"), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def written(figure: float) -> str:
    """Three digits that count, as far as a table needs them."""
    size = abs(figure)
    return f"{figure:.0f}" if size >= 100 else f"{figure:.1f}" if size >= 10 else f"{figure:.2f}"
