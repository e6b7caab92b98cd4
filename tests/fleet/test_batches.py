"""The messages between a kiosk and the collector: what is understood, and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.fleet.wire.batches import (
    MAX_BATCH_BYTES,
    MAX_ROWS,
    Answer,
    BatchError,
    decode_answer,
    decode_batch,
    encode_answer,
    encode_batch,
)
from kiosk.fleet.wire.topics import discovery_topic, parts_of, topic
from kiosk.journal.portions import START, Portion, SentRow

from .rows import row

NUMBER = "0123456789abcdef"


def changed(index: int, value: object) -> bytes:
    values: list[Any] = list(row(1))
    values[index] = value
    return json.dumps({"v": 1, "batch": NUMBER, "missing": 0, "rows": [values]}).encode()


def test_a_batch_comes_out_as_it_went_in() -> None:
    rows = tuple(row(number) for number in range(1, MAX_ROWS + 1))
    message = encode_batch(NUMBER, Portion(rows, START, missing=3))
    batch = decode_batch(message)
    assert (batch.number, batch.rows, batch.missing) == (NUMBER, rows, 3)


def test_the_longest_rows_of_a_kiosk_fit_into_a_batch() -> None:
    longest: SentRow = (
        2**40, row(1)[1], 2**40, 2**40, "2026.11.28", row(1)[5], 1, 123456789.123456, "admission_ended",
        "out_of_service", 2**40, "admitted_by_officer", "a" * 64, "b" * 64, "c" * 64,
    )  # fmt: skip
    assert len(encode_batch(NUMBER, Portion((longest,) * MAX_ROWS, START))) < MAX_BATCH_BYTES


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (0, -1), (0, "1"), (0, 2**41), (0, True), (1, "boot"), (1, 5), (2, 1.5), (3, None), (4, "a\0b"), (4, "x" * 256),
        (5, "yesterday"), (5, "0001-01-01T00:00:00.000Z"), (5, "2026-03-04T12:00:00Z"), (5, 5), (6, 2), (6, None),
        (7, "1"), (7, 1e300), (8, None), (9, ["idle"]), (10, "3"), (10, -3), (11, 4), (12, None), (13, "\ud800"),
        (14, {}),
    ],
)  # fmt: skip
def test_a_row_with_a_wrong_value_is_refused(index: int, value: object) -> None:
    with pytest.raises(BatchError):
        decode_batch(changed(index, value))


@pytest.mark.parametrize(
    "message",
    [
        b"", b"\xff", b"[]", b"null", b"{}", b'{"v":2}', b"[" * 100_000, b" " * (MAX_BATCH_BYTES + 1),
        b'{"v":1,"batch":"x","missing":0,"rows":[]}', b'{"v":1,"batch":"0123456789abcdef","missing":0,"rows":[]}',
        b'{"v":1,"batch":"0123456789abcdef","missing":-1,"rows":[[]]}', changed(7, float("nan")),
        changed(7, float("inf")),
    ],
)  # fmt: skip
def test_bytes_that_are_no_batch_are_refused(message: bytes) -> None:
    with pytest.raises(BatchError):
        decode_batch(message)


def test_a_batch_of_too_many_rows_is_refused() -> None:
    with pytest.raises(BatchError, match="1 to 100 rows"):
        decode_batch(encode_batch(NUMBER, Portion((row(1),) * (MAX_ROWS + 1), START)))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_any_json_in_place_of_the_rows_is_refused_and_raises_nothing_else(rows: object) -> None:
    with pytest.raises(BatchError):
        decode_batch(json.dumps({"v": 1, "batch": NUMBER, "missing": 0, "rows": rows}).encode())


@given(st.binary(max_size=100))
def test_any_bytes_in_place_of_an_answer_are_refused_and_raise_nothing_else(message: bytes) -> None:
    with pytest.raises(BatchError):
        decode_answer(message)


def test_an_answer_comes_out_as_it_went_in() -> None:
    for answer in (Answer(NUMBER), Answer(NUMBER, "a row has 15 values")):
        assert decode_answer(encode_answer(answer)) == answer


def test_topics_name_one_kiosk_each() -> None:
    assert parts_of(topic("north", "rows")) == ("north", "rows")
    assert parts_of("kiosk/north/door/rows") is None
    assert parts_of("kiosk/North/rows") is None
    assert parts_of("kiosk/+/rows") is None
    assert discovery_topic("north") == "homeassistant/device/north/config"
