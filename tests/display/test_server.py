"""The page over real HTTP on loopback: the responses, the refusals, and the end of the server."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import uvicorn

from kiosk.display import page
from kiosk.display.server import DisplayServer
from kiosk.errors import DeviceError
from kiosk.support.web import streams
from tests.display.served import WITHIN_S, Reader, make, raw, served, show


@pytest.fixture(scope="module")
def server() -> Iterator[DisplayServer]:
    with served() as running:
        yield running


def test_the_page_and_its_files_are_served_and_are_not_cached(server: DisplayServer) -> None:
    for path in ("/", *(f"/static/{name}" for name in page.STATIC)):
        with Reader(server.port, path) as reader:
            assert (reader.status, len(reader.answer.read()) > 100) == (200, True)
            assert reader.answer.getheader("cache-control") == "no-store"
            assert reader.answer.getheader("x-content-type-options") == "nosniff"
            assert "default-src 'none'" in (reader.answer.getheader("content-security-policy") or "")
            assert "frame-ancestors 'none'" in (reader.answer.getheader("content-security-policy") or "")
            assert reader.answer.getheader("server") is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "NONSENSE"])
@pytest.mark.parametrize("path", ["/", "/events", "/preview", "/door/unlock"])
def test_every_method_other_than_get_is_refused(server: DisplayServer, method: str, path: str) -> None:
    with Reader(server.port, path, method=method) as reader:
        assert (reader.status, reader.answer.getheader("allow")) == (405, "GET")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}"])
@pytest.mark.parametrize("path", ["/", "/events", "/preview", "/static/kiosk.css"])
def test_a_foreign_host_header_is_refused(server: DisplayServer, host: str, path: str) -> None:
    with Reader(server.port, path, host=host.format(port=server.port)) as reader:
        assert reader.status == 421


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}", "127.0.0.1:{port}"])
def test_every_name_of_this_computer_is_accepted(server: DisplayServer, host: str) -> None:
    with Reader(server.port, "/", host=host.format(port=server.port)) as reader:
        assert reader.status == 200


def test_a_request_with_no_host_header_or_with_two_is_refused(server: DisplayServer) -> None:
    host = b"Host: 127.0.0.1:%d\r\n" % server.port
    assert raw(server.port, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 421 ")
    assert raw(server.port, b"GET / HTTP/1.1\r\n" + host + host + b"\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static",
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static//kiosk.css",
        "/static/kiosk.css/",
        "/static/KIOSK.CSS",
        "/static/index.html",
        "/static/icons.svg",
        "//etc/passwd",
        "/events/",
        "/machine",
        "/%00",
        "/favicon.ico",
    ],
)
def test_a_path_outside_the_table_is_not_found(server: DisplayServer, path: str) -> None:
    with Reader(server.port, path) as reader:
        assert reader.status == 404


def test_a_header_that_is_too_long_is_refused(server: DisplayServer) -> None:
    assert raw(server.port, b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000)[:12] in (b"HTTP/1.1 400", b"")


def test_bytes_other_than_http_are_refused(server: DisplayServer) -> None:
    assert raw(server.port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_websocket_is_not_opened(server: DisplayServer) -> None:
    request = b"GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert not raw(server.port, request % server.port).startswith(b"HTTP/1.1 101 ")


def test_the_server_listens_on_127_0_0_1_only(server: DisplayServer) -> None:
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        other.connect(("127.0.0.2", server.port))


def test_a_page_gets_the_current_screen_and_then_each_change(server: DisplayServer) -> None:
    show(server, "spraying")
    with Reader(server.port, "/events") as reader:
        assert reader.answer.getheader("content-type") == "text/event-stream"
        first = reader.event()
        show(server, "come closer")
        assert (first["phase"], reader.event()["phase"]) == ("disinfecting", "measuring")


def test_a_page_that_opens_late_gets_the_seconds_left(server: DisplayServer) -> None:
    show(server, "scanning", now_s=28.0)
    with Reader(server.port, "/events") as reader:
        assert 0.0 <= reader.event()["countdown"]["left_s"] <= 5.0


def test_an_unchanged_screen_is_not_sent_again(server: DisplayServer) -> None:
    show(server, "idle")
    with Reader(server.port, "/events") as reader:
        phases = [reader.event()["phase"]]
        show(server, "idle")
        show(server, "idle")
        show(server, "emergency")
        phases.append(reader.event()["phase"])
    assert phases == ["idle", "emergency"]


def test_the_next_screen_contains_no_data_of_the_last_visitor(server: DisplayServer) -> None:
    show(server, "pausing")
    with Reader(server.port, "/events") as reader:
        assert "38,2" in reader.event()["figure"][0]
    show(server, "idle")
    with Reader(server.port, "/events") as reader:
        assert "38" not in str(reader.event()["words"])


def test_the_ninth_page_is_served_and_the_oldest_one_ends(server: DisplayServer) -> None:
    with ExitStack() as pages:
        readers = [pages.enter_context(Reader(server.port, "/events")) for _ in range(9)]
        assert [reader.status for reader in readers] == [200] * 9
        assert readers[8].event()
        assert readers[0].answer.read().count(b"data: ") == 1, "the first screen, then the end of the stream"


def test_the_live_picture_is_sent_only_while_the_screen_shows_it(server: DisplayServer) -> None:
    show(server, "scanning")
    with Reader(server.port, "/preview") as reader:
        assert reader.answer.getheader("content-type") == "multipart/x-mixed-replace; boundary=picture"
        server.preview(b"JPEG-1")
        assert reader.picture(b"JPEG-1")
        server.preview(b"JPEG-2")
        assert reader.picture(b"JPEG-2")
        show(server, "checking")
        assert b"JPEG" not in reader.answer.read()
    with Reader(server.port, "/preview") as reader:
        assert reader.status == 204


def test_the_picture_of_one_visitor_is_never_sent_to_the_next(server: DisplayServer) -> None:
    show(server, "scanning")
    server.preview(b"JPEG-first")
    show(server, "idle")
    server.preview(b"JPEG-late")
    show(server, "wrong code")
    with Reader(server.port, "/preview") as reader:
        server.preview(b"JPEG-second")
        assert reader.picture(b"JPEG-second") == b"JPEG-second"


def test_a_simulation_sends_the_state_of_the_machine() -> None:
    with served(simulated=True) as server:
        server.machine({"phase": "idle", "sprayer": False})
        with Reader(server.port, "/machine") as reader:
            assert reader.event() == {"phase": "idle", "sprayer": False}
            server.machine({"doors": {"building": {"locked": False, "open": True}}})
            assert reader.event() == {"doors": {"building": {"locked": False, "open": True}}}


def test_a_page_that_accepts_no_data_is_dropped_and_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SLOW_S", 0.05)
    dropped = threading.Event()
    handler = EventHandler(dropped)
    logging.getLogger("kiosk.support.web.streams").addHandler(handler)
    with served() as server, socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", server.port))
        show(server, "scanning")
        stuck.sendall(b"GET /preview HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % server.port)
        with Reader(server.port, "/preview") as other:
            for number in range(1000):
                server.preview(b"%d " % number + b"x" * 500_000)
                assert other.picture(b"%d " % number)
                if dropped.is_set():
                    break
            assert dropped.wait(WITHIN_S)
    logging.getLogger("kiosk.support.web.streams").removeHandler(handler)


class EventHandler(logging.Handler):
    """Sets an event when a message is logged."""

    def __init__(self, logged: threading.Event) -> None:
        super().__init__()
        self._logged = logged

    def emit(self, record: logging.LogRecord) -> None:
        self._logged.set()


def test_a_taken_port_is_reported_with_its_remedy() -> None:
    with served() as first:
        second = make(port=first.port)
        with pytest.raises(
            DeviceError, match=rf"port {first.port} is taken by another program; .*display\.port"
        ) as caught:
            second.start()
        assert (caught.value.fault, second.alive) == ("display_silent", False)


def test_a_port_without_permission_is_reported_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(DeviceError, match=r"port 80 cannot be opened \(Permission denied\)"):
        make(port=80).start()


def test_stop_ends_every_stream_within_its_limit() -> None:
    server = make(simulated=True)
    assert server.stop()
    server.start()
    show(server, "scanning")
    assert server.alive
    readers = [Reader(server.port, path) for path in ("/events", "/events", "/preview", "/machine")]
    assert server.stop(within_s=5.0)
    assert not server.alive
    for reader in readers:
        reader.answer.read()
        reader.__exit__()


def test_show_works_before_start_and_after_stop() -> None:
    server = make()
    show(server, "scanning")
    server.start()
    assert server.stop()
    show(server, "idle")
    server.preview(b"JPEG")
    server.machine({})
    assert not server.alive


def test_the_port_can_be_opened_again_immediately_after_stop() -> None:
    with served() as first:
        port = first.port
        reader = Reader(port, "/events")
    second = make(port=port)
    second.start()
    assert second.alive
    assert second.stop()
    reader.__exit__()


def test_a_page_that_accepts_no_data_does_not_prevent_stop() -> None:
    server = make()
    server.start()
    show(server, "scanning")
    with socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", server.port))
        stuck.sendall(b"GET /preview HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % server.port)
        with Reader(server.port, "/preview") as other:
            for number in range(20):
                server.preview(b"%d " % number + b"x" * 500_000)
                assert other.picture(b"%d " % number)
        assert server.stop(within_s=3.0)


def test_a_server_that_does_not_start_is_reported_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def return_at_once(*_: object) -> None:
        pass

    monkeypatch.setattr(uvicorn.Server, "serve", return_at_once)
    server = make()
    with pytest.raises(DeviceError, match="did not start; restart the kiosk") as caught:
        server.start()
    assert (caught.value.fault, server.alive) == ("display_silent", False)
