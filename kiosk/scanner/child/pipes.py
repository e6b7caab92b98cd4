"""The scanner's ends of its two pipes: messages go out without ever waiting, control lines come in on a thread.

Rule 1: the picture loop never waits for the controller; what does not fit into the pipe is kept, bounded, or dropped.
Rule 2: a controller that is gone, or that writes what is no control line, ends this process at once.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import BinaryIO

from kiosk.model import Watch
from kiosk.scanner.wire.messages import MAX_CONTROL_BYTES, BadMessage, Message, encode, parse_control

logger = logging.getLogger(__name__)

MAX_WAITING_BYTES = 65536
"""Fifteen of the largest codes: a controller that has not read them will not miss the sixteenth."""


class Outbox:
    """Frames on their way to the controller; `fd` is made non-blocking. `BrokenPipeError` when it is gone."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._waiting = bytearray()

    def send(self, message: Message) -> bool:
        """Send as much as the pipe takes now and keep the rest; when too much waits, refuse and say False."""
        frame = encode(message)
        if len(self._waiting) + len(frame) > MAX_WAITING_BYTES:
            logger.warning("the controller does not read; dropped a %s", type(message).__name__)
            return False
        self._waiting += frame
        self.flush()
        return True

    def send_fresh(self, message: Message) -> bool:
        """Send what is of use only now (heartbeat, live picture), or drop it when older frames still wait."""
        self.flush()
        if self._waiting:
            return False
        self._waiting += encode(message)
        self.flush()
        return True

    def flush(self) -> None:
        """Send what waits, as far as the pipe takes it."""
        while self._waiting:
            try:
                sent = os.write(self._fd, self._waiting)
            except BlockingIOError:
                return
            del self._waiting[:sent]


class Controls:
    """The newest control line, and whether one before it was a rest; `on_gone` is called on the reading thread when
    there will be no more."""

    def __init__(self, on_gone: Callable[[], None]) -> None:
        self.watch = Watch.OFF
        self.rested = False
        self._on_gone = on_gone
        self._changed = threading.Event()

    def start(self, stream: BinaryIO) -> None:
        """Read control lines on a thread of their own."""
        threading.Thread(target=self.read_all, args=(stream,), name="controls", daemon=True).start()

    def read_all(self, stream: BinaryIO) -> None:
        """Read control lines until the stream ends."""
        while line := stream.readline(MAX_CONTROL_BYTES):
            try:
                self.watch = parse_control(line)
            except BadMessage as error:
                logger.error("%s", error)  # noqa: TRY400 - a traceback adds nothing
                break
            self.rested = self.rested or self.watch is Watch.OFF
            self._changed.set()
        self._on_gone()

    def wait(self, for_s: float) -> None:
        """Wait, but no longer than until the next control line."""
        if self._changed.wait(for_s):
            self._changed.clear()
