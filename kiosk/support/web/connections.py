"""Limits on the connections of a web server, made only with public interfaces of uvicorn and asyncio.

uvicorn limits how many requests it answers at the same time (`limit_concurrency`) and how long a connection stays open
after an answer (`timeout_keep_alive`). It has no option that ends a connection on which no complete request arrives: a
client that sends nothing, or half a request, would keep its place forever, and some tens of such clients would keep the
screen's browser out. RFC 9110 leaves this limit to the server (section 15.5.9).

Two public interfaces are enough to add such a limit. `uvicorn.Config(http=...)` takes a protocol class: the class from
`Connections.protocol` extends two methods of `asyncio.Protocol`, `connection_made` and `connection_lost`, so that it
learns of each new and each lost connection. An ASGI wrapper, `Connections.watch`, learns when a request is answered;
`scope["client"]` (ASGI specification, HTTP connection scope) names its connection. While no request is answered, the
connection waits, and each waiting connection has a timer.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_WAITING = 8
"""Greatest number of connections without a request. A browser opens at most 6 and sends a request on each at once."""

WAITING_S = 5.0
"""Longest wait for a request, the same as uvicorn's default for `timeout_keep_alive`."""


@dataclass(slots=True, eq=False)
class _Connection:
    transport: asyncio.Transport
    client: Any
    answers: int = 0
    """Number of requests that are being answered. It can be 2: with HTTP pipelining, an answer can start before the
    function that sent the previous answer has returned."""


class Connections:
    """The open connections of one server. At most `MAX_WAITING` of them wait for a request, each for up to `WAITING_S`.

    If there is one more, the connection that has waited longest is ended. All methods must be called on the thread of
    the server's event loop.
    """

    def __init__(self) -> None:
        self._open: dict[asyncio.Protocol, _Connection] = {}
        self._waiting: dict[_Connection, asyncio.TimerHandle] = {}  # the longest first
        self._closing = False

    def protocol(self) -> type[asyncio.Protocol]:
        """Return uvicorn's HTTP protocol class, extended so that its connections are registered here."""
        connections = self

        class RegisteredProtocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
                super().connection_made(transport)
                connections.add(self, transport)

            def connection_lost(self, exc: Exception | None) -> None:
                connections.remove(self)
                super().connection_lost(exc)

        return RegisteredProtocol

    def watch(self, app: ASGIApp) -> ASGIApp:
        """Return an application that calls `app`; while `app` answers, the connection does not count as waiting."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            found = [connection for connection in self._open.values() if connection.client == scope["client"]]
            for connection in found:
                connection.answers += 1
                self._stop_waiting(connection)
            try:
                await app(scope, receive, send)
            finally:
                for connection in found:
                    connection.answers -= 1
                    self._wait(connection)

        return watched

    def add(self, protocol: asyncio.Protocol, transport: asyncio.Transport) -> None:
        """Register a new connection, which waits for its first request."""
        self._open[protocol] = _Connection(transport, transport.get_extra_info("peername"))
        self._wait(self._open[protocol])

    def remove(self, protocol: asyncio.Protocol) -> None:
        """Forget a connection that was lost."""
        self._stop_waiting(self._open.pop(protocol))

    def close(self) -> None:
        """End waiting connections now, other ones after their present answer, and new ones as soon as they open."""
        self._closing = True
        for connection in self._waiting:
            connection.transport.abort()

    def abort_all(self) -> None:
        """End every connection at once; data that is not sent yet is lost."""
        for connection in self._open.values():
            connection.transport.abort()

    def _wait(self, connection: _Connection) -> None:
        if connection.answers or connection not in self._open.values():
            return
        if self._closing:
            connection.transport.close()
            return
        timer = asyncio.get_running_loop().call_later(WAITING_S, connection.transport.abort)
        self._waiting[connection] = timer
        if len(self._waiting) > MAX_WAITING:
            longest = next(iter(self._waiting))
            self._stop_waiting(longest)
            longest.transport.abort()

    def _stop_waiting(self, connection: _Connection) -> None:
        if timer := self._waiting.pop(connection, None):
            timer.cancel()
