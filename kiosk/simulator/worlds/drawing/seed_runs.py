"""Many seeds, in several processes: each world is played by itself, and its result is all that comes back.

Rule: the processes are new ones and no copies of this one. OpenCV's threads do not survive a fork(2), and a copy would
wait for them for ever. A new process imports its work by name, so the work does not stand in `__main__`.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from kiosk.simulator.worlds.pictures.crowd import with_pictures
from kiosk.simulator.worlds.play import play
from kiosk.simulator.worlds.seeds import draw_story
from kiosk.simulator.worlds.story import Story

RAM = Path("/dev/shm")  # noqa: S108 - each world makes a folder of its own there

DrawStory = Callable[[int, int | None], Story]
"""Draws the story of a seed, for a queue of so many people or for a small crowd."""

CHUNK = 20
"""Seeds that a process takes at a time."""


@dataclass(frozen=True, slots=True)
class SeedResult:
    """The result of one seed: broken promises in the order in which they broke, and its processor time."""

    seed: int
    broken: tuple[str, ...]
    visits: int
    admissions: int
    entered: int
    cpu_s: float


def play_all(seeds: Sequence[int], people: int | None, jobs: int, draw: DrawStory) -> list[SeedResult]:
    """Play every seed, in `jobs` processes, and return the results in the order of the seeds."""
    each = partial(play_seed, people=people, draw=draw)
    if jobs == 1:
        return [each(seed) for seed in seeds]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(each, seeds, chunksize=min(CHUNK, max(len(seeds) // (4 * jobs), 1))))


def with_drawn_pictures(seed: int, people: int | None = None) -> Story:
    """Return the story of `seed` as `draw_story` does, with pictures."""
    return with_pictures(draw_story(seed, people))


def play_seed(seed: int, people: int | None = None, draw: DrawStory = draw_story) -> SeedResult:
    """Play the world of one seed."""
    logging.disable(logging.CRITICAL)
    began_s = time.process_time()
    report = play(draw(seed, people), ram())
    cpu_s = time.process_time() - began_s
    broken = tuple(one.promise for one in report.broken)
    return SeedResult(seed, broken, report.visits, report.admissions, report.entered, cpu_s)


def ram() -> Path | None:
    """Return a folder in memory, in which the worlds' cards lie; None if this machine has none."""
    return RAM if RAM.is_dir() else None
