"""The approach of a phone to the camera, in two seconds: what a camera of a door sees, from the first frame on.

The generator draws the scene once, and the picture is converted to linear light as in `bench.scanner.scenes`. Each
frame is made from this light:

* *The phone comes in.* It starts aside and farther away, and arrives after 0.5 to 0.9 s on a path without jerk.
* *The hand trembles* in several frequencies at once: sway below 1 Hz, tremor of 3 to 6 Hz, and the finer physiological
  tremor of 8 to 12 Hz. The mean smear after the arrival is the draw's `motion`.
* *Focus and exposure settle.* The lens starts out of focus and overshoots once; the exposure starts one to two and a
  half stops too bright, because the camera was exposed for a dark room, and approaches that of the draw.
* *A rolling shutter skews.* The rows of a frame are exposed one after the other over 15 to 28 ms, so a phone that moves
  is sheared.
* *Late frames are dropped.* The time between two frames is uneven, and one frame of twelve is lost on its way.

Glare, bands, haze and noise are those of `bench.scanner.scenes`. The amounts are plausible, not measured on a camera.
"""

import math
from collections.abc import Iterator
from types import ModuleType

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.scanner.pictures import Corners, Job
from bench.scanner.scenes import Light, Shot, Spots, clean_light, expose
from bench.scanner.streams import FRAMES_HZ, smear

SECONDS = 2.0

_ARRIVAL_S = (0.5, 0.9)
_START_ZOOM = (0.45, 0.7)
_START_ASIDE_PX = (250.0, 450.0)

_SWAY_PX, _SWAY_HZ = 6.0, (0.3, 0.8)
_TREMOR_HZ = ((3.0, 6.0), (8.0, 12.0))
_TREMOR_SHARES = (1.0, 0.25)  # of the amplitude

_BLUR_PX, _FOCUS_S, _FOCUS_HZ = (4.0, 9.0), (0.12, 0.3), (0.8, 1.6)
_OVER_STOPS, _EXPOSURE_S = (1.0, 2.5), (0.15, 0.4)
_SHUTTER = 0.5  # exposure time over the time between two frames
_READOUT_S = (0.015, 0.028)  # from the first row to the last one
_LATE_S, _LOST_SHARE = 0.006, 1 / 12


def approach(synth: ModuleType, job: Job) -> tuple[Iterator[Shot], bytes]:
    """Return the frames of two seconds in which the drawn code comes in, and its payload."""
    light, quad, payload = clean_light(synth, job)
    return _shots(light, quad, job, np.random.default_rng(job.seed + 2)), payload


def _shots(light: Light, quad: Corners, job: Job, rng: np.random.Generator) -> Iterator[Shot]:
    hand, spots = _Hand(rng, job.factors.get("motion", 0.0)), Spots(rng, quad)
    blur_px, focus_s, focus_hz = rng.uniform(*_BLUR_PX), rng.uniform(*_FOCUS_S), rng.uniform(*_FOCUS_HZ)
    over_stops, exposure_s = rng.uniform(*_OVER_STOPS), rng.uniform(*_EXPOSURE_S)
    readout_s, period, roll = rng.uniform(*_READOUT_S), rng.uniform(50, 180), rng.uniform(60, 900)
    rows, (height, width) = np.arange(light.shape[0])[:, None], light.shape
    centre = quad.mean(0)
    for number in range(round(SECONDS * FRAMES_HZ)):
        at_s = number / FRAMES_HZ + float(abs(rng.normal(0, _LATE_S)))
        if rng.random() < _LOST_SHARE:
            continue
        x, y, turn_deg, zoom = hand.pose(at_s)
        speed = (hand.pose(at_s + 0.002)[:2] - hand.pose(at_s - 0.002)[:2]) / 0.004  # px/s
        matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), float(turn_deg), float(zoom))
        matrix[:, 2] += x, y
        skew = np.outer(speed, (0.0, readout_s / height))
        matrix = (np.eye(2) + skew) @ matrix - np.column_stack([np.zeros((2, 2)), skew @ (0.0, height / 2)])
        frame = cv2.warpAffine(light, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        if job.factors.get("band"):
            dark = np.clip(0.5 + 1.2 * np.sin(2 * math.pi * (rows + roll * at_s) / period), 0, 1)
            frame = frame * (1 - job.factors["band"] * dark).astype(np.float32)
        if job.factors.get("haze"):
            frame = frame * (1 - job.factors["haze"]) + job.factors["haze"] * 0.8
        if job.factors.get("glare"):
            frame = frame + spots.light((height, width), job.factors["glare"], at_s * FRAMES_HZ / 2)
        radius = abs(blur_px * math.exp(-at_s / focus_s) * math.cos(2 * math.pi * focus_hz * at_s))
        frame = smear(_defocused(frame, radius), speed * _SHUTTER / FRAMES_HZ)
        stops = over_stops * math.exp(-at_s / exposure_s)
        exposure = (job.factors.get("expo") or 0.8) * 2.0**stops
        yield Shot(at_s, expose(frame, exposure, job.factors.get("noise", 3.0), rng))


class _Hand:
    """The hand with the phone: its pose at any time."""

    def __init__(self, rng: np.random.Generator, motion: float) -> None:
        self._arrival_s = rng.uniform(*_ARRIVAL_S)
        self._zoom, angle = rng.uniform(*_START_ZOOM), rng.uniform(0, 2 * math.pi)
        self._aside = rng.uniform(*_START_ASIDE_PX) * np.array([math.cos(angle), math.sin(angle)])
        self._hz = np.array([rng.uniform(*range_hz, 4) for range_hz in _TREMOR_HZ])
        self._phase = rng.uniform(0, 2 * math.pi, self._hz.shape)
        self._sway_hz, self._sway_phase = rng.uniform(*_SWAY_HZ, 2), rng.uniform(0, 2 * math.pi, 2)
        at_s = np.arange(0, 2, 0.01)[:, None, None]
        turning = 2 * math.pi * self._hz
        speed = (np.array(_TREMOR_SHARES)[:, None] * turning * np.cos(turning * at_s + self._phase)).sum(1)[:, :2]
        smear_px = float(np.hypot(*speed.T).mean()) * _SHUTTER / FRAMES_HZ
        self._reach = np.array([motion / smear_px, motion / smear_px, 1.2, 0.015])

    def pose(self, at_s: float) -> NDArray[np.float64]:
        """Return x and y in px, turn in degrees, and zoom (1 after the arrival)."""
        swings = np.sin(2 * math.pi * self._hz * at_s + self._phase)
        pose: NDArray[np.float64] = (np.array(_TREMOR_SHARES)[:, None] * swings).sum(0) * self._reach
        pose[:2] += _SWAY_PX * np.sin(2 * math.pi * self._sway_hz * at_s + self._sway_phase)
        done = min(at_s / self._arrival_s, 1.0)
        left = 1 - done**3 * (10 - 15 * done + 6 * done**2)  # the path of least jerk (Flash and Hogan 1985)
        pose[:2] += left * self._aside
        pose[3] += 1 + left * (self._zoom - 1)
        return pose


def _defocused(frame: Light, radius: float) -> Light:
    """Return the frame blurred by a disc of `radius` px."""
    if radius < 0.3:
        return frame
    reach = math.ceil(radius) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    blurred: Light = cv2.filter2D(frame, -1, disc / disc.sum(), borderType=cv2.BORDER_REPLICATE)
    return blurred
