"""Seconds before the camera of what the generator draws: 30 frames of one scene in which moves what moves in the world.

`walked`: the scene is drawn once without what moves, and each frame made from its light, in the generator's own order
and by its own formulas. The hand trembles, and its speed smears the frame: on average by the draw's `motion`, hardly
where the hand turns back. Glare of the draw's radius drifts through the place the generator chose, bands of the draw's
depth roll, noise is new each time. Size, blur, tilt, haze, moire, exposure, cracks, page and paper stay.

`redrawn`: the generator is called for each frame with the same text and factors: glare, bands, the tilt's direction,
cracks, moire and the room behind jump; only the middle of the symbol, its tilt and its roll are kept but for a tremor.
"""

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.scan_pictures import Corners, Job, draw
from bench.streams import FRAMES, FRAMES_HZ, glare, smear
from kiosk.scanner.symbol.grey import Grey

Light = NDArray[np.float32]

_GAMMA = 2.2
_VEIL = 0.02  # of all light, scattered over the frame
_HAZE_LIGHT = 0.8
_EXPOSURE = 0.8  # the generator's, where a draw names none
_CLEAN_EXPOSURE = 0.45  # nothing clips up to twice a white page's light
_MOVING = {"motion": 0.0, "glare": 0.0, "band": 0.0, "haze": 0.0, "noise": 0.0, "expo": _CLEAN_EXPOSURE}

_SHUTTER = 0.5  # of the time between two frames
_TREMOR_HZ = (3.0, 6.0)
_SWAY_PX, _SWAY_HZ = 5.0, (0.3, 0.8)
_DRIFT = (0.3, 1.2)  # sides of the symbol that glare drifts in the second
_JITTER_PX, _JITTER_DEG = 6.0, 2.0


def walked(synth: ModuleType, job: Job) -> tuple[Iterator[Grey], bytes]:
    """The frames of a second, each following from the last, and the payload."""
    grey, quad, payload = draw(synth, job, **_MOVING)
    return _frames(_light(grey), quad, job.factors, np.random.default_rng(job.seed + 1)), payload


def redrawn(synth: ModuleType, job: Job) -> tuple[Iterator[Grey], bytes]:
    """The frames of a second, each drawn by the generator anew, and the payload."""
    rng = np.random.default_rng(job.seed + 1)
    text = synth.payload(job.kind, rng)
    side = job.factors.get("side", 420)
    reach = np.clip((0.5 * synth.W - 0.62 * side, 0.5 * synth.H - 0.62 * side), 0, (220, 120))
    middle = np.array([synth.W, synth.H]) / 2 + rng.uniform(-1, 1, 2) * reach
    tilt, roll = job.factors.get("tilt", rng.uniform(0, 15)), job.factors.get("roll", rng.uniform(-15, 15))
    roll = rng.uniform(0, 360) if roll == "any" else roll

    def frames() -> Iterator[Grey]:
        for number in range(FRAMES):
            x, y = middle + rng.normal(0, _JITTER_PX, 2)
            lean, turn = rng.normal(0, _JITTER_DEG, 2)
            pose = {"centre": (x, y), "tilt": max(0.0, tilt + lean), "roll": roll + turn, "text": text}
            yield draw(synth, Job("", "", job.kind, job.factors, job.seed + 1000 * number), **pose)[0]

    return frames(), text.encode()


KINDS = {"walked": walked, "redrawn": redrawn}


def _light(grey: Grey) -> Light:
    """The light of a white page is 1; the veil is taken off again."""
    seen = (grey / 255.0) ** _GAMMA
    light: Light = ((seen - seen.mean() * _VEIL / (1 + _VEIL)) / _CLEAN_EXPOSURE).clip(0).astype(np.float32)
    return light


