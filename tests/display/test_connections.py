"""Clients that connect and say nothing, or only the half of it, do not keep the screen's browser out."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kiosk.display import connections, loopback
from kiosk.display.server import DisplayServer
from tests.display.served import WITHIN_S, Reader, served

MANY = 300


@pytest.fixture
def server() -> Iterator[DisplayServer]:
    with served() as running:
        yield running


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: 127"])
def test_the_page_is_served_beside_hundreds_that_ask_nothing(server: DisplayServer, said: bytes) -> None:
    with ExitStack() as opened:
        for _ in range(MANY):
            client = opened.enter_context(socket.create_connection(("127.0.0.1", server.port), WITHIN_S))
            client.sendall(said)
        for path in ("/", "/events"):
            with Reader(server.port, path) as reader:
                assert reader.status == 200


def test_a_page_that_is_open_stays_open_beside_them(server: DisplayServer) -> None:
    with ExitStack() as opened, Reader(server.port, "/events") as page:
        page.event()
        for _ in range(2 * connections.MAX_SILENT):
            opened.enter_context(socket.create_connection(("127.0.0.1", server.port), WITHIN_S))
        with Reader(server.port, "/events") as other:
            other.event()
        assert not page.answer.isclosed()


@pytest.mark.parametrize("said", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"])
def test_who_asks_nothing_more_is_let_go(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(loopback, "Silent", lambda: connections.Silent(for_s=0.05))
    with served() as server, socket.create_connection(("127.0.0.1", server.port), WITHIN_S) as client:
        client.sendall(said.replace(b"{port}", str(server.port).encode()))
        if said.endswith(b"\r\n"):
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
            client.sendall(b"GET")  # the half of a second request
        assert ends(client)


def ends(client: socket.socket) -> bool:
    """Read to the end of the connection, which comes one way or the other; a TimeoutError when it does not."""
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True
