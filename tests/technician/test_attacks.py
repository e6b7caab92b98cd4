"""The page under attack: a client that wastes its places, its time or its memory does not keep a technician out."""

import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from kiosk.support.web import bodies
from kiosk.support.web import server as web_server
from kiosk.support.web.listener import MOST_OF_ADDRESS, LimitedListener
from kiosk.technician.server import CHECK, HOME, LOGIN, TechnicianServer

from .pages import NAME, ask, certified, page

MANY = 60
FLOODS = (
    b"X-Flood: " + b"a" * 100_000,
    b"\r\n".join(b"X-%d: a" % number for number in range(20_000)),
    b"Cookie: " + b"__Host-session=a; " * 4000,
)
"""Headers that are too long."""

NO_ROUTES = (
    f"{HOME}/static/../server.py",
    f"{HOME}/static/%2e%2e/server.py",
    f"{HOME}/static/..%2fserver.py",
    f"{HOME}/static//technician.css",
    f"//{HOME}",
    f"{HOME}/",
    f"{HOME}/visits/..%2f..%2fetc%2fpasswd",
    f"{HOME}/visits/%00",
    f"{HOME}/static/technician.css%00.svg",
    f"{HOME}/STATIC/technician.css",
    "/etc/passwd",
    "/.git/config",
    f"{HOME}/visits/" + "9" * 4000,
    f"{HOME};x=/settings",
)


@contextmanager
def silent_clients(served: TechnicianServer, count: int) -> Iterator[list[socket.socket]]:
    """Connect `count` times from this computer and send nothing."""
    with ExitStack() as opened:
        yield [opened.enter_context(socket.create_connection(("127.0.0.1", served.port), 10.0)) for _ in range(count)]


def test_clients_that_begin_no_handshake_use_up_the_places_of_their_address_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "HANDSHAKE_S", 60.0)
    with page(tmp_path, certified(tmp_path)) as guarded, silent_clients(guarded, MANY) as clients:
        refused = clients[MOST_OF_ADDRESS:]
        assert all(client.recv(1) == b"" for client in refused), "each is closed at once"
        assert select.select(clients[:MOST_OF_ADDRESS], [], [], 0.0)[0] == [], "the others wait for their handshake"
        assert answered_from("127.0.0.2", guarded), "another address has its own places"


def answered_from(address: str, served: TechnicianServer) -> bool:
    """Return True if the login is answered to a client with this address of its own."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", served.port), 10.0, source_address=(address, 0)) as plain,
        context.wrap_socket(plain) as client,
    ):
        client.sendall(f"GET {LOGIN} HTTP/1.1\r\nHost: {NAME}:{served.port}\r\n\r\n".encode())
        return client.recv(12) == b"HTTP/1.1 200"


def test_a_place_is_free_again_when_its_connection_ends() -> None:
    with LimitedListener() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        address = listener.getsockname()
        with ExitStack() as opened:
            accepted = []
            for _ in range(MOST_OF_ADDRESS):
                opened.enter_context(socket.create_connection(address, 10.0))
                accepted.append(listener.accept()[0])
            opened.enter_context(socket.create_connection(address, 10.0))
            with pytest.raises(ConnectionAbortedError):
                listener.accept()
            accepted.pop().close()
            opened.enter_context(socket.create_connection(address, 10.0))
            accepted.append(listener.accept()[0])
            for connection in accepted:
                connection.close()


def test_a_handshake_that_does_not_go_on_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "HANDSHAKE_S", 0.1)
    with page(tmp_path, certified(tmp_path)) as served, silent_clients(served, MOST_OF_ADDRESS) as clients:
        clients[0].sendall(b"\x16\x03\x01\x02\x00")  # the head of a ClientHello (RFC 8446, section 5.1)
        clients[0].settimeout(10.0)
        assert clients[0].recv(1) == b""
        assert ask_when_free(served)


def ask_when_free(served: TechnicianServer) -> bool:
    """Ask until a place is free; each try ends at once."""
    for _ in range(100):
        try:
            return ask(served, LOGIN, tls=True).status == 200
        except OSError:
            threading.Event().wait(0.05)
    return False


@pytest.mark.parametrize("path", [LOGIN, CHECK])
def test_a_body_that_trickles_is_given_up(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_S", 0.2)
    lan = certified(tmp_path) if path == LOGIN else None
    with page(tmp_path, lan) as served:
        plain = socket.create_connection(("127.0.0.1", served.port), 10.0)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(plain) if lan else plain as client:
            origin = f"{'https' if lan else 'http'}://127.0.0.1:{served.port}"
            head = (
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nOrigin: {origin}\r\nContent-Length: 900\r\n"
            )
            client.sendall(f"{head}\r\npassword=".encode())
            assert client.recv(12) == b"HTTP/1.1 408"


def test_a_path_that_is_no_route_is_not_found(tmp_path: Path) -> None:
    with page(tmp_path) as served:
        assert {path: ask(served, path).status for path in NO_ROUTES} == dict.fromkeys(NO_ROUTES, 404)


def test_a_flood_of_headers_is_refused(tmp_path: Path) -> None:
    with page(tmp_path) as served:
        for flood in FLOODS:
            with socket.create_connection(("127.0.0.1", served.port), 10.0) as client:
                host = f"127.0.0.1:{served.port}".encode()
                try:
                    client.sendall(b"GET %b HTTP/1.1\r\nHost: %b\r\n%b\r\n\r\n" % (HOME.encode(), host, flood))
                    answer = client.recv(64)
                except ConnectionError:
                    answer = b""
            assert not answer.startswith(b"HTTP/1.1 200"), flood[:40]
        assert ask(served, HOME).status == 200


def test_a_huge_file_is_refused_before_it_has_come(tmp_path: Path) -> None:
    with page(tmp_path) as served, socket.create_connection(("127.0.0.1", served.port), 10.0) as client:
        origin = f"http://127.0.0.1:{served.port}"
        head = f"POST {CHECK} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nOrigin: {origin}\r\n"
        client.sendall(f"{head}Content-Length: {1 << 34}\r\n\r\n".encode() + b"#" * 300_000)
        assert client.recv(12) == b"HTTP/1.1 413"
        assert ask(served, HOME).status == 200


def test_another_site_gets_no_answer_that_it_may_read(tmp_path: Path) -> None:
    with page(tmp_path) as served:
        for path in (f"{HOME}/settings", f"{HOME}/export.json", f"{HOME}/visits", "/metrics"):
            answer = ask(served, path, Origin="https://evil.example")
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert not any(name.startswith("access-control-") for name in answer.headers)
        assert ask(served, f"{HOME}/settings", Host=f"evil.example:{served.port}").status == 421


def test_twenty_readers_and_one_that_never_reads_leave_the_page_to_the_newest(tmp_path: Path) -> None:
    with page(tmp_path) as served, ExitStack() as opened:
        served.live({"log": ["x" * 50_000]})
        request = f"GET {HOME}/live HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode()
        for _ in range(21):  # none of them reads
            client = opened.enter_context(socket.create_connection(("127.0.0.1", served.port), 10.0))
            client.sendall(request)
        for number in range(20):
            served.live({"number": number, "log": ["x" * 50_000]})
        began_s = time.monotonic()
        with socket.create_connection(("127.0.0.1", served.port), 10.0) as newest:
            newest.sendall(request)
            assert newest.recv(12) == b"HTTP/1.1 200"
        assert ask(served, f"{HOME}/counts").status == 200
        assert time.monotonic() - began_s < 10.0
