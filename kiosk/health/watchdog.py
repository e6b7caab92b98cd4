"""Talking to systemd: ready, status, stopping, and the watchdog's food (sd_notify(3), sd_watchdog_enabled(3)).

Rule 1: without NOTIFY_SOCKET nothing is sent: that is the protocol for a program that systemd did not start.
Rule 2: a send never waits: should PID 1 hang, the doors go on; the hardware watchdog takes care of PID 1.
Rule 3: a status tells of the machine, never of a visitor.
"""

import logging
import os
import socket
from collections.abc import Mapping

from kiosk.errors import KioskError

logger = logging.getLogger(__name__)


class Watchdog:
    """What `environ` says of systemd, and the socket to it. Raises KioskError for an environment that is garbled."""

    def __init__(self, environ: Mapping[str, str], pid: int | None = None) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.timeout_s = _timeout_s(environ, os.getpid() if pid is None else pid)
        self._fed_at_s: float | None = None
        self._silent = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if self._address else None
        if self._socket:
            self._socket.setblocking(False)

    @property
    def interval_s(self) -> float | None:
        """How often it wants to be fed: half its time limit, as systemd.service(5) advises; None for never."""
        return self.timeout_s / 2 if self.timeout_s and self._socket else None

    def ready(self, status: str) -> None:
        """Every essential device answered."""
        self._send("READY=1", _status(status))

    def status(self, text: str) -> None:
        """Show `text` in 'systemctl status'."""
        self._send(_status(text))

    def stopping(self, status: str) -> None:
        """The kiosk ends because it was asked to."""
        self._send("STOPPING=1", _status(status))

    def feed(self, now_s: float) -> None:
        """Say that the kiosk lives; call it as often as you like, it sends when it is due."""
        interval_s = self.interval_s
        if interval_s is None or (self._fed_at_s is not None and now_s - self._fed_at_s < interval_s):
            return
        self._fed_at_s = now_s
        self._send("WATCHDOG=1")

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def _send(self, *lines: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:  # full or gone: systemd will miss it and act, which is the purpose
            if not self._silent:
                logger.error("systemd does not take %s: %s", lines[0], error)  # noqa: TRY400
            self._silent = True
        else:
            self._silent = False


def _address(text: str) -> str:
    if text and not text.startswith(("/", "@")):
        raise KioskError(f"NOTIFY_SOCKET is {text!r}; it must begin with '/' or '@'; start the kiosk by systemd")
    return "\0" + text[1:] if text.startswith("@") else text


def _timeout_s(environ: Mapping[str, str], pid: int) -> float | None:
    """The watchdog's limit, or None when there is none, or it is another process's."""
    text = environ.get("WATCHDOG_USEC")
    if text is None or environ.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise KioskError(f"WATCHDOG_USEC is {text!r}; it must be a whole number above 0; see WatchdogSec in the unit")
    return int(text) / 1e6


def _status(text: str) -> str:
    """A status is one line; what follows a line break would be another message to systemd."""
    return "STATUS=" + " ".join(text.split())
