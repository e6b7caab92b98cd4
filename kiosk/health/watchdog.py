"""The messages to systemd: ready, status, stopping, and the keep-alive of the watchdog.

systemd gives a service the address of a datagram socket in NOTIFY_SOCKET; a message is a list of `NAME=value` lines
(sd_notify(3)). If the unit sets WatchdogSec, WATCHDOG_USEC holds that time in microseconds, and systemd kills the
service if no `WATCHDOG=1` arrives within it (sd_watchdog_enabled(3)).

Rule 1: without NOTIFY_SOCKET nothing is sent; that is the protocol for a program that systemd did not start.
Rule 2: a send never waits: if systemd hangs, the doors keep working, and the hardware watchdog handles systemd.
Rule 3: a status describes the machine, never a visitor.
"""

import logging
import os
import socket
from collections.abc import Mapping

from kiosk.errors import KioskError

logger = logging.getLogger(__name__)


class Watchdog:
    """The connection to systemd; without NOTIFY_SOCKET in `environ`, it sends nothing.

    environ: the environment variables. pid: the process that systemd watches, by default this one. `timeout_s` is the
    limit of the watchdog in seconds, or None without a watchdog.

    Raises `KioskError` if NOTIFY_SOCKET or WATCHDOG_USEC is malformed.
    """

    def __init__(self, environ: Mapping[str, str], pid: int | None = None) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        if address and not address.startswith(("/", "@")):
            raise KioskError(
                f"NOTIFY_SOCKET is {address!r}; it must begin with '/' or '@'; start the kiosk with systemd"
            )
        # '@' stands for the zero byte of an abstract socket (unix(7))
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.timeout_s = _timeout_s(environ, os.getpid() if pid is None else pid)
        self._fed_at_s: float | None = None
        self._failure_logged = False
        self.remark = ""
        """Added to every status line, such as why the kiosk runs with other settings than those of its file."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if address else None
        if self._socket:
            self._socket.setblocking(False)

    @property
    def is_watching(self) -> bool:
        """Return True if systemd started the program and waits for its messages."""
        return self._socket is not None

    @property
    def interval_s(self) -> float | None:
        """Seconds between two keep-alives: half of the limit (sd_watchdog_enabled(3)); None without a watchdog."""
        return self.timeout_s / 2 if self.timeout_s and self._socket else None

    def ready(self, status: str) -> None:
        """Report that the service can serve visitors, with a status line."""
        self._send("READY=1", _status(self._remarked(status)))

    def status(self, text: str) -> None:
        """Send `text` as the status line that 'systemctl status' shows."""
        self._send(_status(self._remarked(text)))

    def stopping(self, status: str) -> None:
        """Report that the service is ending because it was asked to, with a status line."""
        self._send("STOPPING=1", _status(status))

    def feed(self, now_s: float) -> None:
        """Send a keep-alive if one is due at `now_s` (monotonic seconds); call it as often as you like."""
        interval_s = self.interval_s
        if interval_s is None or (self._fed_at_s is not None and now_s - self._fed_at_s < interval_s):
            return
        self._fed_at_s = now_s
        self._send("WATCHDOG=1")

    def close(self) -> None:
        """Close the socket. Safe to call twice."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def _remarked(self, text: str) -> str:
        return f"{text}; {self.remark}" if self.remark else text

    def _send(self, *lines: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:  # full or gone: systemd then misses the keep-alive and acts, as intended
            if not self._failure_logged:
                logger.error("systemd does not accept %s: %s", lines[0], error)  # noqa: TRY400
            self._failure_logged = True
        else:
            self._failure_logged = False


def _timeout_s(environ: Mapping[str, str], pid: int) -> float | None:
    """Return the watchdog's limit in seconds; None if there is no watchdog, or if it watches another process."""
    text = environ.get("WATCHDOG_USEC")
    if text is None or environ.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise KioskError(f"WATCHDOG_USEC is {text!r}; it must be a whole number above 0; see WatchdogSec in the unit")
    return int(text) / 1e6


def _status(text: str) -> str:
    """Return the status line of a message; line breaks become spaces, because they would begin another line."""
    return "STATUS=" + " ".join(text.split())
