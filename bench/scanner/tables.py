"""The scores of each reader on each row of pictures, and their tables."""

import json
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bench.scanner.readers import is_right


@dataclass(slots=True)
class Score:
    """The results of one reader on one row.

    shown, read: numbers of pictures, or of streams of one second.
    wrong: number of payloads that were not shown.
    ms: milliseconds for each picture.
    first_ms: milliseconds from the first picture of a stream to the first right payload.
    """

    shown: int = 0
    read: int = 0
    wrong: int = 0
    ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)

    def judge(self, read: set[bytes], truth: frozenset[bytes] | None, ms: float) -> bool:
        """Add the payloads that were read in a picture and the time; return True if one of them is right."""
        right = any(is_right(data, truth) for data in read)
        self.ms.append(ms)
        self.wrong += sum(not is_right(data, truth) for data in read)
        return right

    def add(self, other: "Score") -> None:
        """Add the figures of another score."""
        self.shown, self.read, self.wrong = self.shown + other.shown, self.read + other.read, self.wrong + other.wrong
        self.ms += other.ms
        self.first_ms += other.first_ms


class Row(NamedTuple):
    """A row of the tables: factor and level of its pictures, and how many times slower the machine is."""

    factor: str
    level: str = ""
    slow: float = 1.0

    def name(self) -> str:
        """Return the words that stand in the first column."""
        return f"{self.factor} {self.level}".strip() + (f" x{self.slow:g}" if self.slow != 1.0 else "")


Scores = dict[Row, dict[str, Score]]
"""Scores by row and reader."""


def empty_scores() -> Scores:
    """Return scores without figures."""
    return defaultdict(lambda: defaultdict(Score))


def read_cell(score: Score) -> str:
    """Return the number that was read, and the percentage."""
    return f"{score.read} ({100 * score.read / score.shown:.0f} %)"


def wrong_cell(score: Score) -> str:
    """Return the number of payloads that were not shown."""
    return str(score.wrong)


def times_cell(score: Score) -> str:
    """Return the milliseconds for a picture, median and 95 % percentile."""
    return _spread(score.ms)


def first_cell(score: Score) -> str:
    """Return the milliseconds to the first right payload, median and 95 % percentile of the streams with one."""
    return _spread(score.first_ms)


def _spread(ms: Sequence[float]) -> str:
    return f"{statistics.median(ms):.1f} / {np.percentile(ms, 95):.0f}" if ms else ""


def json_lines(scores: Scores) -> str:
    """Return one JSON object a line for each row and reader; `ms` and `first_ms` are median and 95 % percentile."""
    return "\n".join(
        json.dumps(
            {
                "pictures": f"{row.factor} {row.level}".strip(),
                "slow": row.slow,
                "reader": name,
                "shown": score.shown,
                "read": score.read,
                "wrong": score.wrong,
                "ms": _quantiles(score.ms),
                "first_ms": _quantiles(score.first_ms),
            }
        )
        for row, by_reader in scores.items()
        for name, score in by_reader.items()
    )


def _quantiles(ms: Sequence[float]) -> list[float]:
    return [round(float(value), 2) for value in np.percentile(ms, (50, 95))] if ms else []


def by_factor(scores: Scores) -> Scores:
    """Return the scores with the levels of each factor added."""
    merged = empty_scores()
    for (factor, _, slow), row in scores.items():
        for name, score in row.items():
            merged[Row(factor, "", slow)][name].add(score)
    return merged


def total(scores: Scores) -> dict[str, Score]:
    """Return the scores of each reader with all rows added."""
    summed: dict[str, Score] = defaultdict(Score)
    for row in scores.values():
        for name, score in row.items():
            summed[name].add(score)
    return summed


def table(title: str, scores: Scores, cell: Callable[[Score], str]) -> str:
    """Return a Markdown table with `cell(score)` for each row and reader, and for all rows together."""
    names = list(next(iter(scores.values())))
    lines = [f"**{title}**\n", "| pictures | n | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for row, by_reader in scores.items():
        cells = " | ".join(cell(by_reader[name]) for name in names)
        lines.append(f"| {row.name()} | {by_reader[names[0]].shown} | {cells} |")
    if len(scores) > 1 and len({row.slow for row in scores}) == 1:
        all_of = total(scores)
        lines.append(f"| **all** | {all_of[names[0]].shown} | " + " | ".join(cell(all_of[n]) for n in names) + " |")
    return "\n".join(lines) + "\n"
