"""The messages and control lines between the scanner process and the controller."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import Payload, Watch
from kiosk.scanner.child.process import BEAT_S
from kiosk.scanner.child.tracker import HINT_INTERVAL_S
from kiosk.scanner.wire.messages import (
    MAX_CODES_PER_PICTURE,
    MAX_CODES_PER_S,
    MAX_MESSAGES_PER_S,
    MAX_OTHERS_PER_S,
    MAX_PAYLOAD_BYTES,
    BadMessage,
    Beat,
    CameraTrouble,
    CodeRead,
    Hint,
    Message,
    MessageReader,
    Preview,
    control_line,
    encode,
    parse_control,
)
from kiosk.settings.schema.policy import ScannerSettings

names = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)
messages = st.one_of(
    st.builds(Beat, st.integers(0, 2**64 - 1), st.floats(0.0, 1e6)),
    st.builds(CodeRead, st.builds(Payload, st.binary(max_size=300))),
    st.builds(Hint, names),
    st.builds(Preview, st.binary(max_size=300).map(lambda rest: b"\xff\xd8" + rest)),
    st.builds(CameraTrouble, names),
)


def test_a_code_has_the_documented_bytes() -> None:
    assert encode(CodeRead(Payload(b"HC1:X"))) == b"KS\x01\x02\x00\x00\x00\x05HC1:X"


def test_a_heartbeat_has_the_documented_bytes() -> None:
    body = b"\x00\x00\x00\x00\x00\x00\x00\x03" + b"\x3f\xe0\x00\x00\x00\x00\x00\x00"
    assert encode(Beat(3, 0.5)) == b"KS\x01\x01\x00\x00\x00\x10" + body


@given(st.lists(messages, max_size=6), st.integers(1, 40))
def test_messages_are_read_from_chunks_of_any_size(sent: list[Message], size: int) -> None:
    stream = b"".join(map(encode, sent))
    reader = MessageReader()
    received = [message for at in range(0, len(stream), size) for message in reader.feed(stream[at : at + size])]
    assert received == sent


@given(st.lists(st.binary(max_size=64), max_size=8))
def test_random_bytes_give_messages_or_one_error(chunks: list[bytes]) -> None:
    reader = MessageReader()
    try:
        for chunk in chunks:
            reader.feed(chunk)
    except BadMessage:
        pass


@given(st.integers(1, 5), st.binary(max_size=40))
def test_a_random_body_gives_its_message_or_one_error(kind: int, body: bytes) -> None:
    data = b"KS\x01" + bytes([kind]) + len(body).to_bytes(4) + body
    try:
        (message,) = MessageReader().feed(data)
    except BadMessage:
        return
    assert encode(message) == data


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"HTTP/1.1 200 OK\r\n", "not a message of version 1; the scanner and the controller must be of one release"),
        (
            b"KS\x02\x01\x00\x00\x00\x10",
            "not a message of version 1; the scanner and the controller must be of one release",
        ),
        (b"KS\x01\x09\x00\x00\x00\x00", "message of unknown kind 9; the known kinds are 1 to 5"),
        (b"KS\x01\x02\x00\x00\x10\xc9", "message of kind 2 with 4297 bytes; at most 4296 are allowed"),
        (b"KS\x01\x04\xff\xff\xff\xff", "message of kind 4 with 4294967295 bytes; at most 65536 are allowed"),
        (b"KS\x01\x01\x00\x00\x00\x01x", "heartbeat of 1 bytes; it has 16"),
        (b"KS\x01\x01\x00\x00\x00\x10" + bytes(8) + b"\x7f\xf8" + bytes(6), "heartbeat with an impossible age"),
        (b"KS\x01\x03\x00\x00\x00\x02A!", "name with other characters than a-z, 0-9 and _"),
        (b"KS\x01\x04\x00\x00\x00\x03GIF", "preview that is no JPEG"),
    ],
)
def test_each_kind_of_bad_message_has_its_error_text(data: bytes, error: str) -> None:
    with pytest.raises(BadMessage, match=error):
        MessageReader().feed(data)


def test_a_code_larger_than_the_limit_is_an_error() -> None:
    largest = CodeRead(Payload(bytes(MAX_PAYLOAD_BYTES)))
    assert MessageReader().feed(encode(largest)) == [largest]
    with pytest.raises(BadMessage):
        encode(CodeRead(Payload(bytes(MAX_PAYLOAD_BYTES + 1))))


def test_the_repr_of_a_message_contains_no_payload_and_no_picture() -> None:
    assert repr(CodeRead(Payload(b"secret"))) == "CodeRead(payload=Payload())"
    assert repr(Preview(b"\xff\xd8face")) == "Preview()"


def test_each_control_line_is_read_back() -> None:
    assert control_line(Watch.FULL) == b"watch full\n"
    assert [parse_control(control_line(watch)) for watch in Watch] == list(Watch)


@given(st.binary(max_size=64))
def test_any_other_control_line_is_an_error(line: bytes) -> None:
    if line not in (b"watch off\n", b"watch glance\n", b"watch full\n"):
        with pytest.raises(BadMessage):
            parse_control(line)


def test_a_working_scanner_keeps_far_below_the_limit_at_which_it_counts_as_broken() -> None:
    (most_previews_hz,) = (
        rule.le for rule in ScannerSettings.model_fields["preview_hz"].metadata if hasattr(rule, "le")
    )
    others_per_s = most_previews_hz + 2 / BEAT_S + 2 / HINT_INTERVAL_S
    assert others_per_s <= MAX_OTHERS_PER_S
    assert MAX_CODES_PER_PICTURE <= MAX_CODES_PER_S
    assert MAX_MESSAGES_PER_S >= 5 * (MAX_CODES_PER_S + MAX_OTHERS_PER_S)
