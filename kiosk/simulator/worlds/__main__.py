"""`python -m kiosk.simulator.worlds`, which `script/worlds` calls: play seeds or stories, and say what broke."""

import argparse
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.simulator.worlds.drawing.seed_runs import (
    DrawStory,
    SeedResult,
    play_all,
    play_seed,
    ram,
    with_drawn_pictures,
)
from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.report import narrative
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.shrink import shrink
from kiosk.simulator.worlds.stories.story_file import read_story
from kiosk.simulator.worlds.story import Story


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 when every promise was kept, 1 when one was broken, 2 for a story that is wrong."""
    options = _parser().parse_args(arguments)
    logging.disable(logging.CRITICAL)
    try:
        if options.story:
            return play_stories(options.story, pictures=options.pictures)
        draw = with_drawn_pictures if options.pictures else draw_story
        if options.until_broken:
            return play_until_broken(options.seeds, options.first, options.people, draw)
        return play_seeds(options.seeds, options.first, options.people, options.jobs, options.save, draw)
    except KioskError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def play_stories(files: list[Path], *, pictures: bool = False) -> int:
    """Play stories from files, and print what happened to each body and what the referee says.

    A story that is wrong does not keep the others from being played. See `main` for the result.
    """
    broken = wrong = 0
    for file in files:
        try:
            story = read_story(file)
            report = play(replace(story, pictures=story.pictures or pictures), ram())
        except KioskError as error:
            wrong += 1
            for line in str(error).splitlines():
                print(line if line.startswith(str(file)) else f"{file}: {line}", file=sys.stderr)
        else:
            broken += len(report.broken)
            print(narrative(report), flush=True)
    if broken:
        return 1
    return 2 if wrong else 0


def play_seeds(
    count: int, first: int, people: int | None, jobs: int, save: Path | None, draw: DrawStory = draw_story
) -> int:
    """Play `count` seeds from `first` on, print a table, and tell the shortest story of each kind of broken promise."""
    if save:
        _make_folder(save)
    began_s = time.monotonic()
    seeds = range(first, first + count)
    results = play_all(seeds, people, jobs, draw)
    _print_table(results, time.monotonic() - began_s)
    kinds: dict[str, int] = {}
    for result in results:
        for promise in result.broken:
            kinds.setdefault(promise, result.seed)
    for promise, seed in kinds.items():
        story = replace(shortest(draw(seed, people), promise), title=f"{promise} (seed {seed})")
        print(narrative(play(story, ram())))
        if save:
            file = save / f"{promise.replace(' ', '-')}.yaml"
            file.write_text(story.as_yaml(), encoding="utf-8")
            print(f"saved as {file}")
    return 1 if kinds else 0


def play_until_broken(count: int, first: int, people: int | None, draw: DrawStory = draw_story) -> int:
    """Play seeds one by one until a promise breaks; print the seed and its broken promises."""
    for seed in range(first, first + count):
        broken = play_seed(seed, people, draw).broken
        if broken:
            print(f"seed {seed}: {'; '.join(dict.fromkeys(broken))}")
            return 1
    print(f"{count} worlds: every promise was kept")
    return 0


def shortest(story: Story, promise: str) -> Story:
    """Return the shortest story that was found in which `promise` is broken."""

    def still_breaks(candidate: Story) -> bool:
        try:
            return any(one.promise == promise for one in play(candidate, ram()).broken)
        except KioskError:
            return False  # settings that do not fit together

    return shrink(story, still_breaks)


def _make_folder(folder: Path) -> None:
    """Make the folder for stories before any seed is played; raises `KioskError` if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise KioskError(f"--save {folder}: cannot be written ({error.strerror}); name another folder") from None


def _print_table(results: list[SeedResult], took_s: float) -> None:
    broken = Counter(promise for result in results for promise in set(result.broken))
    cpu_s = sum(result.cpu_s for result in results)
    visits, admissions = sum(result.visits for result in results), sum(result.admissions for result in results)
    entered = sum(result.entered for result in results)
    rate = f"{visits / cpu_s:.0f} visits a CPU second" if cpu_s else ""
    counts = f"{len(results)} worlds, {visits} visits, {admissions} admissions, {entered} bodies went through"
    print(f"{counts}; {took_s:.0f} s; {rate}")
    for promise, worlds in broken.most_common():
        first = next(result.seed for result in results if promise in result.broken)
        print(f"{worlds:6}  {promise} (first: seed {first})")
    if not broken:
        print("every promise was kept")


def _count(text: str) -> int:
    """Return the number of seeds, people or processes; raises `ArgumentTypeError` if it is below 1."""
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"is {text}; give at least 1")
    return count


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="script/worlds",
        description="Play worlds of people, doors and faults around the real kiosk; a referee judges bodies and pins.",
    )
    parser.add_argument("--story", type=Path, nargs="+", metavar="FILE", help="play these stories; see docs/worlds.md")
    parser.add_argument("--seeds", type=_count, default=200, metavar="N", help="play N drawn worlds (default: 200)")
    parser.add_argument("--from", dest="first", type=int, default=1, metavar="S", help="the first seed (default: 1)")
    parser.add_argument(
        "--people", type=_count, metavar="N", help="draw queues of N honest people instead of small crowds"
    )
    parser.add_argument(
        "--jobs",
        type=_count,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help="processes (default: one a processor)",
    )
    parser.add_argument(
        "--pictures", action="store_true", help="let the camera take pictures, which the real scanner reads"
    )
    parser.add_argument("--until-broken", action="store_true", help="stop at the first seed that breaks a promise")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep the shortest failing stories there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
