"""Location of finder patterns by their contours, and the bend of paper that is flat."""

import numpy as np
import pytest

from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate import finders
from kiosk.scanner.symbol.locate.search import by_contours
from kiosk.scanner.symbol.sample import lattice, pose
from kiosk.scanner.symbol.sample.pose import Pose, Values
from tests.scanner.symbol.drawing import STRAIGHT, seen_at, symbol

CODE = symbol(b"KIOSK1:" + b"p" * 40, 4, "m")


@pytest.mark.parametrize("noise", [0.0, 20.0, 50.0])
def test_a_symbol_is_located_through_noise(noise: float) -> None:
    grey, at = seen_at(CODE, STRAIGHT)
    seen = np.random.default_rng(1).normal(grey * 0.25 + 100, noise).clip(0, 255).astype(np.uint8)
    assert [each.version for each in by_contours(seen)] == [at.version]


def test_a_picture_that_is_one_pixel_wide_has_no_finder_pattern() -> None:
    assert finders.find(np.zeros((50, 1), np.uint8)) == []


def test_flat_paper_is_recognised_by_one_look_at_the_lattice(monkeypatch: pytest.MonkeyPatch) -> None:
    grey, flat = seen_at(CODE, STRAIGHT)
    looks: list[Pose] = []

    def counted(grey: Grey, seen: Pose, samples: int) -> Values:
        looks.append(seen)
        return pose.rectify(grey, seen, samples)

    monkeypatch.setattr("kiosk.scanner.symbol.sample.lattice.rectify", counted)
    assert lattice.fit_bend(grey, flat) is None
    assert looks == [flat]
