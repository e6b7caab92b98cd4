"""Preparations: pictures made from a picture so that a decoder can read what it could not read before.

Each preparation is for one fault of codes at a door, which its docstring names. A `Prepare` takes and returns a grey
picture; it is pure and leaves its argument unchanged.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import cast

import cv2
import numpy as np

from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample.bands import REACH_PX, normalise_rows

Prepare = Callable[[Grey], Grey]

_MIN_NOISE = 4  # grey values between neighbours; below, smoothing takes longer than it saves
_NOISE_STEP = 8  # every n-th pixel of every n-th row is judged
_MIN_CALMED_PX = 500_000
_MIN_CONTRAST = 8.0  # grey values; less is noise


def same(grey: Grey) -> Grey:
    """Return the picture as it is."""
    return grey


def calmed(grey: Grey) -> Grey:
    """Smooth a large noisy picture: for dark scenes. Noise hides symbols from zxing-cpp and doubles its time.

    The noise is the median difference of neighbouring pixels, because most of a picture is not a code. Small pictures
    stay as they are: they take little time, and their modules may be as small as the grains of the noise.
    """
    if grey.size < _MIN_CALMED_PX:
        return grey
    left, right = grey[::_NOISE_STEP, :-1:_NOISE_STEP], grey[::_NOISE_STEP, 1::_NOISE_STEP]
    if np.median(cv2.absdiff(left, right)) < _MIN_NOISE:
        return grey
    return cast("Grey", cv2.GaussianBlur(grey, (3, 3), 0))


def gamma(exponent: float) -> Prepare:
    """Spread the dark tones (exponent below 1: dim screens) or the bright tones (above 1: glare, haze)."""
    return lambda grey: cast("Grey", cv2.LUT(grey, _gamma_table(exponent)))


@lru_cache(maxsize=8)
def _gamma_table(exponent: float) -> Grey:
    return np.rint(255.0 * (np.arange(256) / 255.0) ** exponent).astype(np.uint8)


def scaled(factor: float) -> Prepare:
    """Make the picture smaller against noise and moiré, or larger for codes of few pixels a module."""

    def prepare(grey: Grey) -> Grey:
        interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        return cast("Grey", cv2.resize(grey, None, fx=factor, fy=factor, interpolation=interpolation))

    return prepare


def stretched(grey: Grey) -> Grey:
    """Stretch the grey values to the range from black to white: for screens of little contrast."""
    dark, light = np.percentile(grey[::4, ::4], (2, 98))
    contrast = max(float(light - dark), _MIN_CONTRAST)
    table = np.clip((np.arange(256) - dark) * (255.0 / contrast), 0, 255).astype(np.uint8)
    return cast("Grey", cv2.LUT(grey, table))


def inverted(grey: Grey) -> Grey:
    """Return the negative: for light codes on a dark page."""
    return np.invert(grey)


def levelled(grey: Grey) -> Grey:
    """Bring every row to the same light and dark levels: for the bands of a screen that is dimmed by pulses."""
    return normalise_rows(grey, REACH_PX)


def both(first: Prepare, second: Prepare) -> Prepare:
    """Apply one preparation after the other."""
    return lambda grey: second(first(grey))
