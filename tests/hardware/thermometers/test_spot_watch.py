"""The watch over the spot: a warm thing, equal readings, and visitors of whom nobody is measured."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.flow.temperature import Sample
from kiosk.hardware.thermometers.spot_watch import (
    ALIKE_C,
    ALIKE_VISITS,
    MISSED_VISITS,
    WARM_SAMPLES,
    SpotFault,
    SpotWatch,
)

WALL, LAMP = Sample(24.5, 25.0), Sample(35.0, 25.0)


@pytest.fixture
def watch() -> SpotWatch:
    return SpotWatch(skin_min_c=30.0)


def test_a_warm_thing_is_found_by_samples_in_a_row_and_ends_with_the_first_cool_one(watch: SpotWatch) -> None:
    few = [LAMP] * (WARM_SAMPLES - 1)
    assert not any(watch.note_empty(0.0, seen, watched=True) for seen in (WALL, *few, WALL, *few))
    assert (watch.fault, watch.is_warm, watch.may_be_person) == (SpotFault.NONE, True, False)
    assert [watch.note_empty(1.0, LAMP, watched=True) for _ in range(3)] == [True, False, False]
    assert (watch.fault, watch.is_warm) == (SpotFault.WARM, True)
    watch.note_empty(2.0, WALL, watched=True)
    assert (watch.fault, watch.is_warm, watch.cool_at_s) == (SpotFault.NONE, False, 2.0)


def test_without_a_presence_sensor_what_is_warm_may_be_a_person_for_two_minutes(watch: SpotWatch) -> None:
    found = [watch.note_empty(at_s / 2, LAMP, watched=False) for at_s in range(240)]
    assert (any(found), watch.may_be_person, watch.fault) == (False, True, SpotFault.NONE)
    assert watch.note_empty(120.0, LAMP, watched=False)
    assert (watch.may_be_person, watch.fault) == (False, SpotFault.WARM)
    watch.note_empty(121.0, WALL, watched=False)
    assert not watch.note_empty(122.0, LAMP, watched=False), "the time begins anew"
    assert watch.may_be_person
    watch.note_empty(123.0, LAMP, watched=True)
    assert not watch.may_be_person, "the presence sensor works again and sees nobody"


@pytest.mark.parametrize("seen", [Sample(34.0, 33.0), Sample(29.9, 20.0), Sample(38.0, 36.0)])
def test_a_wall_in_a_hot_room_and_a_lukewarm_thing_are_not_warm(watch: SpotWatch, seen: Sample) -> None:
    for _ in range(10):
        watch.note_empty(0.0, seen, watched=True)
    assert watch.fault is SpotFault.NONE


@given(skin_c=st.floats(30.0, 43.0), noise_c=st.lists(st.floats(0.0, ALIKE_C * 0.9), min_size=6, max_size=6))
def test_readings_that_agree_are_those_of_a_thing(skin_c: float, noise_c: list[float]) -> None:
    watch = SpotWatch(30.0)
    found = [watch.note_reading(visit, skin_c + more_c) for visit, more_c in enumerate(noise_c)]
    assert found == [False] * (ALIKE_VISITS - 1) + [True]
    assert watch.fault is SpotFault.ALIKE
    watch.note_empty(0.0, WALL, watched=True)
    assert watch.fault is SpotFault.NONE


def test_a_cool_empty_spot_between_them_exonerates_readings_that_agree(watch: SpotWatch) -> None:
    for visit in range(20):
        assert not watch.note_reading(visit, 34.5)
        if visit % 5 == 4:
            watch.note_empty(0.0, WALL, watched=True)
    assert watch.fault is SpotFault.NONE


def test_the_second_reading_of_a_visit_is_the_same_person(watch: SpotWatch) -> None:
    for visit in range(1, ALIKE_VISITS):
        assert not watch.note_reading(visit, 34.5)
        assert not watch.note_reading(visit, 34.5)


def test_people_are_not_alike(watch: SpotWatch) -> None:
    chance = random.Random(1)
    assert not any(watch.note_reading(visit, chance.gauss(34.4, 0.55)) for visit in range(20_000))


def test_visitors_of_whom_nobody_is_measured_are_noticed_until_one_is(watch: SpotWatch) -> None:
    for visit in range(MISSED_VISITS - 1):
        watch.note_none(visit)
        watch.note_none(visit)  # the second attempt of the same visit
    assert watch.fault is SpotFault.NONE
    watch.note_none(MISSED_VISITS)
    assert watch.fault is SpotFault.MISSED
    watch.note_reading(MISSED_VISITS + 1, 34.5)
    assert watch.fault is SpotFault.NONE
