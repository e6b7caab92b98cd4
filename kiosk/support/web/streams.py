"""Endless responses (screens, live pictures) to a limited number of readers; each reader gets only the newest value.

Rule 1: `wake` may be called from any thread and never waits.
Rule 2: there is no queue. A slow reader misses values; a reader that accepts no data for SLOW_S is dropped.
Rule 3: when a reader closes its page, its place is free for another reader at once.
Rule 4: the newest reader always gets in; where there are too many, the oldest is dropped. So pages that somebody left
open cannot shut out the kiosk's own screen: a screen that is dropped asks again and is then the newest.
"""

import asyncio
import logging
import threading
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

logger = logging.getLogger(__name__)

MAX_READERS = 8
BEAT_S = 2.0
"""Longest time without data on a stream; after 5 s without data, the page asks for the officer (`static/kiosk.js`)."""

SLOW_S = 5.0


class _Subscriber:
    """One open response: an event that wakes it, and a flag that ends it."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.over = False

    def end(self) -> None:
        self.over = True
        self.changed.set()


class Broadcast:
    """An ASGI endpoint. A response sends `newest()` at once and after each `wake`, and ends when that is None.

    `opening` is sent before the first value, and `beat` after BEAT_S without a change; both may be empty. A request is
    answered with 503 while the stream is closed, and with 204 if there is nothing to send. There are at most
    MAX_READERS readers; one more ends the response of the oldest.
    """

    def __init__(
        self, media_type: str, newest: Callable[[], bytes | None], opening: bytes = b"", beat: bytes = b""
    ) -> None:
        self._media_type = media_type
        self._newest = newest
        self._opening = opening
        self._beat = beat
        self._readers: dict[_Subscriber, None] = {}  # the oldest first
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._waking = False

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Accept readers from now on. They are served on `loop`."""
        with self._lock:
            self._loop = loop

    def wake(self) -> None:
        """Announce that `newest()` has changed. Calls count as one until the loop has handled the first of them."""

        def announce() -> None:
            with self._lock:
                self._waking = False
            for reader in self._readers:
                reader.changed.set()

        with self._lock:
            if self._loop is None or self._waking:
                return
            self._waking = True
            self._loop.call_soon_threadsafe(announce)

    def close(self) -> None:
        """Accept no more readers and end every response. Must be called on the loop's thread."""
        with self._lock:
            self._loop = None
        for reader in self._readers:
            reader.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Answer one reader until it leaves or is too slow, or until there is nothing more to send."""
        if self._loop is None:
            await _start(send, 503, [(b"content-length", b"0")])
            await _body(send, b"", more=False)
        elif self._newest() is None:
            await _start(send, 204, [])
            await _body(send, b"", more=False)
        else:
            await self._serve(receive, send)

    async def _serve(self, receive: Receive, send: Send) -> None:
        reader = _Subscriber()

        async def end_when_left() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            reader.end()

        while len(self._readers) >= MAX_READERS:
            oldest = next(iter(self._readers))
            del self._readers[oldest]
            oldest.end()
        self._readers[reader] = None
        leaving = asyncio.create_task(end_when_left())
        try:
            await _start(send, 200, [(b"content-type", self._media_type.encode())])
            await _body(send, self._opening)
            while not reader.over and (chunk := self._newest()) is not None:
                reader.changed.clear()
                await asyncio.wait_for(_body(send, chunk), SLOW_S)
                await self._beat_until_changed(reader, send)
            await asyncio.wait_for(_body(send, b"", more=False), SLOW_S)
        except TimeoutError:
            logger.warning("a page accepted no data for %.0f s; its connection is dropped", SLOW_S)
        finally:
            self._readers.pop(reader, None)
            leaving.cancel()

    async def _beat_until_changed(self, reader: _Subscriber, send: Send) -> None:
        while True:
            try:
                await asyncio.wait_for(reader.changed.wait(), BEAT_S)
            except TimeoutError:
                await asyncio.wait_for(_body(send, self._beat), SLOW_S)
            else:
                return


async def _start(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _body(send: Send, data: bytes, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})
