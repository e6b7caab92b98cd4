"""An HTTP session for one request, on a connection that another thread can cancel.

Theory: the time limit of `requests` applies to each read from the socket. A server that sends one byte a second never
reaches it; and http.client reads the head of an answer before its caller can count bytes. The limit of the whole
exchange is therefore kept from outside: the waiting thread shuts the socket down (shutdown(2)), which ends every
pending read and write with an error. For this, the connection keeps a duplicate of the socket's handle, because TLS
takes the original handle for itself.

A failure before the request was sent says something about the network; a failure after it may be the work of what was
sent, for example of a code that a visitor shows. `begin_request` is the border: it is called when TCP and TLS are
connected, before the first byte of the request, and it raises an exception if `cancel` was called before. So `sent`
does not change after `cancel`.

Rule 1: the certificate and the host name are verified on every connection; no setting turns this off.
Rule 2: the environment is ignored. A proxy or a CA bundle that it names could read the request or replace the service;
    a `.netrc` could add a password.
Rule 3: a session serves one request, so no cookie and no connection passes from one visitor to the next.
"""

import socket
import ssl
import threading
from typing import Any

from requests import Response, Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class CancellableConnection:
    """The connection of one request; `cancel` ends it from another thread, at any moment.

    sent: True as soon as a part of the request may have been sent, that is, when TCP and TLS are connected.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._is_cancelled = False
        self.sent = False

    def attach(self, connected: socket.socket) -> socket.socket:
        """Keep a duplicate of `connected` and return `connected`; shut it down if `cancel` was called before."""
        with self._lock:
            self._handle = connected.dup()
            self._shut_down_if_cancelled()
        return connected

    def begin_request(self) -> None:
        """Record that the request is sent now. Raises `ConnectionAbortedError` if the connection was cancelled."""
        with self._lock:
            if self._is_cancelled:
                raise ConnectionAbortedError
            self.sent = True

    def cancel(self) -> None:
        """End the connection now; if no socket is attached yet, end it as soon as one is attached."""
        with self._lock:
            self._is_cancelled = True
            self._shut_down_if_cancelled()

    def close(self) -> None:
        """Close the duplicate of the socket. Must be called by the thread that called `attach`."""
        with self._lock:
            if self._handle:
                self._handle.close()
                self._handle = None

    def _shut_down_if_cancelled(self) -> None:
        if self._is_cancelled and self._handle:
            try:
                self._handle.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the connection has already ended


class SingleRequestSession(Session):
    """A session that sends one request on `connection` and never follows a redirection."""

    def __init__(self, connection: CancellableConnection, tls: ssl.SSLContext) -> None:
        super().__init__()
        self.trust_env = False
        adapter = _CancellableAdapter(connection, tls)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: Response) -> str | None:  # noqa: ARG002 - no answer leads to another address
        """Return None, so that no redirection is followed.

        Otherwise requests reads the whole body of a redirection, without a limit and decompressed, even where
        `allow_redirects` is False.
        """
        return None


class _CancellableAdapter(HTTPAdapter):
    """An adapter of requests that registers its socket by `CancellableConnection.attach` and verifies TLS by `tls`."""

    def __init__(self, connection: CancellableConnection, tls: ssl.SSLContext) -> None:
        self._connection = connection
        self._tls = tls
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        attach, begin_request = self._connection.attach, self._connection.begin_request

        class AttachedConnection(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return attach(super()._new_conn())

            def connect(self) -> None:
                super().connect()
                begin_request()

        class AttachedTlsConnection(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return attach(super()._new_conn())

            def connect(self) -> None:
                super().connect()
                begin_request()

        class AttachedPool(HTTPConnectionPool):
            ConnectionCls = AttachedConnection

        class AttachedTlsPool(HTTPSConnectionPool):
            ConnectionCls = AttachedTlsConnection

        super().init_poolmanager(connections, maxsize, block, ssl_context=self._tls, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": AttachedPool, "https": AttachedTlsPool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002 - as requests calls it
        """Demand a verified certificate. The context already contains the certificates of the authorities."""
        conn.cert_reqs = "CERT_REQUIRED"
