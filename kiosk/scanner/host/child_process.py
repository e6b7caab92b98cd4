"""One scanner process, seen from the controller: its pipes, the threads that read them, and the signals that end it.

Two threads read the process: one its messages (standard output), one its log (standard error). Both are limited: more
than `MAX_MESSAGES_PER_S` messages are an error, and log lines beyond `MAX_LOG_LINES_PER_MINUTE` are dropped. Writing
to the process never blocks, because its standard input is a non-blocking pipe.

The process is ended in steps, the *kill ladder*: close its standard input and send SIGTERM (`end`); then send SIGKILL
(`kill`). A process in an uninterruptible sleep of the kernel survives both; it is left running.

Rule 1: no method waits for the process, except `wait`, whose time is bounded.
Rule 2: no picture library is imported, because this code runs in the controller.
"""

import contextlib
import io
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence

from kiosk.model import Clock
from kiosk.scanner.wire.messages import BadMessage, Message, MessageReader

logger = logging.getLogger(__name__)

Popen = Callable[..., "subprocess.Popen[bytes]"]

READ_BYTES = 65536
MAX_MESSAGES_PER_S = 500
"""Enough for four codes in each of 60 frames a second, and other messages. A child that sends more is broken."""

DRAIN_S = 1.0
"""Longest time after the end of the child in which its last messages are read.

A process that the child started may keep the pipe open for ever, so the end of the stream is not waited for.
"""

MAX_LOG_LINE_BYTES = 400
MAX_LOG_LINES_PER_MINUTE = 120


class ScannerChild:
    """A running scanner process.

    Args:
        command: the command line to run.
        clock: measures the rates and the drain time.
        on_message: is called with this object and each message, in order, on the thread that reads the messages.
        popen: starts the process; tests give another function.

    Attributes:
        started_at_s: time of the start.
        ending_since_s: time at which `end` was called; None before.
        first_frame_s, last_frame_s: times of the first and the newest frame, kept by the supervisor. Before the first
            frame, `last_frame_s` is the time of the start.
        reported_fault: the fault that the scanner reported before it ended, kept by the supervisor; "" for none.
        broken: True after the child sent bytes that are no message, or too many messages.
    """

    def __init__(
        self,
        command: Sequence[str],
        clock: Clock,
        on_message: Callable[["ScannerChild", Message], None],
        popen: Popen = subprocess.Popen,
    ) -> None:
        """Start the process. Raises `OSError` if the command cannot be run."""
        self._clock = clock
        self._on_message = on_message
        self._process = popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl+C at a terminal goes to the controller only, which then ends the child
            bufsize=0,
        )
        assert self._process.stdin
        os.set_blocking(self._process.stdin.fileno(), False)
        self.started_at_s = clock.now_s()
        self.ending_since_s: float | None = None
        self.first_frame_s: float | None = None
        self.last_frame_s = self.started_at_s
        self.reported_fault = ""
        self.broken = False
        self._killed = False
        self._ended_at_s: float | None = None
        self._threads = [
            threading.Thread(target=read, name=f"scanner {read.__name__}", daemon=True)
            for read in (self._read_messages, self._read_log)
        ]

    def listen(self) -> None:
        """Start the two threads that read the process."""
        for thread in self._threads:
            thread.start()

    def exit_code(self) -> int | None:
        """Return the exit code (negative: the signal that ended the process).

        Returns None while the process runs, and until its last messages were read or `DRAIN_S` is over.
        """
        code = self._process.poll()
        if code is None:
            return None
        now_s = self._clock.now_s()
        if self._ended_at_s is None:
            self._ended_at_s = now_s
        drained = not self._threads[0].is_alive() or now_s - self._ended_at_s >= DRAIN_S
        return code if drained else None

    def write(self, line: bytes) -> None:
        """Write a line. The line is lost if the process does not read; the supervisor then notices its silence."""
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin
            self._process.stdin.write(line)

    def end(self) -> None:
        """First step of the kill ladder: close its standard input, which ends a working scanner, and send SIGTERM."""
        self.ending_since_s = self._clock.now_s()
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Second step of the kill ladder: send SIGKILL, once."""
        if not self._killed:
            self._killed = True
            logger.warning("scanner: the process does not end; killing it")
            self._signal(signal.SIGKILL)

    def wait(self, for_s: float) -> bool:
        """Wait at most `for_s` real seconds for the end of the process. Return True if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(for_s)
        if self._process.poll() is None:
            return False
        for thread in self._threads:
            thread.join(for_s)
        return True

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and all processes that it started."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _read_messages(self) -> None:
        assert self._process.stdout
        reader, rate = MessageReader(), _Rate(MAX_MESSAGES_PER_S, 1.0, self._clock)
        with self._process.stdout as stdout:
            try:
                while chunk := stdout.read(READ_BYTES):
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
        assert isinstance(self._process.stderr, io.RawIOBase)
        rate = _Rate(MAX_LOG_LINES_PER_MINUTE, 60.0, self._clock)
        with io.BufferedReader(self._process.stderr) as stderr:
            while line := stderr.readline(MAX_LOG_LINE_BYTES):
                if rate.allows():
                    text = line.decode("ascii", "replace").rstrip()
                    printable = "".join(character if character.isprintable() else "?" for character in text)
                    logger.info("scanner: %s", printable)


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
