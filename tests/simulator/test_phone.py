"""The drawn frames: deterministic, with a moving hand, and readable."""

import numpy as np
import pytest

from kiosk.scanner.cascade.readers import zxing
from kiosk.simulator.backgrounds import MARK
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene

SHOWING = Scene(CodeCarrier.PHONE, b"KIOSK1:a pass", seed=5)


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (320, 240)])
def test_a_frame_is_grey_and_has_the_given_size(size: tuple[int, int]) -> None:
    picture = DrawnView(SHOWING, *size).picture(1.0)
    assert picture.shape == (size[1], size[0])
    assert picture.dtype.name == "uint8"


@pytest.mark.parametrize("kind", list(CodeCarrier))
def test_the_same_scene_at_the_same_time_gives_the_same_frame(kind: CodeCarrier) -> None:
    scene = Scene(kind, b"KIOSK1:a pass", seed=6)
    assert np.array_equal(DrawnView(scene, 640, 480).picture(2.5), DrawnView(scene, 640, 480).picture(2.5))


def test_another_seed_draws_another_person_in_another_entrance_hall() -> None:
    one, other = (DrawnView(Scene(CodeCarrier.PERSON, seed=seed), 640, 480).picture(0.0) for seed in (1, 2))
    assert np.abs(one.astype(int) - other).mean() > 5


def test_the_hand_moves_from_frame_to_frame() -> None:
    view = DrawnView(SHOWING, 640, 480)
    places = {zxing()(view.picture(at_s)).codes[0].corners[0] for at_s in (0.0, 0.3, 0.6, 0.9)}
    assert len(places) == 4


def test_the_noise_of_the_sensor_differs_from_frame_to_frame() -> None:
    view = DrawnView(Scene(CodeCarrier.NOTHING, noise=4.0, seed=7), 640, 480)
    difference = view.picture(1.0).astype(int) - view.picture(1.04)
    assert 4.0 < difference.std() < 7.0


@pytest.mark.parametrize("distance_mm", [150.0, 300.0])
def test_the_size_of_a_code_follows_from_its_distance(distance_mm: float) -> None:
    scene = Scene(CodeCarrier.PHONE, b"KIOSK1:a pass", seed=8, tilt_deg=0.0, roll_deg=0.0, distance_mm=distance_mm)
    (found,) = zxing()(DrawnView(scene, 1280, 720).picture(0.0)).codes
    # 21 modules without the quiet zone of 4 on each side, of 58 mm; focal length 0.9 x 1280 px.
    side_px = found.corners[1][0] - found.corners[0][0]
    assert side_px == pytest.approx(21 / 29 * 58 * 1152 / distance_mm, rel=0.03)


def test_a_tilted_phone_is_narrower_at_its_far_end() -> None:
    scene = Scene(CodeCarrier.PHONE, b"KIOSK1:a pass", seed=9, tilt_deg=45.0, roll_deg=0.0)
    (found,) = zxing()(DrawnView(scene, 1280, 720).picture(0.0)).codes
    top_left, top_right, bottom_right, bottom_left = found.corners
    assert abs((top_right[0] - top_left[0]) - (bottom_right[0] - bottom_left[0])) > 20


def test_a_phone_out_of_view_is_no_error() -> None:
    scene = Scene(CodeCarrier.PHONE, b"KIOSK1:a pass", seed=10, tilt_deg=85.0, distance_mm=2000.0, tremor_px=2000.0)
    view = DrawnView(scene, 640, 480)
    assert all(view.picture(at_s).shape == (480, 640) for at_s in (0.0, 1.0, 2.0, 3.0))


def test_every_frame_is_marked_as_simulated() -> None:
    with_mark = DrawnView(Scene(CodeCarrier.NOTHING, seed=11, noise=0.0), 1280, 720).picture(0.0)
    assert MARK == "SIMULASI"
    assert (with_mark[690:712, 12:130] > 200).mean() > 0.1


def test_the_repr_of_a_scene_contains_no_payload() -> None:
    assert "a pass" not in repr(SHOWING)
