"""A simulated network service, for the demo and the tests: a real HTTP server on loopback that can be faulty.

Rule 1: the header `X-Simulation` and the field "simulated" mark every well-formed answer as a simulation.
Rule 2: the server is bounded: the number of connections, the size of a request, and the time for which it waits for a
    silent client (`CLIENT_TIMEOUT_S`).
"""

import json
import logging
import select
import socket
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 16
MAX_REQUEST_BYTES = 16_384
MAX_REMEMBERED = 64
CLIENT_TIMEOUT_S = 10.0
DRIP_S = 0.02
"""The pause between two bytes of a slow answer."""
POLL_S = 0.02
HUGE_BYTES = 100_000_000


class ServiceFault(Enum):
    """A fault of the service.

    NEVER: no answer. CLOSES, RESETS: the connection ends without an answer, in order or by a reset. HALF_HEAD, CUT: the
    head or the body ends early. DRIP, DRIP_BODY: the head or the body comes one byte at a time. VERBATIM:
    `FaultyServer.verbatim` is sent as it is.
    """

    NONE = "none"
    HTML = "html"
    HUGE = "huge"
    NEVER = "never"
    CLOSES = "closes"
    RESETS = "resets"
    HALF_HEAD = "half_head"
    CUT = "cut"
    DRIP = "drip"
    DRIP_BODY = "drip_body"
    WRONG_JSON = "wrong_json"
    ERROR = "error"
    REDIRECT = "redirect"
    HUGE_REDIRECT = "huge_redirect"
    VERBATIM = "verbatim"


SIGN_IN_PAGE = b"<!doctype html><title>Wi-Fi</title><p>Please sign in to this network.</p>"
WRONG_ANSWERS: Mapping[ServiceFault, tuple[int, bytes, Mapping[str, str]]] = {
    ServiceFault.HTML: (200, SIGN_IN_PAGE, {"Content-Type": "text/html"}),
    ServiceFault.CUT: (200, b'{"status": "gre', {"Content-Length": "4000"}),
    ServiceFault.WRONG_JSON: (200, b'{"status": "green"', {}),
    ServiceFault.ERROR: (500, b'{"error": "simulated"}', {}),
    ServiceFault.REDIRECT: (302, b"{}", {"Location": "/elsewhere"}),
}
"""HTTP status, body, and the headers that differ from the usual ones."""


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it arrived; it is about simulated people only."""

    path: str
    headers: Mapping[str, str]
    fields: dict[str, Any] = field(repr=False)


class FaultyServer(ABC):
    """Answers POST requests with JSON, or as `fault` says.

    fault, verbatim: the current fault. Both can be changed at any time.
    passing_faults: faults of the next requests, one each, before `fault` applies again.
    received: the newest requests. sent_bytes: the part of the last huge answer that was sent.
    path: the path of the address. name: the name in the log. tls: None serves plain HTTP. port: 0 takes a free one.
    Use the server in a `with` block, or call `start` and `stop`.
    """

    def __init__(self, path: str, name: str, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.name = name
        self.fault = ServiceFault.NONE
        self.passing_faults: deque[ServiceFault] = deque()
        self.verbatim = b""
        self.received: deque[ReceivedRequest] = deque(maxlen=MAX_REMEMBERED)
        self.sent_bytes = 0
        self.stopping = threading.Event()
        self._path = path
        self._scheme = "https" if tls else "http"
        self._server = _BoundedHttpServer(self, tls, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_S,), name=name)

    @abstractmethod
    def reply(self, request: ReceivedRequest) -> tuple[int, dict[str, Any]]:
        """Return the HTTP status and the members of the answer."""

    @property
    def address(self) -> str:
        """The URL of the service."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}{self._path}"

    def start(self) -> None:
        """Start to answer requests."""
        self._thread.start()

    def stop(self) -> None:
        """End every connection and release the port."""
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _BoundedHttpServer(ThreadingHTTPServer):
    daemon_threads = False  # so that `server_close` waits for them
    request_queue_size = 2 * MAX_CONNECTIONS

    def __init__(self, service: FaultyServer, tls: ssl.SSLContext | None, port: int) -> None:
        self.service = service
        self._free_connections = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(("127.0.0.1", port), _RequestHandler)
        if tls:
            # The handshake takes place at the first read, on the thread of the connection.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free_connections.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free_connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as socketserver calls it
        logger.debug("a client of the simulated %s went away", self.service.name, exc_info=True)


