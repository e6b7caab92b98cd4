"""One connection to the status service that can be cut from outside, verified always, and never redirected.

Rule 1: certificate and host name are verified on every connection; there is no setting that turns it off.
Rule 2: nothing comes from the environment: a proxy or a CA bundle named there would see, or stand in for, the service;
a `.netrc` would send somebody's password.
Rule 3: a session serves one question, so no cookie and no connection is carried from one visitor to the next.
"""

import socket
import ssl
import threading
from typing import Any

from requests import Response, Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class StatusConnection:
    """The connection of one question; `cut` ends it from another thread, whatever it is waiting for.

    A limit on each receiving is not enough: a server that sends a byte a second never reaches it, in the head least of
    all, which is read before anybody can count.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._is_cut = False
        self.answered = False

    def hold(self, connected: socket.socket) -> socket.socket:
        """Keep a second handle of `connected`: TLS takes the first one for itself."""
        with self._lock:
            self._handle = connected.dup()
            self._shut_down()
        return connected

    def cut(self) -> None:
        """End the connection now, or as soon as there is one."""
        with self._lock:
            self._is_cut = True
            self._shut_down()

    def release(self) -> None:
        """Let go of the handle; called by the side that held it."""
        with self._lock:
            if self._handle:
                self._handle.close()
                self._handle = None

    def _shut_down(self) -> None:
        if self._is_cut and self._handle:
            try:
                self._handle.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the other side was quicker


class OneQuestion(Session):
    """A session for one question on `line`."""

    def __init__(self, line: StatusConnection, context: ssl.SSLContext) -> None:
        super().__init__()
        self.trust_env = False
        adapter = _ConnectionAdapter(line, context)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: Response) -> str | None:  # noqa: ARG002 - no answer leads anywhere else
        """None: even when it may not follow a redirection, requests reads its whole body, unbounded and inflated."""
        return None


class _ConnectionAdapter(HTTPAdapter):
    def __init__(self, line: StatusConnection, context: ssl.SSLContext) -> None:
        self._line = line
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools_on(self._line)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002 - as requests calls it
        """The context verifies; it holds the authorities already, which requests would read anew for each question."""
        conn.cert_reqs = "CERT_REQUIRED"


def _pools_on(line: StatusConnection) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return line.hold(super()._new_conn())

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return line.hold(super()._new_conn())

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
