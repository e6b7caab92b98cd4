"""Seals: what opens them, what does not, and a broker that confirms rows that no collector has."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.fleet.collector.incoming import Received, RowMessageReader
from kiosk.fleet.wire.batches import Answer, decode_answer, encode_answer, encode_batch
from kiosk.fleet.wire.seals import SEAL_BYTES, KioskKeys, SealKey
from kiosk.journal.portions import START, Portion

from .rows import row
from .town import KEYS

NUMBER = "0123456789abcdef"
TOPIC = "kiosk/north/rows"
BATCH = encode_batch(NUMBER, Portion(tuple(row(number) for number in range(1, 101)), START))


def read(topic: str, message: bytes) -> Received | None:
    return RowMessageReader(KEYS).read(topic, message)


@given(st.binary(max_size=200), st.integers(0, 2000), st.integers(1, 255))
def test_a_changed_byte_anywhere_breaks_the_seal(message: bytes, place: int, change: int) -> None:
    sealed = bytearray(KEYS.of("north").close(TOPIC, message))
    assert KEYS.of("north").open(TOPIC, bytes(sealed)) == message
    sealed[place % len(sealed)] ^= change
    assert KEYS.of("north").open(TOPIC, bytes(sealed)) is None


@given(st.binary(max_size=SEAL_BYTES + 8))
def test_any_bytes_are_no_sealed_message(message: bytes) -> None:
    assert KEYS.of("north").open(TOPIC, message) is None


def test_a_seal_belongs_to_one_kiosk_one_topic_and_one_office() -> None:
    sealed = KEYS.of("north").close(TOPIC, b"rows")
    assert KEYS.of("south").open(TOPIC, sealed) is None
    assert KEYS.of("north").open("kiosk/north/confirmed", sealed) is None
    assert KioskKeys(SealKey(b"another office's key".ljust(32))).of("north").open(TOPIC, sealed) is None


def test_a_key_goes_into_its_file_and_out_again() -> None:
    key = SealKey(bytes(range(32)))
    assert SealKey.parse(key.text()).open("t", key.close("t", b"x")) == b"x"
    for text in (b"", b"00" * 31, b"xy" * 32, b"-----BEGIN"):
        with pytest.raises(KioskError, match="copy seal"):
            SealKey.parse(text)


def test_a_sealed_batch_is_taken_and_its_answer_has_a_seal_too() -> None:
    received = read(TOPIC, KEYS.of("north").close(TOPIC, BATCH))
    assert received
    assert received.delivered
    assert len(received.delivered.batch.rows) == 100
    topic, sealed = RowMessageReader(KEYS).answer(received)
    message = KEYS.of("north").open(topic, sealed)
    assert message
    assert decode_answer(message) == Answer(NUMBER)


def test_rows_that_the_broker_changed_or_invented_are_refused() -> None:
    sealed = KEYS.of("north").close(TOPIC, BATCH)
    for message in (BATCH, sealed.replace(b"admitted", b"referred", 1), KEYS.of("south").close(TOPIC, BATCH)):
        received = read(TOPIC, message)
        assert received
        assert received.delivered is None
        assert "the seal is wrong" in received.answer.refused


def test_a_message_on_another_topic_is_not_read() -> None:
    assert read("kiosk/north/state", b"{}") is None
    assert read("any", b"") is None


@given(st.dictionaries(st.text(max_size=9), st.integers(), min_size=1), st.integers(0, 2000), st.integers(1, 255))
def test_a_sealed_json_object_is_one_and_a_changed_byte_breaks_the_seal(
    members: dict[str, int], place: int, change: int
) -> None:
    message = json.dumps(members).encode()
    sealed = bytearray(KEYS.of("north").close_json(TOPIC, message))
    assert json.loads(sealed).keys() >= {"seal"}
    assert KEYS.of("north").open_json(TOPIC, bytes(sealed)) == message
    assert KEYS.of("south").open_json(TOPIC, bytes(sealed)) is None
    assert KEYS.of("north").open_json(TOPIC, message) is None
    sealed[place % len(sealed)] ^= change
    assert KEYS.of("north").open_json(TOPIC, bytes(sealed)) is None


def test_the_answer_to_a_message_that_is_no_batch_names_its_number_if_it_can_be_found() -> None:
    sealed = KEYS.of("north").close(TOPIC, b'{"v":1,"batch":"0123456789abcdef","missing":0,"rows":[[1]]}')
    received = read(TOPIC, sealed)
    assert received
    assert received.answer.number == NUMBER
    assert encode_answer(received.answer)
