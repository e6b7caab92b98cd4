"""Rows and log frames are read from any bytes without an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.journal.pages import PAGE_BYTES, log_is_damaged, log_pages, newest_rowid, rows_in
from kiosk.journal.salvage import COLUMNS
from tests.journal.harm import Sample, closed_sample, cut_sample


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return closed_sample(tmp_path_factory.mktemp("closed"))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return cut_sample(tmp_path_factory.mktemp("cut")).files[1]


def test_a_leaf_page_gives_its_rows_without_the_rest_of_the_file(closed: Sample) -> None:
    page = closed.files[0][closed.leaf.start : closed.leaf.stop]
    assert list(rows_in(page, len(COLUMNS))) == closed.rows
    assert newest_rowid(page) == closed.rows[-1][0]


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_page_of_any_bytes_is_read_without_an_error(begin: bytes, end: bytes) -> None:
    page = begin.ljust(PAGE_BYTES - len(end), b"\0") + end
    list(rows_in(page, len(COLUMNS)))
    newest_rowid(page)


@given(st.binary(max_size=300))
def test_a_log_of_any_bytes_has_no_durable_page_and_is_not_damaged(garbage: bytes) -> None:
    assert log_pages(garbage) == {}
    assert not log_is_damaged(garbage)


@given(data=st.data())
def test_a_sound_log_that_is_cut_anywhere_is_not_damaged(log: bytes, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(log)))
    assert not log_is_damaged(log[:length])


def test_a_log_gives_the_pages_of_its_durable_transactions(log: bytes) -> None:
    assert not log_is_damaged(log)
    assert set(log_pages(log)) == {3, 4, 5}