class _RequestHandler(BaseHTTPRequestHandler):
    server: _BoundedHttpServer
    protocol_version = "HTTP/1.1"
    timeout = CLIENT_TIMEOUT_S
    # Without these two settings the body waits 48 ms for the acknowledgement of the head (measured).
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.close_connection = True
        length = int(self.headers.get("Content-Length", 0))
        if length > MAX_REQUEST_BYTES:
            self._send_json(413, {"error": "too long"})
            return
        fields = json.loads(self.rfile.read(length))
        service = self.server.service
        request = ReceivedRequest(self.path, dict(self.headers), fields)
        service.received.append(request)
        self._respond(service.passing_faults.popleft() if service.passing_faults else service.fault, request)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server calls it
        logger.debug(f"simulated {self.server.service.name}: {format}", *args)

    def _respond(self, fault: ServiceFault, request: ReceivedRequest) -> None:
        match fault:
            case ServiceFault.NONE:
                self._send_json(*self.server.service.reply(request))
            case ServiceFault.HUGE:
                self._send_zeros(200, {})
            case ServiceFault.HUGE_REDIRECT:
                self._send_zeros(302, {"Location": "/elsewhere"})
            case ServiceFault.NEVER | ServiceFault.CLOSES | ServiceFault.RESETS | ServiceFault.HALF_HEAD:
                self._break_off(fault)
            case ServiceFault.DRIP:
                self._drip(b"HTTP/1.1 200 OK\r\nX-Simulation: " + b"x" * 1000)
            case ServiceFault.DRIP_BODY:
                self._send(200, b"", {"Content-Length": "1000"})
                self._drip(b" " * 1000)
            case ServiceFault.VERBATIM:
                self.wfile.write(self.server.service.verbatim)
            case _:
                self._send(*WRONG_ANSWERS[fault])

    def _break_off(self, fault: ServiceFault) -> None:
        match fault:
            case ServiceFault.NEVER:
                self._wait_until_the_client_leaves()
            case ServiceFault.RESETS:
                # l_onoff = 1, l_linger = 0: the kernel sends RST when the socket is closed (socket(7), SO_LINGER)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case ServiceFault.HALF_HEAD:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Ty")

    def _wait_until_the_client_leaves(self) -> None:
        while not self.server.service.stopping.is_set():
            if select.select([self.connection], [], [], POLL_S)[0]:  # a closed connection is readable
                return

    def _send_json(self, http_status: int, fields: dict[str, Any]) -> None:
        self._send(http_status, json.dumps(fields | {"simulated": True}).encode(), {})

    def _send(self, http_status: int, body: bytes, headers: Mapping[str, str]) -> None:
        usual = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self.send_response(http_status)
        for name, value in {**usual, "X-Simulation": "entrance kiosk", "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _send_zeros(self, http_status: int, headers: Mapping[str, str]) -> None:
        self._send(http_status, b"", {**headers, "Content-Length": str(HUGE_BYTES)})
        for sent in range(0, HUGE_BYTES, MAX_REQUEST_BYTES):
            self.server.service.sent_bytes = sent
            if self.server.service.stopping.is_set():
                return
            self.wfile.write(bytes(MAX_REQUEST_BYTES))

    def _drip(self, text: bytes) -> None:
        for byte in text:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.service.stopping.wait(DRIP_S):
                return
