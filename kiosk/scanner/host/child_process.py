"""One scanner, seen from the controller: what it sent, how it ends, and the threads that read from it.

A thread reads its messages; another one reads its log, where the link has one. Both are limited: more than
`MAX_MESSAGES_PER_S` messages are an error, and log lines beyond `MAX_LOG_LINES_PER_MINUTE` are dropped. How the scanner
was started and how it is ended is the matter of its link (`kiosk.support.links`).

Rule 1: no method waits for the scanner, except `wait`, whose time is bounded.
Rule 2: no picture library is imported, because this code runs in the controller.
"""

import contextlib
import io
import logging
import threading
from collections.abc import Callable

from kiosk.errors import printable
from kiosk.model import Clock
from kiosk.scanner.wire.messages import MAX_MESSAGES_PER_S, BadMessage, Message, MessageReader
from kiosk.support.links import Helper, Link, LinkEnding

logger = logging.getLogger(__name__)

SCANNER = Helper("scanner", not_started="camera_silent", missing="scanner_missing")

READ_BYTES = 65536
DRAIN_S = 1.0
"""Longest time after the end of the child in which its last messages are read.

A process that the child started may keep the pipe open for ever, so the end of the stream is not waited for.
"""

MAX_LOG_LINE_BYTES = 400
MAX_LOG_LINES_PER_MINUTE = 120


class ScannerChild:
    """A running scanner.

    Args:
        link: the link to the scanner; it is released by `release`.
        clock: measures the rates and the drain time.
        on_message: is called with this object and each message, in order, on the thread that reads the messages.

    Attributes:
        started_at_s: time of the start.
        ending_since_s: time at which `end` was called; None before.
        first_frame_s, last_frame_s: times of the first and the newest frame, kept by the supervisor. Before the first
            frame, `last_frame_s` is the time of the start.
        reported_fault: the fault that the scanner reported before it ended, kept by the supervisor; "" for none.
        broken: True after the child sent bytes that are no message, or too many messages.
    """

    def __init__(self, link: Link, clock: Clock, on_message: Callable[["ScannerChild", Message], None]) -> None:
        self._link = link
        self._clock = clock
        self._on_message = on_message
        self.started_at_s = clock.now_s()
        self.ending_since_s: float | None = None
        self.first_frame_s: float | None = None
        self.last_frame_s = self.started_at_s
        self.reported_fault = ""
        self.broken = False
        self._heard = False
        self._killed = False
        self._ended_at_s: float | None = None
        self._threads = [
            threading.Thread(target=read, name=f"scanner {read.__name__}", daemon=True)
            for read in (self._read_messages, self._read_log)
        ]

    def listen(self) -> None:
        """Start the two threads that read from the scanner."""
        for thread in self._threads:
            thread.start()

    def ending(self) -> LinkEnding | None:
        """Return how the scanner ended.

        Returns None while it runs, and until its last messages were read or `DRAIN_S` is over.
        """
        ending = self._link.ending(self._heard)
        if ending is None:
            return None
        now_s = self._clock.now_s()
        if self._ended_at_s is None:
            self._ended_at_s = now_s
        if self._threads[0].is_alive() and now_s - self._ended_at_s < DRAIN_S:
            return None
        return self._link.ending(self._heard)  # the thread may have read its first bytes meanwhile

    def write(self, line: bytes) -> None:
        """Write a line. The line is lost if the scanner does not read; the supervisor then notices its silence."""
        self._link.write(line)

    def end(self) -> None:
        """First step of the kill ladder: ask the scanner to end."""
        self.ending_since_s = self._clock.now_s()
        self._link.end()

    def kill(self) -> None:
        """Second step of the kill ladder, once: force the end, as far as the link can."""
        if not self._killed:
            self._killed = True
            logger.warning("scanner: %s", self._link.kill())

    def wait(self, for_s: float) -> bool:
        """Wait at most `for_s` real seconds for the end of the scanner. Return True if it has ended."""
        if not self._link.wait(for_s):
            return False
        for thread in self._threads:
            thread.join(for_s)
        return True

    def release(self) -> None:
        """Release the link of a scanner that has ended, or that does not end."""
        self._link.release()

    def _read_messages(self) -> None:
        reader, rate = MessageReader(), _Rate(MAX_MESSAGES_PER_S, 1.0, self._clock)
        # A connection may end with ECONNRESET (unix(7)): the other end was closed before it had read everything.
        with self._link.messages as stream, contextlib.suppress(ConnectionError):
            try:
                while chunk := stream.read(READ_BYTES):
                    self._heard = True
                    self._pass_on(reader.feed(chunk), rate)
            except BadMessage as error:
                self.broken = True
                logger.error("scanner: %s", error)  # noqa: TRY400 - a traceback adds nothing

    def _pass_on(self, messages: list[Message], rate: "_Rate") -> None:
        for message in messages:
            if not rate.allows():
                raise BadMessage(f"more than {MAX_MESSAGES_PER_S} messages a second")
            self._on_message(self, message)

    def _read_log(self) -> None:
        if self._link.log is None:
            return
        rate = _Rate(MAX_LOG_LINES_PER_MINUTE, 60.0, self._clock)
        with io.BufferedReader(self._link.log) as stderr:
            while line := stderr.readline(MAX_LOG_LINE_BYTES):
                if rate.allows():
                    logger.info("scanner: %s", printable(line.decode("ascii", "replace").rstrip()))


class _Rate:
    """Allows at most `limit` calls in each window of `window_s` seconds."""

    def __init__(self, limit: int, window_s: float, clock: Clock) -> None:
        self._limit, self._window_s, self._clock = limit, window_s, clock
        self._window_began_s, self._count = clock.now_s(), 0

    def allows(self) -> bool:
        now_s = self._clock.now_s()
        if now_s - self._window_began_s >= self._window_s:
            self._window_began_s, self._count = now_s, 0
        self._count += 1
        return self._count <= self._limit
