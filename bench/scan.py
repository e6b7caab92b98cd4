"""How much the scanner reads beside what anyone can install, in one run on one core.

    python bench/scan.py --corpus DIR          photographs: DIR/manifest.json names file, category and payloads_base64
    python bench/scan.py --empty DIR           pictures without any code: every reading is a false one
    python bench/scan.py --synth synth.py      drawn screens: --per pictures of each level, --mix of everything at once
    python bench/scan.py --synth synth.py --streams 12      seconds of 30 pictures
    python bench/scan.py --synth synth.py --memory          what the decoders add to a process

`--only`, `--readers` and `--budgets` make it short: `--streams 40 --only walked --readers "kiosk 40 ms" --budgets 40`.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TypeVar

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is loaded
sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2

from bench import scenes
from bench.scan_pictures import Grey, Job, Picture, draw, drawn, empties, generator, jobs, photographs
from bench.scan_readers import UNLIMITED_MS, Reader, added_memory_mb, glance, makers, timed
from bench.scan_tables import Scores, by_factor, first, new, read, table, times, wrong
from bench.streams import FRAMES_HZ, TROUBLES, stream
from kiosk.errors import KioskError

T = TypeVar("T")
MEMORY_PICTURES = 20


def stills(pictures: Iterator[Picture], tried: dict[str, Reader]) -> Scores:
    """Each picture by each reader."""
    scores = new()
    for picture in pictures:
        for name, reader in tried.items():
            score = scores[picture.factor, picture.level][name]
            found, ms = timed(reader, picture.grey)
            score.shown += 1
            score.read += score.judge(found, picture.truth, ms)
    return scores


def second(
    frames: Iterator[Grey], payload: bytes, tried: dict[str, Callable[[], Reader]], scores: Scores, row: str
) -> None:
    """Thirty frames by each reader, which is done with its first right reading; a frame waits for the one before it."""
    waiting = {name: make() for name, make in tried.items()}
    ready_ms = dict.fromkeys(tried, 0.0)
    for name in tried:
        scores[row, ""][name].shown += 1
    for number, frame in enumerate(frames):
        at_s = number / FRAMES_HZ
        for name, reader in list(waiting.items()):
            score = scores[row, ""][name]
            found, ms = timed(reader, frame, at_s)
            ready_ms[name] = max(ready_ms[name], at_s * 1000.0) + ms
            if score.judge(found, frozenset([payload]), ms):
                score.read += 1
                score.first_ms.append(ready_ms[name])
                del waiting[name]
        if not waiting:
            return


def seconds(synth: ModuleType, base: list[Job], mix: list[Job], asked: argparse.Namespace) -> Scores:
    """Scenes of the mix as they are walked and redrawn, and the still base scene under each trouble."""
    scores, tried = new(), _only(makers([ms for ms in asked.budgets if ms < UNLIMITED_MS], streams=True), asked.readers)
    for kind, frames_of in scenes.KINDS.items():
        for job in mix if _wanted(kind, asked.only) else []:
            frames, payload = frames_of(synth, job)
            second(frames, payload, tried, scores, f"{kind} mix")
    for name, trouble in TROUBLES.items():
        for number, job in enumerate(base if _wanted(name, asked.only) else []):
            grey, quad, payload = draw(synth, job)
            second(stream(grey, quad, trouble, number), payload, tried, scores, f"{name} of base")
    return scores


def tell(scores: Scores, streams: bool = False) -> None:
    """The tables of one run."""
    if not scores:
        print("no pictures")
        return
    print(table("read", scores, read))
    print(table("wrong payloads", by_factor(scores), wrong))
    if streams:
        print(table("first reading, ms after the first picture, median / p95", scores, first))
    print(table("ms a picture, median / p95", by_factor(scores), times), flush=True)


def tell_empties(scores: Scores) -> None:
    """Pictures without a code: what was read is wrong."""
    print(table("false reads", scores, wrong))
    print(table("ms a picture, median / p95", scores, times), flush=True)


def tell_memory(pictures: list[Picture], budgets_ms: list[float], wanted: list[str]) -> None:
    """What each reader adds to a process that has loaded OpenCV and NumPy."""
    print("**added memory, MB**\n\n| reader | after use |\n|---|---|")
    for budget_ms in budgets_ms:
        for name in _only(makers([budget_ms], streams=False), wanted):
            if name.startswith("kiosk") or budget_ms == budgets_ms[0]:
                print(f"| {name} | {added_memory_mb(name, budget_ms, [p.grey for p in pictures]):.1f} |", flush=True)
    print()


def _only(named: dict[str, T], wanted: list[str]) -> dict[str, T]:
    return {name: value for name, value in named.items() if _wanted(name, wanted)}


def _wanted(name: str, wanted: list[str]) -> bool:
    return not wanted or any(name.startswith(start) for start in wanted)


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for; ends the program with 2 and a message where that makes no run."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--corpus", type=Path, action="append", default=[], metavar="DIR")
    arguments.add_argument("--empty", type=Path, action="append", default=[], metavar="DIR")
    arguments.add_argument("--synth", type=Path, metavar="FILE", help="the generator of drawn screens")
    arguments.add_argument("--per", type=int, default=6)
    arguments.add_argument("--mix", type=int, default=30)
    arguments.add_argument("--only", nargs="*", default=[], metavar="ROW", help="rows that begin so")
    arguments.add_argument("--readers", nargs="*", default=[], metavar="NAME", help="readers whose name begins so")
    arguments.add_argument("--seed", default="", help="another word, other pictures")
    arguments.add_argument("--streams", type=int, default=0, metavar="N", help="seconds, of N base and N mix scenes")
    arguments.add_argument("--budgets", type=float, nargs="*", default=[5, 20, 40, 1e9], metavar="MS")
    arguments.add_argument("--memory", action="store_true", help="instead: what the decoders add to a process")
    asked = arguments.parse_args(words)
    if not (asked.corpus or asked.empty or asked.synth):
        arguments.error("nothing to read; give --corpus DIR, --empty DIR or --synth FILE")
    if (asked.memory or asked.streams) and not asked.synth:
        arguments.error("--memory and --streams need drawn screens; give --synth FILE too")
    names = list(makers(asked.budgets, streams=False))
    for start in asked.readers:
        if not any(name.startswith(start) for name in names):
            arguments.error(f"--readers: no reader's name begins with '{start}'; there are {', '.join(names)}")
    return asked


def main(words: Sequence[str] | None = None) -> None:
    """Print the tables that were asked for."""
    asked = _asked(words)
    try:
        _run(asked)
    except KioskError as error:
        print(f"bench/scan.py: {error}", file=sys.stderr)
        sys.exit(2)


def _run(asked: argparse.Namespace) -> None:
    cv2.setNumThreads(1)
    print(f"zxing-cpp {version('zxing-cpp')}, OpenCV {cv2.__version__}, Python {sys.version.split()[0]}\n")
    tried = {name: make() for name, make in _only(makers(asked.budgets, streams=False), asked.readers).items()}
    for folder in asked.corpus:
        tell(stills(photographs(folder), tried))
    for folder in asked.empty:
        tell_empties(stills(empties(folder), {"every frame": glance()} | tried))
    if not asked.synth:
        return
    synth = generator(asked.synth)
    if asked.memory:
        pictures = list(drawn(synth, jobs(synth, 0, MEMORY_PICTURES, [], asked.seed)))
        tell_memory(pictures, asked.budgets, asked.readers)
    elif asked.streams:
        base = jobs(synth, asked.streams, 0, ["base"], asked.seed)
        tell(seconds(synth, base, jobs(synth, 0, asked.streams, [], asked.seed), asked), streams=True)
    else:
        tell(stills(drawn(synth, jobs(synth, asked.per, asked.mix, asked.only, asked.seed)), tried))


if __name__ == "__main__":
    main()
