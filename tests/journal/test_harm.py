"""Changed bits and cut files: a sample of what `script/journal-damage` tries as a whole."""

import random
import sqlite3
from pathlib import Path

import pytest

from kiosk.journal.reading import JournalReader
from tests.journal.harm import (
    NAMES,
    Sample,
    closed_sample,
    cut_sample,
    flipped,
    judge_flip,
    judge_length,
    try_out,
    used_bits,
)

SEED = 9


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return closed_sample(tmp_path_factory.mktemp("closed"))


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return cut_sample(tmp_path_factory.mktemp("cut"))


def test_any_bit_of_the_database_may_change(closed: Sample, tmp_path: Path) -> None:
    for bit in random.Random(SEED).sample(list(used_bits(closed.files[0])), 250):
        judge_flip(tmp_path, closed, 0, bit)


def test_any_bit_of_the_schema_may_change(closed: Sample, tmp_path: Path) -> None:
    begin = closed.files[0].index(b"CREATE TABLE journal")
    bits = range(begin * 8, (begin + 400) * 8)
    assert all(judge_flip(tmp_path, closed, 0, bit) for bit in random.Random(SEED).sample(bits, 60))


def test_any_bit_of_the_log_may_change(cut: Sample, tmp_path: Path) -> None:
    for bit in random.Random(SEED).sample(range(len(cut.files[1]) * 8), 80):
        judge_flip(tmp_path, cut, 1, bit)


@pytest.mark.parametrize("file", [0, 1])
def test_both_files_may_end_anywhere(closed: Sample, cut: Sample, tmp_path: Path, file: int) -> None:
    sample = (closed, cut)[file]
    for length in (
        0,
        1,
        4,
        5,
        12,
        31,
        32,
        100,
        512,
        4096,
        *random.Random(SEED).sample(range(len(sample.files[file])), 40),
    ):
        judge_length(tmp_path, sample, file, length)


@pytest.mark.parametrize(
    ("offset", "bit"),
    [(18, 0), (18, 1), (19, 2), (16, 0), (44 + 3, 0), (56 + 3, 1), (60 + 3, 1), (68 + 3, 0), (100 + 4, 0)],
    ids=["write version", "write version", "read version", "page size", "schema format", "encoding", "version", "id",
         "number of tables"],
)  # fmt: skip
def test_a_changed_header_is_damage_and_nothing_is_lost(closed: Sample, tmp_path: Path, offset: int, bit: int) -> None:
    """With a changed write version the disk counted as read-only, and with a changed id the file as foreign."""
    assert judge_flip(tmp_path, closed, 0, offset * 8 + bit)


def test_the_rows_before_and_after_a_damaged_frame_of_the_log_are_saved(cut: Sample, tmp_path: Path) -> None:
    """SQLite ends the log at the damaged frame without a word."""
    rows, replaced, _ = try_out(tmp_path, (cut.files[0], flipped(cut.files[1], (32 + 2000) * 8)))
    assert replaced
    assert rows == cut.rows


def test_the_log_of_an_empty_database_is_not_thrown_away(cut: Sample, tmp_path: Path) -> None:
    rows, replaced, stands = try_out(tmp_path, (b"", cut.files[1]))
    assert (rows, replaced, stands) == (cut.rows, True, True)


def test_reading_rows_whose_ids_do_not_ascend_ends(closed: Sample, tmp_path: Path) -> None:
    """The changed bit is in the number of cells of the page; the same rows were read again and again."""
    judge_flip(tmp_path, closed, 0, 65575)


def test_a_row_with_an_impossible_time_is_left_out_and_the_others_are_listed(closed: Sample, tmp_path: Path) -> None:
    path = tmp_path / NAMES[0]
    path.write_bytes(closed.files[0])
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE journal SET at_utc = '2026-13-04T12:00:00.000Z' WHERE id = 2")
    connection.execute("UPDATE journal SET detail = CAST(x'ff' AS TEXT) WHERE id = 3")
    connection.close()
    with JournalReader(path) as reader:
        rows = list(reader.rows())
        assert [row.id for row in rows] == [1, 3, 4, 5, 6]
        assert rows[1].detail == "\ufffd"
        assert reader.counts()
