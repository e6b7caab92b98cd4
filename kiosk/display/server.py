"""The visitor's page: what is current, and the routes by which a browser on this computer sees it.

Rule 1: read-only. No request reaches the machine, because nothing here could tell it anything.
Rule 2: the loop's thread hands over and goes on; it never waits for a browser.
Rule 3: what is kept is the newest screen and the newest picture, and the picture only while a code is looked for.

Routes: `/` the page; `/events` the screens and, in simulation only, `/machine` the machine, both server-sent events
(HTML standard, section 9.2); `/preview` the live picture (multipart/x-mixed-replace); `/static/*` a fixed table.
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
from kiosk.display.loopback import LoopbackServer, listen
from kiosk.display.screens import Screen, screen_of
from kiosk.display.streams import Broadcast
from kiosk.display.texts import Texts
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.settings.schema.policy import DisplaySettings, ReferralsSettings

logger = logging.getLogger(__name__)

PART = b"--picture\r\nContent-Type: image/jpeg\r\n\r\n"
"""Sent behind each picture, not before it: Chromium shows a part when the head of the next one has come."""


class DoorView(TypedDict, total=False):
    """A door on its pins; the street door has no lock."""

    locked: bool
    open: bool


class VisitView(TypedDict):
    """One visit that is over: whom the script sent, how it ended, and the reason, empty for none."""

    who: str
    result: str
    reason: str


class MachineView(TypedDict, total=False):
    """What the simulated machine does, read from its pins and buses; leave out what the booth does not have.

    doors: 'building', 'street'. lamp: 'red', 'green', 'blue' or 'single', each lit or not at this moment.
    inputs: any name of `inputs` in the settings, True while active. thermometer: 'object_c', 'ambient_c'.
    person: whom the script sends in now. visits: newest first; the page shows as many as fit.
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
        self._current = (screen_of(State(), Rules()), 0.0, time.monotonic())
        self._picture = b""
        self._machine: MachineView = {}
        retry, beat = b"retry: 1000\n\n", b"event: beat\ndata:\n\n"
        self._screens = Broadcast("text/event-stream", self._screen_event, opening=retry, beat=beat)
        self._machines = Broadcast("text/event-stream", self._machine_event, opening=retry, beat=beat)
        self._pictures = Broadcast("multipart/x-mixed-replace; boundary=picture", self._part, opening=PART)
        self._build, self._router = self._routes()
        self._server: LoopbackServer | None = None

    @property
    def port(self) -> int:
        """The port of the page; where the settings say 0, as tests do, the free one that was found."""
        return self._port

    @property
    def alive(self) -> bool:
        """Whether the page is being served."""
        return self._server is not None and self._server.alive

    def start(self) -> None:
        """Return when the page can be opened; raises DeviceError (fault display_silent) when the port is taken."""
        listener = listen(self._port)
        self._port = listener.getsockname()[1]
        self._server = LoopbackServer(self._router, (self._screens, self._machines, self._pictures), listener)
        self._server.start()
        logger.info("the visitor's page is on http://127.0.0.1:%d/", self._port)

    def stop(self, within_s: float = 3.0) -> bool:
        """Take the page away; False when its thread still runs after `within_s`."""
        return self._server is None or self._server.stop(within_s)

    def show(self, screen: Screen, now_s: float) -> None:
        """Show `screen`; `now_s` is the moment on the clock of its countdown."""
        with self._lock:
            if screen == self._current[0]:
                return
            self._current = (screen, now_s, time.monotonic())
            self._picture = self._picture if screen.preview else b""
        self._screens.wake()
        self._pictures.wake()

    def preview(self, jpeg: bytes) -> None:
        """Show a live picture; it is forgotten with the screen that asked for it."""
        with self._lock:
            if not self._current[0].preview:
                return
            self._picture = jpeg
        self._pictures.wake()

    def machine(self, snapshot: MachineView) -> None:
        """Show what the simulated machine does."""
        self._machine = snapshot
        self._machines.wake()

    def _screen_event(self) -> bytes:
        screen, now_s, shown_at_s = self._current
        view = page.view_of(screen, self._site, now_s + time.monotonic() - shown_at_s)
        return _event({"build": self._build, **view})

    def _machine_event(self) -> bytes:
        return _event(self._machine)

    def _part(self) -> bytes | None:
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
            *(Route(f"/static/{name}", Response(files[name], media_type=kind)) for name, kind in page.STATIC.items()),
        ]
        if self._site.simulated:
            routes.append(Route("/machine", self._machines))
        return page.build_of(files, html), Router(routes, redirect_slashes=False)


def _event(data: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
