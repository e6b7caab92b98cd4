"""The visitor's page: the current screen, and the routes under which a browser on this computer gets it.

Rule 1: the page is read-only. No request can change the kiosk, because this module has no way to send anything to it.
The heart-beat of the screen (`kiosk.display.screen_beats`) is noted, and nothing more.
Rule 2: the loop's thread stores the new screen and continues; it never waits for a browser.
Rule 3: only the newest screen and the newest picture are kept, and the picture only while the visitor shows a code.

Routes: `/` the page; `/events` the screens and, in simulation only, `/machine` the machine, both server-sent events
(HTML standard, section 9.2); `/preview` the live picture (multipart/x-mixed-replace); `/screen` the heart-beat of the
screen; `/static/*` a fixed table.
"""

import json
import logging
import threading
import time
from collections.abc import Mapping
from typing import Any, TypedDict

from starlette.responses import Response
from starlette.routing import Route, Router

from kiosk.display import page
from kiosk.display.screen_beats import ScreenBeats
from kiosk.display.screens import Screen, starting_screen
from kiosk.display.texts import Texts
from kiosk.settings.schema.policy import DisplaySettings, ReferralsSettings
from kiosk.support.web.server import Guard, WebOwner, WebServer, listen
from kiosk.support.web.streams import Broadcast

logger = logging.getLogger(__name__)

OWNER = WebOwner("display", "display.port", "display_silent")

PART = b"--picture\r\nContent-Type: image/jpeg\r\n\r\n"
"""The header of a picture, sent directly after the previous picture: Chromium shows a picture only when it has received
the next header."""


class DoorView(TypedDict, total=False):
    """The state of a door, read from its pins; a door without a lock has no `locked`."""

    locked: bool
    open: bool


class VisitView(TypedDict):
    """One finished visit: name of the simulated visitor, result, and reason of the referral (empty without one)."""

    who: str
    result: str
    reason: str


class MachineView(TypedDict, total=False):
    """The simulated machine, read from its pins and buses; devices that the booth does not have are left out.

    doors: 'building', 'street'. lamp: 'red', 'green', 'blue' or 'single', True while lit.
    inputs: any name of `inputs` in the settings, True while active. thermometer: 'object_c', 'ambient_c'.
    person: the visitor who is in the booth now. visits: newest first; the page shows as many as fit.
    """

    phase: str
    doors: dict[str, DoorView]
    sprayer: bool
    lamp: dict[str, bool]
    buzzer: bool
    inputs: dict[str, bool]
    thermometer: dict[str, float]
    person: str
    visits: list[VisitView]


class DisplayServer:
    """Serves the page of one kiosk; every method may be called from any thread."""

    def __init__(
        self, texts: Texts, referrals: ReferralsSettings, display: DisplaySettings, site: str, simulated: bool
    ) -> None:
        self._site = page.PageSite(texts, referrals, display, site, simulated)
        self._port = display.port
        self._lock = threading.Lock()
        self._current = (starting_screen(), 0.0, time.monotonic())
        self._picture = b""
        self._machine: MachineView = {}
        retry, beat = b"retry: 1000\n\n", b"event: beat\ndata:\n\n"
        self._screens = Broadcast("text/event-stream", self._screen_event, opening=retry, beat=beat)
        self._machines = Broadcast(
            "text/event-stream", lambda: _server_sent_event(self._machine), opening=retry, beat=beat
        )
        self._pictures = Broadcast("multipart/x-mixed-replace; boundary=picture", self._picture_part, opening=PART)
        self._beats = ScreenBeats(lambda: self._current[0].phase, time.monotonic, expected=display.screen.expected)
        self._build, self._router = self._routes()
        self._server: WebServer | None = None

    @property
    def port(self) -> int:
        """Return the port of the page. If the settings say 0 (tests), it is known after `start`."""
        return self._port

    @property
    def alive(self) -> bool:
        """Return True while the page is served."""
        return self._server is not None and self._server.alive

    @property
    def screen_fault(self) -> str:
        """Return "screen_dark" while the screen of this machine shows no page, otherwise ""."""
        return self._beats.fault

    def start(self) -> None:
        """Start the server, and return when the page can be opened.

        Raises `DeviceError` with the fault `display_silent` if the port is taken or the server does not start.
        """
        listener = listen(self._port, OWNER)
        self._port = listener.getsockname()[1]
        streams = (self._screens, self._machines, self._pictures)
        self._server = WebServer(Guard(self._router, self._port), streams, listener, OWNER)
        self._server.start()
        logger.info("the visitor's page is on http://127.0.0.1:%d/", self._port)

    def stop(self, within_s: float = 3.0) -> bool:
        """Stop the server; return False if its thread still runs after `within_s`."""
        return self._server is None or self._server.stop(within_s)

    def show(self, screen: Screen, now_s: float) -> None:
        """Show `screen`; `now_s` is the present time, on the same clock as the end of its countdown."""
        with self._lock:
            if screen == self._current[0]:
                return
            self._current = (screen, now_s, time.monotonic())
            self._picture = self._picture if screen.preview else b""
        self._screens.wake()
        self._pictures.wake()

    def preview(self, jpeg: bytes) -> None:
        """Show a live picture. It is ignored if the current screen does not show the live picture."""
        with self._lock:
            if not self._current[0].preview:
                return
            self._picture = jpeg
        self._pictures.wake()

    def machine(self, snapshot: MachineView) -> None:
        """Show `snapshot` as the state of the simulated machine."""
        self._machine = snapshot
        self._machines.wake()

    def _screen_event(self) -> bytes:
        screen, now_s, shown_at_s = self._current
        view = page.view_of(screen, self._site, now_s + time.monotonic() - shown_at_s)
        return _server_sent_event({"build": self._build, **view})

    def _picture_part(self) -> bytes | None:
        with self._lock:
            wanted, jpeg = self._current[0].preview, self._picture
        if not wanted:
            return None
        return jpeg + b"\r\n" + PART if jpeg else b""

    def _routes(self) -> tuple[str, Router]:
        files, html = page.static_files(), page.index_html(self._site)
        routes = [
            Route("/", Response(html, media_type="text/html")),
            Route("/events", self._screens),
            Route("/preview", self._pictures),
            Route("/screen", self._beats.answer),
            *(Route(f"/static/{name}", Response(files[name], media_type=kind)) for name, kind in page.STATIC.items()),
        ]
        if self._site.simulated:
            routes.append(Route("/machine", self._machines))
        return page.build_of(files, html), Router(routes, redirect_slashes=False)


def _server_sent_event(data: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
