"""The scanner's ends of its pipes: messages are written without waiting, control lines are read on a thread."""

import io
import os
import socket
from collections.abc import Iterator

import pytest

from kiosk.model import Payload, Watch
from kiosk.scanner.child.pipes import MAX_BUFFERED_BYTES, Controls, Outbox
from kiosk.scanner.wire.messages import Beat, CodeRead, Hint, Look, Message, MessageReader, Preview

PREVIEW = Preview(b"\xff\xd8" + bytes(30_000))


class Pipe:
    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        self.outbox = Outbox(self.write_end)
        self.reader = MessageReader()

    def read(self) -> list[Message]:
        messages = []
        while True:
            try:
                messages += self.reader.feed(os.read(self.read_end, 65536))
            except BlockingIOError:
                return messages

    def fill(self) -> int:
        """Send codes until the buffer is full. Return how many were accepted, in the pipe and in the buffer."""
        accepted = 0
        while self.outbox.send(CodeRead(Payload(bytes(4000)), 1)):
            accepted += 1
        return accepted

    def close(self) -> None:
        os.close(self.read_end)
        os.close(self.write_end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_messages_arrive_in_order(pipe: Pipe) -> None:
    sent: list[Message] = [Beat(1, 0.0), CodeRead(Payload(b"x"), 1), Hint("code_hold_still", 1)]
    assert all(pipe.outbox.send(message) for message in sent)
    assert pipe.read() == sent


def test_a_controller_that_does_not_read_never_blocks_the_scanner(pipe: Pipe, caplog: pytest.LogCaptureFixture) -> None:
    accepted = pipe.fill()
    assert accepted >= MAX_BUFFERED_BYTES // 4008
    assert "dropped a CodeRead" in caplog.text
    received = len(pipe.read())
    pipe.outbox.flush()
    assert received + len(pipe.read()) == accepted


def test_live_pictures_and_heartbeats_are_dropped_while_older_messages_are_buffered(pipe: Pipe) -> None:
    pipe.fill()
    assert not pipe.outbox.send_or_drop(PREVIEW)
    assert not pipe.outbox.send_or_drop(Beat(9, 0.0))
    pipe.read()
    pipe.outbox.flush()
    pipe.read()
    assert pipe.outbox.send_or_drop(Beat(10, 0.0))
    assert pipe.read() == [Beat(10, 0.0)]


def test_at_most_one_live_picture_is_buffered(pipe: Pipe) -> None:
    taken = [pipe.outbox.send_or_drop(PREVIEW) for _ in range(6)]
    assert not all(taken)
    received = pipe.read()
    pipe.outbox.flush()
    assert received + pipe.read() == [PREVIEW] * taken.count(True)


def test_sending_to_a_closed_pipe_is_an_error() -> None:
    pipe = Pipe()
    os.close(pipe.read_end)
    with pytest.raises(BrokenPipeError):
        pipe.outbox.send(Beat(1, 0.0))
    os.close(pipe.write_end)


def test_a_full_socket_never_blocks_the_scanner_and_its_control_lines_are_still_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = Outbox(ours)
        while outbox.send(CodeRead(Payload(bytes(4000)), 1)):
            pass
        assert os.get_blocking(ours.fileno())


def test_sending_to_a_closed_connection_is_an_error() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        outbox = Outbox(ours)
        theirs.close()
        with pytest.raises(ConnectionError):
            outbox.send(Beat(1, 0.0))


def test_a_connection_that_is_reset_ends_the_scanner() -> None:
    ours, theirs = socket.socketpair()
    ours.send(b"nobody reads this")
    theirs.close()  # with bytes that were not read, the other end gets ECONNRESET
    end = EndCalls()
    with ours, ours.makefile("rb") as stream:
        Controls(end).read_all(stream)
    assert end.calls == 1


class EndCalls:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1


def test_the_newest_control_line_is_the_setting() -> None:
    end = EndCalls()
    controls = Controls(end)
    assert controls.look.watch is Watch.OFF
    controls.read_all(io.BytesIO(b"watch glance -1\nwatch full 1\n"))
    assert (controls.look.watch, controls.was_off, end.calls) == (Watch.FULL, None, 1)


def test_a_short_pause_is_remembered_when_a_newer_line_follows() -> None:
    controls = Controls(EndCalls())
    controls.read_all(io.BytesIO(b"watch glance -1\nwatch off -1\nwatch off 1\nwatch again 1\n"))
    assert (controls.look.watch, controls.was_off) == (Watch.AGAIN, Look(Watch.OFF, 1))


@pytest.mark.parametrize(
    "stream",
    [
        b"watch full\nwatch full 1\n",
        b"watch full 1",
        b"{}\nwatch full 1\n",
        b"watch full 1" * 100 + b"\nwatch full 1\n",
    ],
)
def test_a_line_that_is_no_control_line_ends_the_scanner(stream: bytes) -> None:
    end = EndCalls()
    controls = Controls(end)
    controls.read_all(io.BytesIO(stream))
    assert (controls.look.watch, end.calls) == (Watch.OFF, 1)


def test_waiting_ends_with_a_control_line() -> None:
    controls = Controls(EndCalls())
    controls.read_all(io.BytesIO(b"watch full 1\n"))
    controls.wait(600.0)
    controls.wait(0.0)
