"""The feed: the controller tells its present state to the technician's page, by a Unix socket.

The page runs in a process of its own (decision 0018), so that the requests of browsers cannot slow down the entrance.
The controller sends one JSON object on a line, `EVERY_S` after the one before, to at most `MAX_READERS` readers, and
reads nothing.

Rule 1: the controller never waits for a reader. A reader that does not take a line at once is dropped.
Rule 2: nothing that identifies a visitor is in a line.
"""

import json
import logging
import os
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

EVERY_S = 0.5
AGAIN_S = 2.0
"""Pause of a reader before it connects again."""

MAX_READERS = 2
"""The page, and one more while its unit restarts."""

MAX_LINE_BYTES = 256 * 1024
SOCKET = "technician.sock"
"""Name of the socket in the kiosk's runtime folder."""

Snapshot = dict[str, Any]


class Feed:
    """Sends snapshots to the readers of the socket `path` until it is closed.

    snapshot: called on the feed's thread while there is a reader. A socket that cannot be made is logged; the entrance
    works without the page.
    """

    def __init__(self, path: Path, snapshot: Callable[[], Snapshot]) -> None:
        self._path = path
        self._snapshot = snapshot
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Begin to accept readers."""
        self._thread.start()

    def close(self) -> None:
        """End the feed, and remove its socket."""
        self._stopping.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as listener:
                self._path.unlink(missing_ok=True)
                listener.bind(str(self._path))
                self._path.chmod(0o600)
                listener.listen(MAX_READERS)
                self._serve(listener)
        except OSError as error:
            logger.warning("the technician's page gets no data: '%s': %s", self._path, error.strerror)
        finally:
            self._path.unlink(missing_ok=True)

    def _serve(self, listener: socket.socket) -> None:
        readers: list[socket.socket] = []
        while not self._stopping.wait(EVERY_S):
            with suppress(BlockingIOError):
                while True:
                    readers.append(listener.accept()[0])
            while len(readers) > MAX_READERS:
                readers.pop(0).close()
            if not readers:
                continue
            line = json.dumps(self._snapshot(), ensure_ascii=False).encode() + b"\n"
            for reader in list(readers):
                if not _sent(reader, line):
                    readers.remove(reader)
                    reader.close()
        for reader in readers:
            reader.close()


def _sent(reader: socket.socket, line: bytes) -> bool:
    """Send the line without waiting; return False if the reader is gone or took only a part."""
    try:
        return reader.send(line, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) == len(line)
    except OSError:
        return False


class FeedReader:
    """Reads the feed on a thread of its own, and connects again whenever it breaks.

    on_line: called with each snapshot, and with None when the feed is lost.
    """

    def __init__(self, path: Path, on_line: Callable[[Snapshot | None], None]) -> None:
        self._path = path
        self._on_line = on_line
        self._wake, self._sleep = os.pipe()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        os.close(self._sleep)
        self._thread.join(5.0)
        os.close(self._wake)

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as feed:
                    try:
                        feed.connect(str(self._path))
                    except OSError:
                        pass
                    else:
                        selector.register(feed, selectors.EVENT_READ)
                        if not self._read(feed, selector):
                            return
                        selector.unregister(feed)
                self._on_line(None)
                if selector.select(AGAIN_S):
                    return

    def _read(self, feed: socket.socket, selector: selectors.BaseSelector) -> bool:
        """Read until the feed breaks; return False if the reader is to end."""
        waiting = b""
        while True:
            ready = selector.select(EVERY_S * 10)
            if any(key.fd == self._wake for key, _ in ready):
                return False
            data = feed.recv(1 << 16) if ready else b""
            waiting += data
            if not data or len(waiting) > MAX_LINE_BYTES:
                return True
            *lines, waiting = waiting.split(b"\n")
            if lines:
                try:
                    snapshot = json.loads(lines[-1])
                except ValueError:
                    return True
                self._on_line(snapshot)
