"""The server of the office's page, read-only.

Routes under /office: the page; `kiosks`, the list with states and today's counts; `week/NAME`, one kiosk's week;
`metrics`, for Prometheus.

Rule 1: without a password, the page is served to this computer only. Beyond it, it is served by TLS, to requests under
the given names, after a login. Prometheus sends the password with each request.
Rule 2: no request changes anything.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from kiosk.fleet.page.answers import Answers
from kiosk.fleet.page.metrics import CONTENT_TYPE, metrics_text
from kiosk.support.web.login import Login, read_hash
from kiosk.support.web.page_files import PageFiles
from kiosk.support.web.server import LOOPBACK_NAMES, Guard, Tls, WebOwner, WebServer, listen

logger = logging.getLogger(__name__)

OWNER = WebOwner("office", "--page-port", "display_silent")
HOME = "/office"
LOGIN = f"{HOME}/login"
METRICS = f"{HOME}/metrics"
STATIC = ("office.css", "office.js", "icon.svg")


@dataclass(frozen=True, slots=True)
class Lan:
    """The settings of the page for other computers: its names, its certificate, and the file with its password."""

    names: tuple[str, ...]
    tls: Tls
    password: Path


class OfficeServer:
    """Serves the page on `port`; 0 lets the kernel choose one. lan: None for this computer only.

    Raises `KioskError` if the password file cannot be used.
    """

    def __init__(self, answers: Answers, port: int, lan: Lan | None) -> None:
        self._answers = answers
        self._port = port
        self._lan = lan
        self._files = PageFiles(HOME, "kiosk.fleet.page", STATIC)
        self._hashed = read_hash(lan.password) if lan else ""
        self._server: WebServer | None = None

    @property
    def address(self) -> str:
        """The URL of the page, under the first name that reaches it."""
        host = f"https://{self._lan.names[0]}" if self._lan else "http://127.0.0.1"
        return f"{host}:{self._port}{HOME}"

    @property
    def alive(self) -> bool:
        """True while the page is served."""
        return self._server is not None and self._server.alive

    def start(self) -> None:
        """Start the server. Raises `DeviceError` if the port is taken or the certificate cannot be used."""
        listener = listen(self._port, OWNER, "0.0.0.0" if self._lan else "127.0.0.1")  # noqa: S104 - by TLS and login
        self._port = listener.getsockname()[1]
        names = (*LOOPBACK_NAMES, *self._lan.names) if self._lan else LOOPBACK_NAMES
        app: ASGIApp = self._routes()
        if self._lan:
            origins = frozenset(f"https://{name.lower()}:{self._port}" for name in names)
            programs = frozenset({METRICS})
            app = Login(app, self._hashed, LOGIN, HOME, origins, self._files.login, self._files.paths, programs)
        guard = Guard(app, self._port, names, (LOGIN,) if self._lan else ())
        self._server = WebServer(guard, (), listener, OWNER, self._lan.tls if self._lan else None)
        self._server.start()
        logger.info("the office's page is on %s", self.address)

    def stop(self, within_s: float = 3.0) -> bool:
        """Stop the server; return False if its thread still runs after `within_s`."""
        return self._server is None or self._server.stop(within_s)

    def _routes(self) -> Router:
        return Router(
            [
                Route(HOME, Response(self._files.text("office.html"), media_type="text/html")),
                Route(f"{HOME}/kiosks", self._kiosks),
                Route(f"{HOME}/week/{{name}}", self._week),
                Route(METRICS, self._metrics),
                *self._files.routes(),
            ],
            redirect_slashes=False,
        )

    def _kiosks(self, _request: Request) -> Response:
        try:
            return JSONResponse(self._answers.kiosks())
        except psycopg.Error as error:
            return _no_database(error)

    def _metrics(self, _request: Request) -> Response:
        try:
            return Response(metrics_text(self._answers.kiosks()), media_type=CONTENT_TYPE)
        except psycopg.Error as error:
            return _no_database(error)

    def _week(self, request: Request) -> Response:
        try:
            found = self._answers.week(request.path_params["name"])
        except psycopg.Error as error:
            return _no_database(error)
        return JSONResponse(found) if found else PlainTextResponse("no kiosk can have this name", 404)


def _no_database(error: psycopg.Error) -> Response:
    logger.warning("the database does not answer the page: %s", str(error).strip())
    return PlainTextResponse("the database does not answer", 503)
