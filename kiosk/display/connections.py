"""Connections that ask nothing: uvicorn's protocol with an end to them.

Without it a client that connects and is silent, or stops in the middle of a request, is served for ever, and some tens
of them keep the screen's browser out (RFC 9110 leaves such limits to the server, section 15.5.9).
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_SILENT = 8
"""A browser asks as soon as it is connected; when more are silent than this, the one that has been longest goes."""

SILENT_S = 5.0
"""As long as uvicorn keeps a connection open behind an answer."""


class Silent:
    """The connections of one server without a whole request: at most `most`, each for `for_s` seconds."""

    def __init__(self, most: int = MAX_SILENT, for_s: float = SILENT_S) -> None:
        self._most = most
        self._for_s = for_s
        self._ends: dict[H11Protocol, asyncio.TimerHandle] = {}

    def add(self, connection: H11Protocol) -> None:
        """It waits for a request from now on, if it did not already."""
        if connection not in self._ends:
            self._ends[connection] = connection.loop.call_later(self._for_s, self._drop, connection)
        if len(self._ends) > self._most:
            self._drop(next(iter(self._ends)))

    def remove(self, connection: H11Protocol) -> None:
        """It has asked, or is gone."""
        if end := self._ends.pop(connection, None):
            end.cancel()

    def _drop(self, connection: H11Protocol) -> None:
        self.remove(connection)
        connection.transport.abort()


def bounded(silent: Silent) -> type[asyncio.Protocol]:
    """uvicorn's protocol for one server, whose silent connections are kept in `silent`."""

    class Bounded(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
            super().connection_made(transport)
            silent.add(self)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            answering = self.cycle is not None and not self.cycle.response_complete
            (silent.remove if answering else silent.add)(self)

        def connection_lost(self, exc: Exception | None) -> None:
            silent.remove(self)
            super().connection_lost(exc)

    return Bounded
