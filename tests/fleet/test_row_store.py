"""Rows in a real PostgreSQL: once each, counted once, by month, and dropped by month."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from kiosk.errors import KioskError
from kiosk.fleet.collector.migrations import migrate, sql_files
from kiosk.fleet.collector.row_store import Delivered
from kiosk.fleet.wire.batches import Batch
from kiosk.journal.portions import SentRow
from kiosk.journal.privacy import utc_text

from .rows import row
from .town import ask, open_store

NOW = datetime.now(UTC)


def at(days_ago: float) -> str:
    return utc_text(NOW - timedelta(days=days_ago))


def batch(kiosk: str, *rows: SentRow, missing: int = 0) -> Delivered:
    return Delivered(kiosk, Batch("0" * 16, rows, missing))


def test_a_row_is_stored_and_counted_once_however_often_it_comes(database: str) -> None:
    store = open_store(database)
    rows = [row(number, at(0)) for number in range(1, 5)]
    assert store.store([batch("north", *rows), batch("north", *rows[2:])]) == 4
    assert store.store([batch("north", *rows), batch("south", *rows)]) == 4
    assert ask(database, "SELECT kiosk, count(*), count(DISTINCT seq) FROM journal_row GROUP BY 1 ORDER BY 1") == [
        ("north", 4, 4), ("south", 4, 4),
    ]  # fmt: skip
    assert ask(database, "SELECT kiosk, kind, outcome, sum(rows) FROM hourly GROUP BY 1, 2, 3 ORDER BY 1") == [
        ("north", "visit", "admitted", 4), ("south", "visit", "admitted", 4),
    ]  # fmt: skip
    store.close()


def test_the_same_number_at_another_time_is_another_row(database: str) -> None:
    """A damaged journal that lost its newest rows gives their numbers again in the same boot."""
    store = open_store(database)
    assert store.store([batch("north", row(5, at(1)))]) == 1
    assert store.store([batch("north", row(5, at(0)))]) == 1
    store.close()


def test_counts_name_the_site_of_the_kiosk_the_reason_and_the_fault(database: str) -> None:
    store = open_store(database)
    store.store([batch("north", row(1, at(0)))])
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE kiosk SET site = 'town-hall'")
    fault = (*row(2, at(0))[:8], "fault_raised", "idle", None, None, "camera_silent", "", "camera")
    referred = (*row(3, at(0))[:8], "visit", "referring", 3, "referred", "fever", "", "")
    store.store([batch("north", fault, referred)])
    assert ask(database, "SELECT site, kind, outcome, reason, rows FROM hourly ORDER BY 1, 2") == [
        ("", "visit", "admitted", "", 1),
        ("town-hall", "fault_raised", "", "camera_silent", 1),
        ("town-hall", "visit", "referred", "fever", 1),
    ]
    store.close()


def test_rows_that_a_kiosk_deleted_before_they_were_sent_are_noted_once(database: str) -> None:
    store = open_store(database)
    late = batch("north", row(9, at(0)), row(10, at(0)), missing=8)
    store.store([late])
    store.store([late])
    assert ask(database, "SELECT missing FROM kiosk") == [(8,)]
    store.close()


def test_rows_lie_in_the_partition_of_their_month_and_impossible_months_in_another(database: str) -> None:
    store = open_store(database, keep_months=2)
    old, future = "1970-01-01T00:00:00.000Z", utc_text(NOW + timedelta(days=400))
    store.store([batch("north", row(1, at(0)), row(2, old), row(3, future))])
    assert ask(database, "SELECT tableoid::regclass::text, seq FROM journal_row ORDER BY 2") == [
        (f"journal_row_{NOW:%Y%m}", 1), ("journal_row_other", 2), ("journal_row_other", 3),
    ]  # fmt: skip
    assert store.store([batch("north", row(2, old), row(3, future))]) == 0
    store.close()


def test_a_month_that_begins_takes_the_rows_that_came_too_early(database: str) -> None:
    store = open_store(database)
    store.store([batch("north", row(1, utc_text(NOW + timedelta(days=400))))])
    month = (NOW + timedelta(days=400)).replace(day=1)
    with psycopg.connect(database) as connection:
        connection.execute("SELECT make_month(%s)", (f"{month:%Y-%m-01}",))
        connection.execute("SELECT make_month(%s)", (f"{month:%Y-%m-01}",))
    assert ask(database, "SELECT tableoid::regclass::text FROM journal_row") == [(f"journal_row_{month:%Y%m}",)]
    store.close()


def test_months_that_are_not_kept_are_dropped_as_partitions(database: str) -> None:
    store = open_store(database, keep_months=12)
    store.store([batch("north", row(1, at(0)), row(2, at(65)), row(3, at(130)))])
    store.close()
    keeper = open_store(database, keep_months=1)
    assert keeper.drop_old() == 2
    assert ask(database, "SELECT seq FROM journal_row") == [(1,)]
    assert ask(database, "SELECT sum(rows) FROM hourly") == [(1,)]
    keeper.make_next_months()
    assert keeper.store([batch("north", row(4, at(0)))]) == 1
    keeper.close()


def test_two_collectors_that_store_the_same_rows_store_them_once(database: str) -> None:
    one, two = open_store(database), open_store(database)
    batches = [batch(name, *(row(number, at(0)) for number in range(50))) for name in ("c", "a", "b")]
    assert one.store(batches) + two.store(batches[::-1]) == 150
    one.close()
    two.close()


def test_the_schema_is_made_once_and_a_newer_one_is_refused(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        assert migrate(connection) == len(sql_files())
        assert migrate(connection) == 0
        connection.execute("INSERT INTO schema_version VALUES (999)")
        with pytest.raises(KioskError, match="install the newer program"):
            migrate(connection)
