"""The server of the technician's page, read-only: no request can move a relay or change a setting.

Routes under /technician: the page; `live`, the kiosk's present state as server-sent events; `visits`, the last visits
of the journal, and `visits/KEY`, the rows of one; `counts`, visits by the hour, outcomes and faults; `export.csv` and
`export.json`; `settings`, those in force beside their defaults; `machine`, the computer; `check` (POST), which examines
the text of a settings file and applies nothing. `/metrics` has the metrics for Prometheus.

Rule 1: on this computer the page needs no password. Beyond it, the page is served by TLS, to requests under the names
of the settings, after a login. Programs that cannot log in, such as Prometheus, send the password with each request
(RFC 7617), to `/metrics` only.
Rule 2: every answer comes from memory; a request starts no work that grows with the journal.
"""

import csv
import io
import json
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from kiosk.settings.schema.technician import TechnicianSettings
from kiosk.support.web.bodies import BodyRefused, read_body
from kiosk.support.web.login import Login
from kiosk.support.web.page_files import PageFiles
from kiosk.support.web.server import LOOPBACK_NAMES, Guard, Tls, WebOwner, WebServer, listen
from kiosk.support.web.streams import Broadcast
from kiosk.technician.metrics import CONTENT_TYPE, metrics_text

logger = logging.getLogger(__name__)

OWNER = WebOwner("technician", "technician.port", "technician_silent")
HOME = "/technician"
LOGIN, CHECK = f"{HOME}/login", f"{HOME}/check"
METRICS = "/metrics"
STATIC = ("technician.css", "technician.js", "elements.js", "now.js", "plots.js", "icon.svg")
MAX_FILE_BYTES = 256 * 1024
"""Largest text that `check` takes; the same limit as for a settings file."""


class Knowledge(Protocol):
    """The knowledge of the page beside the live state; every method returns at once, ready for JSON."""

    def visits(self) -> list[dict[str, Any]]:
        """Return the last visits, the newest first, without their rows."""

    def visit(self, key: str) -> dict[str, Any] | None:
        """Return one visit with its rows; None if it is not known."""

    def counts(self) -> dict[str, Any]:
        """Return visits by the hour, outcomes by reason, and faults."""

    def outcomes(self) -> dict[tuple[str, str], int]:
        """Return the outcomes of visits since the process started, by outcome and reason."""

    def settings(self) -> dict[str, Any]:
        """Return the settings in force, those that differ from their defaults, and the promises that are not kept."""

    def machine(self) -> dict[str, Any]:
        """Return what is known of the computer: disk, temperature, key lists."""

    def check(self, text: bytes) -> str:
        """Return the report on the text of a settings file."""


