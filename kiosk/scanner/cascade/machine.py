"""The slowness of this machine, measured once at the start by work like that of the stages.

The costs of the stages were measured on one machine (docs/scanner.md). On another one they all take longer by
about the same factor, the *slowness*. It is the time of a fixed piece of work, divided by the time that this work took
on the measured machine. The work has the parts of which the stages consist: reading by zxing-cpp, locating by contours,
and sampling by the equaliser, on a small drawn symbol.

The work is repeated, and the shortest time counts, because other processes make it longer and nothing makes it shorter.
"""

import math
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.cascade.readers import zxing
from kiosk.scanner.symbol.code import codewords, standard
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.search import by_contours
from kiosk.scanner.symbol.sample import modules
from kiosk.scanner.symbol.sample.pose import Pose

WORK_MS = 8.0
"""Time of the work on the measured machine."""

MEASURE_MS, MAX_ROUNDS = 200.0, 5
"""The measurement ends after as many rounds, or when another round would go beyond this time."""

SLOWEST = 30.0
"""The largest result. A Raspberry Pi Zero 2 W is expected at 10."""

_VERSION, _MODULE_PX = 10, 5
_NOISE = 5.0  # grey levels, standard deviation; that of numbers spread evenly from 0 to 255 is 74


def measured_slowness(now_s: Callable[[], float]) -> float:
    """Return how many times slower this machine is, by the clock `now_s` in seconds; at least 1.

    It takes at most about 0.3 s, and one round on a machine that is too slow for that. Returns 1 for a clock that
    stands still.
    """
    picture, pose = _built_in_symbol()
    began_s, shortest_ms = now_s(), math.inf
    for _ in range(MAX_ROUNDS):
        round_s = now_s()
        _work(picture, pose)
        ended_s = now_s()
        shortest_ms = min(shortest_ms, (ended_s - round_s) * 1000.0)
        if not shortest_ms or (ended_s - began_s) * 1000.0 + shortest_ms > MEASURE_MS:
            break
    return min(max(shortest_ms / WORK_MS, 1.0), SLOWEST)


def _work(picture: Grey, pose: Pose) -> None:
    zxing()(picture)
    by_contours(picture)
    modules.equalise(picture, pose)


@cache
def _built_in_symbol() -> tuple[Grey, Pose]:
    """Return a picture of a symbol in weak noise, and the symbol's pose."""
    words = _scattered(len(standard.layout_of(_VERSION).data)).astype(np.uint8)
    symbol = np.pad(codewords.draw(words, _VERSION, "M", 0), standard.QUIET_ZONE)
    light = np.where(symbol, 60.0, 200.0).repeat(_MODULE_PX, 0).repeat(_MODULE_PX, 1)
    noise = (_scattered(light.size).reshape(light.shape) - 127.5) * (_NOISE / 74.0)
    noisy = cv2.GaussianBlur(light, (0, 0), 1.0) + noise
    corner = standard.QUIET_ZONE * _MODULE_PX
    matrix = np.array([[_MODULE_PX, 0, corner], [0, _MODULE_PX, corner], [0, 0, 1.0]])
    return np.clip(noisy, 0, 255).astype(np.uint8), Pose(_VERSION, matrix)


def _scattered(count: int) -> NDArray[np.float64]:
    """Return numbers from 0 to 255 without a pattern. NumPy's generator would take 3 MB of memory for this alone."""
    mixed = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)  # splitmix64 (Steele et al. 2014)
    return (mixed >> np.uint64(56)).astype(np.float64)
