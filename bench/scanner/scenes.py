"""Scenes of one second before the camera, from the synthetic generator: 30 frames of one code.

Two kinds of scenes are made, because a real camera lies between them. `bench.scanner.approach` has a third kind.

*walked*: consecutive frames, in which only that changes which changes in reality. The generator draws the scene once,
without its disturbances, and the picture is converted to linear light. Each frame is made from this light by the
generator's own formulas in its own order. The hand trembles, and its speed blurs the frame; the mean blur is the draw's
`motion`. Glare of the draw's radius drifts through the place that the generator chose. Bands of the draw's depth roll.
Noise is new in each frame. Size, blur, tilt, haze, moire, exposure, cracks, page and paper stay.

*redrawn*: the generator draws each frame separately with the same text and factors. Glare, bands, the direction of the
tilt, cracks, moire and the background change from frame to frame. Centre, tilt and roll of the symbol stay, with a
small random variation.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.scanner.pictures import Corners, Job, draw
from bench.scanner.streams import FRAMES, FRAMES_HZ, glare, smear
from kiosk.scanner.symbol.grey import Grey

Light = NDArray[np.float32]

_GAMMA = 2.2
_VEIL = 0.02  # share of all light that is scattered over the frame
_HAZE_LIGHT = 0.8
_EXPOSURE = 0.8  # the generator's exposure if a draw has none
_CLEAN_EXPOSURE = 0.45  # light up to twice that of a white page is not clipped
_MOVING = {"motion": 0.0, "glare": 0.0, "band": 0.0, "haze": 0.0, "noise": 0.0, "expo": _CLEAN_EXPOSURE}

_SHUTTER = 0.5  # exposure time over the time between two frames
_TREMOR_HZ = (3.0, 6.0)
_SWAY_PX, _SWAY_HZ = 5.0, (0.3, 0.8)
_DRIFT = (0.3, 1.2)  # drift of the glare in a second, in sides of the symbol
_JITTER_PX, _JITTER_DEG = 6.0, 2.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame, and the seconds after the beginning of the stream at which the camera gave it."""

    at_s: float
    grey: Grey


def walked(synth: ModuleType, job: Job) -> tuple[Iterator[Shot], bytes]:
    """Return the frames of a second, each of which continues the last one, and the payload."""
    light, quad, payload = clean_light(synth, job)
    return in_time(_frames(light, quad, job.factors, np.random.default_rng(job.seed + 1))), payload


def clean_light(synth: ModuleType, job: Job) -> tuple[Light, Corners, bytes]:
    """Draw a scene without its moving disturbances. Return its light, the corners of the symbol, and the payload.

    The light of a white page is 1; the scattered light is removed.
    """
    grey, quad, payload = draw(synth, job, **_MOVING)
    seen = (grey / 255.0) ** _GAMMA
    light: Light = ((seen - seen.mean() * _VEIL / (1 + _VEIL)) / _CLEAN_EXPOSURE).clip(0).astype(np.float32)
    return light, quad, payload


def in_time(frames: Iterable[Grey]) -> Iterator[Shot]:
    """Yield the frames of a camera that is never late."""
    for number, grey in enumerate(frames):
        yield Shot(number / FRAMES_HZ, grey)


def redrawn(synth: ModuleType, job: Job) -> tuple[Iterator[Shot], bytes]:
    """Return the frames of a second, each drawn separately by the generator, and the payload."""
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

    return in_time(frames()), text.encode()


def _frames(light: Light, quad: Corners, factors: dict[str, Any], rng: np.random.Generator) -> Iterator[Grey]:
    motion, exposure = factors.get("motion", 0.0), factors.get("expo") or _EXPOSURE
    moves, steps = _tremor(rng, motion)
    spots = Spots(rng, quad)
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
        yield expose(smear(frame, step), exposure, factors.get("noise", 3.0), rng)


def _tremor(rng: np.random.Generator, motion: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each frame the pose of the hand (x and y in px, turn in degrees, zoom) and its blur (x, y in px)."""
    at_s = np.arange(FRAMES) / FRAMES_HZ
    hz, phase = rng.uniform(*_TREMOR_HZ, 4), rng.uniform(0, 2 * math.pi, 4)
    swings = np.sin(2 * math.pi * hz * at_s[:, None] + phase)
    speed = (2 * math.pi * hz / FRAMES_HZ * np.cos(2 * math.pi * hz * at_s[:, None] + phase))[:, :2] * _SHUTTER
    reach = motion / float(np.hypot(*speed.T).mean())
    sway = _SWAY_PX * np.sin(2 * math.pi * rng.uniform(*_SWAY_HZ, 2) * at_s[:, None] + rng.uniform(0, 2 * math.pi, 2))
    moves = swings * (reach, reach, 1.2, 0.015)
    moves[:, :2] += sway
    return moves, speed * reach


class Spots:
    """A reflection that drifts. In the middle of the second it is at the place where the generator would draw it."""

    def __init__(self, rng: np.random.Generator, quad: Corners) -> None:
        self._side = float(np.sqrt(cv2.contourArea(quad.astype(np.float32))))
        away, course = rng.uniform(0, 2 * math.pi, 2)
        self._middle = quad.mean(0) + rng.uniform(0.15, 0.40) * self._side * np.array([math.cos(away), math.sin(away)])
        self._drift = rng.uniform(*_DRIFT) * self._side * np.array([math.cos(course), math.sin(course)])
        self._flat, self._turn = rng.uniform(0.5, 1), rng.uniform(0, math.pi)

    def light(self, shape: tuple[int, ...], radius: float, number: float) -> Light:
        """Return its light in frame `number`, for a frame of `shape`; `radius` is in sides of the symbol."""
        spot = self._middle + (number / FRAMES - 0.5) * self._drift
        return glare(shape, spot, radius * self._side, self._flat, self._turn)


def expose(light: Light, exposure: float, noise: float, rng: np.random.Generator) -> Grey:
    """Return the frame of some light, as the generator's camera gives it: veiling flare, gamma, and noise."""
    exposed = light.clip(0) * np.float32(exposure)
    exposed = exposed + np.float32(_VEIL) * np.minimum(exposed, 8).mean()
    level = 255 * np.clip(exposed, 0, 1) ** np.float32(1 / _GAMMA)
    grain = rng.standard_normal(light.shape, np.float32) * np.float32(noise)
    seen: Grey = np.clip(level + grain * (0.6 + 0.4 * np.sqrt(level / 255)), 0, 255).astype(np.uint8)
    return seen
