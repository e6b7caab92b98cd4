"""A listening socket for a page that other computers can reach: a limited number of connections from each address.

A client that connects and then does nothing costs a file descriptor until the handshake of TLS is given up, and the
server accepts as many as the kernel allows. So the limit stands where a connection is accepted, before any handshake.
`asyncio` accepts by `socket.accept` and takes `ConnectionAbortedError` as "none now, ask again when one waits".

Rule: one address cannot keep the others out, as long as fewer than `MOST_OPEN` // `MOST_OF_ADDRESS` addresses try.
"""

import socket
import weakref
from typing import Any

MOST_OF_ADDRESS = 24
"""Fewer than `server.MAX_CONNECTIONS`, so that places are left for others. A browser opens at most 6."""

MOST_OPEN = 96


class LimitedListener(socket.socket):
    """A TCP socket whose `accept` closes at once what is beyond the limits.

    A connection counts until its socket is closed or forgotten.
    """

    def __init__(self, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM) -> None:
        super().__init__(family, kind)
        self._open: weakref.WeakKeyDictionary[socket.socket, str] = weakref.WeakKeyDictionary()

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection and its address.

        Raises `ConnectionAbortedError` if it was beyond a limit, and what `socket.accept` raises.
        """
        connection, address = super().accept()
        open_now = [host for other, host in self._open.items() if other.fileno() != -1]
        if len(open_now) >= MOST_OPEN or open_now.count(address[0]) >= MOST_OF_ADDRESS:
            connection.close()
            raise ConnectionAbortedError("too many connections")
        self._open[connection] = address[0]
        return connection, address
