"""Windows: the parts of a picture that may hold a symbol."""

import numpy as np
import pytest

from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.windows import find_windows
from tests.scanner.drawing import code, frame_with

PASS = b"KIOSK1:" + b"p" * 60


@pytest.mark.parametrize("module_px", [2, 3, 6, 15])
@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (2592, 1944)])
def test_a_symbol_lies_in_the_first_window(module_px: int, size: tuple[int, int]) -> None:
    picture = code(PASS, module_px)
    if min(size) < picture.shape[0]:
        return
    left, top = size[0] - picture.shape[1], (size[1] - picture.shape[0]) // 2
    window = find_windows(frame_with(picture, left, top, size))[0]
    quiet, side = 4 * module_px, picture.shape[0]
    assert window[0] <= left + quiet
    assert window[1] <= top + quiet
    assert window[2] >= left + side - quiet
    assert window[3] >= top + side - quiet
    assert (window[2] - window[0]) * (window[3] - window[1]) < 4 * (side + 80) ** 2


def test_a_symbol_of_little_contrast_has_a_window_beside_a_sharp_edge() -> None:
    grey = frame_with((code(PASS, 5) // 8 + 100).astype(np.uint8), 200, 200)
    grey[:, 900:] = 255
    assert any(w[0] <= 220 and w[1] <= 220 and w[2] >= 400 and w[3] >= 400 and w[2] < 900 for w in find_windows(grey))


@pytest.mark.parametrize(
    "grey",
    [
        np.zeros((720, 1280), np.uint8),
        np.full((720, 1280), 255, np.uint8),
        np.clip(np.random.default_rng(1).normal(120, 1.5, (720, 1280)), 0, 255).astype(np.uint8),
        np.tile(np.linspace(0, 255, 1280).astype(np.uint8), (720, 1)),
        np.zeros((2, 2), np.uint8),
        np.zeros((1, 900), np.uint8),
    ],
    ids=["black", "white", "faint noise", "slope", "2x2", "line"],
)
def test_a_picture_without_texture_has_no_window(grey: Grey) -> None:
    assert find_windows(grey) == []


def test_only_the_corners_of_a_bright_page_are_windows() -> None:
    grey = np.full((720, 1280), 40, np.uint8)
    grey[200:600, 300:900] = 230
    assert sum((w[2] - w[0]) * (w[3] - w[1]) for w in find_windows(grey)) < 0.02 * grey.size


def test_there_are_at_most_three_windows_inside_the_picture() -> None:
    rng = np.random.default_rng(2)
    grey = np.full((600, 900), 90, np.uint8)
    for left in range(20, 800, 130):
        grey[50:130, left : left + 80] = rng.integers(0, 256, (80, 80))
    found = find_windows(grey)
    assert len(found) == 3
    assert all(0 <= w[0] < w[2] <= 900 and 0 <= w[1] < w[3] <= 600 for w in found)
