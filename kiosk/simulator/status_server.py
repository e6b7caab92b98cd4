"""A health app's status service for the demo and the tests: a real HTTP server on loopback, with faults to switch on.

Rule 1: the header `X-Simulation` and the field "simulated" of every answer say what it is.
Rule 2: it is bounded: so many questions at once, so many bytes in one, and no conversation lasts beyond `PATIENCE_S`
after its client fell silent.
"""

import json
import logging
import select
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

logger = logging.getLogger(__name__)

MAX_AT_ONCE = 16
MAX_QUESTION_BYTES = 16_384
MAX_REMEMBERED = 64
PATIENCE_S = 3.0
DRIP_S = 0.02
POLL_S = 0.02
HUGE_BYTES = 100_000_000


class ServiceFault(Enum):
    """What is wrong with the service. VERBATIM sends `StatusServer.verbatim` as it is."""

    NONE = "none"
    HTML = "html"
    HUGE = "huge"
    NEVER = "never"
    CLOSES = "closes"
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


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it arrived; of simulated people only."""

    path: str
    headers: Mapping[str, str]
    fields: dict[str, Any] = field(repr=False)


class StatusServer:
    """Answers {"status": …} by the table code → status, and 404 to a code that is not in it.

    statuses, fault, verbatim: may be changed at any time. passing_faults: befall the next questions, one each.
    asked: the newest questions. sent_bytes: of the last endless answer. tls: None serves plain HTTP.
    port: 0 takes a free one. Use it in a `with` block, or `start` and `stop` it.
    """

    def __init__(self, statuses: Mapping[str, str], tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.statuses = statuses
        self.fault = ServiceFault.NONE
        self.passing_faults: deque[ServiceFault] = deque()
        self.verbatim = b""
        self.asked: deque[Asked] = deque(maxlen=MAX_REMEMBERED)
        self.sent_bytes = 0
        self.stopping = threading.Event()
        self._scheme = "https" if tls else "http"
        self._server = _StatusHttpServer(self, tls, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_S,), name="status service")

    @property
    def address(self) -> str:
        """Where to ask."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}/status"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End every conversation and give the port back."""
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


class _StatusHttpServer(ThreadingHTTPServer):
    daemon_threads = False  # so that `server_close` waits for them
    request_queue_size = 2 * MAX_AT_ONCE

    def __init__(self, service: StatusServer, tls: ssl.SSLContext | None, port: int) -> None:
        self.service = service
        self._places = threading.BoundedSemaphore(MAX_AT_ONCE)
        super().__init__(("127.0.0.1", port), _Conversation)
        if tls:
            # The handshake comes with the first reading, on the conversation's own thread.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as socketserver calls it
        logger.debug("a client of the simulated status service went away", exc_info=True)


class _Conversation(BaseHTTPRequestHandler):
    server: _StatusHttpServer
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_S
    # Without these two an answer waits 48 ms for the acknowledgement of its head (measured).
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.close_connection = True
        length = int(self.headers.get("Content-Length", 0))
        if length > MAX_QUESTION_BYTES:
            self._answer(413, {"error": "too long"})
            return
        fields = json.loads(self.rfile.read(length))
        service = self.server.service
        service.asked.append(Asked(self.path, dict(self.headers), fields))
        fault = service.passing_faults.popleft() if service.passing_faults else service.fault
        self._act(fault, str(fields.get("code", "")))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server calls it
        logger.debug(f"simulated status service: {format}", *args)

    def _act(self, fault: ServiceFault, code: str) -> None:
        match fault:
            case ServiceFault.NONE:
                self._tell_status(code)
            case ServiceFault.HUGE:
                self._stream_zeros(200, {})
            case ServiceFault.HUGE_REDIRECT:
                self._stream_zeros(302, {"Location": "/elsewhere"})
            case ServiceFault.NEVER:
                self._wait_for_the_client_to_leave()
            case ServiceFault.CLOSES:
                return
            case ServiceFault.DRIP:
                self._drip(b"HTTP/1.1 200 OK\r\nX-Simulation: " + b"x" * 1000)
            case ServiceFault.DRIP_BODY:
                self._send(200, b"", {"Content-Length": "1000"})
                self._drip(b" " * 1000)
            case ServiceFault.VERBATIM:
                self.wfile.write(self.server.service.verbatim)
            case _:
                self._send(*WRONG_ANSWERS[fault])

    def _tell_status(self, code: str) -> None:
        status = self.server.service.statuses.get(code)
        if status is None:
            self._answer(404, {"error": "unknown code"})
        else:
            self._answer(200, {"status": status})

    def _answer(self, http_status: int, fields: dict[str, Any]) -> None:
        self._send(http_status, json.dumps(fields | {"simulated": True}).encode(), {})

    def _send(self, http_status: int, body: bytes, headers: Mapping[str, str]) -> None:
        usual = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self.send_response(http_status)
        for name, value in {**usual, "X-Simulation": "entrance kiosk", "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream_zeros(self, http_status: int, headers: Mapping[str, str]) -> None:
        self._send(http_status, b"", {**headers, "Content-Length": str(HUGE_BYTES)})
        for sent in range(0, HUGE_BYTES, MAX_QUESTION_BYTES):
            self.server.service.sent_bytes = sent
            if self.server.service.stopping.is_set():
                return
            self.wfile.write(bytes(MAX_QUESTION_BYTES))

    def _drip(self, text: bytes) -> None:
        for byte in text:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.service.stopping.wait(DRIP_S):
                return

    def _wait_for_the_client_to_leave(self) -> None:
        while not self.server.service.stopping.is_set():
            if select.select([self.connection], [], [], POLL_S)[0]:
                return
