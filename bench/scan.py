"""Compare the scanner with public decoders: the pictures read, wrong payloads and times, in one run on one core.

    python bench/scan.py --corpus DIR          photographs: DIR/manifest.json names file, category and payloads_base64
    python bench/scan.py --corpus DIR --damaged 1             the same photographs with damaged codes
    python bench/scan.py --empty DIR           pictures without a code: every payload is a false one
    python bench/scan.py --synth synth.py      drawn screens: --per pictures of each level, --mix with all factors
    python bench/scan.py --synth synth.py --streams 12      streams of one or two seconds, 30 pictures a second
    python bench/scan.py --synth synth.py --memory          memory that the decoders add to a process

`--slow 1 4 10` shows machines that are as many times slower: the clock of every reader is its own processor time, times
this. In a stream, the pictures that come while a reader is busy are dropped for this reader, as a camera drops them.
`--json` prints one object a line instead of tables.

`--only`, `--readers` and `--budgets` shorten a run: `--streams 40 --only walked --readers "kiosk 40 ms" --budgets 40`.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is loaded
sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2

from bench.scanner.damage import corpus
from bench.scanner.pictures import (
    Picture,
    draw_all,
    load_generator,
    pictures_without_code,
    planned_jobs,
)
from bench.scanner.readers import UNLIMITED_MS, Reader, added_memory_mb, first_stage, reader_factories, timed
from bench.scanner.stream_scores import is_selected, score_streams
from bench.scanner.tables import (
    Row,
    Scores,
    by_factor,
    empty_scores,
    first_cell,
    json_lines,
    read_cell,
    table,
    times_cell,
    wrong_cell,
)
from kiosk.errors import KioskError

T = TypeVar("T")
MEMORY_PICTURES = 20


def score_stills(pictures: Iterator[Picture], readers: dict[str, Reader], slow: float = 1.0) -> Scores:
    """Give each picture to each reader on a machine that is `slow` times slower, and return the scores."""
    scores = empty_scores()
    for picture in pictures:
        for name, reader in readers.items():
            score = scores[Row(picture.factor, picture.level, slow)][name]
            found, ms = timed(reader, picture.grey, slow=slow)
            score.shown += 1
            score.read += score.judge(found, picture.truth, ms)
    return scores


def print_scores(scores: Scores, *, as_json: bool, streams: bool = False) -> None:
    """Print the tables of one run, or its JSON lines."""
    if as_json:
        print(json_lines(scores), flush=True)
        return
    if not scores:
        print("no pictures")
        return
    print(table("read", scores, read_cell))
    print(table("wrong payloads", by_factor(scores), wrong_cell))
    if streams:
        print(table("first reading, ms after the first picture, median / p95", scores, first_cell))
    print(table("ms a picture, median / p95", by_factor(scores), times_cell), flush=True)


def print_false_reads(scores: Scores, *, as_json: bool) -> None:
    """Print the tables of pictures without a code, where every payload is a false one; or the JSON lines."""
    if as_json:
        print(json_lines(scores), flush=True)
        return
    print(table("false reads", scores, wrong_cell))
    print(table("ms a picture, median / p95", scores, times_cell), flush=True)


def print_memory(pictures: list[Picture], budgets_ms: list[float], selected: list[str]) -> None:
    """Print the memory that each reader adds to a process that has loaded OpenCV and NumPy."""
    print("**added memory, MB**\n\n| reader | after use |\n|---|---|")
    for budget_ms in budgets_ms:
        for name in _only(reader_factories([budget_ms], streams=False), selected):
            if name.startswith("kiosk") or budget_ms == budgets_ms[0]:
                print(f"| {name} | {added_memory_mb(name, budget_ms, [p.grey for p in pictures]):.1f} |", flush=True)
    print()


def _only(by_name: dict[str, T], selected: list[str]) -> dict[str, T]:
    return {name: value for name, value in by_name.items() if is_selected(name, selected)}


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments. Exits with code 2 and a message if nothing can be run with them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--damaged", type=int, metavar="N", help="damage the photographs' codes; N is any number")
    parser.add_argument("--empty", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--synth", type=Path, metavar="FILE", help="the generator of drawn screens")
    parser.add_argument("--per", type=int, default=6)
    parser.add_argument("--mix", type=int, default=30)
    parser.add_argument("--only", nargs="*", default=[], metavar="ROW", help="only rows whose name begins with this")
    parser.add_argument(
        "--readers", nargs="*", default=[], metavar="NAME", help="only readers whose name begins with this"
    )
    parser.add_argument("--seed", default="", help="any word; another word gives other pictures")
    parser.add_argument("--streams", type=int, default=0, metavar="N", help="streams of N base and N mix scenes")
    parser.add_argument("--slow", type=float, nargs="+", default=[1.0], metavar="N", help="how many times slower")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of tables")
    parser.add_argument("--budgets", type=float, nargs="*", default=[5, 20, 40, 1e9], metavar="MS")
    parser.add_argument(
        "--memory", action="store_true", help="only measure the memory that the decoders add to a process"
    )
    options = parser.parse_args(arguments)
    if not (options.corpus or options.empty or options.synth):
        parser.error("nothing to read; give --corpus DIR, --empty DIR or --synth FILE")
    if (options.memory or options.streams) and not options.synth:
        parser.error("--memory and --streams need drawn screens; give --synth FILE too")
    if any(not 0.0 < times < math.inf for times in options.slow):
        parser.error("--slow: a machine is more than 0 times slower; give numbers above 0")
    names = list(reader_factories(options.budgets, streams=False))
    for start in options.readers:
        if not any(name.startswith(start) for name in names):
            parser.error(f"--readers: no reader's name begins with '{start}'; there are {', '.join(names)}")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables for these command-line arguments.

    Exits with code 2 and a message if a file cannot be used.
    """
    options = _parse_arguments(arguments)
    try:
        _run(options)
    except KioskError as error:
        print(f"bench/scan.py: {error}", file=sys.stderr)
        sys.exit(2)


