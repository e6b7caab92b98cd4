"""The scanner's ends of its two pipes: messages are written without waiting, control lines are read on a thread.

Both pipes may be one and the same socket: the unit `kiosk-scanner@.service` is started with a connection as standard
input and output.

Rule 1: the frame loop never waits for the controller. Bytes that do not fit into the pipe are kept up to a limit;
        beyond it, messages are dropped.
Rule 2: the process ends at once when the controller closes the pipe or the connection, or writes a line that is no
        control line.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import BinaryIO

from kiosk.model import Watch
from kiosk.scanner.wire.messages import MAX_CONTROL_BYTES, BadMessage, Look, Message, encode, parse_control

logger = logging.getLogger(__name__)

MAX_BUFFERED_BYTES = 65536
"""Room for fifteen of the largest codes."""


class Outbox:
    """Writes messages to the pipe (its descriptor) or socket `end` without waiting, and buffers what it does not take.

    A pipe is made non-blocking. A socket is not: the control lines are read from the same open file, and a read from it
    must wait.

    `send`, `send_or_drop` and `flush` raise `ConnectionError` if the controller has closed its end.
    """

    def __init__(self, end: int | socket.socket) -> None:
        self._write: Callable[[bytes | bytearray], int]
        if isinstance(end, socket.socket):
            self._write = lambda data: end.send(data, socket.MSG_DONTWAIT)
        else:
            os.set_blocking(end, False)
            self._write = lambda data: os.write(end, data)
        self._buffer = bytearray()

    def send(self, message: Message) -> bool:
        """Write a message, and buffer what the pipe does not take. Return False if it was dropped: the buffer is full.

        Raises `BadMessage` if the message is longer than the limit of its kind.
        """
        data = encode(message)
        if len(self._buffer) + len(data) > MAX_BUFFERED_BYTES:
            logger.warning("the controller does not read; dropped a %s", type(message).__name__)
            return False
        self._buffer += data
        self.flush()
        return True

    def send_or_drop(self, message: Message) -> bool:
        """Write a message that is useful only now: a heartbeat or a live picture. Return False if it was dropped.

        It is dropped if older messages are still buffered. Raises `BadMessage` like `send`.
        """
        self.flush()
        if self._buffer:
            return False
        self._buffer += encode(message)
        self.flush()
        return True

    def flush(self) -> None:
        """Write as much of the buffer as the pipe takes."""
        while self._buffer:
            try:
                sent = self._write(self._buffer)
            except BlockingIOError:
                return
            del self._buffer[:sent]


class Controls:
    """The setting of the newest control line.

    Args:
        on_end: is called on the reading thread when no more lines will come.

    Attributes:
        look: how often and how thoroughly to look, and for which visit.
        was_off: the newest setting with `Watch.OFF` since the loop last set this to None. Without it the loop would
            miss a short pause, because it reads only the newest setting.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        self.look = Look(Watch.OFF, 0)
        self.was_off: Look | None = None
        self._on_end = on_end
        self._changed = threading.Event()

    def start(self, stream: BinaryIO) -> None:
        """Start a thread that reads control lines from `stream`."""
        threading.Thread(target=self.read_all, args=(stream,), name="controls", daemon=True).start()

    def read_all(self, stream: BinaryIO) -> None:
        """Read control lines until the stream ends or a line is no control line; then call `on_end`."""
        try:
            while line := stream.readline(MAX_CONTROL_BYTES):
                self.look = parse_control(line)
                self.was_off = self.look if self.look.watch is Watch.OFF else self.was_off
                self._changed.set()
        except (BadMessage, ConnectionError) as error:  # a socket may be reset, with messages that nobody read
            logger.error("%s", error)  # noqa: TRY400 - a traceback adds nothing
        self._on_end()

    def wait(self, for_s: float) -> None:
        """Wait for `for_s` seconds, or until the next control line."""
        if self._changed.wait(for_s):
            self._changed.clear()