class TechnicianServer:
    """Serves the page; `live` may be called from any thread.

    hashed: the line of the password file if the settings open the page to the network, otherwise "". folder: where
    relative file names of the settings start.
    """

    def __init__(self, settings: TechnicianSettings, knowledge: Knowledge, tls: Tls | None, hashed: str) -> None:
        self._settings = settings
        self._knowledge = knowledge
        self._tls = tls
        self._hashed = hashed
        self._port = settings.port
        self._files = PageFiles(HOME, "kiosk.technician", STATIC)
        self._lock = threading.Lock()
        self._newest: dict[str, Any] | None = None
        self._live = Broadcast(
            "text/event-stream", self._event, opening=b"retry: 1000\n\n", beat=b"event: beat\ndata:\n\n"
        )
        self._server: WebServer | None = None

    @property
    def port(self) -> int:
        """The port of the page; if the settings say 0 (tests), it is known after `start`."""
        return self._port

    @property
    def address(self) -> str:
        """The address of the page, under the first name that reaches it."""
        lan = self._settings.lan
        return f"https://{lan.names[0]}:{self._port}{HOME}" if lan else f"http://127.0.0.1:{self._port}{HOME}"

    @property
    def alive(self) -> bool:
        """True while the page is served."""
        return self._server is not None and self._server.alive

    def start(self) -> None:
        """Start the server. Raises `DeviceError` if the port is taken or the certificate cannot be used."""
        listener = listen(self._port, OWNER, "0.0.0.0" if self._tls else "127.0.0.1")  # noqa: S104 - by TLS and login
        self._port = listener.getsockname()[1]
        names = (*LOOPBACK_NAMES, *self._settings.lan.names) if self._settings.lan else LOOPBACK_NAMES
        scheme = "https" if self._tls else "http"
        origins = frozenset(f"{scheme}://{name.lower()}:{self._port}" for name in names)
        app: ASGIApp = self._routes(origins)
        if self._tls:
            files = self._files
            app = Login(app, self._hashed, LOGIN, HOME, origins, files.login, files.paths, frozenset({METRICS}))
        posts = (LOGIN, CHECK) if self._tls else (CHECK,)
        self._server = WebServer(Guard(app, self._port, names, posts), (self._live,), listener, OWNER, self._tls)
        self._server.start()
        logger.info("the technician's page is on %s", self.address)

    def stop(self, within_s: float = 3.0) -> bool:
        """Stop the server; return False if its thread still runs after `within_s`."""
        return self._server is None or self._server.stop(within_s)

    def live(self, snapshot: dict[str, Any] | None) -> None:
        """Show `snapshot` as the present state; None: the kiosk does not answer."""
        with self._lock:
            self._newest = snapshot
        self._live.wake()

    def _event(self) -> bytes:
        with self._lock:
            snapshot = self._newest
        return f"data: {json.dumps(snapshot, ensure_ascii=False)}\n\n".encode()

    def _routes(self, origins: frozenset[str]) -> Router:
        knowledge = self._knowledge
        page = self._files.text("technician.html")

        def answer(method: Callable[[], object]) -> Callable[[Request], JSONResponse]:
            return lambda _request: JSONResponse(method())

        def visit(request: Request) -> Response:
            found = knowledge.visit(request.path_params["key"])
            return JSONResponse(found) if found else PlainTextResponse("this visit is not in the last ones", 404)

        def export_csv(_request: Request) -> Response:
            return Response(as_csv(knowledge.counts()), media_type="text/csv", headers=_as_file("kiosk-visits.csv"))

        def export_json(_request: Request) -> Response:
            return JSONResponse(knowledge.counts(), headers=_as_file("kiosk-visits.json"))

        routes = [
            Route(HOME, Response(page, media_type="text/html")),
            Route(f"{HOME}/live", self._live),
            Route(f"{HOME}/visits/{{key}}", visit),
            Route(f"{HOME}/export.csv", export_csv),
            Route(f"{HOME}/export.json", export_json),
            Route(METRICS, self._metrics),
            Route(CHECK, partial(self._check, origins), methods=["POST"]),
            *(
                Route(f"{HOME}/{name}", answer(getattr(knowledge, name)))
                for name in ("visits", "counts", "settings", "machine")
            ),
            *self._files.routes(),
        ]
        return Router(routes, redirect_slashes=False)

    def _metrics(self, _request: Request) -> Response:
        with self._lock:
            snapshot = self._newest
        text = metrics_text(snapshot, self._knowledge.outcomes(), self._knowledge.machine())
        return Response(text, media_type=CONTENT_TYPE)

    async def _check(self, origins: frozenset[str], request: Request) -> Response:
        if request.headers.get("origin") not in origins:
            return PlainTextResponse("this request comes from another page", 403)
        try:
            text = await read_body(request, MAX_FILE_BYTES)
        except BodyRefused as refused:
            return PlainTextResponse(f"the file is not examined: {refused}", refused.status)
        return PlainTextResponse(self._knowledge.check(text))


def as_csv(counts: dict[str, Any]) -> str:
    """Return the visits by hour, outcome and reason as CSV (RFC 4180)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("hour", "outcome", "reason", "visits"))
    for hour in counts["hours"]:
        writer.writerows((hour["hour"], row["outcome"], row["reason"], row["visits"]) for row in hour["outcomes"])
    return out.getvalue()


def _as_file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
