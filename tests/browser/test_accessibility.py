"""Nobody is left out: axe-core over the scenes, contrast of 7:1, forced colours, and writing from right to left.

The whole matrix is every scene in both orders of the languages and in three sizes (`tests.samples.WHOLE`); the
ordinary suite takes each scene in one of them, in turn.
"""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from kiosk.display.screens import screen_of
from kiosk.display.server import DisplayServer
from kiosk.display.texts import Texts
from kiosk.settings.schema.policy import DisplaySettings
from tests.browser.chromium import Tab
from tests.browser.looking import look_at, scenes
from tests.display.scenes import APP, REFERRALS, SCENES, texts
from tests.display.served import served
from tests.samples import WHOLE

pytestmark = pytest.mark.browser

SIZES = ((800, 480), (480, 800), (1920, 1080))
ORDERS = (("id", "en"), ("en", "id"))

MATRIX = list(itertools.product(ORDERS, SIZES))
CASES = [
    (name, *case)
    for number, name in enumerate(scenes())
    for case in (MATRIX if WHOLE else [MATRIX[number % len(MATRIX)]])
]

COMPUTED = """(places) => places.every((place) => document.querySelector(place).closest("#hold, #seconds") !== null)"""
"""Evaluates to true for parts of the label of the live picture, and of the seconds."""

AAA = {"rules": {"color-contrast-enhanced": {"enabled": True}}}
"""WCAG 2.2, 1.4.6: axe-core's rule for a contrast of 7:1 (4.5:1 for large text) is off by default."""


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[tuple[str, ...], DisplayServer]]:
    with served(app=APP) as first, served(app=APP, languages=ORDERS[1]) as second:
        yield dict(zip(ORDERS, (first, second), strict=True))


def ident(case: object) -> str:
    return "x".join(map(str, case)) if isinstance(case, tuple) else str(case)


@pytest.mark.parametrize(("name", "order", "size"), CASES, ids=ident)
def test_axe_finds_nothing_in_a_scene(
    still: Tab,
    servers: dict[tuple[str, ...], DisplayServer],
    name: str,
    order: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    look_at(still, servers[order], name, size)
    assert complaints(still) == []


def complaints(tab: Tab) -> list[tuple[str, str, str]]:
    """Return rule, place and advice of each complaint of axe-core, and each text whose contrast it could not compute.

    The watermark is taken away first, because axe-core computes no contrast over it. The label of the live picture and
    the seconds lie over something; tests/display/test_contrast.py computes the contrast of all three.
    """
    tab.page.evaluate("document.styleSheets[0].insertRule('#visitor::before { display: none }')")
    answer = Axe().run(tab.page, options=AAA).response
    return [
        (rule["id"], str(node["target"]), node.get("failureSummary", ""))
        for rule in (*answer["violations"], *(rule for rule in answer["incomplete"] if "contrast" in rule["id"]))
        for node in rule["nodes"]
        if "contrast" not in rule["id"] or not tab.page.evaluate(COMPUTED, node["target"])
        if "too short" not in node.get("failureSummary", "")
    ]


def test_axe_sees_a_contrast_that_is_too_low(tab: Tab, servers: dict[tuple[str, ...], DisplayServer]) -> None:
    look_at(tab, servers[ORDERS[0]], "checking", (800, 480))
    tab.page.evaluate("document.querySelector('#first .instruction').style.color = '#8a8a8a'")
    assert "color-contrast-enhanced" in [rule for rule, _, _ in complaints(tab)]


INK = """() => {
    const shown = (part) => part.checkVisibility() && part.getBoundingClientRect().width > 20;
    const parts = [...document.querySelectorAll("#icon, #sample, .notice svg, .aside svg, .way svg, .code svg")];
    return parts.filter(shown).map((part) => {
        const { x, y, width, height } = part.getBoundingClientRect();
        return [x, y, width, height].map(Math.round);
    });
}"""
"""Evaluates to the places of the pictograms and codes."""

LEAST_INK = 0.02


@pytest.mark.parametrize("name", ["warned", "checking", "admitting", "referring, fever", "wrong code", "emergency"])
def test_pictograms_survive_forced_colours(tab: Tab, servers: dict[tuple[str, ...], DisplayServer], name: str) -> None:
    tab.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    look_at(tab, servers[ORDERS[0]], name, (800, 480))
    picture, places = tab.picture(), tab.page.evaluate(INK)
    assert places
    for x, y, width, height in places:
        part = picture[y : y + height, x : x + width]
        ground = np.median(part)
        assert np.mean(abs(part.astype(int) - ground) > 128) > LEAST_INK, "the pictogram is not seen on its ground"


def test_a_language_from_right_to_left_is_set_from_right_to_left(tab: Tab) -> None:
    written = texts().sentences["en"]
    place = DisplayServer(
        Texts(("ar", "en"), {"ar": written, "en": written}),
        REFERRALS,
        DisplaySettings().model_copy(update={"port": 0}),
        "",
        False,
    )
    place.start()
    place.show(screen_of(*SCENES["come closer"]), 0.0)
    tab.open(place.port)
    tab.size(800, 480)
    box = "document.querySelector('#first .headline').getBoundingClientRect()"
    assert tab.page.evaluate("document.documentElement.dir") == "rtl"
    assert tab.page.evaluate("[...document.querySelectorAll('.language')].map((part) => part.dir)") == ["rtl", "ltr"]
    assert tab.page.evaluate("getComputedStyle(document.querySelector('#first .headline')).textAlign") == "start"
    assert tab.page.evaluate("document.querySelector('#picture').getBoundingClientRect().left") > 400
    assert tab.page.evaluate(f"{box}.right") > 700
    assert place.stop()
