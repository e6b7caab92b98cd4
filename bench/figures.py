"""Samples and their table: medians and spreads; and the same as JSON, for programs."""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEAD = ("what", "median", "spread", "samples", "aim")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. `tail`: the share of the samples that are below the upper end of the spread (1: all)."""

    what: str
    samples: Sequence[float]
    unit: str
    aim: str = ""
    tail: float = 1.0

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the row as texts."""
        middle = f"{written(statistics.median(self.samples))} {self.unit}"
        if len(self.samples) == 1:
            return self.what, middle, "", "1", self.aim
        ordered = sorted(self.samples)
        upper = ordered[math.ceil(self.tail * len(ordered)) - 1]
        name = "" if self.tail == 1.0 else f"p{self.tail * 100:.0f} "
        spread = f"{written(ordered[0])} .. {name}{written(upper)}"
        return self.what, middle, spread, str(len(ordered)), self.aim


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [HEAD, ("---", "---:", "---:", "---:", "---"), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def as_json(rows: Sequence[Row], machine: Mapping[str, str]) -> str:
    """Return the facts about the machine and the rows as JSON, with every sample."""
    figures = [
        {
            "what": row.what,
            "unit": row.unit,
            "aim": row.aim,
            "median": round(statistics.median(row.samples), 4),
            "samples": [round(sample, 4) for sample in row.samples],
        }
        for row in rows
    ]
    return json.dumps({"machine": dict(machine), "figures": figures}, indent=2, ensure_ascii=False)


def written(figure: float) -> str:
    """Return a figure with three significant digits, and at most two decimals."""
    size = abs(figure)
    return f"{figure:.0f}" if size >= 100 else f"{figure:.1f}" if size >= 10 else f"{figure:.2f}"