def _run(options: argparse.Namespace) -> None:
    cv2.setNumThreads(1)
    if not options.json:
        print(f"zxing-cpp {version('zxing-cpp')}, OpenCV {cv2.__version__}, Python {sys.version.split()[0]}\n")
    for times in options.slow:
        readers = {name: make() for name, make in _factories(options, streams=False, slow=times).items()}
        for folder in options.corpus:
            print_scores(score_stills(corpus(folder, options.damaged), readers, times), as_json=options.json)
        for folder in options.empty:
            scores = score_stills(pictures_without_code(folder), {"every frame": first_stage()} | readers, times)
            print_false_reads(scores, as_json=options.json)
    if not options.synth:
        return
    synth = load_generator(options.synth)
    if options.memory:
        pictures = list(draw_all(synth, planned_jobs(synth, 0, MEMORY_PICTURES, [], options.seed)))
        print_memory(pictures, options.budgets, options.readers)
    elif options.streams:
        base = planned_jobs(synth, options.streams, 0, ["base"], options.seed)
        mix = planned_jobs(synth, 0, options.streams, [], options.seed)
        readers_of = {times: _factories(options, streams=True, slow=times) for times in options.slow}
        scores = score_streams(synth, base, mix, readers_of, options.only)
        print_scores(scores, as_json=options.json, streams=True)
    else:
        planned = planned_jobs(synth, options.per, options.mix, options.only, options.seed)
        for times in options.slow:
            readers = {name: make() for name, make in _factories(options, streams=False, slow=times).items()}
            print_scores(score_stills(draw_all(synth, planned), readers, times), as_json=options.json)


def _factories(options: argparse.Namespace, *, streams: bool, slow: float) -> dict[str, Callable[[], Reader]]:
    budgets_ms = [ms for ms in options.budgets if ms < UNLIMITED_MS] if streams else options.budgets
    return _only(reader_factories(budgets_ms, streams, slow), options.readers)


if __name__ == "__main__":
    main()
