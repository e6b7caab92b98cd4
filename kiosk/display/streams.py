"""Endless answers (screens, live pictures) to a bounded number of readers, each of which gets the newest only.

Rule 1: `wake` may be called from any thread and never waits.
Rule 2: there is no queue. A busy reader misses what was in between; one that takes nothing for SLOW_S is dropped.
Rule 3: a page that was closed frees its place at once.
"""

import asyncio
import logging
import threading
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

logger = logging.getLogger(__name__)

MAX_READERS = 8
BEAT_S = 2.0
"""A stream says something at least this often; the page calls the officer after 5 s of silence."""

SLOW_S = 5.0


class _Subscriber:
    """One open answer: what it waits for, and whether it shall end."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.over = False

    def end(self) -> None:
        self.over = True
        self.changed.set()


class Broadcast:
    """An ASGI endpoint that sends `newest()` at once and after each `wake`, and ends when that is None.

    `opening` is sent before the first, `beat` when nothing changed for BEAT_S; both may be empty.
    """

    def __init__(
        self, media_type: str, newest: Callable[[], bytes | None], opening: bytes = b"", beat: bytes = b""
    ) -> None:
        self._media_type = media_type
        self._newest = newest
        self._opening = opening
        self._beat = beat
        self._readers: set[_Subscriber] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._waking = False

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve on `loop` from now on."""
        with self._lock:
            self._loop = loop

    def wake(self) -> None:
        """There is something newer; any thread. Calls before the readers took notice of the last one are one."""
        with self._lock:
            if self._loop is None or self._waking:
                return
            self._waking = True
            self._loop.call_soon_threadsafe(self._tell)

    def close(self) -> None:
        """End every answer; on the loop's thread."""
        with self._lock:
            self._loop = None
        for reader in self._readers:
            reader.end()

    def _tell(self) -> None:
        with self._lock:
            self._waking = False
        for reader in self._readers:
            reader.changed.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Answer one reader until it leaves, is too slow, or there is nothing more to send."""
        if self._loop is None or len(self._readers) >= MAX_READERS:
            await _answer(send, 503)
        elif self._newest() is None:
            await _answer(send, 204)
        else:
            await self._serve(receive, send)

    async def _serve(self, receive: Receive, send: Send) -> None:
        reader = _Subscriber()
        self._readers.add(reader)
        leaving = asyncio.create_task(_end_when_left(receive, reader))
        try:
            await _start(send, 200, [(b"content-type", self._media_type.encode())])
            await _body(send, self._opening)
            await self._send_newest(reader, send)
        except TimeoutError:
            logger.warning("a page took nothing for %.0f s and was dropped", SLOW_S)
        finally:
            self._readers.discard(reader)
            leaving.cancel()

    async def _send_newest(self, reader: _Subscriber, send: Send) -> None:
        while not reader.over and (chunk := self._newest()) is not None:
            reader.changed.clear()
            await asyncio.wait_for(_body(send, chunk), SLOW_S)
            while not await _within(BEAT_S, reader.changed):
                await asyncio.wait_for(_body(send, self._beat), SLOW_S)
        await asyncio.wait_for(_body(send, b"", more=False), SLOW_S)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


async def _end_when_left(receive: Receive, reader: _Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.end()


async def _answer(send: Send, status: int) -> None:
    await _start(send, status, [(b"content-length", b"0")] if status != 204 else [])
    await _body(send, b"", more=False)


async def _start(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _body(send: Send, data: bytes, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})
