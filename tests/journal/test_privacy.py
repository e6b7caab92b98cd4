"""Retention: the rows that are old enough to be deleted."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from kiosk.journal.privacy import StoredFields, last_expired, utc_text
from kiosk.model import WallTime
from tests.journal.books import NOON

KEEP = timedelta(days=30)
MOMENTS = st.integers(0, 200).map(lambda days: NOON + timedelta(days=days))
ROWS = st.lists(st.tuples(MOMENTS, st.booleans()), max_size=30)


def kept(rows: list[tuple[datetime, bool]]) -> list[StoredFields]:
    return [StoredFields(number, utc_text(moment), sure) for number, (moment, sure) in enumerate(rows, 1)]


@given(ROWS, MOMENTS, st.integers(1, 100).map(lambda days: timedelta(days=days)))
def test_no_row_expires_before_its_time(rows: list[tuple[datetime, bool]], now: datetime, keep: timedelta) -> None:
    last = last_expired(kept(rows), WallTime(now, True), keep) or 0
    for moment, sure in rows[:last]:
        assert not sure or utc_text(moment) < utc_text(now - keep)


@given(ROWS)
def test_no_row_expires_while_the_clock_is_unsure(rows: list[tuple[datetime, bool]]) -> None:
    assert last_expired(kept(rows), WallTime(datetime(2099, 1, 1, tzinfo=UTC), False), KEEP) is None


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_all_old_rows_up_to_the_last_sure_row_expire(sure: list[bool]) -> None:
    rows = [(NOON + timedelta(minutes=minute), each) for minute, each in enumerate(sure)]
    last = last_expired(kept(rows), WallTime(NOON + timedelta(days=31), True), KEEP)
    assert last == max((number for number, each in enumerate(sure, 1) if each), default=None)


def test_a_row_expires_exactly_when_its_days_are_over() -> None:
    row = kept([(NOON, True)])
    assert last_expired(row, WallTime(NOON + KEEP, True), KEEP) is None
    assert last_expired(row, WallTime(NOON + KEEP + timedelta(milliseconds=1), True), KEEP) == 1


def test_an_unsure_row_without_a_sure_row_after_it_does_not_expire() -> None:
    assert last_expired(kept([(datetime(1970, 1, 1, tzinfo=UTC), False)]), WallTime(NOON, True), KEEP) is None


@given(MOMENTS, MOMENTS)
def test_stored_times_sort_in_the_order_of_time(one: datetime, other: datetime) -> None:
    if one <= other:
        assert utc_text(one) <= utc_text(other)


def test_a_time_of_another_zone_is_stored_as_utc() -> None:
    jakarta = timezone(timedelta(hours=7))
    assert utc_text(datetime(2026, 3, 4, 19, 0, 0, 5000, tzinfo=jakarta)) == "2026-03-04T12:00:00.005Z"
