"""Visitors can read the texts from their place: sizes in arc minutes on three panels, and codes that a phone reads."""

import math
from collections.abc import Iterator

import pytest

from kiosk.display.server import DisplayServer
from tests.browser.chromium import Tab
from tests.browser.looking import look_at, scenes
from tests.display.scenes import APP, VENUE_CODE
from tests.display.served import served
from tests.samples import every

pytestmark = pytest.mark.browser

DISTANCE_MM = 2000.0
HEADLINE_ARC_MIN, INSTRUCTION_ARC_MIN = 15.0, 10.0

PANELS = {
    # the active area of Raspberry Pi's Touch Display (product brief, 2024): 154.08 x 85.92 mm
    "7 inch, 800x480": (800, 480, 85.92 / 480),
    "7 inch, upright": (480, 800, 154.08 / 800),
    "10.1 inch, 1280x800": (1280, 800, 135.36 / 800),
    "21.5 inch, 1920x1080": (1920, 1080, 267.8 / 1080),
}
"""Width and height in pixels, and the height of a pixel in millimetres."""

CAPITALS = """() => {
    const context = document.createElement("canvas").getContext("2d");
    const height = (part) => {
        const style = getComputedStyle(part);
        context.font = `${style.fontWeight} 1000px ${style.fontFamily}`;
        return parseFloat(style.fontSize) * context.measureText("H").actualBoundingBoxAscent / 1000;
    };
    const seen = (selector) => [...document.querySelectorAll(selector)].filter((part) => part.offsetParent);
    const heights = (selector) => seen(selector).map(height);
    return {
        headline: heights("#first .headline"),
        instruction: heights("#first :is(.instruction, .notice), [data-phase=disinfecting] .aside span:first-of-type"),
        reason: heights(".reason"),
    };
}"""
"""Evaluates to the height of a capital letter, in pixels, of each text of the first language."""

SHARE = """() => {
    const box = document.querySelector("#card").getBoundingClientRect();
    return box.width * box.height / (innerWidth * innerHeight);
}"""


@pytest.fixture(scope="module")
def server() -> Iterator[DisplayServer]:
    with served(app=APP) as running:
        yield running


def arc_minutes(size_mm: float) -> float:
    """Return the angle under which a visitor at `DISTANCE_MM` sees a thing of `size_mm`."""
    return math.degrees(math.atan(size_mm / DISTANCE_MM)) * 60


def test_an_arc_minute_is_what_an_eye_chart_says() -> None:
    """A letter of the line 6/6 has 5 arc minutes and is 8.73 mm high at 6 m (ISO 8596)."""
    assert arc_minutes(8.73 * DISTANCE_MM / 6000) == pytest.approx(5.0, abs=0.01)


@pytest.mark.parametrize("panel", list(PANELS))
def test_headlines_and_instructions_are_legible_from_two_metres(still: Tab, server: DisplayServer, panel: str) -> None:
    width_px, height_px, pixel_mm = PANELS[panel]
    too_small = []
    for name in scenes():
        look_at(still, server, name, (width_px, height_px))
        heights = still.page.evaluate(CAPITALS)
        for part, least in (("headline", HEADLINE_ARC_MIN), ("instruction", INSTRUCTION_ARC_MIN)):
            angles = [arc_minutes(height * pixel_mm) for height in heights[part]]
            assert angles, f"{name} has no {part}"
            too_small += [(name, part, round(angle, 1)) for angle in angles if angle < least]
        too_large = [height for height in heights["reason"] if height > 0.7 * min(heights["instruction"])]
        assert not too_large, f"{name}: the person behind the visitor can read the reason"
    assert too_small == []


@pytest.mark.parametrize("panel", list(PANELS))
def test_the_place_and_the_code_of_a_referral_take_a_third_of_the_screen(
    still: Tab, server: DisplayServer, panel: str
) -> None:
    width_px, height_px, _ = PANELS[panel]
    for name in scenes():
        if name.startswith("referring"):
            look_at(still, server, name, (width_px, height_px))
            assert still.page.evaluate(SHARE) >= 1 / 3, name


@pytest.mark.parametrize("panel", every(2, PANELS))
def test_a_phone_reads_every_code_that_a_screen_shows(still: Tab, server: DisplayServer, panel: str) -> None:
    width_px, height_px, _ = PANELS[panel]
    shown = {
        "idle": [APP.android, APP.ios],
        "scanning": [APP.android, APP.ios],
        "referring, no_credential": [APP.android, APP.ios],
        "referring, below_minimum_doses": ["https://example.org/puskesmas"],
        "wrong code": [APP.android, APP.ios],
        "venue's code": [VENUE_CODE],
        "referring, venue's code": [VENUE_CODE],
    }
    for name, links in shown.items():
        look_at(still, server, name, (width_px, height_px))
        assert sorted(still.codes()) == sorted(links), name
