"""One symbol from several pictures, and never one from two."""

import cv2
import numpy as np
import pytest

from kiosk.scanner.symbol.follow import Follower
from kiosk.scanner.symbol.gather import Gatherer, contradicts
from tests.scanner.symbol.drawing import STRAIGHT, Grey, dazzled, seen_at, sure, symbol

PASS, OTHER = b"KIOSK1:" + b"p" * 55, b"KIOSK1:" + b"p" * 54 + b"q"
CODE, CODE_OF_OTHER = symbol(PASS, 5, "m"), symbol(OTHER, 5, "m")
GREY, THERE = seen_at(CODE, STRAIGHT)
GREY_OF_OTHER, _ = seen_at(CODE_OF_OTHER, STRAIGHT)
WANDERING = [(400.0, 180.0), (345.0, 250.0), (300.0, 330.0), (250.0, 300.0)]


def glaring(grey: Grey, centre: tuple[float, float]) -> Grey:
    return dazzled(grey, centre, 90.0)


def told(gatherer: Gatherer, pictures: list[Grey], step_s: float = 0.1) -> list[bytes | None]:
    found = [gatherer.feed(picture, THERE, k * step_s) for k, picture in enumerate(pictures)]
    return [None if symbol is None else symbol.data for symbol in found]


def test_glare_that_wanders_uncovers_the_symbol_bit_by_bit() -> None:
    pictures = [glaring(GREY, centre) for centre in WANDERING]
    assert all(told(Gatherer(), [picture] * 3) == [None] * 3 for picture in pictures)
    assert told(Gatherer(), pictures)[-1] == PASS


@pytest.mark.parametrize("first", range(4))
def test_two_codes_that_differ_in_one_letter_are_never_put_together(first: int) -> None:
    pictures = [glaring(GREY if k < first else GREY_OF_OTHER, centre) for k, centre in enumerate(WANDERING)]
    assert set(told(Gatherer(), pictures)) <= {PASS, OTHER, None}


LARGE_PASS, LARGE_OTHER = b"p" * 400, b"q" * 200 + b"p" * 200
"""Of 21 blocks, of which the first ones alone differ."""


@pytest.mark.parametrize("one_by_one", [True, False])
@pytest.mark.parametrize(("one", "other", "level"), [(PASS, OTHER, "m"), (LARGE_PASS, LARGE_OTHER, "q")])
def test_two_phones_swapped_in_mid_stream_are_never_put_together(
    one: bytes, other: bytes, level: str, one_by_one: bool
) -> None:
    version = 5 if level == "m" else 19
    shown = [seen_at(symbol(data, version, level), STRAIGHT) for data in (one, other)]
    gatherer, read = Gatherer(), set()
    for k in range(12):
        grey, there = shown[k % 2 if one_by_one else k // 6]
        spot = (180.0 + 60 * (k % 5), 110.0 + 65 * (k % 4))
        found = gatherer.feed(glaring(grey, spot), there, k / 30)
        read |= set() if found is None else {found.data}
    assert read == {one, other}


def test_a_smeared_picture_does_not_keep_the_next_ones_out() -> None:
    smeared = cv2.blur(GREY, (27, 3)).astype(np.uint8)
    pictures = [smeared, smeared, *[glaring(GREY, centre) for centre in WANDERING]]
    assert told(Gatherer(), pictures)[-1] == PASS


def test_smears_along_two_directions_are_seen_through_together() -> None:
    noise = np.random.default_rng(1).normal(0, 8, GREY.shape)
    across, down = (np.clip(cv2.blur(GREY, size) + noise, 0, 255).astype(np.uint8) for size in ((23, 1), (1, 23)))
    assert told(Gatherer(), [across] * 2) == told(Gatherer(), [down] * 2) == [None, None]
    assert told(Gatherer(), [across, down])[-1] == PASS


def test_a_picture_objects_to_a_symbol_that_is_another_in_one_block() -> None:
    words = np.random.default_rng(3).integers(0, 2, CODE.shape) == 1
    assert not contradicts(sure(CODE), CODE, 5)
    assert contradicts(sure(CODE_OF_OTHER), CODE, 5)
    assert contradicts(sure(words), CODE, 5)


def test_a_picture_that_shows_nothing_does_not_agree() -> None:
    assert contradicts(np.zeros(CODE.shape, np.float32), CODE, 5)


def test_another_code_begins_a_new_gathering() -> None:
    pictures = [glaring(GREY, WANDERING[0]), *[glaring(GREY_OF_OTHER, centre) for centre in WANDERING * 2]]
    assert told(Gatherer(), pictures)[-1] == OTHER


def test_what_was_seen_too_long_ago_is_forgotten() -> None:
    assert told(Gatherer(), [glaring(GREY, centre) for centre in WANDERING], step_s=1.5) == [None] * 4


def test_a_symbol_that_is_located_once_is_followed_as_it_moves() -> None:
    follower = Follower()
    pictures = [np.roll(glaring(GREY, centre), 4 * k, axis=1) for k, centre in enumerate(WANDERING)]
    found = [follower.feed(picture, [THERE] if k == 0 else [], k * 0.1) for k, picture in enumerate(pictures)]
    assert found[-1] is not None
    assert found[-1].data == PASS


def test_a_symbol_light_on_dark_is_followed_too() -> None:
    follower = Follower()
    pictures = [255 - glaring(GREY, centre) for centre in WANDERING]
    found = [follower.feed(picture, [THERE] if k == 0 else [], k * 0.1) for k, picture in enumerate(pictures)]
    assert found[-1] is not None
    assert found[-1].data == PASS


@pytest.mark.parametrize("modules", [(5, -4), (-6, 6)])
def test_a_jump_of_some_modules_is_followed(modules: tuple[int, int]) -> None:
    follower = Follower()
    assert follower.feed(glaring(GREY, WANDERING[0]), [THERE], 0.0) is None
    across, down = (round(step * THERE.module_px()) for step in modules)
    assert not follower.saw(0.1)
    follower.feed(np.roll(glaring(GREY, WANDERING[1]), (down, across), (0, 1)), [], 0.1)
    assert follower.saw(0.1)


def test_what_was_located_too_late_to_be_looked_at_is_looked_at_next() -> None:
    follower = Follower()
    follower.remember(GREY, [THERE], 0.0)
    found = follower.feed(GREY, [], 0.1)
    assert found is not None
    assert found.data == PASS


def test_the_shape_of_bent_paper_is_kept() -> None:
    grey, there = seen_at(symbol(PASS, 10), STRAIGHT)
    y, x = np.mgrid[:480, :640].astype(np.float32)
    bent = cv2.remap(grey, x, y + 6 * np.sin((x - 170) / 300 * np.pi), cv2.INTER_LINEAR, borderValue=235)
    follower = Follower()
    for k in range(2):
        found = follower.feed(bent.astype(np.uint8), [there] if k == 0 else [], k * 0.1)
        assert found is not None
        assert (found.data, found.pose.bend is not None) == (PASS, True)


def test_a_symbol_that_went_away_is_not_seen_any_more() -> None:
    follower = Follower()
    assert follower.feed(GREY, [THERE], 0.0) is not None
    assert follower.feed(np.full_like(GREY, 200), [], 0.1) is None
    assert follower.feed(GREY, [], 0.5) is None
