"""The thread of the fleet in the controller.

Rule 1: it has no heartbeat and is no worker: a resolver or a server that hangs must not restart a kiosk that serves
visitors. A bug in this thread is logged, and the thread goes on after a pause.
Rule 2: `show`, `wake` and `stop` never wait.
"""

import logging
import os
import select
import threading
import time

from kiosk.fleet.outbox.driver import FleetDriver
from kiosk.fleet.wire.kiosk_state import KioskState

logger = logging.getLogger(__name__)

LONGEST_WAIT_S = 5.0
"""Longest time until the thread calls the driver again."""


class FleetSender:
    """Runs `driver` on a thread of its own."""

    def __init__(self, driver: FleetDriver) -> None:
        self._driver = driver
        self._has_rows = threading.Event()
        self._stopping = threading.Event()
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def show(self, state: KioskState) -> None:
        """Publish `state` soon. Safe from any thread."""
        self._driver.link.show(state)
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
                    self._turn()
                except Exception:
                    logger.exception("fleet: a bug; the connection is dropped and made again")
                    self._driver.link.close()
                    self._stopping.wait(LONGEST_WAIT_S)
        finally:
            self._driver.close(time.monotonic())

    def _turn(self) -> None:
        """Do what is due, then wait for the socket, for `wake`, or for what is due next."""
        now_s = time.monotonic()
        if self._has_rows.is_set():
            self._has_rows.clear()
            self._driver.link.outbox.wake(now_s)
        due_s = self._driver.turn(now_s)
        self._wait(min(max(due_s - time.monotonic(), 0.0), LONGEST_WAIT_S))

    def _wait(self, wait_s: float) -> None:
        """Wait for the socket or for a call of `wake`, and read or write what is possible."""
        link, poll = self._driver.link, select.poll()
        poll.register(self._wake_fd, select.POLLIN)
        if sock := link.socket:
            poll.register(sock, select.POLLIN | (select.POLLOUT if link.wants_to_write else 0))
        events = dict(poll.poll(wait_s * 1000))
        if events.pop(self._wake_fd, 0):
            os.eventfd_read(self._wake_fd)
        for event in events.values():
            now_s = time.monotonic()
            if event & select.POLLOUT:
                link.write(now_s)
            if event & ~select.POLLOUT:
                link.read(now_s)
