"""A running display server and a plain HTTP client on loopback, for the tests of server and browser."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kiosk.display.screens import screen_of
from kiosk.display.server import DisplayServer
from kiosk.display.texts import Texts
from kiosk.settings.schema.policy import AppSettings, DisplaySettings
from tests.display.scenes import REFERRALS, SCENES, texts

WITHIN_S = 10.0


def make(
    port: int = 0,
    simulated: bool = False,
    site: str = "Kantor Wali Kota",
    app: AppSettings | None = None,
    languages: tuple[str, ...] = ("id", "en"),
) -> DisplayServer:
    """Return a server that is not started; port 0, which the settings do not allow, takes a free port."""
    display = DisplaySettings(app=app, telephone="0812-3456-789").model_copy(update={"port": port})
    return DisplayServer(Texts(languages, texts().sentences), REFERRALS, display, site, simulated)


@contextmanager
def served(
    simulated: bool = False, app: AppSettings | None = None, languages: tuple[str, ...] = ("id", "en")
) -> Iterator[DisplayServer]:
    server = make(simulated=simulated, app=app, languages=languages)
    server.start()
    try:
        yield server
    finally:
        assert server.stop()


def show(server: DisplayServer, name: str, now_s: float = 0.0) -> None:
    """Show one of the scenes, `now_s` into its countdown."""
    server.show(screen_of(*SCENES[name], can_skip=True), now_s)


class Reader:
    """One request, whose response is read piece by piece."""

    def __init__(self, port: int, path: str, host: str = "", method: str = "GET") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
        self._connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
        self.answer = self._connection.getresponse()
        self.status = self.answer.status

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self._connection.close()

    def event(self) -> Any:
        """Return the data of the next event that has data."""
        while True:
            line = self.answer.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: "):
                return json.loads(line.removeprefix(b"data: "))

    def picture(self, wanted: bytes) -> bytes:
        """Read until a live picture begins with `wanted`; return all pictures that were read, concatenated."""
        seen = b""
        while not (picture := self._part()).startswith(wanted):
            seen += picture
        return seen + picture

    def _part(self) -> bytes:
        while self.answer.readline() != b"Content-Type: image/jpeg\r\n":
            pass
        self.answer.readline()
        return self.answer.readline().removesuffix(b"\r\n")


def raw(port: int, request: bytes) -> bytes:
    """Send bytes, which need not be HTTP, and return the whole response.

    A server that closes the connection with bytes unread resets it, and the rest of its response is lost (RFC 1122,
    section 4.2.2.13).
    """
    answer = b""
    with socket.create_connection(("127.0.0.1", port), WITHIN_S) as connection, suppress(ConnectionError):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            answer += piece
    return answer
