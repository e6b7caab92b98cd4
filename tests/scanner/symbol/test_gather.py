"""Accumulation and tracking: one symbol is read from several pictures, and never put together from two symbols."""

import cv2
import numpy as np
import pytest

from kiosk.scanner.symbol.follow import Follower
from kiosk.scanner.symbol.gather import Gatherer, contradicts
from kiosk.scanner.symbol.grey import Grey
from tests.scanner.symbol.drawing import STRAIGHT, certain, seen_at, symbol, with_glare

PASS, OTHER = b"KIOSK1:" + b"p" * 55, b"KIOSK1:" + b"p" * 54 + b"q"
CODE, OTHER_CODE = symbol(PASS, 5, "m"), symbol(OTHER, 5, "m")
GREY, POSE = seen_at(CODE, STRAIGHT)
OTHER_GREY, _ = seen_at(OTHER_CODE, STRAIGHT)
MOVING_GLARE = [(400.0, 180.0), (345.0, 250.0), (300.0, 330.0), (250.0, 300.0)]


def glare_at(grey: Grey, centre: tuple[float, float]) -> Grey:
    return with_glare(grey, centre, 90.0)


def results(gatherer: Gatherer, pictures: list[Grey], step_s: float = 0.1) -> list[bytes | None]:
    found = [gatherer.feed(picture, POSE, k * step_s) for k, picture in enumerate(pictures)]
    return [None if symbol is None else symbol.data for symbol in found]


def test_a_symbol_under_moving_glare_is_read_from_several_pictures() -> None:
    pictures = [glare_at(GREY, centre) for centre in MOVING_GLARE]
    assert all(results(Gatherer(), [picture] * 3) == [None] * 3 for picture in pictures)
    assert results(Gatherer(), pictures)[-1] == PASS


@pytest.mark.parametrize("first", range(4))
def test_two_codes_that_differ_in_one_letter_are_never_put_together(first: int) -> None:
    pictures = [glare_at(GREY if k < first else OTHER_GREY, centre) for k, centre in enumerate(MOVING_GLARE)]
    assert set(results(Gatherer(), pictures)) <= {PASS, OTHER, None}


LARGE_PASS, LARGE_OTHER = b"p" * 400, b"q" * 200 + b"p" * 200
"""Payloads of symbols with 21 blocks, of which only the first ones differ."""


@pytest.mark.parametrize("one_by_one", [True, False])
@pytest.mark.parametrize(("one", "other", "level"), [(PASS, OTHER, "m"), (LARGE_PASS, LARGE_OTHER, "q")])
def test_two_codes_that_replace_each_other_are_never_put_together(
    one: bytes, other: bytes, level: str, one_by_one: bool
) -> None:
    version = 5 if level == "m" else 19
    shown = [seen_at(symbol(data, version, level), STRAIGHT) for data in (one, other)]
    gatherer, read = Gatherer(), set()
    for k in range(12):
        grey, pose = shown[k % 2 if one_by_one else k // 6]
        spot = (180.0 + 60 * (k % 5), 110.0 + 65 * (k % 4))
        found = gatherer.feed(glare_at(grey, spot), pose, k / 30)
        read |= set() if found is None else {found.data}
    assert read == {one, other}


def test_a_smeared_picture_does_not_spoil_the_next_ones() -> None:
    smeared = cv2.blur(GREY, (27, 3)).astype(np.uint8)
    pictures = [smeared, smeared, *[glare_at(GREY, centre) for centre in MOVING_GLARE]]
    assert results(Gatherer(), pictures)[-1] == PASS


def test_pictures_smeared_along_two_directions_are_read_together() -> None:
    noise = np.random.default_rng(1).normal(0, 8, GREY.shape)
    across, down = (np.clip(cv2.blur(GREY, size) + noise, 0, 255).astype(np.uint8) for size in ((23, 1), (1, 23)))
    assert results(Gatherer(), [across] * 2) == results(Gatherer(), [down] * 2) == [None, None]
    assert results(Gatherer(), [across, down])[-1] == PASS


def test_a_picture_contradicts_a_symbol_that_differs_in_one_block() -> None:
    words = np.random.default_rng(3).integers(0, 2, CODE.shape) == 1
    assert not contradicts(certain(CODE), CODE, 5)
    assert contradicts(certain(OTHER_CODE), CODE, 5)
    assert contradicts(certain(words), CODE, 5)


def test_a_picture_without_any_information_contradicts() -> None:
    assert contradicts(np.zeros(CODE.shape, np.float32), CODE, 5)


def test_another_code_starts_a_new_gathering() -> None:
    pictures = [glare_at(GREY, MOVING_GLARE[0]), *[glare_at(OTHER_GREY, centre) for centre in MOVING_GLARE * 2]]
    assert results(Gatherer(), pictures)[-1] == OTHER


def test_pictures_that_are_too_old_are_forgotten() -> None:
    assert results(Gatherer(), [glare_at(GREY, centre) for centre in MOVING_GLARE], step_s=1.5) == [None] * 4


def test_a_symbol_that_is_located_once_is_tracked_as_it_moves() -> None:
    follower = Follower()
    pictures = [np.roll(glare_at(GREY, centre), 4 * k, axis=1) for k, centre in enumerate(MOVING_GLARE)]
    found = [follower.feed(picture, [POSE] if k == 0 else [], k * 0.1) for k, picture in enumerate(pictures)]
    assert found[-1] is not None
    assert found[-1].data == PASS


def test_a_symbol_that_is_light_on_dark_is_tracked() -> None:
    follower = Follower()
    pictures = [255 - glare_at(GREY, centre) for centre in MOVING_GLARE]
    found = [follower.feed(picture, [POSE] if k == 0 else [], k * 0.1) for k, picture in enumerate(pictures)]
    assert found[-1] is not None
    assert found[-1].data == PASS


@pytest.mark.parametrize("modules", [(5, -4), (-6, 6)])
def test_a_movement_by_some_modules_is_tracked(modules: tuple[int, int]) -> None:
    follower = Follower()
    assert follower.feed(glare_at(GREY, MOVING_GLARE[0]), [POSE], 0.0) is None
    across, down = (round(step * POSE.module_px()) for step in modules)
    assert not follower.saw(0.1)
    follower.feed(np.roll(glare_at(GREY, MOVING_GLARE[1]), (down, across), (0, 1)), [], 0.1)
    assert follower.saw(0.1)


def test_a_remembered_pose_is_used_in_the_next_picture() -> None:
    follower = Follower()
    follower.remember(GREY, [POSE], 0.0)
    found = follower.feed(GREY, [], 0.1)
    assert found is not None
    assert found.data == PASS


def test_the_bend_of_the_paper_is_kept() -> None:
    grey, pose = seen_at(symbol(PASS, 10), STRAIGHT)
    y, x = np.mgrid[:480, :640].astype(np.float32)
    bent = cv2.remap(grey, x, y + 6 * np.sin((x - 170) / 300 * np.pi), cv2.INTER_LINEAR, borderValue=235)
    follower = Follower()
    for k in range(2):
        found = follower.feed(bent.astype(np.uint8), [pose] if k == 0 else [], k * 0.1)
        assert found is not None
        assert (found.data, found.pose.bend is not None) == (PASS, True)


def test_a_symbol_that_disappeared_is_not_tracked_any_more() -> None:
    follower = Follower()
    assert follower.feed(GREY, [POSE], 0.0) is not None
    assert follower.feed(np.full_like(GREY, 200), [], 0.1) is None
    assert follower.feed(GREY, [], 0.5) is None
