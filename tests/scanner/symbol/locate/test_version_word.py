"""The version that a symbol states beside its finder patterns."""

import numpy as np
import pytest

from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.version_word import FINDER_SQUARE, stated_version
from kiosk.scanner.symbol.sample.pose import Points, project
from tests.scanner.symbol.drawing import STRAIGHT, TILTED, seen_at, symbol

UPPER_LEFT, UPPER_RIGHT, LOWER_LEFT = np.eye(3)[[2, 0, 1], :2]
ALL = range(1, 41)


def seen_version(version: int, corners: list[tuple[float, float]]) -> tuple[Grey, list[Points]]:
    """Return the picture of a symbol, and the corners of its finder patterns, in the order of the constants above."""
    drawn = symbol(b"KIOSK1", version)
    picture, pose = seen_at(drawn, corners)
    far = len(drawn) - 7
    return picture, [
        project(pose.matrix, FINDER_SQUARE + corner * far) for corner in (UPPER_LEFT, UPPER_RIGHT, LOWER_LEFT)
    ]


@pytest.mark.parametrize("corners", [STRAIGHT, TILTED])
@pytest.mark.parametrize("version", range(7, 26))
def test_the_version_is_read_beside_either_finder_pattern(version: int, corners: list[tuple[float, float]]) -> None:
    picture, (first, right, lower) = seen_version(version, corners)
    assert stated_version(picture, [first, right, lower], [UPPER_LEFT, UPPER_RIGHT, LOWER_LEFT], ALL) == version
    assert stated_version(picture, [first, right], [UPPER_LEFT, UPPER_RIGHT], ALL) == version
    assert stated_version(picture, [lower, first], [LOWER_LEFT, UPPER_LEFT], ALL) == version


def test_a_version_that_is_not_possible_is_not_taken() -> None:
    picture, (_, right, lower) = seen_version(10, STRAIGHT)
    assert stated_version(picture, [right, lower], [UPPER_RIGHT, LOWER_LEFT], range(12, 18)) is None


def test_versions_below_seven_state_none() -> None:
    picture, (_, right, lower) = seen_version(6, STRAIGHT)
    assert stated_version(picture, [right, lower], [UPPER_RIGHT, LOWER_LEFT], range(4, 7)) is None
    assert stated_version(picture, [right, lower], [UPPER_RIGHT, LOWER_LEFT], range(5, 10)) is None


def test_the_finder_pattern_without_a_version_word_tells_nothing() -> None:
    picture, (first, *_) = seen_version(10, STRAIGHT)
    assert stated_version(picture, [first], [UPPER_LEFT], ALL) is None


def test_a_plain_picture_states_no_version() -> None:
    _, (_, right, lower) = seen_version(10, STRAIGHT)
    plain = np.full((480, 640), 200, np.uint8)
    assert stated_version(plain, [right, lower], [UPPER_RIGHT, LOWER_LEFT], ALL) is None


def test_patterns_that_are_taken_for_each_other_state_no_version() -> None:
    picture, (_, right, lower) = seen_version(14, STRAIGHT)
    assert stated_version(picture, [lower, right], [UPPER_RIGHT, LOWER_LEFT], ALL) is None
