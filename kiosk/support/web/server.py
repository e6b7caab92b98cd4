"""An HTTP server: the listening socket, the guard of requests, and uvicorn on its own thread.

uvicorn is used by its public interface: `Config`, `Server.serve(sockets=...)` and `Server.should_exit`. It calls
`callback_notify` as soon as it answers requests, and every 30 s from then on. It has no option against clients that
connect and send nothing; `connections` adds that limit. It passes no time limit for the handshake of TLS to asyncio,
whose default is a minute; the event loop of this module sets a shorter one.

Rule 1: a page that is not encrypted is served to this computer only.
Rule 2: a request whose Host header is not one of the server's own names is refused. Otherwise the owner of a foreign
    web page could make its host name resolve to this server (DNS rebinding).
"""

import asyncio
import contextlib
import errno
import logging
import socket
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk.errors import DeviceError
from kiosk.support.web.connections import Connections
from kiosk.support.web.listener import LimitedListener
from kiosk.support.web.streams import Broadcast

logger = logging.getLogger(__name__)

START_S = 10.0
"""Longest wait for the start. A Pi Zero 2 W imports and starts a server in about a second (docs/bench.md)."""

HANDSHAKE_S = 5.0
"""Longest TLS handshake; one takes a fraction of a second, also on a Pi Zero 2 W."""

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
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
"""HTTP headers of every response. By them, the browser stores no response, guesses no media type, and loads nothing
from other origins. A stricter referrer policy would make it send a form of the page itself with the origin "null"."""


LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Tls:
    """The certificate of a server with its chain, and the private key; both are PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class WebOwner:
    """The device for which a server runs: its name, the setting of its port, and the fault if it cannot serve."""

    device: str
    port_setting: str
    fault: str


class Guard:
    """An ASGI application that passes only requests to one of the server's names to `app`, and adds `HEADERS`.

    names: the names of the server; with `port` they are the allowed Host headers. posts: the paths that accept POST;
    every other request must be a GET.
    """

    def __init__(
        self, app: ASGIApp, port: int, names: Collection[str] = LOOPBACK_NAMES, posts: Collection[str] = ()
    ) -> None:
        self._app = app
        self._hosts = {f"{name.lower()}:{port}".encode() for name in names}
        self._posts = frozenset(posts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer; answer 421 to a foreign Host header, 405 to another method, 431 to long headers.

        uvicorn limits headers only while they are incomplete.
        """

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        hosts = [value for name, value in scope["headers"] if name == b"host"]
        app = self._app
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            app = PlainTextResponse("the headers are too long", 431)
        elif len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            app = PlainTextResponse("only available under the name of this computer", 421)
        elif scope["method"] != "GET" and not (scope["method"] == "POST" and scope["path"] in self._posts):
            app = PlainTextResponse("this page is read-only", 405, {"allow": "GET"})
        await app(scope, receive, send_with_headers)


def listen(port: int, owner: WebOwner, address: str = "127.0.0.1") -> socket.socket:
    """Return a socket that listens on `address`; with `port` 0, the kernel chooses a free port.

    Beyond this computer, the connections of each address are limited.

    Raises `DeviceError` with the fault of `owner` if the port is taken or cannot be opened.
    """
    listener = socket.socket() if address == LOOPBACK_NAMES[0] else LimitedListener()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_MS)
        listener.bind((address, port))
        listener.listen(MAX_CONNECTIONS)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            found, remedy = "is taken by another program", "'ss -ltnp' shows which, or set another"
        else:
            found, remedy = f"cannot be opened ({error.strerror})", "set another"
        message = f"port {port} {found}; {remedy} '{owner.port_setting}'"
        raise DeviceError(owner.device, message, owner.fault) from error
    return listener


class _HandshakeLoop(asyncio.SelectorEventLoop):
    """An event loop whose servers give up a TLS handshake after `HANDSHAKE_S`."""

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.Server:
        if options.get("ssl"):
            options["ssl_handshake_timeout"] = HANDSHAKE_S
        return await super().create_server(*arguments, **options)


class WebServer:
    """Serves an application on a listening socket until it is stopped; closes the socket at the end.

    app: the application behind a `Guard`. streams: the endless responses of the application: they are opened when the
    server starts, and ended before the server waits for the end of its other responses. tls: None for HTTP without
    encryption.
    Raises `DeviceError` with the fault of `owner` if the certificate or its key cannot be used.
    """

    def __init__(
        self,
        app: ASGIApp,
        streams: Sequence[Broadcast],
        listener: socket.socket,
        owner: WebOwner,
        tls: Tls | None = None,
    ) -> None:
        self._owner = owner
        self._streams = streams
        self._connections = Connections()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answers = False
        self._settled = threading.Event()
        config = self._configured(app, tls)
        try:
            config.load()
        except OSError as error:  # also ssl.SSLError
            listener.close()
            raise DeviceError(
                owner.device, f"the certificate or its key cannot be used: {error}; check both files", owner.fault
            ) from error
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(listener,), name=owner.device, daemon=True)

    @property
    def alive(self) -> bool:
        """Return True while the server's thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread, and return when the server answers requests.

        Raises `DeviceError` with the fault of `owner` if the thread ends, or if the server does not answer within
        `START_S`.
        """
        self._thread.start()
        if not self._settled.wait(START_S) or not self._answers:
            self.stop(1.0)
            raise DeviceError(
                self._owner.device, "the page's server did not start; restart the kiosk", self._owner.fault
            )

    def stop(self, within_s: float) -> bool:
        """End all streams and the thread; return False if the thread still runs after `within_s`."""
        self._server.should_exit = True  # uvicorn looks at it ten times a second
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self._end)
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _configured(self, app: ASGIApp, tls: Tls | None) -> uvicorn.Config:
        return uvicorn.Config(
            self._connections.watch(app),
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
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )

    def _run(self, listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=_HandshakeLoop) as runner:
            runner.run(self._serve(listener))

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
