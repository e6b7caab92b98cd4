"""The debugging pipe on real pipes, with an untrusted other end."""

import json
import os

import pytest

from kiosk.errors import DeviceError
from kiosk.screen.devtools import FIRST_SPARE_FD, MAX_MESSAGE_BYTES, READ_BYTES, DevToolsPipe, make_pipe


class Ends:
    """A pipe of the supervisor and the browser's ends of it."""

    def __init__(self) -> None:
        self.requests, requests_fd = make_pipe()
        answers_fd, self.answers = make_pipe()
        self.pipe = DevToolsPipe(requests_fd, answers_fd)


def test_the_ends_of_a_pipe_are_not_at_the_places_that_they_get_in_the_browser() -> None:
    ends = Ends()
    assert min(ends.requests, ends.answers, ends.pipe.fileno()) >= FIRST_SPARE_FD
    assert not os.get_inheritable(ends.requests)


def test_a_request_is_one_object_and_a_zero_byte() -> None:
    ends = Ends()
    assert [ends.pipe.send("A.a", {"x": 1}), ends.pipe.send("B.b", {}, "S")] == [1, 2]
    first, second, rest = os.read(ends.requests, READ_BYTES).split(b"\0")
    assert json.loads(first) == {"id": 1, "method": "A.a", "params": {"x": 1}}
    assert json.loads(second) == {"id": 2, "method": "B.b", "params": {}, "sessionId": "S"}
    assert rest == b""


def test_a_message_that_arrives_in_pieces_is_read_whole() -> None:
    ends = Ends()
    assert ends.pipe.receive() == []
    os.write(ends.answers, b'{"id":1}\0{"id"')
    assert ends.pipe.receive() == [{"id": 1}]
    os.write(ends.answers, b":2}\0")
    assert ends.pipe.receive() == [{"id": 2}]


@pytest.mark.parametrize("bad", [b"\0", b"[]\0", b"1\0", b"{\0", b"\xff\xfe\0", b"[" * 50_000 + b"\0", b'"a"\0'])
def test_a_message_that_is_no_object_ends_the_connection(bad: bytes) -> None:
    ends = Ends()
    os.write(ends.answers, bad)
    with pytest.raises(DeviceError, match="no message"):
        ends.pipe.receive()


def test_a_message_without_an_end_ends_the_connection() -> None:
    ends = Ends()
    for _ in range(MAX_MESSAGE_BYTES // 50_000):
        os.write(ends.answers, b"x" * 50_000)
        assert ends.pipe.receive() == []
    os.write(ends.answers, b"x")
    with pytest.raises(DeviceError, match="does not end"):
        ends.pipe.receive()


def test_a_browser_that_ended_is_noticed_and_can_be_written_to() -> None:
    ends = Ends()
    os.close(ends.answers)
    os.close(ends.requests)
    ends.pipe.send("A.a", {})
    with pytest.raises(DeviceError, match="closed its debugging pipe"):
        ends.pipe.receive()
    ends.pipe.close()
    ends.pipe.close()


def test_a_browser_that_does_not_read_is_not_waited_for() -> None:
    ends = Ends()
    for _ in range(100):
        ends.pipe.send("A.a", {"x": "y" * 2000})
    assert len(os.read(ends.requests, 1_000_000)) <= 65_536
