"""The two ways in which the controller is linked to a helper process: a child that it started, and a unit's socket.

The helpers are the scanner and the imager: each owns a device and tells the controller what it reads.

*A started process* (`ProcessLink`) serves the demo, the tests and a kiosk that is run by hand. The helper is a child
of the controller and has the same user. The controller ends it by closing its standard input, then by signals.

*A unit's socket* (`SocketLink`) serves an installed kiosk. systemd listens on a Unix socket and starts a unit, such as
`kiosk-scanner@.service`, for a connection; standard input and output of the helper are that connection. The helper has
a user of its own, so the controller cannot send it signals. It ends a helper by closing its half of the connection: the
helper then reads the end of its input and exits. A helper that hangs must have a timer of its own. The connection hangs
up (POLLHUP, poll(2)) when the other end is closed, which is after the end of the helper, because systemd keeps a copy
of the connection until then. `MaxConnections=1` of the unit guarantees that no second helper opens the device before.

There is no fallback from the socket to the process: the composition chooses one of them.

Rule 1: no method waits for the helper, except `wait`, whose time is bounded.
Rule 2: nothing here depends on what a helper reads or says.
"""

import contextlib
import io
import os
import select
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kiosk.errors import DeviceError

Popen = Callable[..., "subprocess.Popen[bytes]"]


@dataclass(frozen=True, slots=True)
class Helper:
    """A helper process, as errors name it.

    Attributes:
        name: the helper and the identifier of its log, such as "scanner" of `kiosk-scanner`.
        not_started: the fault if its process cannot be started.
        missing: the fault if nothing listens on the socket of its unit.
    """

    name: str
    not_started: str
    missing: str


@dataclass(frozen=True, slots=True)
class LinkEnding:
    """The end of a helper, as far as its link shows it.

    Attributes:
        text: what ended, for the log.
        code: the exit code, negative for a signal; None if it is not known.
    """

    text: str
    code: int | None = None


class Link(Protocol):
    """The link to one running helper.

    Attributes:
        messages: the stream of the helper's messages, without a buffer. `read` waits for the next bytes.
        log: the stream of its log lines, without a buffer; None if the log goes elsewhere.
    """

    messages: io.RawIOBase
    log: io.RawIOBase | None

    def ending(self, heard: bool) -> LinkEnding | None:
        """Return how the helper ended, or None while it runs; `heard` is True if a byte was read from `messages`."""

    def write(self, line: bytes) -> None:
        """Write a line without waiting. The line is lost if the helper does not read."""

    def end(self) -> None:
        """First step of the kill ladder: ask the helper to end."""

    def kill(self) -> str:
        """Second step of the kill ladder: force the end, as far as that is possible. Return a line for the log."""

    def wait(self, for_s: float) -> bool:
        """Wait at most `for_s` real seconds for the end of the helper. Return True if it has ended."""

    def release(self) -> None:
        """Release what is left after the end, or of a helper that does not end."""


class ProcessLink:
    """A process that the controller starts: two or three pipes, and signals to its process group."""

    def __init__(
        self, helper: Helper, command: Sequence[str], popen: Popen = subprocess.Popen, *, reads_log: bool = True
    ) -> None:
        """Start `command`; tests give another `popen`. Raises `DeviceError` if it cannot be run.

        reads_log: if False, the process writes its log where the controller does, and `log` is None.
        """
        try:
            self._process = popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if reads_log else None,
                start_new_session=True,  # Ctrl+C at a terminal goes to the controller only, which then ends the scanner
                bufsize=0,
            )
        except OSError as error:
            raise DeviceError(helper.name, f"cannot be started: {error}", helper.not_started) from None
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert isinstance(stdin, io.RawIOBase)
        assert isinstance(stdout, io.RawIOBase)
        assert stderr is None or isinstance(stderr, io.RawIOBase)
        os.set_blocking(stdin.fileno(), False)
        self._stdin: io.RawIOBase = stdin
        self.messages: io.RawIOBase = stdout
        self.log: io.RawIOBase | None = stderr

    def ending(self, heard: bool) -> LinkEnding | None:  # noqa: ARG002 - the exit code says enough
        """Return the exit code of the process (negative: the signal that ended it), or None while it runs."""
        code = self._process.poll()
        return None if code is None else LinkEnding(f"the process ended with code {code}", code)

    def write(self, line: bytes) -> None:
        """Write a line without waiting. The line is lost if the pipe is full or closed."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.write(line)

    def end(self) -> None:
        """Close the standard input of the process, which ends a working scanner, and send SIGTERM."""
        self.release()
        self._signal(signal.SIGTERM)

    def kill(self) -> str:
        """Send SIGKILL. A process in an uninterruptible sleep of the kernel survives it and is left running."""
        self._signal(signal.SIGKILL)
        return "the process does not end; killing it"

    def wait(self, for_s: float) -> bool:
        """Wait at most `for_s` real seconds for the end of the process. Return True if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(for_s)
        return self._process.poll() is not None

    def release(self) -> None:
        """Close the standard input of the process."""
        with contextlib.suppress(OSError):
            self._stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and all processes that it started."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


class SocketLink:
    """A connection to the socket of a helper's unit. Its log goes to the journal of systemd."""

    log: io.RawIOBase | None = None

    def __init__(self, helper: Helper, path: Path) -> None:
        """Connect to the Unix socket at `path`. Raises `DeviceError` (`helper.missing`) if nothing listens there."""
        self._unit = f"kiosk-{helper.name}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.setblocking(False)  # or connect() would wait while systemd does not accept
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise DeviceError(helper.name, f"no connection to '{path}': {error.strerror}", helper.missing) from None
        self._socket.setblocking(True)
        self.messages: io.RawIOBase = self._socket.makefile("rb", buffering=0)
        self._hang_up = select.poll()
        self._hang_up.register(self._socket.fileno(), 0)

    def ending(self, heard: bool) -> LinkEnding | None:
        """Return that the connection was closed by the other end, or None while it is open."""
        if not self.wait(0.0):
            return None
        if heard:
            return LinkEnding(f"the process closed the connection, see 'journalctl -t {self._unit}'")
        return LinkEnding(
            "the connection was closed before the first message: the last process has not ended yet, or its unit "
            f"cannot start, see 'journalctl -u {self._unit}.socket -u {self._unit}@*'"
        )

    def write(self, line: bytes) -> None:
        """Write a line without waiting. The line is lost if the socket's buffer is full or the connection closed.

        The kernel takes a line of a few kilobytes as a whole or not at all (net/unix/af_unix.c: one buffer).
        """
        with contextlib.suppress(OSError):
            self._socket.send(line, socket.MSG_DONTWAIT)

    def end(self) -> None:
        """Close this half of the connection: the helper reads the end of its input and exits."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def kill(self) -> str:
        """Do nothing: this process may send no signal to the helper. Its own timer ends it."""
        return "the process does not end although its connection is closed; its own timer ends it"

    def wait(self, for_s: float) -> bool:
        """Wait at most `for_s` real seconds until the other end of the connection is closed. Return True if it is."""
        return bool(self._hang_up.poll(for_s * 1000.0))

    def release(self) -> None:
        """Close the connection, which also ends a thread that reads from it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
