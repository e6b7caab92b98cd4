"""Chromium's remote-debugging pipe: requests and answers of the DevTools protocol over two file descriptors.

With `--remote-debugging-pipe`, Chromium reads requests from descriptor 3 and writes answers and events to descriptor 4.
Each message is one JSON object in UTF-8, ended by a zero byte (content/browser/devtools/devtools_pipe_handler.cc).
When its input ends, Chromium exits.

Rule 1: nothing here waits. A request that the pipe does not take at once is lost; the supervisor then notices the
silence of the browser.
Rule 2: what the browser sends is not trusted: it is bounded, and anything but JSON objects ends the connection.
"""

import contextlib
import fcntl
import json
import os
from typing import Any

from kiosk.errors import DeviceError

Message = dict[str, Any]

READ_BYTES = 65_536
MAX_MESSAGE_BYTES = 1_000_000
"""Greatest size of a message. The answers to the supervisor's requests have a few hundred bytes."""

FIRST_SPARE_FD = 10
"""The pipes use descriptors from here on, so that none of them is 3 or 4, the places that they get in the browser."""


def make_pipe() -> tuple[int, int]:
    """Return the reading and the writing end of a new pipe; both are closed when a program is executed."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, FIRST_SPARE_FD) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


class DevToolsPipe:
    """The supervisor's ends of the two pipes; it closes them.

    requests_fd: where requests are written. answers_fd: where answers and events are read.
    """

    def __init__(self, requests_fd: int, answers_fd: int) -> None:
        self._requests_fd = requests_fd
        self._answers_fd = answers_fd
        self._received = b""
        self._number = 0
        self._closed = False
        for end in (requests_fd, answers_fd):
            os.set_blocking(end, False)

    def fileno(self) -> int:
        """Return the descriptor that is readable when the browser has sent something or has ended."""
        return self._answers_fd

    def send(self, method: str, params: Message, session: str = "") -> int:
        """Send a request without waiting and return its number, which its answer repeats as `id`.

        session: the id of the session with a target; "" for the browser itself.
        """
        self._number += 1
        request = {"id": self._number, "method": method, "params": params}
        if session:
            request["sessionId"] = session
        with contextlib.suppress(BlockingIOError, BrokenPipeError):  # the browser does not read, or it has ended
            os.write(self._requests_fd, json.dumps(request).encode() + b"\0")
        return self._number

    def receive(self) -> list[Message]:
        """Return the messages that have arrived, without waiting.

        Raises `DeviceError` with the fault `screen_dark` if the browser closed the pipe or sent anything but messages.
        """
        messages = []
        while chunk := self._read():
            *complete, self._received = (self._received + chunk).split(b"\0")
            if len(self._received) > MAX_MESSAGE_BYTES:
                raise DeviceError("screen", "the browser sent a message that does not end", "screen_dark")
            messages += [_parse(message) for message in complete]
        return messages

    def close(self) -> None:
        """Close both pipes, which asks the browser to exit. Safe to call twice."""
        if not self._closed:
            self._closed = True
            os.close(self._requests_fd)
            os.close(self._answers_fd)

    def _read(self) -> bytes:
        """Return what has arrived; b"" if nothing has. Raises `DeviceError` at the end of the stream."""
        try:
            chunk = os.read(self._answers_fd, READ_BYTES)
        except BlockingIOError:
            return b""
        if not chunk:
            raise DeviceError("screen", "the browser closed its debugging pipe", "screen_dark")
        return chunk


def _parse(data: bytes) -> Message:
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise DeviceError("screen", "the browser sent something that is no message", "screen_dark")
    return message