def _frames(light: Light, quad: Corners, factors: dict[str, Any], rng: np.random.Generator) -> Iterator[Grey]:
    motion, exposure = factors.get("motion", 0.0), factors.get("expo") or _EXPOSURE
    moves, steps = _tremor(rng, motion)
    spots = _Spots(rng, quad)
    period, phase, roll = rng.uniform(50, 180), rng.uniform(0, 180), rng.uniform(60, 900)
    rows = np.arange(light.shape[0])[:, None]
    centre = quad.mean(0)
    for number, (move, step) in enumerate(zip(moves, steps, strict=True)):
        dx, dy, turn_deg, zoom = move
        matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), float(turn_deg), 1 + float(zoom))
        matrix[:, 2] += dx, dy
        frame = cv2.warpAffine(light, matrix, light.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        if factors.get("band"):
            dark = np.clip(0.5 + 1.2 * np.sin(2 * math.pi * (rows + phase + roll * number / FRAMES_HZ) / period), 0, 1)
            frame = frame * (1 - factors["band"] * dark).astype(np.float32)
        if factors.get("haze"):
            frame = frame * (1 - factors["haze"]) + factors["haze"] * _HAZE_LIGHT
        if factors.get("glare"):
            frame = frame + spots.light(light.shape, factors["glare"], number)
        yield _seen(smear(frame, step), exposure, factors.get("noise", 3.0), rng)


def _tremor(rng: np.random.Generator, motion: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each frame where the hand is (x and y in px, turn in degrees, zoom), and its smear (x and y in px)."""
    at_s = np.arange(FRAMES) / FRAMES_HZ
    hz, phase = rng.uniform(*_TREMOR_HZ, 4), rng.uniform(0, 2 * math.pi, 4)
    swings = np.sin(2 * math.pi * hz * at_s[:, None] + phase)
    speed = (2 * math.pi * hz / FRAMES_HZ * np.cos(2 * math.pi * hz * at_s[:, None] + phase))[:, :2] * _SHUTTER
    reach = motion / float(np.hypot(*speed.T).mean())
    sway = _SWAY_PX * np.sin(2 * math.pi * rng.uniform(*_SWAY_HZ, 2) * at_s[:, None] + rng.uniform(0, 2 * math.pi, 2))
    moves = swings * (reach, reach, 1.2, 0.015)
    moves[:, :2] += sway
    return moves, speed * reach


class _Spots:
    """A reflection that drifts; in the middle of the second it is where the generator would have put it."""

    def __init__(self, rng: np.random.Generator, quad: Corners) -> None:
        self._side = float(np.sqrt(cv2.contourArea(quad.astype(np.float32))))
        away, course = rng.uniform(0, 2 * math.pi, 2)
        self._middle = quad.mean(0) + rng.uniform(0.15, 0.40) * self._side * np.array([math.cos(away), math.sin(away)])
        self._drift = rng.uniform(*_DRIFT) * self._side * np.array([math.cos(course), math.sin(course)])
        self._flat, self._turn = rng.uniform(0.5, 1), rng.uniform(0, math.pi)

    def light(self, shape: tuple[int, ...], radius: float, number: int) -> Light:
        """Its light in the frame of this number; `radius` over the symbol's side."""
        spot = self._middle + (number / FRAMES - 0.5) * self._drift
        return glare(shape, spot, radius * self._side, self._flat, self._turn)


def _seen(light: Light, exposure: float, noise: float, rng: np.random.Generator) -> Grey:
    """What the generator's camera makes of light: veiling flare, gamma, and noise that grows with the level."""
    exposed = light.clip(0) * np.float32(exposure)
    exposed = exposed + np.float32(_VEIL) * np.minimum(exposed, 8).mean()
    level = 255 * np.clip(exposed, 0, 1) ** np.float32(1 / _GAMMA)
    grain = rng.standard_normal(light.shape, np.float32) * np.float32(noise)
    seen: Grey = np.clip(level + grain * (0.6 + 0.4 * np.sqrt(level / 255)), 0, 255).astype(np.uint8)
    return seen
