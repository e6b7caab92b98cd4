"""The link to the controller, with the real server of the page."""

import http.server
import socket
import threading

import pytest

from kiosk.screen import controller_link
from kiosk.screen.controller_link import ANSWER_S, ControllerLink
from tests.display.served import make, served, show


def test_the_link_learns_whether_a_visitor_is_served() -> None:
    with served() as server:
        link = ControllerLink(server.port, lambda: True)
        show(server, "idle")
        link.ask()
        assert (link.answers, link.serving) == (True, False)
        show(server, "checking")
        link.ask()
        assert (link.answers, link.serving) == (True, True)
    link.ask()
    assert (link.answers, link.serving) == (False, False)


def test_a_program_that_is_no_controller_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        link = ControllerLink(listener.getsockname()[1], lambda: True)
        for answer in (b"", b"HTTP/1.1 200 OK\r\n\r\n[]", b"HTTP/1.1 200 OK\r\n\r\n{", b"HTTP/1.1 404 No\r\n\r\n{}"):
            asking = threading.Thread(target=link.ask)
            link.answers = True
            asking.start()
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)
            asking.join(ANSWER_S)
            assert not link.answers


def test_the_thread_finds_a_controller_on_another_port_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controller_link, "BEAT_S", 0.02)
    first, second = make(), make()
    first.start()
    second.start()
    heard = threading.Event()

    def painting() -> bool:
        heard.set()
        return True

    link = ControllerLink(first.port, painting)
    link.start()
    try:
        assert heard.wait(10.0)
        heard.clear()
        link.port = second.port
        assert heard.wait(10.0)
    finally:
        link.stop()
        assert first.stop()
        assert second.stop()
    assert link.answers


@pytest.mark.parametrize("asked", [True, False])
def test_the_last_beat_says_that_somebody_stopped_the_screen(*, asked: bool) -> None:
    beats: list[str | None] = []

    class Controller(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            beats.append(self.headers["Kiosk-Screen"])
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Controller) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        link = ControllerLink(server.server_port, lambda: False)
        link.start()
        link.stop(asked=asked)
        server.shutdown()
        serving.join()
    assert (beats[-1:] == ["stopped"]) is asked
