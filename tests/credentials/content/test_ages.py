from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.content.ages import possible_ages

DAY = date(2021, 10, 1)
EVERY = range(151)


@pytest.mark.parametrize(
    ("birth_date", "ages"),
    [
        ("1980-10-01", range(41, 42)),
        ("1980-10-02", range(40, 41)),
        ("1980-10-02T00:00:00", range(40, 41)),
        ("1980-10", range(40, 42)),
        ("1980-09", range(41, 42)),
        ("1980", range(40, 42)),
        ("1980-XX-XX", range(40, 42)),
        ("1980-10-XX", range(40, 42)),
        ("1980-XX", range(40, 42)),
        ("2021", range(1)),
        ("2000-02-29", range(21, 22)),
        ("2001-02-29", EVERY),
        ("2022-01-01", EVERY),
        ("1850", EVERY),
        ("45", EVERY),
        ("", EVERY),
        ("1980-13-01", EVERY),
        ("0000", EVERY),
        ("1980-10-01x", EVERY),
    ],
)
def test_the_age_follows_from_what_is_known_of_the_birth_date(birth_date: str, ages: range) -> None:
    assert possible_ages(birth_date, DAY) == ages


def test_a_person_of_29_february_is_older_on_1_march() -> None:
    assert possible_ages("2000-02-29", date(2018, 2, 28)) == range(17, 18)
    assert possible_ages("2000-02-29", date(2018, 3, 1)) == range(18, 19)


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.sampled_from(("%Y", "%Y-%m", "%Y-XX-XX")))
def test_less_detail_leaves_the_true_age_possible(born: date, form: str) -> None:
    [age] = possible_ages(born.isoformat(), DAY)
    assert age in possible_ages(born.strftime(form), DAY)


@given(st.text(max_size=12))
def test_any_text_gives_at_least_one_age(text: str) -> None:
    assert possible_ages(text, DAY)
