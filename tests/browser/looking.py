"""The scenes in the browser: `look_at` shows one of them on a screen of any size."""

import json

from kiosk.display.page import OFFER
from kiosk.display.screens import screen_of
from kiosk.display.server import DisplayServer
from tests.browser.chromium import Tab
from tests.display.scenes import SCENES, texts
from tests.display.served import show
from tests.samples import WHOLE

SENTENCES = """[...document.querySelectorAll(".language")].map(
    (part) => [...part.querySelectorAll(".headline, .instruction, .notice")].map((line) => line.textContent)
)"""
"""Evaluates to the headline and the instruction or notice of each language."""


OF_EACH_KIND = (
    "idle",
    "idle, door_forced",
    "warned",
    "too far",
    "scanning",
    "venue's code",
    "wrong code",
    "checking",
    "admitting",
    "referring, venue's code",
    "referring, fever",
    "referring, no_credential",
    "referring, below_minimum_doses",
    "emergency",
    "out of service",
)


def scenes() -> tuple[str, ...]:
    """Return the names of the scenes to look at: all, or in the ordinary suite one of each kind."""
    return tuple(SCENES) if WHOLE else OF_EACH_KIND


def asked(name: str, language: str = "id") -> str:
    """Return what a scene asks for at a site with an app: its notice, or where to go, or its instruction."""
    screen = screen_of(*SCENES[name])
    place = OFFER if screen.place and screen.offers_app else screen.place
    return texts().say(language, screen.notice or place or screen.instruction)


def look_at(tab: Tab, server: DisplayServer, name: str, size: tuple[int, int]) -> None:
    """Show a scene, and wait until the page has drawn it in this size."""
    if tab.port != server.port:
        tab.open(server.port)
    show(server, name)
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    screen = screen_of(*SCENES[name])
    order = tab.page.evaluate("[...document.querySelectorAll('.language')].map((part) => part.lang)")
    wanted = [[texts().say(language, screen.headline), asked(name, language)] for language in order]
    tab.until(f"JSON.stringify({SENTENCES}) === JSON.stringify({json.dumps(wanted)})")
    tab.settle()
