"""What is said of a symbol that cannot be read."""

import cv2
import numpy as np
import pytest

from kiosk.scanner import hints
from kiosk.scanner.prepare import Grey
from tests.scanner.drawing import code, frame_with

CODE = frame_with(code(b"KIOSK1:pass", module_px=10), 400, 200)
PLACE = ((440.0, 240.0), (650.0, 240.0), (650.0, 450.0), (440.0, 450.0))


def test_a_symbol_that_is_well_seen_is_to_be_held_still() -> None:
    assert hints.why(CODE, PLACE, 0.0) == hints.HOLD_STILL


def test_a_symbol_that_moves_is_said_to_move() -> None:
    assert hints.why(CODE, PLACE, 1.0) == hints.MOVING


def test_a_small_symbol_is_to_come_closer() -> None:
    small = frame_with(code(b"KIOSK1:pass", module_px=3), 400, 200)
    assert hints.why(small, ((412.0, 212.0), (475.0, 212.0), (475.0, 275.0), (412.0, 275.0)), 0.0) == hints.TOO_SMALL


def test_a_symbol_on_a_dim_screen_is_too_dark() -> None:
    assert hints.why((CODE * 0.1).astype(np.uint8), PLACE, 0.0) == hints.TOO_DARK


def test_a_white_patch_on_a_symbol_is_glare() -> None:
    dazzled = CODE.copy()
    cv2.circle(dazzled, (540, 340), 40, 255, -1)
    assert hints.why(dazzled, PLACE, 0.0) == hints.GLARE


def test_a_symbol_that_leans_is_to_be_held_straight() -> None:
    narrow = ((440.0, 240.0), (540.0, 240.0), (540.0, 450.0), (440.0, 450.0))
    assert hints.why(CODE, narrow, 0.0) == hints.TILTED


def test_a_symbol_without_edges_is_out_of_focus() -> None:
    assert hints.why(cv2.GaussianBlur(CODE, (0, 0), 6.0).astype(np.uint8), PLACE, 0.0) == hints.OUT_OF_FOCUS


@pytest.mark.parametrize("left_px", [-30.0, 800.0, 4000.0])
def test_a_symbol_at_the_edge_is_cut_off(left_px: float) -> None:
    assert hints.why(CODE, tuple((x - 440 + left_px + (460 if left_px == 800 else 0), y) for x, y in PLACE), 0.0) == (
        hints.CUT_OFF
    )


def phone(left: int, width: int) -> Grey:
    frame = np.full((720, 1280), 60, np.uint8)
    page = np.where(np.kron(np.random.default_rng(2).random((80, 40)) < 0.2, np.ones((9, 9))) > 0, 20, 240)
    frame[:, left : left + width] = page[:720, :width]
    return frame


def test_a_printed_thing_that_the_picture_cuts_off_is_to_be_shown_whole() -> None:
    assert hints.why_nothing(phone(500, 300)) == hints.CUT_OFF


def test_of_an_empty_room_or_a_bright_wall_nothing_is_said() -> None:
    wall = np.full((720, 1280), 60, np.uint8)
    wall[:, :600] = 230
    assert hints.why_nothing(np.full((720, 1280), 60, np.uint8)) == ""
    assert hints.why_nothing(wall) == ""


def test_speed_is_in_sides_a_second() -> None:
    moved = tuple((x + 105, y) for x, y in PLACE)
    assert hints.speed_of([(10.0, PLACE), (10.5, moved)]) == pytest.approx(1.0)
    assert hints.speed_of([(10.0, PLACE)]) == 0.0
