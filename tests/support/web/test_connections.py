"""Clients that connect and send nothing, or half a request, do not keep the screen's browser out."""

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.display.server import DisplayServer
from kiosk.support.web import connections, streams
from tests.display.served import WITHIN_S, Reader, make, served

MANY, AT_ONCE = 300, 20
"""Fewer at once than the queue of a listener holds (32), because TCP repeats a refused connection after 1 s."""


@pytest.fixture
def server() -> Iterator[DisplayServer]:
    with served() as running:
        yield running


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127"])
def test_the_page_is_served_beside_hundreds_of_silent_clients(server: DisplayServer, sent: bytes) -> None:
    with ExitStack() as opened:
        for _ in range(MANY // AT_ONCE):
            for _ in range(AT_ONCE):
                client = opened.enter_context(socket.create_connection(("127.0.0.1", server.port), WITHIN_S))
                client.sendall(sent)
            for path in ("/", "/events"):
                with Reader(server.port, path) as reader:
                    assert reader.status == 200


def test_an_open_page_stays_open_beside_silent_clients(server: DisplayServer) -> None:
    with ExitStack() as opened, Reader(server.port, "/events") as page:
        page.event()
        for _ in range(2 * connections.MAX_WAITING):
            opened.enter_context(socket.create_connection(("127.0.0.1", server.port), WITHIN_S))
        with Reader(server.port, "/events") as other:
            other.event()
        assert not page.answer.isclosed()


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"])
def test_a_connection_without_a_complete_request_is_ended(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connections, "WAITING_S", 0.05)
    with served() as server, socket.create_connection(("127.0.0.1", server.port), WITHIN_S) as client:
        client.sendall(sent.replace(b"{port}", str(server.port).encode()))
        if sent.endswith(b"\r\n"):
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
            client.sendall(b"GET")  # half of a second request
        assert is_ended(client)


def test_a_page_that_waits_for_the_next_screen_is_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WAITING_S", 0.05)
    monkeypatch.setattr(streams, "BEAT_S", 0.05)
    with served() as server, Reader(server.port, "/events") as page:
        page.event()
        for _ in range(4):  # beats, one after each BEAT_S without a change
            while page.answer.readline() != b"event: beat\n":
                pass
        assert not page.answer.isclosed()


def test_stop_leaves_no_thread_and_no_open_socket() -> None:
    gc.collect()
    before = threading.active_count(), open_files()
    server = make()
    server.start()
    with Reader(server.port, "/events") as reader, socket.create_connection(("127.0.0.1", server.port)):
        reader.event()
        assert server.stop()
    assert (threading.active_count(), open_files()) == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def is_ended(client: socket.socket) -> bool:
    """Read to the end of the connection, however it ends; raises `TimeoutError` if it stays open."""
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True
