import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.flow.temperature import Background, Sample, Settled, TemperatureLimits, Unsettled, correct, settle

LIMITS = TemperatureLimits(
    count=5, spread_c=0.3, skin_min_c=30.0, skin_max_c=43.0, ambient_min_c=16.0, ambient_max_c=40.0
)

WALL = Background(object_c=25.0, contrast_c=1.0)


def samples(*skin_c: float, ambient_c: float = 25.0) -> tuple[Sample, ...]:
    return tuple(Sample(object_c, ambient_c) for object_c in skin_c)


def test_steady_samples_give_a_reading_with_their_mean() -> None:
    assert settle(samples(34.0, 34.1, 34.2, 34.1, 34.1), LIMITS, WALL) == Settled(pytest.approx(34.1), 25.0)  # type: ignore[arg-type]


def test_only_the_newest_samples_count() -> None:
    reading = settle(samples(22.0, 30.0, 34.0, 34.0, 34.0, 34.0, 34.0), LIMITS, WALL)
    assert reading == Settled(34.0, 25.0)


def test_the_ambient_is_that_of_the_newest_sample() -> None:
    reading = settle((*samples(34.0, 34.0, 34.0, 34.0), Sample(34.0, 26.0)), LIMITS, WALL)
    assert reading == Settled(34.0, 26.0)


@pytest.mark.parametrize(
    ("found", "hint"),
    [
        ((), "sensor"),
        (samples(34.0), "hold_still"),
        (samples(34.0, 34.0, 34.0, 34.0), "hold_still"),
        (samples(33.0, 33.5, 34.0, 34.2, 34.3), "hold_still"),
        (samples(34.0, 34.0, 34.0, 34.0, 34.31), "hold_still"),
        (samples(29.9, 30.0, 30.0, 30.0, 30.0), "hold_still"),
        (samples(24.0, 24.0, 24.0, 24.0, 24.0), "too_far"),
        (samples(34.0, 34.0, 34.0, 34.0, 29.9), "too_far"),
        (samples(60.0, 60.0, 60.0, 60.0, 60.0), "too_far"),
        (samples(34.0, 34.0, 34.0, 34.0, 34.0, ambient_c=15.9), "room_unsuitable"),
        (samples(34.0, 34.0, 34.0, 34.0, 34.0, ambient_c=40.1), "room_unsuitable"),
        (samples(34.0, 34.0, 34.0, 34.0, math.nan), "too_far"),
        (samples(34.0, 34.0, math.nan, 34.0, 34.0), "hold_still"),
        (samples(34.0, 34.0, 34.0, 34.0, 34.0, ambient_c=math.nan), "room_unsuitable"),
    ],
)
def test_samples_that_give_no_reading_give_a_hint(found: tuple[Sample, ...], hint: str) -> None:
    assert settle(found, LIMITS, WALL) == Unsettled(hint)


@pytest.mark.parametrize("wall_c", [32.5, 33.8, 35.0])
def test_a_wall_from_which_a_lamp_went_is_no_reading(wall_c: float) -> None:
    lamp = Background(object_c=wall_c + 1.5, contrast_c=1.0)
    found = samples(*[wall_c] * 5, ambient_c=wall_c + 0.5)
    assert settle(found, LIMITS, lamp) == Unsettled("room_unsuitable")
    forehead = samples(*[34.7] * 5, ambient_c=26.0)
    assert settle(forehead, LIMITS, Background(object_c=40.0, contrast_c=1.0)) == Settled(pytest.approx(34.7), 26.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("wall_c", [32.5, 33.0, 34.0, 35.0])
@pytest.mark.parametrize("error_c", [-0.9, 0.0, 0.9])
def test_a_wall_as_warm_as_skin_is_no_reading(wall_c: float, error_c: float) -> None:
    found = samples(*[wall_c + error_c] * 5, ambient_c=wall_c)
    assert settle(found, LIMITS, Background(wall_c, 1.0)) == Unsettled("room_unsuitable")


@pytest.mark.parametrize(("wall_c", "skin_c"), [(33.0, 35.0), (35.0, 33.8), (36.0, 34.5), (35.0, 37.5)])
def test_a_forehead_that_differs_from_a_warm_wall_is_measured(wall_c: float, skin_c: float) -> None:
    assert settle(samples(*[skin_c] * 5), LIMITS, Background(wall_c, 1.0)) == Settled(skin_c, 25.0)


def test_an_object_that_the_sensor_knows_to_be_no_person_is_no_reading() -> None:
    """The whole wall became as warm as skin since the spot was empty; the imager sees no face in it."""
    no_face = tuple(Sample(34.0, 25.0, may_be_skin=False) for _ in range(5))
    assert settle(no_face, LIMITS, WALL) == Unsettled("room_unsuitable")
    assert settle((*no_face[:1], *samples(*[34.0] * 4)), LIMITS, WALL) == Unsettled("hold_still")
    assert settle((*no_face, *samples(*[34.0] * 5)), LIMITS, WALL) == Settled(34.0, 25.0)
    assert settle((Sample(24.0, 25.0, may_be_skin=False),), LIMITS, WALL) == Unsettled("too_far")


def test_without_a_background_nobody_is_measured() -> None:
    assert settle(samples(*[34.0] * 5), LIMITS, None) == Unsettled("step_back")
    assert settle(samples(*[24.0] * 5), LIMITS, None) == Unsettled("too_far")


@given(st.lists(st.builds(Sample, st.floats(), st.floats()), max_size=12))
def test_a_reading_is_plausible_for_any_samples(found: list[Sample]) -> None:
    match settle(tuple(found), LIMITS, WALL):
        case Settled(skin_c, ambient_c):
            assert 30.0 <= skin_c <= 43.0
            assert 16.0 <= ambient_c <= 40.0
            assert len(found) >= 5
            assert all(abs(sample.object_c - skin_c) <= 0.31 for sample in found[-5:])
        case Unsettled(hint):
            assert hint in {"sensor", "too_far", "hold_still", "room_unsuitable"}


def test_without_a_correction_the_estimate_is_the_skin_temperature() -> None:
    assert correct(34.2, 25.0) == 34.2


def test_an_offset_is_added() -> None:
    assert correct(34.2, 25.0, offset_c=2.0) == pytest.approx(36.2)


@pytest.mark.parametrize(
    ("ambient_c", "skin_c", "body_c"), [(25.0, 33.0, 34.0), (25.0, 36.0, 37.4), (18.0, 37.0, 39.5), (32.0, 35.0, 35.4)]
)
def test_the_heat_balance_adds_the_loss_of_heat_to_the_room(ambient_c: float, skin_c: float, body_c: float) -> None:
    assert correct(skin_c, ambient_c, heat_balance=0.13) == pytest.approx(body_c, abs=0.05)


def test_a_reading_is_not_printed() -> None:
    assert "34" not in repr((samples(34.0), settle(samples(*[34.0] * 5), LIMITS, WALL)))
