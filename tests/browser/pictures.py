"""The pictures of the README, made by script/pictures: the page itself in Chromium, with the texts of config/texts."""

import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.display.server import DisplayServer, MachineView
from kiosk.simulator.people.phone import CodeCarrier, DrawnView, Scene
from tests.browser.chromium import Tab, executable, running
from tests.browser.looking import look_at
from tests.display.scenes import APP
from tests.display.served import served

Picture = NDArray[np.uint8]
"""Rows, columns, and blue, green and red."""

SMALL = (800, 480)
STRIP = ("idle", "warned", "come closer", "scanning", "admitting", "referring, below_minimum_doses")
COLUMNS = 3
GAP_PX = 16
SIMULATION = (1600, 900)

MACHINE: MachineView = {
    "phase": "scanning",
    "doors": {"building": {"locked": True, "open": False}, "street": {"open": False}},
    "sprayer": False,
    "lamp": {"red": False, "green": False, "blue": True},
    "buzzer": False,
    "inputs": {"presence": True, "passage": False, "officer": False, "emergency": False},
    "thermometer": {"object_c": 34.7, "ambient_c": 27.0},
    "person": "first dose",
    "visits": [
        {"who": "two doses", "result": "admitted", "reason": ""},
        {"who": "no dose", "result": "referred", "reason": "below_minimum_doses"},
        {"who": "staff with a printed pass", "result": "admitted", "reason": ""},
    ],
}


def main(arguments: Sequence[str]) -> int:
    """Write the pictures into the folder of the command line; return 2 without a browser."""
    browser_path = executable()
    if browser_path is None:
        sys.stderr.write("pictures: chromium is missing; install it with: sudo apt-get install chromium\n")
        return 2
    folder = Path(arguments[0])
    with running(browser_path) as browser, browser.new_context(reduced_motion="reduce") as context:
        tab = Tab(context.new_page())
        with served(app=APP) as server:
            screens = [_screen(tab, server, name) for name in STRIP]
        _write(folder / "screens.png", _sheet(screens))
        with served(app=APP, simulated=True) as server:
            server.machine(MACHINE)
            look_at(tab, server, "scanning", SIMULATION)
            _show_phone(tab, server)
            tab.until("document.querySelector('#machine .person').textContent !== ''")
            _write(folder / "page.png", _coloured(tab))
    return 0


def _screen(tab: Tab, server: DisplayServer, name: str) -> Picture:
    look_at(tab, server, name, SMALL)
    if name == "scanning":
        _show_phone(tab, server)
    return _coloured(tab)


def _show_phone(tab: Tab, server: DisplayServer) -> None:
    """Show a hand with a phone in the live picture; its code is smoothed, as in the live picture of a kiosk."""
    drawn = DrawnView(Scene(CodeCarrier.PHONE, b"", 3), 640, 480).picture(0.0)
    server.preview(cv2.imencode(".jpg", cv2.GaussianBlur(drawn, (0, 0), 3))[1].tobytes())
    tab.until("document.querySelector('#preview').naturalWidth > 0")
    tab.settle()


def _coloured(tab: Tab) -> Picture:
    picture = cv2.imdecode(np.frombuffer(tab.page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def _sheet(screens: list[Picture]) -> Picture:
    """Return the screens in rows of `COLUMNS`, on white."""
    edge = (0, GAP_PX, 0, GAP_PX, cv2.BORDER_CONSTANT)
    framed = [cv2.copyMakeBorder(screen, *edge, value=(255, 255, 255)) for screen in screens]
    rows = [np.hstack(framed[start : start + COLUMNS]) for start in range(0, len(framed), COLUMNS)]
    return np.asarray(np.vstack(rows)[:-GAP_PX, :-GAP_PX], np.uint8)


def _write(path: Path, picture: Picture) -> None:
    path.write_bytes(cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
