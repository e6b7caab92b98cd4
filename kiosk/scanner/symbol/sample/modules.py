"""How dark each module of a symbol is, and how sure that is, once it is known where the symbol lies in the picture.

Two ways, each good at what the other is not: `two_levels` follows light and dark as they change over the symbol
(glare, bands), `equalise` takes back what blur and a coarse grid of pixels have mixed (defocus, motion, distance).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.code.codewords import Soft
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.pose import MARGIN, Pose, Values, flatten, level

SURE = 8.0  # a log-likelihood ratio is never believed beyond this: one module in 3,000 lies

_SAMPLES = 3  # on each side of a module
_DEAD = 6.0  # grey values between light and dark under which nothing can be told
_BOTH = 0.2  # share of the rarer colour in a neighbourhood from which on what is seen there is believed
_READING_NOISE = 4.0  # grey values
_GAMMA = 2.2  # about that of every camera (IEC 61966-2-1); blur adds up light, not grey values
_REACH = 5  # samples beyond the module's own from which the equaliser draws: two modules to each side
_REACH_TOGETHER = 3  # the same where several pictures are drawn on: the time goes with the square of all samples
_ROUNDS = 3
_LESSONS = 3000  # modules to learn from; more cost time and teach little
_MODESTY = 1.5  # 2 for noise of a normal distribution; a filter looks better on what it was learnt from than it is
_RIDGE = 0.004  # for an equaliser that is bold enough for a blur of two modules

_LINEAR = ((np.arange(256) / 255.0) ** _GAMMA * 255).astype(np.float32)


def two_levels(grey: Grey, place: Pose) -> Soft:
    """Light and dark as two levels that change slowly over the symbol, each with its own spread."""
    flat = flatten(grey, place, _SAMPLES, 0)
    values = cv2.resize(flat, (place.size,) * 2, interpolation=cv2.INTER_AREA)
    result = cv2.resize(level(flat, _SAMPLES, 5), (place.size,) * 2, interpolation=cv2.INTER_AREA)
    for _ in range(_ROUNDS):
        dark, dark_spread = _level(values, result > 0)
        light, light_spread = _level(values, result <= 0)
        result = _distance(values, light, light_spread) - _distance(values, dark, dark_spread)
        result = np.where(values >= light, np.minimum(result, 0), result)
        result = np.where(values <= dark, np.maximum(result, 0), result)
        result = np.where(light - dark < _DEAD, 0, result).astype(np.float32)
    return _doubted(result)


def _doubted(result: Values) -> Soft:
    """Less sure where all is light, or all dark: a mask (clause 7.8) leaves no such places, so it is glare or night."""
    dark = cv2.GaussianBlur((result > 0).astype(np.float32), (0, 0), 2.0)
    told = np.clip(np.minimum(dark, 1 - dark) / _BOTH, 0, 1)
    believed: Soft = (np.clip(result, -SURE, SURE) * told).astype(np.float32)
    return believed


def _level(values: Values, chosen: NDArray[np.bool_]) -> tuple[Values, Values]:
    """Mean and variance of the chosen modules around each place, the near ones counting most."""
    share = chosen.astype(np.float32)
    weight = cv2.GaussianBlur(share, (0, 0), 1.8) + 1e-4
    mean = cv2.GaussianBlur(values * share, (0, 0), 1.8) / weight
    spread: Values = cv2.GaussianBlur((values - mean) ** 2 * share, (0, 0), 1.8) / weight
    return mean, spread + np.float32(_READING_NOISE**2)


def _distance(values: Values, mean: Values, spread: Values) -> Values:
    away: Values = ((values - mean) ** 2 / spread + np.log(spread)) * np.float32(0.5)
    return away


def equalise(grey: Grey, place: Pose) -> Soft:
    """A linear filter learnt from the modules whose colour the standard fixes, then from the ones it made sure of."""
    return equalise_together([sampled(grey, place)], place.version)


def sampled(grey: Grey, place: Pose) -> Values:
    """The light of the symbol seen straight on, from 1 (dark) to -1, as an equaliser takes it."""
    return level(_LINEAR[flatten(grey, place, _SAMPLES).astype(np.uint8)], _SAMPLES)


def equalise_together(pictures: Sequence[Values], version: int) -> Soft:
    """The same for several `sampled` pictures of one symbol: a filter for each, learnt together, and the sum of what
    they let through. What motion took away along one direction is drawn from a picture smeared along another one.
    """
    layout = standard.layout_of(version)
    n = layout.size
    wanted = np.where(layout.colour, 1.0, -1.0).astype(np.float32)
    weight = layout.known.astype(np.float32)
    reach = _REACH if len(pictures) == 1 else _REACH_TOGETHER
    windows = np.column_stack([_windows(seen, n, reach) for seen in pictures])
    for _ in range(_ROUNDS):
        kernel, offset = _learn(windows, wanted.ravel(), weight.ravel())
        guess = (windows @ kernel + offset).reshape(n, n)
        wanted = np.where(layout.known, wanted, np.where(guess > 0, 1, -1)).astype(np.float32)
        weight = np.where(layout.known, 1, np.minimum(np.abs(guess), 1)).astype(np.float32)
    noise = cv2.GaussianBlur((wanted - guess) ** 2, (0, 0), 2.0) + 0.01
    return _doubted(_MODESTY * guess / noise)


def _windows(seen: Values, modules: int, reach: int) -> Values:
    """What surrounds each module of a sampled picture: a row for a module."""
    width, first = _SAMPLES + 2 * reach, MARGIN * _SAMPLES - reach
    all_of = np.lib.stride_tricks.sliding_window_view(seen, (width, width))
    chosen = all_of[first:, first:][: modules * _SAMPLES : _SAMPLES, : modules * _SAMPLES : _SAMPLES]
    found: Values = chosen.reshape(modules**2, width**2)
    return found


def _learn(windows: Values, wanted: Values, weight: Values) -> tuple[Values, float]:
    """Ridge regression of the wanted colours on their windows: the kernel, and the offset."""
    chosen = np.nonzero(weight > 0.3)[0]
    if len(chosen) > _LESSONS:
        chosen = chosen[np.linspace(0, len(chosen) - 1, _LESSONS).astype(int)]
    lessons = np.column_stack([windows[chosen], np.ones(len(chosen), np.float32)])
    weighted = lessons * weight[chosen, None]
    ridge = _RIDGE * weight[chosen].sum() * np.eye(lessons.shape[1], dtype=np.float32)
    solved = np.linalg.solve(weighted.T @ lessons + ridge, weighted.T @ wanted[chosen])
    return solved[:-1].astype(np.float32), float(solved[-1])
