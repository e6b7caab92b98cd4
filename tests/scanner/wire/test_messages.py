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
    MAX_CONTROL_BYTES,
    MAX_MESSAGES_PER_S,
    MAX_OTHERS_PER_S,
    MAX_PAYLOAD_BYTES,
    BadMessage,
    Beat,
    CameraTrouble,
    CodeRead,
    Hint,
    Look,
    Message,
    MessageReader,
    Preview,
    ScannerFigures,
    control_line,
    encode,
    parse_control,
)
from kiosk.settings.schema.policy import ScannerSettings

names = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)
visits = st.integers(-(2**63), 2**63 - 1)
numbers = st.floats(0.0, 1e6)
messages = st.one_of(
    st.builds(Beat, st.integers(0, 2**64 - 1), st.floats(0.0, 1e6)),
    st.builds(CodeRead, st.builds(Payload, st.binary(max_size=300)), visits),
    st.builds(Hint, names, visits),
    st.builds(Preview, st.binary(max_size=300).map(lambda rest: b"\xff\xd8" + rest)),
    st.builds(CameraTrouble, names),
    st.builds(ScannerFigures, numbers, st.integers(0, 2**16 - 1), numbers, numbers, numbers),
)


def test_a_code_has_the_documented_bytes() -> None:
    number = b"\x00\x00\x00\x00\x00\x00\x00\x11"
    assert encode(CodeRead(Payload(b"HC1:X"), 17)) == b"KS\x03\x02\x00\x00\x00\x0d" + number + b"HC1:X"


def test_a_heartbeat_has_the_documented_bytes() -> None:
    body = b"\x00\x00\x00\x00\x00\x00\x00\x03" + b"\x3f\xe0\x00\x00\x00\x00\x00\x00"
    assert encode(Beat(3, 0.5)) == b"KS\x03\x01\x00\x00\x00\x10" + body


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


@given(st.integers(1, 6), st.binary(max_size=40))
def test_a_random_body_gives_its_message_or_one_error(kind: int, body: bytes) -> None:
    data = b"KS\x03" + bytes([kind]) + len(body).to_bytes(4) + body
    try:
        (message,) = MessageReader().feed(data)
    except BadMessage:
        return
    assert encode(message) == data


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"HTTP/1.1 200 OK\r\n", "not a message of version 3; the scanner and the controller must be of one release"),
        (
            b"KS\x01\x01\x00\x00\x00\x10",
            "not a message of version 3; the scanner and the controller must be of one release",
        ),
        (b"KS\x03\x09\x00\x00\x00\x00", "message of unknown kind 9; the known kinds are 1 to 6"),
        (b"KS\x03\x02\x00\x00\x10\xd1", "message of kind 2 with 4305 bytes; at most 4304 are allowed"),
        (b"KS\x03\x04\xff\xff\xff\xff", "message of kind 4 with 4294967295 bytes; at most 65536 are allowed"),
        (b"KS\x03\x01\x00\x00\x00\x01x", "heartbeat of 1 bytes; it has 16"),
        (b"KS\x03\x01\x00\x00\x00\x10" + bytes(8) + b"\x7f\xf8" + bytes(6), "heartbeat with an impossible age"),
        (b"KS\x03\x02\x00\x00\x00\x01x", "code or hint of 1 bytes; the number of its visit has 8"),
        (b"KS\x03\x03\x00\x00\x00\x0a" + bytes(8) + b"A!", "name with other characters than a-z, 0-9 and _"),
        (b"KS\x03\x04\x00\x00\x00\x03GIF", "preview that is no JPEG"),
        (b"KS\x03\x06\x00\x00\x00\x01x", "figures of 1 bytes; they have 34"),
        (b"KS\x03\x06\x00\x00\x00\x22" + b"\xff" * 34, "figures with an impossible number"),
    ],
)
def test_each_kind_of_bad_message_has_its_error_text(data: bytes, error: str) -> None:
    with pytest.raises(BadMessage, match=error):
        MessageReader().feed(data)


def test_a_code_larger_than_the_limit_is_an_error() -> None:
    largest = CodeRead(Payload(bytes(MAX_PAYLOAD_BYTES)), 1)
    assert MessageReader().feed(encode(largest)) == [largest]
    with pytest.raises(BadMessage):
        encode(CodeRead(Payload(bytes(MAX_PAYLOAD_BYTES + 1)), 1))


def test_the_repr_of_a_message_contains_no_payload_and_no_picture() -> None:
    assert repr(CodeRead(Payload(b"secret"), 1)) == "CodeRead(payload=Payload(), visit=1)"
    assert repr(Preview(b"\xff\xd8face")) == "Preview()"


@given(st.sampled_from(Watch), st.integers(1 - 10**18, 10**18 - 1))
def test_each_control_line_is_read_back(watch: Watch, visit: int) -> None:
    assert parse_control(control_line(Look(watch, visit))) == Look(watch, visit)
    assert len(control_line(Look(watch, visit))) <= MAX_CONTROL_BYTES


def test_a_control_line_has_the_documented_bytes() -> None:
    assert control_line(Look(Watch.FULL, 17)) == b"watch full 17\n"
    assert control_line(Look(Watch.GLANCE, -18)) == b"watch glance -18\n"


@given(st.one_of(st.binary(max_size=64), st.binary(max_size=20).map(lambda rest: b"watch full " + rest)))
def test_any_other_control_line_is_an_error(line: bytes) -> None:
    try:
        look = parse_control(line)
    except BadMessage:
        return
    assert control_line(look) == line


@pytest.mark.parametrize(
    "line",
    [b"watch full\n", b"watch full 1", b"watch full 01\n", b"watch full 1 \n", b"watch full +1\n", b"watch all 1\n"],
)
def test_a_control_line_has_one_form(line: bytes) -> None:
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
