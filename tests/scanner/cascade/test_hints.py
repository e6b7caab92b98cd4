"""Hints for codes that cannot be read, from their appearance alone, without a located symbol."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.scanner.cascade import hints
from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.symbol.grey import Grey
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
from tests.samples import examples
from tests.scanner.drawing import code, frame_with

TEXT = b"HC1:" + b"6BFOXN*TS0BI$ZD4N9:9S6RCVN5+O30K3/XIV0W23NTDEXWK G2EP4J0B3KLASMX8G:" * 3
"""57 modules."""

CODE = frame_with(code(TEXT, module_px=6, border=14), 340, 120)
"""A code on a lit page."""

CORNERS = ((424.0, 204.0), (766.0, 204.0), (766.0, 546.0), (424.0, 546.0))


def diagnose(frame: Grey) -> str:
    return hints.diagnose(frame, None)


def smeared(frame: Grey, length_px: int) -> Grey:
    kernel = np.eye(length_px, dtype=np.float32) / length_px
    return np.asarray(cv2.filter2D(frame, -1, kernel), np.uint8)


def tilted(frame: Grey) -> Grey:
    """Return the frame at a third of its width, as if it was tilted by 70 degrees."""
    narrow = cv2.resize(frame, None, fx=0.34, fy=1.0, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.copyMakeBorder(narrow, 0, 0, 400, 400, cv2.BORDER_REPLICATE), np.uint8)


def with_glare(frame: Grey) -> Grey:
    spot = frame.copy()
    cv2.circle(spot, (540, 340), 100, 255, -1)
    return np.maximum(spot, (frame * 0.9).astype(np.uint8))


def noisy(frame: Grey) -> Grey:
    noise = np.random.default_rng(1).normal(0.0, 3.0, frame.shape)
    return np.clip(frame + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("faulty", "hint"),
    [
        (lambda: CODE, hints.HOLD_STILL),
        (lambda: frame_with(code(b"KIOSK1:pass", module_px=14, border=6), 300, 100), hints.HOLD_STILL),
        (lambda: smeared(CODE, 20), hints.MOVING),
        (lambda: np.asarray(cv2.GaussianBlur(CODE, (0, 0), 5.0), np.uint8), hints.OUT_OF_FOCUS),
        (lambda: tilted(CODE), hints.TILTED),
        (lambda: with_glare((CODE * 0.85).astype(np.uint8)), hints.GLARE),
        (lambda: (CODE * 0.1).astype(np.uint8), hints.TOO_DARK),
        (lambda: np.clip(CODE + 215.0, 0, 255).astype(np.uint8), hints.TOO_BRIGHT),
        (lambda: frame_with(code(TEXT, module_px=2, border=12), 400, 200, ground=40), hints.TOO_SMALL),
        (lambda: frame_with(code(b"KIOSK1:pass", module_px=4, border=8), 400, 200, ground=40), hints.TOO_SMALL),
    ],
)
def test_each_fault_gives_its_hint(faulty: Callable[[], Grey], hint: str) -> None:
    assert diagnose(noisy(faulty())) == hint


@pytest.mark.parametrize("rolled_px", [(0, -500), (0, 620), (-300, 0), (280, 0)])
def test_a_code_that_is_partly_outside_of_the_picture_is_cut_off(rolled_px: tuple[int, int]) -> None:
    moved = np.array([[1.0, 0, rolled_px[1]], [0, 1, rolled_px[0]]])
    frame = cv2.warpAffine(CODE, moved, CODE.shape[::-1], borderMode=cv2.BORDER_CONSTANT, borderValue=128)
    assert diagnose(noisy(np.asarray(frame, np.uint8))) == hints.CUT_OFF


def test_a_large_version_is_too_small_at_a_size_at_which_others_are_not() -> None:
    """The symbol has 177 modules (version 40) of 1.6 px and covers more than `SMALL_SHARE` of the picture's width."""
    large = cv2.resize(code(b"x" * 2900, module_px=4, border=50), (443, 443), interpolation=cv2.INTER_AREA)
    assert diagnose(noisy(frame_with(np.asarray(large, np.uint8), 400, 140))) == hints.TOO_SMALL


