"""Drawn backgrounds in grey: an entrance hall out of focus, and a person before the camera; determined by a seed."""

from functools import lru_cache
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.scanner.symbol.grey import Grey

MARK = "SIMULASI"
"""The text that is drawn into every simulated frame."""

NOISE_MARGIN_PX = 64
"""The field of noise is larger than a frame by this much; each frame takes another part of it."""

MAX_KEPT = 32
"""Backgrounds and fields of noise that are kept, because drawing them takes longer than all the rest of a frame."""


def entrance_hall(width_px: int, height_px: int, seed: int) -> Grey:
    """Return an empty entrance hall out of focus: wall, floor, columns, a bright doorway, lamps, and a vignette."""
    rng = np.random.default_rng(seed)
    wide, high = width_px // 4, height_px // 4
    horizon = int(high * rng.uniform(0.62, 0.75))
    picture = np.full((high, wide), rng.uniform(70, 130), np.float32)
    picture[horizon:] = rng.uniform(40, 80)
    for _ in range(int(rng.integers(3, 7))):
        left, width = int(rng.integers(0, wide)), int(rng.integers(6, wide // 8 + 7))
        cv2.rectangle(picture, (left, 0), (left + width, horizon), float(rng.uniform(50, 160)), -1)
    door_left = int(rng.integers(0, max(wide - wide // 5, 1)))
    cv2.rectangle(picture, (door_left, high // 5), (door_left + wide // 6, horizon), 205.0, -1)
    for _ in range(int(rng.integers(1, 4))):
        lamp = (int(rng.integers(0, wide)), int(rng.integers(0, high // 4)))
        cv2.circle(picture, lamp, int(rng.integers(3, 9)), 250.0, -1)
    picture = cv2.GaussianBlur(picture, (0, 0), 2.5)
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j].astype(np.float32)
    picture *= 1.0 - 0.18 * (x * x + y * y)  # vignette
    return cast("Grey", cv2.resize(np.clip(picture, 0, 255).astype(np.uint8), (width_px, height_px)))


@lru_cache(MAX_KEPT)
def background(width_px: int, height_px: int, seed: int, with_person: bool) -> Grey:
    """Return an entrance hall, with a person or without; it is kept and must not be changed."""
    picture = entrance_hall(width_px, height_px, seed)
    if with_person:
        add_person(picture, seed)
    return picture


@lru_cache(MAX_KEPT)
def noise_field(width_px: int, height_px: int, seed: int, deviation: float) -> npt.NDArray[np.int8]:
    """Return the noise of a sensor, with a standard deviation in grey levels; it is kept and must not be changed."""
    size = (height_px + NOISE_MARGIN_PX, width_px + NOISE_MARGIN_PX)
    return np.clip(np.random.default_rng((seed, 4)).normal(0.0, deviation, size), -127, 127).astype(np.int8)


def add_person(picture: Grey, seed: int) -> None:
    """Draw the head, hair and shoulders of a person into the picture, at about arm's length."""
    rng = np.random.default_rng((seed, 1))
    high, wide = picture.shape
    centre_x = int(wide * rng.uniform(0.4, 0.6))
    head_y, head = int(high * rng.uniform(0.26, 0.34)), int(high * rng.uniform(0.13, 0.17))
    skin, hair, cloth = (int(rng.integers(*span)) for span in ((105, 190), (20, 80), (40, 200)))
    layer = np.zeros_like(picture)
    mask = np.zeros_like(picture)
    for target, tones in ((layer, (cloth, skin, hair, skin)), (mask, (255,) * 4)):
        shoulders = (int(head * 2.3), int(high * 0.55))
        cv2.ellipse(target, (centre_x, head_y + head + shoulders[1]), shoulders, 0, 0, 360, tones[0], -1)
        cv2.rectangle(target, (centre_x - head // 3, head_y), (centre_x + head // 3, head_y + head * 2), tones[1], -1)
        cv2.ellipse(
            target, (centre_x, head_y - head // 5), (int(head * 0.84), int(head * 1.08)), 0, 0, 360, tones[2], -1
        )
        cv2.ellipse(
            target, (centre_x, head_y + head // 8), (int(head * 0.72), int(head * 0.95)), 0, 0, 360, tones[3], -1
        )
    layer, mask = cv2.GaussianBlur(layer, (0, 0), 3.0), cv2.GaussianBlur(mask, (0, 0), 3.0)
    opacity = mask.astype(np.float32) / 255.0
    # The layer was blurred against black; dividing by its own opacity restores its tone.
    tone = np.minimum(layer / np.maximum(opacity, 1e-3), 255.0)
    picture[:] = (picture * (1.0 - opacity) + tone * opacity).astype(np.uint8)


def add_arm(picture: Grey, hand: tuple[float, float], width_px: float, seed: int) -> None:
    """Draw a forearm from the lower edge up to the point `hand` (x, y)."""
    rng = np.random.default_rng((seed, 2))
    high, wide = picture.shape
    elbow_x = hand[0] + rng.uniform(-0.25, 0.25) * wide
    half = width_px / 2
    shape = np.array(
        [
            (elbow_x - half * 1.5, high),
            (elbow_x + half * 1.5, high),
            (hand[0] + half, hand[1]),
            (hand[0] - half, hand[1]),
        ]
    )
    cv2.fillConvexPoly(picture, shape.astype(np.int32), int(rng.integers(100, 180)), cv2.LINE_AA)


def add_mark(picture: Grey) -> None:
    """Draw `MARK` into the picture."""
    scale = picture.shape[0] / 720
    at = (int(12 * scale), picture.shape[0] - int(12 * scale))
    cv2.putText(picture, MARK, at, cv2.FONT_HERSHEY_SIMPLEX, 0.7 * scale, 210, max(1, round(2 * scale)), cv2.LINE_AA)
