"""The account of a stream's time: income, savings, debt, and frames until an expensive stage is paid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.scanner.cascade.allowance import MAX_STRETCH, Allowance

FRAME_S = 1 / 30


def empty(budget_ms: float = 40.0, slowness: float = 1.0) -> Allowance:
    """Return an account without savings or debt, whose pictures come as soon as the last one is finished."""
    allowance = Allowance(budget_ms, slowness)
    allowance.charge(allowance.max_saved_ms)
    return allowance


def frames_until(allowance: Allowance, cost_ms: float, first_ms: float, from_s: float = 0.0) -> int:
    """Return after how many pictures a stage of this cost is paid, if the first stage takes `first_ms` in each."""
    for number in range(1, 1000):
        allowance.earn(from_s + number * first_ms / 1000)
        allowance.charge_first(first_ms)
        if allowance.balance_ms >= cost_ms:
            return number
    raise AssertionError("never")


def test_the_account_begins_full() -> None:
    assert Allowance(40.0, 1.0).is_full
    assert Allowance(40.0, 1.0).balance_ms == 80.0
    assert Allowance(5.0, 1.0).balance_ms == 40.0


@pytest.mark.parametrize(("slowness", "income_ms"), [(1.0, 40.0), (2.0, 80.0), (5.0, 200.0), (10.0, 200.0)])
def test_the_income_follows_the_machine(slowness: float, income_ms: float) -> None:
    allowance = empty(slowness=slowness)
    allowance.earn(0.0)
    assert allowance.income_ms == allowance.balance_ms == income_ms


def test_the_time_in_which_the_scanner_waited_for_a_picture_is_earned() -> None:
    allowance = empty()
    allowance.earn(0.0)
    allowance.charge(40.0)
    allowance.earn(0.066)  # 26 ms of them were waited
    assert allowance.balance_ms == pytest.approx(66.0)


def test_nothing_is_earned_while_the_scanner_is_busy() -> None:
    allowance = empty()
    allowance.earn(0.0)
    allowance.charge(60.0)
    allowance.earn(0.033)
    assert allowance.balance_ms == pytest.approx(20.0)


def test_calm_pictures_pay_soon_for_an_expensive_stage_after_ninety_noisy_ones() -> None:
    slow = empty(40.0, 10.0)
    for number in range(90):
        slow.earn(number * 0.6)
        slow.charge_first(600.0)
        slow.charge(400.0)  # a stage that did not stop in time
    assert frames_until(slow, 300.0, first_ms=20.0, from_s=60.0) <= 3


def test_noisy_pictures_leave_the_other_stages_half_of_the_income() -> None:
    assert frames_until(empty(40.0, 10.0), 200.0, first_ms=1000.0) == 2


@given(
    st.floats(5, 500),
    st.floats(1, 30),
    st.lists(st.tuples(st.sampled_from(["first", "other"]), st.floats(0, 5000)), max_size=30),
)
def test_two_pictures_pay_every_debt_and_savings_are_limited(
    budget_ms: float, slowness: float, expenses: list[tuple[str, float]]
) -> None:
    allowance = Allowance(budget_ms, slowness)
    assert budget_ms <= allowance.income_ms <= MAX_STRETCH * budget_ms
    for number, (kind, ms) in enumerate(expenses):
        allowance.earn(float(number))
        allowance.charge_first(ms) if kind == "first" else allowance.charge(ms)
        assert 0.0 <= allowance.balance_ms <= allowance.max_saved_ms
    allowance.earn(1000.0)
    allowance.earn(1000.0)
    assert allowance.balance_ms >= 0.5 * allowance.income_ms
