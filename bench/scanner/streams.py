"""Streams of one second drawn from one picture, with a trembling hand, moving glare and rolling bands.

The grey values are converted to light. Each frame is made from the light by motion, bands, glare, blur and noise, and
converted to grey values again.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.scanner.symbol.grey import Grey

FRAMES = 30
FRAMES_HZ = 30.0
_GAMMA = 2.2


@dataclass(frozen=True, slots=True)
class Trouble:
    """The disturbances that change from frame to frame.

    glare: radius of the reflection, relative to the symbol's side. band: share of the light that dark rows lose.
    tremor_px: amplitude of the hand's tremor, which has 2 to 5 Hz. noise: grey levels, standard deviation.
    """

    glare: float = 0.0
    band: float = 0.0
    tremor_px: float = 6.0
    noise: float = 4.0


TROUBLES = {
    "still": Trouble(tremor_px=0.0),
    "tremor": Trouble(),
    "glare 0.3": Trouble(glare=0.3),
    "glare 0.4": Trouble(glare=0.4),
    "band 0.9": Trouble(band=0.9),
    "band 1.0": Trouble(band=1.0),
}


def stream(grey: Grey, quad: NDArray[np.float64], trouble: Trouble, seed: int) -> Iterator[Grey]:
    """Yield the frames of one second of a picture whose symbol has the corners `quad` (pixels)."""
    rng = np.random.default_rng(seed)
    light = ((grey / 255.0) ** _GAMMA).astype(np.float32)
    centre, side = quad.mean(0), float(np.sqrt(cv2.contourArea(quad.astype(np.float32))))
    swings = rng.uniform((2.0, 0.0), (5.0, 2 * math.pi), (4, 2))
    reach = np.array([trouble.tremor_px, trouble.tremor_px, 1.2, 0.015])
    period, roll = rng.uniform(50, 180), rng.uniform(60, 900)
    angle, drift = rng.uniform(0, 2 * math.pi), rng.uniform(0.6, 1.6) * side * rng.choice([-1, 1])
    aside = rng.uniform(-0.25, 0.25) * side
    flat = rng.uniform(0.5, 1.0)
    before = np.zeros(2)
    for number in range(FRAMES):
        at_s = number / FRAMES_HZ
        dx, dy, turn_deg, zoom = reach * np.sin(2 * math.pi * swings[:, 0] * at_s + swings[:, 1])
        move = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), turn_deg, 1 + zoom)
        move[:, 2] += dx, dy
        frame = cv2.warpAffine(light, move, grey.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        if trouble.band:
            rows = np.arange(grey.shape[0]) + roll * at_s
            dark = np.clip(0.5 + 1.2 * np.sin(2 * math.pi * rows / period), 0, 1)
            frame = frame * (1 - trouble.band * dark[:, None]).astype(np.float32)
        if trouble.glare:
            spot = centre + (at_s - 0.5) * drift * np.array([math.cos(angle), math.sin(angle)])
            spot = spot + aside * np.array([-math.sin(angle), math.cos(angle)])
            frame = frame + glare(grey.shape, spot, trouble.glare * side, flat)
        step = np.array([dx, dy]) - before if number else np.zeros(2)
        before = np.array([dx, dy])
        frame = smear(frame, step / 2)  # the shutter is open for half of the time
        seen = 255 * np.clip(frame, 0, 1) ** (1 / _GAMMA) + rng.normal(0, max(trouble.noise, 0.01), grey.shape)
        yield np.clip(seen, 0, 255).astype(np.uint8)


def glare(
    shape: tuple[int, ...], spot: NDArray[np.float64], radius: float, flat: float, turn: float = 0.0
) -> NDArray[np.float32]:
    """Return the light of a reflection at `spot`, shape `shape`.

    It has a radius of `radius` px, is `flat` times as high as wide, and is turned by `turn` radians.
    """
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    across, down = x - spot[0], y - spot[1]
    along = across * math.cos(turn) + down * math.sin(turn)
    aside = down * math.cos(turn) - across * math.sin(turn)
    far = (along / radius) ** 2 + (aside / (radius * flat)) ** 2
    found: NDArray[np.float32] = (4.0 * np.exp(-1.6 * far)).astype(np.float32)
    return found


def smear(frame: NDArray[np.float32], step: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the frame as exposed while it moves by `step` (x and y in px)."""
    length = float(np.hypot(*step))
    if length < 0.5:
        return frame
    size = math.ceil(length) | 1
    kernel = np.zeros((size + 2, size + 2), np.float32)
    middle = (size + 1) / 2
    for part in np.linspace(-0.5, 0.5, max(3, 8 * size)):
        x, y = middle + part * step[0], middle + part * step[1]
        left, top = int(x), int(y)
        right_share, lower_share = x - left, y - top
        kernel[top, left] += (1 - right_share) * (1 - lower_share)
        kernel[top, left + 1] += right_share * (1 - lower_share)
        kernel[top + 1, left] += (1 - right_share) * lower_share
        kernel[top + 1, left + 1] += right_share * lower_share
    smeared: NDArray[np.float32] = cv2.filter2D(frame, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)
    return smeared
