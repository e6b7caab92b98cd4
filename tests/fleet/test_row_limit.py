"""The limit of a kiosk's rows: in one collector, in several of them, and after a restart. Time is a number."""

import psycopg
import pytest

from kiosk.fleet.collector.migrations import migrate
from kiosk.fleet.collector.row_limit import EXCHANGE_S, ROWS_AT_ONCE, RowLimit

from .town import ask


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_kiosk_sends_no_more_rows_than_its_limit_and_costs_no_other_kiosk() -> None:
    clock = Clock()
    limit = RowLimit(clock)
    for _ in range(ROWS_AT_ONCE // 100):
        assert limit.takes("north", 100)
    assert not limit.takes("north", 1)
    assert limit.takes("south", 100)
    clock.now_s = 100.0
    assert limit.takes("north", 100)
    assert not limit.takes("north", 1)


@pytest.fixture
def connection(database: str) -> psycopg.Connection:
    found = psycopg.connect(database, autocommit=True)
    migrate(found)
    return found


def test_a_collector_goes_on_after_a_restart_where_it_was(connection: psycopg.Connection, database: str) -> None:
    with connection:
        before, clock = RowLimit(Clock()), Clock()
        before.load(connection)
        assert before.takes("north", ROWS_AT_ONCE - 100)
        before.exchange(connection)
        assert ask(database, "SELECT count(*) FROM row_allowance") == [(0,)], "it is not time yet"
        before.exchange(connection, at_once=True)
        after = RowLimit(clock)
        after.load(connection)
        assert not after.takes("north", 1000)
        assert after.takes("north", 100)
        assert after.takes("south", 1000)
        clock.now_s = EXCHANGE_S
        after.exchange(connection)
        found = dict(ask(database, "SELECT kiosk, rows FROM row_allowance"))
        assert found["north"] == pytest.approx(0, abs=60)
        assert found["south"] == ROWS_AT_ONCE - 1000


def test_several_collectors_share_the_limit(connection: psycopg.Connection) -> None:
    with connection:
        first, second = RowLimit(Clock()), RowLimit(Clock())
        assert first.takes("north", ROWS_AT_ONCE - 100_000)
        assert second.takes("north", 90_000)
        for each in (first, second):
            each.exchange(connection, at_once=True)
        assert not second.takes("north", 20_000)
        assert first.takes("north", 20_000), "it learns of the other one's rows at its next exchange"
        first.exchange(connection, at_once=True)
        assert not first.takes("north", 1000)


def test_a_database_that_fails_forgets_no_row(connection: psycopg.Connection, database: str) -> None:
    limit = RowLimit(Clock())
    assert limit.takes("north", 1000)
    connection.close()
    with pytest.raises(psycopg.Error):
        limit.exchange(connection, at_once=True)
    with psycopg.connect(database, autocommit=True) as again:
        limit.exchange(again, at_once=True)
    assert ask(database, "SELECT rows FROM row_allowance") == [(ROWS_AT_ONCE - 1000,)]