def test_a_located_symbol_is_diagnosed_if_nothing_looks_like_a_code() -> None:
    """The symbol is inverted, without any light around it: dark modules on the black ground of a lit screen."""
    dark_mode = np.where(frame_with(255 - code(TEXT, module_px=6), 400, 200, ground=0) > 0, 200, 8).astype(np.uint8)
    assert diagnose(dark_mode) == ""
    assert hints.diagnose(dark_mode, CORNERS) == hints.HOLD_STILL


@pytest.mark.parametrize("left_px", [-900.0, 4000.0])
def test_a_symbol_located_outside_of_the_picture_is_cut_off(left_px: float) -> None:
    outside = tuple((x + left_px, y) for x, y in CORNERS)
    assert hints.diagnose(np.full((720, 1280), 90, np.uint8), outside) == hints.CUT_OFF


def stripes() -> Grey:
    return np.tile(np.where(np.arange(1280) % 12 < 6, 20, 230).astype(np.uint8), (720, 1))


def shirt() -> Grey:
    """Return a frame with a person in a bright checked shirt."""
    frame = DrawnView(Scene(CodeCarrier.PERSON, seed=4), 1280, 720).picture(0.0)
    weave = np.kron(np.random.default_rng(2).integers(0, 2, (60, 90)), np.ones((6, 6)))[:320, :500]
    frame[400:720, 400:900] = 120 + 60 * weave
    return frame


@pytest.mark.parametrize(
    "frame",
    [
        np.full((720, 1280), 60, np.uint8),
        np.full((720, 1280), 255, np.uint8),
        np.zeros((720, 1280), np.uint8),
        np.hstack([np.full((720, 600), 230, np.uint8), np.full((720, 680), 60, np.uint8)]),
        np.random.default_rng(0).integers(0, 256, (720, 1280), dtype=np.uint8),
        stripes(),
        shirt(),
        *(
            DrawnView(Scene(kind, seed=seed), 1280, 720).picture(0.0)
            for kind in (CodeCarrier.PERSON, CodeCarrier.NOTHING)
            for seed in (1, 2)
        ),
    ],
)
def test_a_picture_without_a_code_gives_no_hint(frame: Grey) -> None:
    assert diagnose(frame) == ""


@pytest.mark.parametrize("side_px", [21, 40, 4096])
def test_pictures_of_any_size_are_diagnosed(side_px: int) -> None:
    assert diagnose(np.full((side_px, side_px), 128, np.uint8)) == ""
    assert isinstance(hints.diagnose(np.eye(side_px, dtype=np.uint8) * 255, CORNERS), str)


@settings(max_examples=examples(60), deadline=None)
@given(
    corners=st.lists(st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)), min_size=4, max_size=4).map(tuple),
    size=st.tuples(st.integers(21, 90), st.integers(21, 90)),
    seed=st.integers(0, 9),
)
def test_any_corners_of_a_decoder_give_a_hint(corners: Corners, size: tuple[int, int], seed: int) -> None:
    small = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    for frame in (small, np.asarray(cv2.resize(small, (640, 360), interpolation=cv2.INTER_NEAREST), np.uint8)):
        assert hints.diagnose(frame, corners) in hints.HINTS
    assert hints.diagnose(small, None) in ("", *hints.HINTS)


@pytest.mark.parametrize("corners", [((9.0, 9.0),) * 4, ((9.0, 9.0), (400.0, 9.0)) * 2, ((639.0, 359.0),) * 4])
def test_corners_without_area_give_a_hint(corners: Corners) -> None:
    assert hints.diagnose(np.asarray(cv2.resize(CODE, (640, 360)), np.uint8), corners) in hints.HINTS
    assert hints.diagnose(np.full((360, 640), 90, np.uint8), corners) in hints.HINTS


def test_of_several_hints_motion_wins_and_else_the_most_frequent() -> None:
    assert hints.summarise([hints.GLARE, hints.MOVING, hints.GLARE]) == hints.MOVING
    assert hints.summarise([hints.GLARE, hints.TILTED, hints.TILTED]) == hints.TILTED
    assert hints.summarise([hints.GLARE, hints.TILTED]) == hints.TILTED
