"""Measure what each stage of the scanner wins, on pictures that the first stage does not read.

    python bench/stages.py --corpus DIR --synth synth.py --per 2 --mix 60 --seed any [--json]
    python bench/stages.py --corpus DIR --damaged 1          photographs with damaged codes

Every stage is run on every such picture, without a budget. Close-ups are made of the symbol that an earlier stage
located.

| column | meaning |
|---|---|
| reads | pictures that the stage reads |
| wins | pictures that it reads and no earlier stage of the table does: what the order as it stands gains by it |
| only | pictures that no other stage reads: what would be lost without it, however the stages are ordered |
| ms | processor time on a picture, median and 95 % percentile |
| stated | the cost in the table, scaled to the views of the picture, median |
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is loaded
sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np

from bench.scanner.damage import corpus
from bench.scanner.pictures import Picture, draw_all, load_generator, planned_jobs
from bench.scanner.readers import is_right
from kiosk.errors import KioskError
from kiosk.scanner.cascade.decode import run_stage
from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.cascade.stages import STAGES, Stage
from kiosk.scanner.cascade.views import FrameViews, Scope


@dataclass(slots=True)
class StageWins:
    """The results of one stage: the numbers of pictures it read, won and read alone, and its time for each picture."""

    reads: int = 0
    wins: int = 0
    only: int = 0
    wrong: int = 0
    ms: list[float] = field(default_factory=list)
    stated_ms: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """The figures of all stages, in the order of the table."""

    stages: tuple[Stage, ...] = STAGES
    shown: int = 0
    easy: int = 0
    unread: int = 0
    wins: dict[str, StageWins] = field(default_factory=dict)

    def add(self, picture: Picture) -> None:
        """Run all stages on a picture that the first one does not read."""
        self.shown += 1
        views = FrameViews(picture.grey)
        first, *others = self.stages
        (frame,) = views.of(Scope.FRAME) or (None,)
        if frame is None:
            return
        found = run_stage(first, frame)
        if any(is_right(code.data, picture.truth) for code in found.codes):
            self.easy += 1
            return
        unread, reads = found.unread, []
        views.of(Scope.WINDOW)
        for stage in others:
            was_read, unread = self._run(stage, views, picture, unread)
            if was_read:
                reads.append(stage.name)
        self.unread += not reads
        for number, name in enumerate(reads):
            self.wins[name].reads += 1
            self.wins[name].wins += number == 0
            self.wins[name].only += len(reads) == 1

    def _run(
        self, stage: Stage, views: FrameViews, picture: Picture, unread: tuple[Corners, ...]
    ) -> tuple[bool, tuple[Corners, ...]]:
        row = self.wins.setdefault(stage.name, StageWins())
        parts = views.of(stage.scope, unread)
        row.stated_ms.append(sum(map(stage.cost_on, parts)))
        began_s, was_read = time.process_time(), False
        for view in parts:
            found = run_stage(stage, view)
            unread = unread or found.unread
            right = [is_right(code.data, picture.truth) for code in found.codes]
            row.wrong += right.count(False)
            was_read = any(right)
            if was_read:
                break
        row.ms.append((time.process_time() - began_s) * 1000.0)
        return was_read, unread

    def table(self) -> str:
        """Return the Markdown table."""
        lines = [
            f"{self.shown} pictures; the first stage reads {self.easy}, no stage reads {self.unread}\n",
            "| stage | reads | wins | only | wrong | ms, median / p95 | stated |",
            "|---|---|---|---|---|---|---|",
        ]
        for name, row in self.wins.items():
            ms = f"{np.median(row.ms):.1f} / {np.percentile(row.ms, 95):.0f}"
            cells = (name, row.reads, row.wins, row.only, row.wrong, ms, f"{np.median(row.stated_ms):.1f}")
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        return "\n".join(lines)

    def json_lines(self) -> str:
        """Return one JSON object a line for each stage."""
        return "\n".join(
            json.dumps(
                {"stage": name, "reads": row.reads, "wins": row.wins, "only": row.only, "wrong": row.wrong}
                | {"ms": [round(float(ms), 2) for ms in np.percentile(row.ms, (50, 95))]}
            )
            for name, row in self.wins.items()
        )


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--synth", type=Path, metavar="FILE", help="the generator of drawn screens")
    parser.add_argument("--per", type=int, default=2, help="drawn pictures of each level")
    parser.add_argument("--mix", type=int, default=60, help="drawn pictures with all factors")
    parser.add_argument("--seed", default="", help="any word; another word gives other pictures")
    parser.add_argument("--damaged", type=int, metavar="N", help="damage the photographs' codes; N is any number")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of the table")
    options = parser.parse_args(arguments)
    if not (options.corpus or options.synth):
        parser.error("nothing to read; give --corpus DIR or --synth FILE")
    return options


def _pictures(options: argparse.Namespace) -> Iterator[Picture]:
    for folder in options.corpus:
        yield from corpus(folder, options.damaged)
    if options.synth:
        synth = load_generator(options.synth)
        yield from draw_all(synth, planned_jobs(synth, options.per, options.mix, [], options.seed))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table. Exits with code 2 and a message if a file cannot be used."""
    options = _parse_arguments(arguments)
    cv2.setNumThreads(1)
    tally = Tally()
    try:
        for picture in _pictures(options):
            tally.add(picture)
    except KioskError as error:
        print(f"bench/stages.py: {error}", file=sys.stderr)
        sys.exit(2)
    print(tally.json_lines() if options.json else tally.table())


if __name__ == "__main__":
    main()
