"""The thread of the fleet in the controller.

Rule 1: it has no heartbeat and is no worker: a resolver or a server that hangs must not restart a kiosk that serves
visitors. A bug in this thread is logged, and the thread goes on after a pause.
Rule 2: `show`, `wake` and `stop` never wait.
Rule 3: connections are made with a pause that doubles up to LONGEST_PAUSE_S, drawn between its half and its whole.
"""

import logging
import os
import select
import ssl
import threading
import time
from collections.abc import Callable
from random import Random

from kiosk.errors import KioskError
from kiosk.fleet.outbox.cursor import CursorFile
from kiosk.fleet.outbox.fleet_link import FleetLink
from kiosk.fleet.wire.kiosk_state import KioskState

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
LONGEST_WAIT_S = 5.0
"""Longest time until the thread looks at the faults again."""


class FleetSender:
    """Runs `link` on a thread of its own.

    look: called on the thread every few seconds with the monotonic time; reports faults. It may wait for the card.
    """

    def __init__(self, link: FleetLink, cursor: CursorFile, look: Callable[[float], None], random: Random) -> None:
        self._link = link
        self._cursor = cursor
        self._look = look
        self._random = random
        self._pause_s = FIRST_PAUSE_S
        self._open_at_s = 0.0
        self._has_rows = threading.Event()
        self._stopping = threading.Event()
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def show(self, state: KioskState) -> None:
        """Publish `state` soon. Safe from any thread."""
        self._link.show(state)
        os.eventfd_write(self._wake_fd, 1)

    def wake(self) -> None:
        """Read the journal soon, because it has a new row. Safe from any thread."""
        self._has_rows.set()
        os.eventfd_write(self._wake_fd, 1)

    def stop(self, within_s: float) -> bool:
        """Ask the thread to end; return False if it still runs after `within_s` seconds."""
        self._stopping.set()
        os.eventfd_write(self._wake_fd, 1)
        if self._thread.ident is None:
            return True
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    self.turn()
                except Exception:
                    logger.exception("fleet: a bug; the connection is dropped and made again")
                    self._link.close()
                    self._plan_opening(time.monotonic())
                    self._stopping.wait(LONGEST_WAIT_S)
        finally:
            self._link.close()
            self._cursor.store(self._link.outbox.place, time.monotonic(), at_once=True)

    def turn(self) -> None:
        """Do what is due, then wait for the socket, for `wake`, or for what is due next."""
        now_s = time.monotonic()
        if self._has_rows.is_set():
            self._has_rows.clear()
            self._link.outbox.wake(now_s)
        if self._link.socket is None and now_s >= self._open_at_s:
            self._open(now_s)
        due_s = self._link.tick(now_s)
        if self._link.is_connected:
            self._pause_s = FIRST_PAUSE_S
        self._cursor.store(self._link.outbox.place, now_s)
        self._look(now_s)
        if self._link.socket is None:
            due_s = self._open_at_s
        self._wait(min(max(due_s - time.monotonic(), 0.0), LONGEST_WAIT_S))

    def _open(self, now_s: float) -> None:
        self._plan_opening(now_s)
        try:
            self._link.open(now_s)
        except (KioskError, ssl.SSLCertVerificationError) as error:
            self._link.refused = str(error)
            logger.error("%s", error)  # noqa: TRY400 - its message is complete
        except OSError as error:
            logger.info("fleet: no connection: %s; again in %.0f s", error, self._open_at_s - now_s)

    def _plan_opening(self, now_s: float) -> None:
        self._open_at_s = now_s + self._pause_s * self._random.uniform(0.5, 1.0)
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _wait(self, wait_s: float) -> None:
        """Wait for the socket or for a call of `wake`, and read or write what is possible."""
        poll = select.poll()
        poll.register(self._wake_fd, select.POLLIN)
        if sock := self._link.socket:
            poll.register(sock, select.POLLIN | (select.POLLOUT if self._link.wants_to_write else 0))
        events = dict(poll.poll(wait_s * 1000))
        if events.pop(self._wake_fd, 0):
            os.eventfd_read(self._wake_fd)
        for event in events.values():
            now_s = time.monotonic()
            if event & select.POLLOUT:
                self._link.write(now_s)
            if event & ~select.POLLOUT:
                self._link.read(now_s)
