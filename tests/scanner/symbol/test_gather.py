"""One symbol from several pictures, and never one from two."""

import numpy as np
import pytest

from kiosk.scanner.symbol.follow import Follower
from kiosk.scanner.symbol.gather import Gatherer
from tests.scanner.symbol.drawing import STRAIGHT, Grey, dazzled, seen_at, symbol

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


def test_a_symbol_that_went_away_is_not_seen_any_more() -> None:
    follower = Follower()
    assert follower.feed(GREY, [THERE], 0.0) is not None
    assert follower.feed(np.full_like(GREY, 200), [], 0.1) is None
    assert follower.feed(GREY, [], 0.5) is None
