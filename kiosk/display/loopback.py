"""An HTTP server for this computer only: its socket, the guard at its door, and uvicorn on a thread of its own."""

import asyncio
import contextlib
import errno
import logging
import socket
import threading
from collections.abc import Sequence

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk.display.connections import Silent, bounded
from kiosk.display.streams import Broadcast
from kiosk.errors import DeviceError

logger = logging.getLogger(__name__)

START_S = 10.0
"""Much longer than it takes; a Pi Zero 2 W needs about a second to import and start a server (bench)."""

MAX_CONNECTIONS = 32
MAX_HEADER_BYTES = 8192

SEND_BUFFER_BYTES = 65_536
"""The kernel's, for each connection: a page that hangs is noticed after a few pictures."""

STUCK_MS = 10_000
"""The kernel ends a connection whose data nobody takes for this long (tcp(7), TCP_USER_TIMEOUT)."""

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""On every answer: nothing is stored, guessed, framed, or fetched from elsewhere."""


class Guard:
    """Lets in GET under a loopback name, and puts `HEADERS` on every answer.

    The name is checked because a foreign page may point its own name at 127.0.0.1 (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost", "[::1]")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        refusal = self._refusal(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return PlainTextResponse("only on this computer, by its own name", 421)
        if scope["method"] != "GET":
            return PlainTextResponse("nothing can be changed here", 405, {"allow": "GET"})
        return None


def listen(port: int) -> socket.socket:
    """Bind to loopback; raises DeviceError (fault display_silent) when that is not possible."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_MS)
        listener.bind(("127.0.0.1", port))
        listener.listen(MAX_CONNECTIONS)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"port {port} is taken by another program; 'ss -ltnp' shows which, or set another 'display.port'"
        else:
            message = f"port {port} cannot be opened ({error.strerror}); set another 'display.port'"
        raise DeviceError("display", message, "display_silent") from error
    return listener


class LoopbackServer:
    """Serves an application on a listening socket until it is stopped."""

    def __init__(self, app: ASGIApp, streams: Sequence[Broadcast], listener: socket.socket) -> None:
        self._server = _UvicornServer(_config(Guard(app, listener.getsockname()[1])), streams)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="display", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Return when requests are answered; raises DeviceError (fault display_silent) when that never comes."""
        self._thread.start()
        if not self._server.serving.wait(START_S):
            raise DeviceError("display", f"no page after {START_S:.0f} s; restart the kiosk", "display_silent")

    def stop(self, within_s: float) -> bool:
        """End all streams and the thread; False when it still runs after `within_s`."""
        self._server.end()
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self, listener: socket.socket) -> None:
        with listener:
            asyncio.run(self._server.serve_and_drop([listener]))


class _UvicornServer(uvicorn.Server):
    """Uvicorn that says when it serves, and ends endless answers before it waits for them."""

    def __init__(self, config: uvicorn.Config, streams: Sequence[Broadcast]) -> None:
        super().__init__(config)
        self.serving = threading.Event()
        self._streams = streams
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Stop serving; any thread, also twice, also after it ended by itself."""
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            if self._loop:
                self._loop.call_soon_threadsafe(self._ended.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        for stream in self._streams:
            stream.open(self._loop)
        await super().startup(sockets)
        self.serving.set()

    async def main_loop(self) -> None:
        """Wait; uvicorn's own loop wakes up ten times a second, for headers that are switched off here."""
        await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for stream in self._streams:
            stream.close()
        await super().shutdown(sockets)

    async def serve_and_drop(self, sockets: list[socket.socket]) -> None:
        """Serve to the end, then drop the connections that outlived the grace."""
        try:
            await self.serve(sockets)
        finally:
            for stream in self._streams:
                stream.close()
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)  # lets the transports close


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=bounded(Silent()),
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        backlog=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
    )
