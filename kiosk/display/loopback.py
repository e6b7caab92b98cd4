"""An HTTP server for this computer only: the listening socket, the guard of requests, and uvicorn on its own thread.

uvicorn is used by its public interface: `Config`, `Server.serve(sockets=...)` and `Server.should_exit`. It calls
`callback_notify` as soon as it answers requests, and every 30 s from then on. It has no option against clients that
connect and send nothing; `connections` adds that limit.
"""

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

from kiosk.display.connections import Connections
from kiosk.display.streams import Broadcast
from kiosk.errors import DeviceError

logger = logging.getLogger(__name__)

START_S = 10.0
"""Longest wait for the start. A Pi Zero 2 W needs about a second to import and start a server (docs/bench.md)."""

MAX_CONNECTIONS = 32
MAX_HEADER_BYTES = 8192

SEND_BUFFER_BYTES = 65_536
"""Size of the kernel's buffer for each connection: so small that a page that hangs is noticed after a few pictures."""

STUCK_MS = 10_000
"""Time after which the kernel ends a connection whose peer accepts no data (tcp(7), TCP_USER_TIMEOUT)."""

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
"""HTTP headers of every response. By them, the browser stores no response, guesses no media type, and loads nothing
from other origins."""


class Guard:
    """An ASGI application that passes only GET requests to a loopback name to `app`, and adds `HEADERS` to responses.

    The Host header is checked because the owner of a foreign web page can make its host name resolve to 127.0.0.1 (DNS
    rebinding).
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost", "[::1]")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer; answer 421 to a foreign Host header and 405 to a method other than GET."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        hosts = [value for name, value in scope["headers"] if name == b"host"]
        app = self._app
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            app = PlainTextResponse("only available on this computer, under its own name", 421)
        elif scope["method"] != "GET":
            app = PlainTextResponse("this page is read-only", 405, {"allow": "GET"})
        await app(scope, receive, send_with_headers)


def listen(port: int) -> socket.socket:
    """Return a socket that listens on 127.0.0.1; with `port` 0, the kernel chooses a free port.

    Raises `DeviceError` with the fault `display_silent` if the port is taken or cannot be opened.
    """
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
    """Serves an application on a listening socket until it is stopped; closes the socket at the end.

    `streams` are the endless responses of the application: they are opened when the server starts, and
    ended before the server waits for the end of its other responses.
    """

    def __init__(self, app: ASGIApp, streams: Sequence[Broadcast], listener: socket.socket) -> None:
        self._streams = streams
        self._connections = Connections()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answers = False
        self._settled = threading.Event()
        config = uvicorn.Config(
            self._connections.watch(Guard(app, listener.getsockname()[1])),
            http=self._connections.protocol(),
            ws="none",
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
            callback_notify=self._note_start,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listener)), name="display", daemon=True)

    @property
    def alive(self) -> bool:
        """Return True while the server's thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread, and return when the server answers requests.

        Raises `DeviceError` with the fault `display_silent` if the thread ends, or if the server does not answer within
        `START_S`.
        """
        self._thread.start()
        if not self._settled.wait(START_S) or not self._answers:
            self.stop(1.0)
            raise DeviceError("display", "the page's server did not start; restart the kiosk", "display_silent")

    def stop(self, within_s: float) -> bool:
        """End all streams and the thread; return False if the thread still runs after `within_s`."""
        self._server.should_exit = True  # uvicorn looks at it ten times a second
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self._end)
        self._thread.join(within_s)
        return not self._thread.is_alive()

    async def _note_start(self) -> None:
        self._answers = True
        self._settled.set()

    def _end(self) -> None:
        self._connections.close()
        for stream in self._streams:
            stream.close()

    async def _serve(self, listener: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        for stream in self._streams:
            stream.open(self._loop)
        try:
            with listener:
                await self._server.serve([listener])
        finally:
            self._settled.set()
            self._end()
            self._connections.abort_all()
            await asyncio.sleep(0)  # one turn of the event loop, in which the transports close
