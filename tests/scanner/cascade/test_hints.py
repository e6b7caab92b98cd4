"""What is said of a code that cannot be read, by what is seen of it; nobody located it."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.scanner.cascade import hints
from kiosk.scanner.cascade.readers import Corners
from kiosk.scanner.symbol.grey import Grey
from kiosk.simulator.phone import Booth, CodeCarrier, Scene
from tests.scanner.drawing import code, frame_with

TEXT = b"HC1:" + b"6BFOXN*TS0BI$ZD4N9:9S6RCVN5+O30K3/XIV0W23NTDEXWK G2EP4J0B3KLASMX8G:" * 3
"""57 modules."""

CODE = frame_with(code(TEXT, module_px=6, border=14), 340, 120)
"""On a lit page."""

PLACE = ((424.0, 204.0), (766.0, 204.0), (766.0, 546.0), (424.0, 546.0))


def told(frame: Grey) -> str:
    return hints.diagnose(frame, None)


def smeared(frame: Grey, length_px: int) -> Grey:
    kernel = np.eye(length_px, dtype=np.float32) / length_px
    return np.asarray(cv2.filter2D(frame, -1, kernel), np.uint8)


def leaning(frame: Grey) -> Grey:
    """Its width a third of what it was, as at 70 degrees."""
    narrow = cv2.resize(frame, None, fx=0.34, fy=1.0, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.copyMakeBorder(narrow, 0, 0, 400, 400, cv2.BORDER_REPLICATE), np.uint8)


def dazzled(frame: Grey) -> Grey:
    spot = frame.copy()
    cv2.circle(spot, (540, 340), 100, 255, -1)
    return np.maximum(spot, (frame * 0.9).astype(np.uint8))


def noisy(frame: Grey) -> Grey:
    noise = np.random.default_rng(1).normal(0.0, 3.0, frame.shape)
    return np.clip(frame + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("spoilt", "hint"),
    [
        (lambda: CODE, hints.HOLD_STILL),
        (lambda: frame_with(code(b"KIOSK1:pass", module_px=14, border=6), 300, 100), hints.HOLD_STILL),
        (lambda: smeared(CODE, 20), hints.MOVING),
        (lambda: np.asarray(cv2.GaussianBlur(CODE, (0, 0), 5.0), np.uint8), hints.OUT_OF_FOCUS),
        (lambda: leaning(CODE), hints.TILTED),
        (lambda: dazzled((CODE * 0.85).astype(np.uint8)), hints.GLARE),
        (lambda: (CODE * 0.1).astype(np.uint8), hints.TOO_DARK),
        (lambda: np.clip(CODE + 215.0, 0, 255).astype(np.uint8), hints.TOO_BRIGHT),
        (lambda: frame_with(code(TEXT, module_px=2, border=12), 400, 200, ground=40), hints.TOO_SMALL),
        (lambda: frame_with(code(b"KIOSK1:pass", module_px=4, border=8), 400, 200, ground=40), hints.TOO_SMALL),
    ],
)
def test_the_hindrance_is_named(spoilt: Callable[[], Grey], hint: str) -> None:
    assert told(noisy(spoilt())) == hint


@pytest.mark.parametrize("rolled_px", [(0, -500), (0, 620), (-300, 0), (280, 0)])
def test_a_code_that_is_partly_outside_of_the_picture_is_cut_off(rolled_px: tuple[int, int]) -> None:
    moved = np.array([[1.0, 0, rolled_px[1]], [0, 1, rolled_px[0]]])
    frame = cv2.warpAffine(CODE, moved, CODE.shape[::-1], borderMode=cv2.BORDER_CONSTANT, borderValue=128)
    assert told(noisy(np.asarray(frame, np.uint8))) == hints.CUT_OFF


def test_the_largest_codes_are_too_small_before_others() -> None:
    """177 modules (version 40) of 1.6 px, on a place of more than `SMALL_SHARE` of the picture."""
    large = cv2.resize(code(b"x" * 2900, module_px=4, border=50), (443, 443), interpolation=cv2.INTER_AREA)
    assert told(noisy(frame_with(np.asarray(large, np.uint8), 400, 140))) == hints.TOO_SMALL


def test_what_was_located_is_believed_where_nothing_else_looks_like_a_code() -> None:
    """Inverted, without any light around: dark modules on a lit screen's black ground."""
    dark_mode = np.where(frame_with(255 - code(TEXT, module_px=6), 400, 200, ground=0) > 0, 200, 8).astype(np.uint8)
    assert told(dark_mode) == ""
    assert hints.diagnose(dark_mode, PLACE) == hints.HOLD_STILL


@pytest.mark.parametrize("left_px", [-900.0, 4000.0])
def test_what_was_located_outside_of_the_picture_is_cut_off(left_px: float) -> None:
    outside = tuple((x + left_px, y) for x, y in PLACE)
    assert hints.diagnose(np.full((720, 1280), 90, np.uint8), outside) == hints.CUT_OFF


def stripes() -> Grey:
    return np.tile(np.where(np.arange(1280) % 12 < 6, 20, 230).astype(np.uint8), (720, 1))


def shirt() -> Grey:
    """A person in a bright checked shirt."""
    frame = Booth(Scene(CodeCarrier.PERSON, seed=4), 1280, 720).picture(0.0)
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
            Booth(Scene(kind, seed=seed), 1280, 720).picture(0.0)
            for kind in (CodeCarrier.PERSON, CodeCarrier.NOTHING)
            for seed in (1, 2)
        ),
    ],
)
def test_where_nobody_shows_a_code_nothing_is_said(frame: Grey) -> None:
    assert told(frame) == ""


@pytest.mark.parametrize("side_px", [21, 40, 4096])
def test_pictures_of_any_size_are_looked_at(side_px: int) -> None:
    assert told(np.full((side_px, side_px), 128, np.uint8)) == ""
    assert isinstance(hints.diagnose(np.eye(side_px, dtype=np.uint8) * 255, PLACE), str)


@settings(max_examples=60, deadline=None)
@given(
    place=st.lists(st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)), min_size=4, max_size=4).map(tuple),
    size=st.tuples(st.integers(21, 90), st.integers(21, 90)),
    seed=st.integers(0, 9),
)
def test_whatever_place_a_decoder_tells_there_is_an_answer(place: Corners, size: tuple[int, int], seed: int) -> None:
    small = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    for frame in (small, np.asarray(cv2.resize(small, (640, 360), interpolation=cv2.INTER_NEAREST), np.uint8)):
        assert hints.diagnose(frame, place) in hints.HINTS
    assert hints.diagnose(small, None) in ("", *hints.HINTS)


@pytest.mark.parametrize("place", [((9.0, 9.0),) * 4, ((9.0, 9.0), (400.0, 9.0)) * 2, ((639.0, 359.0),) * 4])
def test_a_place_without_any_area_is_a_place_too(place: Corners) -> None:
    assert hints.diagnose(np.asarray(cv2.resize(CODE, (640, 360)), np.uint8), place) in hints.HINTS
    assert hints.diagnose(np.full((360, 640), 90, np.uint8), place) in hints.HINTS


def test_of_several_looks_a_motion_counts_and_else_the_most() -> None:
    assert hints.summarise([hints.GLARE, hints.MOVING, hints.GLARE]) == hints.MOVING
    assert hints.summarise([hints.GLARE, hints.TILTED, hints.TILTED]) == hints.TILTED
    assert hints.summarise([hints.GLARE, hints.TILTED]) == hints.TILTED
