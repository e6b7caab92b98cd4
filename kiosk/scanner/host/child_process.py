"""One scanner process as the controller holds it: its pipes, two reading threads, and the ladder that ends it.

Rule 1: nothing here waits for the child, but `wait`, which waits a bounded time; a child that the kernel does not let
        die is left behind.
Rule 2: no picture library is imported here; this runs in the controller.
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
"""Four codes in each of 60 pictures, and the rest; a child that says more is broken."""

DRAIN_S = 1.0
"""What an ended child left in the pipe is read by then; a process that it started may hold the pipe open for ever."""

MAX_LOG_LINE_BYTES = 400
MAX_LOG_LINES_PER_MINUTE = 120


class ScannerChild:
    """A running scanner; `on_message` is called on a thread of its own, in the order of the messages."""

    def __init__(
        self,
        command: Sequence[str],
        clock: Clock,
        on_message: Callable[["ScannerChild", Message], None],
        popen: Popen = subprocess.Popen,
    ) -> None:
        """Start it. `OSError` when that cannot be done."""
        self._clock = clock
        self._on_message = on_message
        self._process = popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C at a terminal is for the controller, which then ends the child
            bufsize=0,
        )
        assert self._process.stdin
        os.set_blocking(self._process.stdin.fileno(), False)
        self.started_at_s = clock.now_s()
        self.ending_since_s: float | None = None
        self.first_frame_s: float | None = None
        self.last_frame_s = self.started_at_s
        self.trouble = ""
        self.broken = False
        self._killed = False
        self._ended_at_s: float | None = None
        self._threads = [
            threading.Thread(target=read, name=f"scanner {read.__name__}", daemon=True)
            for read in (self._read_messages, self._read_log)
        ]

    def listen(self) -> None:
        """Begin to read what it says."""
        for thread in self._threads:
            thread.start()

    def exit_code(self) -> int | None:
        """The code it ended with (negative: the signal), once it has ended and what it said was read."""
        code = self._process.poll()
        if code is None:
            return None
        now_s = self._clock.now_s()
        if self._ended_at_s is None:
            self._ended_at_s = now_s
        drained = not self._threads[0].is_alive() or now_s - self._ended_at_s >= DRAIN_S
        return code if drained else None

    def write(self, line: bytes) -> None:
        """Hand it a line; when it does not read any more the line is lost, and its silence will tell."""
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin
            self._process.stdin.write(line)

    def end(self) -> None:
        """First rung: close its stdin, which ends a sound scanner at once, and send SIGTERM."""
        self.ending_since_s = self._clock.now_s()
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Second rung: SIGKILL, once."""
        if not self._killed:
            self._killed = True
            logger.warning("scanner: does not end, killing it")
            self._signal(signal.SIGKILL)

    def wait(self, for_s: float) -> bool:
        """Wait at most `for_s` real seconds; True when it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(for_s)
        if self._process.poll() is None:
            return False
        for thread in self._threads:
            thread.join(for_s)
        return True

    def _signal(self, number: signal.Signals) -> None:
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
                    logger.info("scanner: %s", _printable(line))


class _Rate:
    """At most `limit` in each window of `window_s` seconds."""

    def __init__(self, limit: int, window_s: float, clock: Clock) -> None:
        self._limit, self._window_s, self._clock = limit, window_s, clock
        self._began_s, self._count = clock.now_s(), 0

    def allows(self) -> bool:
        now_s = self._clock.now_s()
        if now_s - self._began_s >= self._window_s:
            self._began_s, self._count = now_s, 0
        self._count += 1
        return self._count <= self._limit


def _printable(line: bytes) -> str:
    text = line.decode("ascii", "replace").rstrip()
    return "".join(sign if sign.isprintable() else "?" for sign in text)
