"""What each reader of the scanner's bench made of each row of pictures, and the tables that tell it."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.scan_readers import same


@dataclass(slots=True)
class Score:
    """`shown` are pictures, or seconds of a stream; `ms` a picture, `first_ms` from the first one to the reading."""

    shown: int = 0
    read: int = 0
    wrong: int = 0
    ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)

    def judge(self, read: set[bytes], truth: frozenset[bytes] | None, ms: float) -> bool:
        """Note what was read in a picture and how long it took; whether it is right."""
        right = any(same(data, truth) for data in read)
        self.ms.append(ms)
        self.wrong += sum(not same(data, truth) for data in read)
        return right

    def add(self, other: "Score") -> None:
        """Take over another's figures."""
        self.shown, self.read, self.wrong = self.shown + other.shown, self.read + other.read, self.wrong + other.wrong
        self.ms += other.ms
        self.first_ms += other.first_ms


Row = tuple[str, str]
Scores = dict[Row, dict[str, Score]]
"""By row (factor, level) and reader."""


def new() -> Scores:
    """No figures yet."""
    return defaultdict(lambda: defaultdict(Score))


def read(score: Score) -> str:
    """How many were read, and in per cent."""
    return f"{score.read} ({100 * score.read / score.shown:.0f} %)"


def wrong(score: Score) -> str:
    """Payloads that are not what was shown."""
    return str(score.wrong)


def times(score: Score) -> str:
    """Milliseconds a picture."""
    return _spread(score.ms)


def first(score: Score) -> str:
    """Milliseconds from the first picture to the reading, of the seconds in which there was one."""
    return _spread(score.first_ms)


def _spread(ms: Sequence[float]) -> str:
    return f"{statistics.median(ms):.1f} / {np.percentile(ms, 95):.0f}" if ms else ""


def by_factor(scores: Scores) -> Scores:
    """The levels of each factor put together."""
    merged = new()
    for (factor, _), row in scores.items():
        for name, score in row.items():
            merged[factor, ""][name].add(score)
    return merged


def total(scores: Scores) -> dict[str, Score]:
    """All rows put together."""
    summed: dict[str, Score] = defaultdict(Score)
    for row in scores.values():
        for name, score in row.items():
            summed[name].add(score)
    return summed


def table(title: str, scores: Scores, cell: Callable[[Score], str]) -> str:
    """One figure for each row and reader, and for all rows together."""
    names = list(next(iter(scores.values())))
    lines = [f"**{title}**\n", "| pictures | n | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for (factor, level), row in scores.items():
        cells = " | ".join(cell(row[name]) for name in names)
        lines.append(f"| {f'{factor} {level}'.strip()} | {row[names[0]].shown} | {cells} |")
    if len(scores) > 1:
        all_of = total(scores)
        lines.append(f"| **all** | {all_of[names[0]].shown} | " + " | ".join(cell(all_of[n]) for n in names) + " |")
    return "\n".join(lines) + "\n"
