"""The phone of a visitor who scans the venue's code from the screen, agrees, and shows nothing to the camera.

Rule: the phone knows what a camera can see, the modules of the QR code on the page. It decodes them.
"""

import re
from functools import lru_cache

import cv2
import numpy as np
import zxingcpp

from kiosk.simulator.services.venue_desk import VenueDesk

AIM_S = 1.5
"""Time from the first sight of a code until the phone has opened it."""

DECIDE_S = 2.0
"""Time in which the visitor reads what the venue asks for, and decides."""

QUIET_MODULES, MODULE_PX = 4, 4

_DARK_MODULE = re.compile(r"M(\d+) (\d+)h1v1h-1z")


class VenuePhone:
    """A phone before the screen. word: what the venue's server finds out about its owner, such as "green"."""

    def __init__(self, desk: VenueDesk, word: str) -> None:
        self._desk = desk
        self._word = word
        self._seen = ""
        self._seen_at_s = 0.0
        self._opened: str | None = None
        self._opened_at_s = 0.0

    def look(self, shown: dict[str, int | str] | None, now_s: float) -> None:
        """Act on the code that the page shows now, if any: its `size` in modules and the `path` of the dark ones."""
        text = decode(int(shown["size"]), str(shown["path"])) if shown else ""
        if text != self._seen:
            self._seen, self._seen_at_s = text, now_s
        if self._opened is None and text and now_s >= self._seen_at_s + AIM_S and self._desk.open_code(text):
            self._opened, self._opened_at_s = text, now_s
        elif self._opened and now_s >= self._opened_at_s + DECIDE_S:
            self._desk.decide(self._opened, self._word)
            self._opened = ""


@lru_cache(maxsize=8)
def decode(size: int, path: str) -> str:
    """Return the text of the QR code whose dark modules `path` covers, as the page draws it; "" if it is none."""
    modules = np.full((size + 2 * QUIET_MODULES, size + 2 * QUIET_MODULES), 255, np.uint8)
    for x, y in _DARK_MODULE.findall(path):
        modules[int(y) + QUIET_MODULES, int(x) + QUIET_MODULES] = 0
    picture = cv2.resize(modules, None, fx=MODULE_PX, fy=MODULE_PX, interpolation=cv2.INTER_NEAREST)
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return found[0].text if found else ""
