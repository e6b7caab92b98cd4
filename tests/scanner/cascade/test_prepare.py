"""Preparations that look at the picture first: a noisy picture is smoothed, and others stay as they are."""

import numpy as np
import pytest

from kiosk.scanner.cascade.prepare import calmed
from kiosk.scanner.cascade.readers import zxing
from kiosk.scanner.symbol.grey import Grey
from tests.scanner.drawing import code, frame_with


def noisy(grey: Grey, deviation: float) -> Grey:
    noise = np.random.default_rng(11).normal(0, deviation, grey.shape)
    return np.clip(grey + noise, 0, 255).astype(np.uint8)


def test_a_code_in_noise_is_read_after_the_picture_is_smoothed() -> None:
    picture = noisy(frame_with(code(b"NOISE"), 400, 300) // 4 + 60, 35.0)
    assert not zxing()(picture).codes
    assert [found.data for found in zxing()(calmed(picture)).codes] == [b"NOISE"]


@pytest.mark.parametrize(
    ("width_px", "height_px", "deviation"),
    [(1280, 720, 1.5), (640, 480, 25.0)],
    ids=["little noise", "a small picture"],
)
def test_a_calm_or_small_picture_stays_as_it_is(width_px: int, height_px: int, deviation: float) -> None:
    picture = noisy(np.full((height_px, width_px), 120, np.uint8), deviation)
    assert calmed(picture) is picture


@pytest.mark.parametrize("shape", [(720, 1280), (721, 1281), (719, 1279), (700, 1286)])
def test_pictures_of_odd_shapes_are_smoothed(shape: tuple[int, int]) -> None:
    picture = noisy(np.full(shape, 120, np.uint8), 25.0)
    assert calmed(picture).std() < 0.5 * picture.std()
