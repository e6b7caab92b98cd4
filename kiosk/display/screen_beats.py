"""The heart-beats of the screen: `kiosk screen` tells whether its browser paints the page, and hears when it is busy.

The supervisor of the browser asks `GET /screen` about once a second. The header `Kiosk-Screen` is `painting` or `dark`.
When somebody stops it, it asks once more with `stopped` (`kiosk.screen.controller_link`). The answer is a JSON object:
`serving` is True while a visitor is being served.
"""

import threading
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kiosk.model import Phase

DARK_S = 10.0
"""Time without a painted page after which the screen is dark. A browser is restarted within 15 s."""

FIRST_START_S = 60.0
"""Time after the start of the kiosk in which an expected screen may begin: machine and browser start together."""

NOBODY_SERVED = frozenset({Phase.STARTING, Phase.IDLE, Phase.OUT_OF_SERVICE, Phase.MAINTENANCE})
"""Phases in which the browser may be restarted."""


class ScreenBeats:
    """The newest heart-beat of the screen.

    A screen that was never heard, or that somebody stopped, is not missed: another computer may show the page, or none.

    Args:
        phase: returns the phase that the page shows.
        now_s: monotonic seconds.
        expected: True if this machine has a screen (`display.screen.expected`). It is then missed from the start on,
            also while it is stopped.
    """

    def __init__(self, phase: Callable[[], Phase], now_s: Callable[[], float], *, expected: bool) -> None:
        self._phase = phase
        self._now_s = now_s
        self._expected = expected
        self._lock = threading.Lock()
        self._missed_from_s = now_s() + FIRST_START_S if expected else None

    @property
    def fault(self) -> str:
        """Return "screen_dark" if a screen is expected and its page was not painted for `DARK_S`, otherwise ""."""
        with self._lock:
            dark = self._missed_from_s is not None and self._now_s() >= self._missed_from_s
        return "screen_dark" if dark else ""

    async def answer(self, request: Request) -> Response:
        """Note a heart-beat and answer it. A request without the header of the screen is answered with 400."""
        beat = request.headers.get("kiosk-screen")
        if beat not in ("painting", "dark", "stopped"):
            return Response("this address is for 'kiosk screen'", 400)
        with self._lock:
            if beat == "stopped" and not self._expected:
                self._missed_from_s = None
            elif beat == "painting" or self._missed_from_s is None:
                self._missed_from_s = self._now_s() + DARK_S
        return JSONResponse({"serving": self._phase() not in NOBODY_SERVED})
