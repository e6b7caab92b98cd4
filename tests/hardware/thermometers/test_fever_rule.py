"""The relative rule: limits that follow the door's last people, and what the people themselves say about the limit."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hardware.thermometers.fever_rule import (
    LEAST_PEOPLE,
    MEMORY_S,
    Crowd,
    FeverLimit,
    RelativeRule,
    fever_limit_of,
)
from kiosk.settings.schema.policy import FeverRule, RelativeSettings, TemperatureSettings
from kiosk.settings.schema.thermometer import Correction, ThermometerSettings

HIGH_C, LOW_C = 37.5, 34.0
RULE = RelativeRule(distance_c=0.5, people=40, ambient_factor=0.1, floor_c=36.0, cap_c=38.5)


class Door:
    """Visitors one after the other, half a minute apart, in a room of 25 degrees."""

    def __init__(self, rule: RelativeRule = RULE) -> None:
        self.limit = FeverLimit(HIGH_C, LOW_C, rule)
        self.at_s = 0.0
        self.visit = 0

    def comes(self, body_c: float, ambient_c: float = 25.0) -> float:
        """Return the limit for the next visitor, whose reading is `body_c`."""
        self.at_s += 30.0
        self.visit += 1
        return self.again(body_c, ambient_c)

    def again(self, body_c: float, ambient_c: float = 25.0) -> float:
        """Return the limit for another reading of the same visitor."""
        return self.limit.of_reading(self.at_s, self.visit, body_c, ambient_c)

    def come(self, count: int, body_c: float) -> None:
        """Let so many visitors with the same reading come."""
        for _ in range(count):
            self.comes(body_c)


def test_the_fixed_limit_holds_for_the_first_20_people() -> None:
    door = Door()
    assert [door.comes(36.6) for _ in range(LEAST_PEOPLE)] == [HIGH_C] * LEAST_PEOPLE
    assert door.comes(36.6) == pytest.approx(37.1)


def test_after_the_last_of_the_first_people_the_limit_is_known() -> None:
    door = Door()
    door.come(LEAST_PEOPLE - 1, 36.6)
    assert door.limit.crowd is Crowd.TOO_FEW
    door.comes(36.6)
    assert door.limit.crowd is Crowd.USUAL


def test_the_visitor_in_front_is_not_a_part_of_the_median() -> None:
    door = Door()
    for body_c in (36.0, 37.0) * (LEAST_PEOPLE // 2):
        door.comes(body_c)
    assert door.comes(37.4) == pytest.approx(36.5 + 0.5)
    assert door.comes(36.5) == pytest.approx(37.0 + 0.5)


def test_a_visit_counts_once_and_keeps_its_limit() -> None:
    door = Door()
    door.come(LEAST_PEOPLE, 36.0)
    first_c = door.comes(38.0)
    assert [door.again(38.0) for _ in range(50)] == [first_c] * 50
    assert door.comes(36.0) == pytest.approx(first_c)


@pytest.mark.parametrize("unusable_c", [20.0, LOW_C - 0.01, math.nan, -math.inf])
def test_an_unusable_reading_never_counts_and_the_next_of_the_visit_does(unusable_c: float) -> None:
    door = Door()
    door.come(LEAST_PEOPLE - 1, 36.6)
    door.comes(unusable_c)
    assert door.limit.crowd is Crowd.TOO_FEW
    door.again(unusable_c)
    assert door.limit.crowd is Crowd.TOO_FEW
    door.again(36.6)
    assert door.limit.crowd is Crowd.USUAL


def test_only_the_last_people_count() -> None:
    door = Door()
    door.come(100, 36.0)
    door.come(RULE.people, 37.0)
    assert door.comes(37.0) == pytest.approx(37.5)


def test_the_people_of_yesterday_are_forgotten() -> None:
    door = Door()
    door.come(RULE.people, 36.6)
    door.at_s += MEMORY_S
    assert door.comes(36.6) == HIGH_C
    assert door.limit.crowd is Crowd.TOO_FEW


def test_another_thermometer_begins_again() -> None:
    door = Door()
    door.come(RULE.people, 36.0)
    door.limit.forget()
    assert door.limit.crowd is Crowd.TOO_FEW
    assert door.again(36.0) == HIGH_C


@pytest.mark.parametrize(
    ("body_c", "limit_c", "crowd"),
    [(37.9, 38.4, Crowd.USUAL), (38.2, 38.5, Crowd.WARM), (35.6, 36.1, Crowd.USUAL), (35.2, 36.0, Crowd.COLD)],
)
def test_the_limit_stays_between_floor_and_cap_and_says_so(body_c: float, limit_c: float, crowd: Crowd) -> None:
    door = Door()
    door.come(LEAST_PEOPLE, body_c)
    assert door.comes(body_c) == pytest.approx(limit_c)
    assert door.limit.crowd is crowd


def test_in_a_crowd_with_a_fever_the_cap_finds_it() -> None:
    door = Door()
    door.come(RULE.people, 38.9)
    assert door.comes(38.9) < 38.9


def test_a_warmer_room_moves_the_limit() -> None:
    door = Door()
    door.come(LEAST_PEOPLE, 36.6)
    assert door.comes(36.6, ambient_c=30.0) == pytest.approx(37.1 + 0.5)


@given(st.floats(-0.5, 0.5), st.integers(0, 2**32))
def test_an_error_of_the_thermometer_changes_no_judgement(error_c: float, seed: int) -> None:
    chance = random.Random(seed)
    bodies_c = [round(chance.gauss(36.6, 0.2), 2) for _ in range(60)]
    right, wrong = Door(), Door()
    for body_c in bodies_c:
        margin_c = body_c - right.comes(body_c)
        other_c = body_c + error_c - wrong.comes(body_c + error_c)
        if right.visit > LEAST_PEOPLE:
            assert other_c == pytest.approx(margin_c, abs=1e-9)


def test_nobody_is_shown_in_a_log() -> None:
    door = Door()
    door.comes(38.76)
    assert "38.7" not in repr(door.limit)


def test_the_settings_choose_the_rule_and_its_range() -> None:
    relative = TemperatureSettings(high_c=37.0, relative=RelativeSettings(below_c=1.0, above_c=0.5))
    for body_c, limit_c in ((35.0, 36.0), (38.0, 37.5)):
        door = Door()
        door.limit = fever_limit_of(relative, ThermometerSettings())
        door.come(LEAST_PEOPLE, body_c)
        assert door.comes(body_c) == pytest.approx(limit_c)


@pytest.mark.parametrize(("body_c", "crowd"), [(37.6, Crowd.WARM), (37.4, Crowd.USUAL), (34.9, Crowd.COLD)])
def test_with_the_fixed_rule_a_crowd_of_which_most_are_referred_is_warm(body_c: float, crowd: Crowd) -> None:
    door = Door()
    door.limit = fever_limit_of(TemperatureSettings(rule=FeverRule.FIXED), ThermometerSettings())
    door.come(LEAST_PEOPLE, body_c)
    assert door.limit.is_fixed
    assert door.limit.crowd is crowd


def test_readings_that_may_be_of_a_thing_leave_the_crowd() -> None:
    door = Door()
    door.come(LEAST_PEOPLE, 36.6)
    since_s = door.at_s
    door.come(15, 37.0)
    door.limit.forget_newest(5)
    door.limit.forget_since(since_s)
    assert door.comes(36.6) == pytest.approx(37.1)
    door.limit.forget_newest(100)
    assert door.comes(36.6) == HIGH_C


def test_a_correction_that_accounts_for_the_room_is_not_corrected_again() -> None:
    door = Door()
    door.limit = fever_limit_of(TemperatureSettings(), ThermometerSettings(correction=Correction.HEAT_BALANCE))
    door.come(LEAST_PEOPLE, 36.4)
    assert door.comes(36.4, ambient_c=30.0) == door.comes(36.4, ambient_c=20.0)
