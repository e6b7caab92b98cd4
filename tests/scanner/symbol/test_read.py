"""Reading of a symbol in one picture: tilted, in glare, in bands, blurred, on bent paper."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest
import zxingcpp

from kiosk.scanner.cascade.prepare import levelled
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.search import (
    TEMPLATE_LARGE,
    TEMPLATE_MIDDLE,
    TEMPLATE_SMALL,
    Search,
    by_contours,
    by_one_contour,
    by_two_contours,
)
from kiosk.scanner.symbol.read import pose_of, read, read_near
from kiosk.scanner.symbol.sample import lattice
from kiosk.scanner.symbol.sample.pose import Pose, project, refine
from tests.scanner.symbol.drawing import STRAIGHT, TILTED, seen_at, symbol, with_glare

PASS = b"KIOSK1:" + b"p" * 40
CODE = symbol(PASS, 4, "m")
POSITION = ("top_left", "top_right", "bottom_right", "bottom_left")
WIDE = (640, 480)


def data(grey: Grey, search: Search) -> bytes | None:
    found = read(grey, search(grey))
    return None if found is None else found.data


def smeared(length_px: int) -> Callable[[Grey], Grey]:
    kernel = np.full((1, length_px), 1 / length_px)
    return lambda grey: cv2.filter2D(grey, -1, kernel).astype(np.uint8)


def banded(grey: Grey) -> Grey:
    rows = np.arange(grey.shape[0])[:, None]
    share = 1 - 0.93 * np.clip(0.5 + 1.2 * np.sin(rows / 9), 0, 1)
    noise = np.random.default_rng(3).normal(0, 1, grey.shape)
    return np.clip(grey * share + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("corners", [STRAIGHT, TILTED, STRAIGHT[1:] + STRAIGHT[:1], TILTED[2:] + TILTED[:2]])
def test_a_symbol_is_read_in_every_orientation(corners: list[tuple[float, float]]) -> None:
    grey, pose = seen_at(CODE, corners)
    (found, *_) = by_contours(grey)
    assert np.abs(found.corners() - pose.corners()).max() < 0.2 * pose.module_px()
    assert data(grey, by_contours) == PASS


@pytest.mark.parametrize("version", [1, 2, 6, 7, 14])
def test_the_version_is_determined(version: int) -> None:
    grey, _ = seen_at(symbol(b"K", version), [(100.0, 20.0), (540.0, 20.0), (540.0, 460.0), (100.0, 460.0)])
    assert [found.version for found in by_contours(grey)[:1]] == [version]
    assert data(grey, by_contours) == b"K"


def test_a_third_of_the_symbol_in_glare_is_read_by_erasures() -> None:
    grey, pose = seen_at(symbol(PASS, 5, "q"), STRAIGHT)
    glaring = with_glare(grey, (335.0, 250.0), 80.0)
    found = read_near(glaring, pose)
    assert found is not None
    assert found.data == PASS


@pytest.mark.parametrize("damaged", [(0, 0), (1, 0), (0, 1)], ids=["upper left", "upper right", "lower left"])
@pytest.mark.parametrize("corners", [STRAIGHT, TILTED, TILTED[2:] + TILTED[:2]])
def test_any_two_finder_patterns_are_enough(damaged: tuple[int, int], corners: list[tuple[float, float]]) -> None:
    grey, pose = seen_at(symbol(PASS, 5, "q"), corners)
    square = np.array([[0, 0], [8, 0], [8, 8], [0, 8]]) + np.array(damaged) * (pose.size - 8)
    cv2.fillPoly(grey, [project(pose.matrix, square).astype(np.int32)], 20.0)
    assert data(grey, by_two_contours) == PASS


@pytest.mark.parametrize("intact", [(0, 0), (1, 0), (0, 1)], ids=["upper left", "upper right", "lower left"])
def test_one_intact_finder_pattern_is_enough_if_the_others_are_scratched(intact: tuple[int, int]) -> None:
    grey, pose = seen_at(symbol(PASS, 5, "q"), STRAIGHT)
    for corner in {(0, 0), (1, 0), (0, 1)} - {intact}:
        scratch = np.array([[-1, 2], [8, 6]]) + np.array(corner) * (pose.size - 7)
        cv2.polylines(grey, [project(pose.matrix, scratch).astype(np.int32)], False, 235.0, 4)
    assert data(grey, by_contours) is None
    assert data(grey, by_one_contour) == PASS


def test_a_pose_off_by_three_quarters_of_a_module_is_refined() -> None:
    grey, pose = seen_at(CODE, STRAIGHT)
    for left, top in ((6.0, 0.0), (-6.0, 6.0), (0.0, -6.0)):
        refined = refine(grey, pose.moved(left, top))
        assert np.abs(refined.corners() - pose.corners()).max() < 0.1 * pose.module_px()


def test_a_symbol_smeared_over_more_than_a_module_is_read() -> None:
    grey, _ = seen_at(CODE, STRAIGHT)
    assert data(smeared(15)(grey), TEMPLATE_LARGE) == PASS


@pytest.mark.parametrize("version", [4, 10])
def test_a_symbol_out_of_focus_by_a_module_to_each_side_is_read(version: int) -> None:
    grey, pose = seen_at(symbol(PASS, version), STRAIGHT)
    y, x = np.mgrid[-16:17, -16:17]
    disk = (np.hypot(x, y) < 1.2 * pose.module_px()).astype(np.float32)
    found = read_near(cv2.filter2D(grey, -1, disk / disk.sum()), pose)
    assert found is not None
    assert found.data == PASS


def test_a_symbol_of_middle_size_is_found_by_template_matching() -> None:
    grey, _ = seen_at(symbol(PASS, 14), STRAIGHT)
    assert data(smeared(6)(grey), TEMPLATE_MIDDLE) == PASS


def test_a_symbol_with_one_and_a_half_pixels_a_module_is_read() -> None:
    grey, _ = seen_at(symbol(PASS, 10), [(200.0, 100.0), (286.0, 100.0), (286.0, 186.0), (200.0, 186.0)])
    assert data(grey, TEMPLATE_SMALL) == PASS


def test_a_symbol_in_dark_bands_is_read_after_the_rows_are_normalised() -> None:
    grey, _ = seen_at(CODE, STRAIGHT)
    assert data(levelled(banded(grey)), by_contours) == PASS


@pytest.mark.parametrize("version", [4, 10, 17])
@pytest.mark.parametrize("turns", [(1.0, 0.0), (0.6, 0.8)], ids=["across", "aslant"])
def test_a_symbol_on_bent_paper_is_read(version: int, turns: tuple[float, float]) -> None:
    grey, pose = seen_at(symbol(PASS, version), STRAIGHT)
    y, x = np.mgrid[:480, :640].astype(np.float32)
    away = (11 * np.sin(((x - 320) * turns[0] + (y - 240) * turns[1]) / 360 * 2 * np.pi)).astype(np.float32)
    bent = cv2.remap(grey, x - away * turns[1], y + away * turns[0], cv2.INTER_LINEAR, borderValue=235)
    assert away.max() > 1.2 * pose.module_px()
    assert data(bent.astype(np.uint8), by_contours) == PASS


def test_a_flat_symbol_has_no_bend() -> None:
    grey, pose = seen_at(CODE, TILTED)
    assert lattice.fit_bend(grey, pose) is None


def test_nothing_is_read_from_plain_pictures_and_noise() -> None:
    noise = np.random.default_rng(1).integers(0, 256, WIDE[::-1], dtype=np.uint8)
    for grey in (np.zeros(WIDE[::-1], np.uint8), np.full(WIDE[::-1], 255, np.uint8), noise):
        for search in (by_contours, by_one_contour, TEMPLATE_LARGE, TEMPLATE_MIDDLE, TEMPLATE_SMALL):
            assert data(grey, search) is None


@pytest.mark.parametrize("shape", [(21, 21), (1, 900), (900, 1), (30, 2000)])
def test_pictures_of_odd_shapes_are_searched_without_an_exception(shape: tuple[int, int]) -> None:
    grey = np.tile(np.array([0, 255], np.uint8), shape[0] * shape[1])[: shape[0] * shape[1]].reshape(shape)
    for search in (by_contours, by_one_contour, TEMPLATE_LARGE, TEMPLATE_MIDDLE, TEMPLATE_SMALL):
        assert data(grey, search) is None


def test_a_pose_outside_of_the_picture_gives_no_symbol() -> None:
    grey, pose = seen_at(CODE, STRAIGHT)
    for where in (pose.moved(-4000, 0), pose.moved(4000, 4000), Pose(4, np.zeros((3, 3)))):
        assert read_near(grey, where) is None


def test_a_pose_where_no_symbol_is_gives_no_symbol() -> None:
    grey, pose = seen_at(CODE, STRAIGHT)
    assert read(grey, [pose]) is not None
    assert read(255 - grey, [pose]) is None


@pytest.mark.parametrize(("stated", "version"), [("7", 7), ("M4", None), ("", None), ("41", None)])
def test_a_located_symbol_has_a_pose_only_if_its_version_is_that_of_a_qr_code(stated: str, version: int | None) -> None:
    corners = {name: SimpleNamespace(x=x, y=y) for name, (x, y) in zip(POSITION, STRAIGHT, strict=True)}
    located = SimpleNamespace(extra={"Version": stated}, position=SimpleNamespace(**corners))
    pose = pose_of(cast("zxingcpp.Barcode", located))
    assert (pose.version if pose else None) == version
