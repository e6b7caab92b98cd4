"""Measure which hint a visitor gets in scenes with one known fault that the scanner does not read, and how soon.

    python bench/hints.py --synth synth.py [--per 12] [--photographs DIR]

Each scene is a second of 30 pictures through the real `Tracker` (budget 40 ms of the process's own time). A scene
that is read counts as read and needs no hint. A scene without a phone must give no hint.
"""

import argparse
import json
import math
import os
import statistics
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is loaded
sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.scanner.pictures import load_generator
from bench.scanner.streams import FRAMES, FRAMES_HZ, Trouble, stream
from kiosk.model import Watch
from kiosk.scanner.cascade import hints
from kiosk.scanner.cascade.stream import StreamDecoder
from kiosk.scanner.child.dedupe import Sightings
from kiosk.scanner.child.tracker import Tracker
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.wire.messages import Look
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene

BUDGET_MS = 40.0
SIZE_PX = (1280, 960)
Draw = Callable[[np.random.Generator], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: the hint that the visitor should get, how the generator draws it, and the kinds of codes."""

    hint: str
    draw: Draw
    kinds: tuple[str, ...] = ("url", "dcc", "shc")


def _near_an_edge(rng: np.random.Generator) -> dict[str, Any]:
    """Return factors that put the symbol so near an edge that one or two finder patterns lie outside."""
    side = float(rng.uniform(250, 500))
    inside = float(rng.uniform(0.1, 0.4)) * side
    along = [float(rng.uniform(0.5 * side, length - 0.5 * side)) for length in SIZE_PX]
    edges = [(inside, along[1]), (SIZE_PX[0] - inside, along[1]), (along[0], inside), (along[0], SIZE_PX[1] - inside)]
    return {"side": side, "centre": edges[int(rng.integers(4))]}


def _between(name: str, low: float, high: float, **others: Any) -> Draw:
    """Return a draw of one factor between two limits, uniform in its logarithm."""
    return lambda rng: {name: float(math.exp(rng.uniform(math.log(low), math.log(high)))), **others}


FAULTS = {
    "too small": Fault(hints.TOO_SMALL, _between("side", 60, 120), ("dcc",)),
    "tilted": Fault(hints.TILTED, _between("tilt", 70, 78)),
    "too dark": Fault(hints.TOO_DARK, _between("expo", 0.0003, 0.003, noise=8.0)),
    "glare": Fault(hints.GLARE, _between("glare", 0.4, 0.6)),
    "moving": Fault(hints.MOVING, _between("motion", 16, 40)),
    "out of focus": Fault(hints.OUT_OF_FOCUS, _between("defocus", 5, 12)),
    "cut off": Fault(hints.CUT_OFF, _near_an_edge),
    "too bright": Fault(hints.TOO_BRIGHT, _between("expo", 20, 60, defocus=1.5)),
    "cracked": Fault(hints.HOLD_STILL, lambda rng: {"crack": int(rng.integers(12, 30))}),
    "curled": Fault(hints.HOLD_STILL, _between("curl", 0.05, 0.09, paper=True)),
    "dark mode, cracked": Fault(hints.HOLD_STILL, lambda rng: {"inverted": True, "crack": int(rng.integers(16, 40))}),
}


@dataclass(slots=True)
class FaultScore:
    """The results of the scenes of one fault: those that were read, the hints of the others, and when they came."""

    read: int = 0
    hints: Counter[str] = field(default_factory=Counter)
    after_s: list[float] = field(default_factory=list)


def scenes(synth: ModuleType, fault: str, count: int, seed: str) -> Iterator[Iterator[Grey]]:
    """Yield streams of one second in which the fault is the only disturbance."""
    for number in range(count):
        rng = np.random.default_rng(zlib.crc32(f"{seed}{fault}|{number}".encode()))
        factors = FAULTS[fault].draw(rng)
        kinds = FAULTS[fault].kinds
        grey, quad, _, _ = synth.scene(rng, kinds[number % len(kinds)], **factors)
        trouble = Trouble(tremor_px=max(6.0, factors.get("motion", 0.0)), noise=3.0)
        yield stream(grey, quad, trouble, number)


def rooms(synth: ModuleType, count: int) -> Iterator[Iterator[Grey]]:
    """Yield streams of the generator's backgrounds, which tremble."""
    for number, ground in enumerate(synth.bgs()[:count]):
        yield _trembling(cv2.resize(ground, SIZE_PX), number)


def people(count: int) -> Iterator[Iterator[Grey]]:
    """Yield streams of drawn people without a phone, and of empty lobbies."""
    for number in range(count):
        view = DrawnView(Scene((CodeCarrier.PERSON, CodeCarrier.NOTHING)[number % 2], seed=number), *SIZE_PX)
        yield (view.picture(k / FRAMES_HZ) for k in range(FRAMES))


def photographs(folder: Path, count: int) -> Iterator[Iterator[Grey]]:
    """Yield streams of photographs without a code, cropped to the camera's shape."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in {".jpg", ".jpeg", ".png", ".webp"})
    for number, file in enumerate(files[:count]):
        grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if grey is not None and min(grey.shape) >= 200:
            factor = max(SIZE_PX[0] / grey.shape[1], SIZE_PX[1] / grey.shape[0])
            whole = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            yield _trembling(whole[: SIZE_PX[1], : SIZE_PX[0]], number)


def _trembling(grey: NDArray[Any], seed: int) -> Iterator[Grey]:
    middle = np.array([[-1.0, -1.0], [1, -1], [1, 1], [-1, 1]]) * 200 + np.array(SIZE_PX) / 2
    return stream(np.asarray(grey, np.uint8), middle, Trouble(), seed)


def watch(seconds: Iterator[Iterator[Grey]], unread: int, every: int) -> FaultScore:
    """Show each stream to a new tracker, until `unread` streams were not read, and return the results."""
    score = FaultScore()
    for frames in seconds:
        if score.hints.total() == unread:
            break
        tracker = Tracker(StreamDecoder(BUDGET_MS, now_s=time.process_time), Sightings(3.0, bytes(32)))
        tracker.watch(Look(Watch.FULL, 1))
        for number, grey in enumerate(islice(frames, 0, None, every)):
            at_s = number * every / FRAMES_HZ
            sight = tracker.see(grey, at_s)
            if sight.codes or sight.hint:
                break
        if sight.codes:
            score.read += 1
            continue
        score.hints[sight.hint] += 1
        if sight.hint:
            score.after_s.append(at_s)
    return score


def json_of(name: str, wanted: str, score: FaultScore) -> str:
    """Return a row of the table as one JSON object."""
    return json.dumps(
        {
            "fault": name,
            "hint_wanted": wanted,
            "read": score.read,
            "hints": {hint or "nothing": count for hint, count in score.hints.most_common()},
            "first_hint_s": [round(at_s, 3) for at_s in score.after_s],
        }
    )


def line(name: str, wanted: str, score: FaultScore) -> str:
    """Return a row of the table."""
    unread = score.hints.total()
    others = ", ".join(f"{hint or 'nothing'} {count}" for hint, count in score.hints.most_common() if hint != wanted)
    when = f"{statistics.median(score.after_s):.2f} / {max(score.after_s):.2f}" if score.after_s else ""
    return f"| {name} | {wanted or 'nothing'} | {score.read} | {score.hints[wanted]} of {unread} | {others} | {when} |"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--synth", type=Path, required=True, metavar="FILE", help="the generator of drawn screens")
    arguments.add_argument("--per", type=int, default=12, help="unread scenes of each fault, out of four times as many")
    arguments.add_argument("--photographs", type=Path, metavar="DIR", help="photographs without any code")
    arguments.add_argument("--only", nargs="*", default=[], metavar="FAULT")
    arguments.add_argument("--every", type=int, default=1, metavar="N", help="show only every n-th picture")
    arguments.add_argument("--seed", default="hints", help="any word; another word gives other scenes")
    arguments.add_argument("--json", action="store_true", help="print one JSON object a line")
    options = arguments.parse_args()
    synth = load_generator(options.synth)
    written = json_of if options.json else line
    if not options.json:
        print("| fault | hint wanted | read | right hint | other hint | first hint, median / latest s |")
        print("|---|---|---|---|---|---|", flush=True)
    for name, fault in FAULTS.items():
        if not options.only or name in options.only:
            seen = watch(scenes(synth, name, 4 * options.per, options.seed), options.per, options.every)
            print(written(name, fault.hint, seen), flush=True)
    for name, seconds in {
        "rooms": rooms(synth, 2 * options.per),
        "people": people(2 * options.per),
        "photographs": photographs(options.photographs, 99) if options.photographs else iter(()),
    }.items():
        if not options.only or name in options.only:
            print(written(name, "", watch(seconds, 99, options.every)), flush=True)


if __name__ == "__main__":
    main()
