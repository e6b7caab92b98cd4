"""The page in a real browser: the texts of each phase on every screen size, and the page without its server."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
import zxingcpp

from kiosk.display.screens import screen_of
from kiosk.display.server import DisplayServer
from kiosk.scanner.symbol.grey import Grey
from tests.browser.chromium import HEADLINES, Tab
from tests.browser.looking import scenes
from tests.display.scenes import SCENES, VENUE_CODE, texts
from tests.display.served import make, served, show

pytestmark = pytest.mark.browser

PORTRAIT, LANDSCAPE, SMALL, UPRIGHT = (1080, 1920), (1280, 800), (800, 480), (480, 800)
SIZES = (PORTRAIT, LANDSCAPE, SMALL, UPRIGHT)
JPEG = cv2.imencode(".jpg", np.full((48, 64, 3), 128, np.uint8))[1].tobytes()

FAST_TIMERS = "const slow = window.setTimeout; window.setTimeout = (act, ms) => slow(act, ms / 25);"
"""Makes the page's timers 25 times as fast; the page waits 5 s before it asks for the officer."""

MISFITS = """(() => {
    const names = ".headline, .instruction, .notice, .reason, footer *, #marks li, #place *, .code, #disc, #camera";
    const parts = [...document.querySelectorAll(names)].filter((part) => part.offsetParent);
    const boxes = new Map(parts.map((part) => [part, part.getBoundingClientRect()]));
    const out = ([, box]) => box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth;
    const small = ([part]) => part.textContent && parseFloat(getComputedStyle(part).fontSize) < 12;
    return [...boxes].filter((entry) => out(entry) || small(entry)).map(([part]) => part.className || part.id);
})()"""
"""Evaluates to the parts that extend beyond the screen, or are too small to read on a phone."""


@pytest.fixture(scope="module")
def server() -> Iterator[DisplayServer]:
    with served() as running:
        yield running


def headlines_of(name: str) -> list[str]:
    """Return a scene's headline in Indonesian and in English."""
    key = screen_of(*SCENES[name]).headline
    return [texts().say("id", key), texts().say("en", key)]


def sentence_of(name: str) -> str:
    """Return a scene's notice, or else what it asks for, in Indonesian."""
    screen = screen_of(*SCENES[name])
    return texts().say("id", screen.notice or screen.place or screen.instruction)


@pytest.mark.parametrize("size", SIZES)
def test_the_test_picture_has_its_number_and_the_size_of_the_screen(
    still: Tab, server: DisplayServer, size: tuple[int, int]
) -> None:
    server.show(replace(screen_of(*SCENES["maintenance"]), test="47"), 0.0)
    still.page.set_viewport_size({"width": size[0], "height": size[1]})
    still.page.goto(f"http://127.0.0.1:{server.port}/")
    still.page.wait_for_selector("#test b:has-text('47')")
    assert still.page.inner_text("#test span") == f"{size[0]} × {size[1]}"
    frame = still.page.evaluate("JSON.parse(JSON.stringify(document.querySelector('#test').getBoundingClientRect()))")
    assert (frame["left"], frame["top"], frame["right"], frame["bottom"]) == (0, 0, *size)
    server.show(screen_of(*SCENES["maintenance"]), 0.0)
    still.page.wait_for_selector("#test", state="hidden")


@pytest.mark.parametrize("name", scenes())
def test_each_screen_fits_and_shows_both_languages(still: Tab, server: DisplayServer, name: str) -> None:
    show(server, name)
    if still.port != server.port:
        still.open(server.port)
    still.until(f"{HEADLINES}[0] === {headlines_of(name)[0]!r}")  # the scene before may have the same sentence
    still.until(f"document.querySelector('.instruction, .notice')?.textContent === {sentence_of(name)!r}")
    assert still.page.evaluate(HEADLINES) == headlines_of(name)
    assert still.page.evaluate("[...document.querySelectorAll('.language')].map(e => e.lang)") == ["id", "en"]
    for width_px, height_px in SIZES:
        still.size(width_px, height_px)
        assert still.page.evaluate(MISFITS) == []


def test_a_new_screen_is_shown_without_a_reload(tab: Tab, server: DisplayServer) -> None:
    show(server, "idle")
    tab.open(server.port)
    for name in ("spraying", "come closer", "checking", "admitting", "emergency"):
        show(server, name)
        tab.until(f"{HEADLINES}[0] === {headlines_of(name)[0]!r}")
    assert tab.page.evaluate("document.querySelector('#words').ariaLive") == "assertive"


def test_the_seconds_and_the_ring_count_down_together(tab: Tab, server: DisplayServer) -> None:
    show(server, "scanning")
    show(server, "pausing", now_s=6.0)
    tab.open(server.port)
    assert tab.page.evaluate("document.querySelector('#seconds b').textContent") in ("14", "15")
    assert tab.page.evaluate("document.querySelector('#seconds span').textContent") == "detikseconds"
    offset = tab.page.evaluate("parseFloat(getComputedStyle(document.querySelector('#ring .left')).strokeDashoffset)")
    assert offset == pytest.approx(0.5, abs=0.1)
    show(server, "emergency")
    tab.until("document.querySelector('#seconds').hidden")


def test_the_live_picture_is_mirrored_and_removed_with_its_screen(tab: Tab, server: DisplayServer) -> None:
    show(server, "scanning")
    tab.open(server.port)
    server.preview(JPEG)
    tab.until("document.querySelector('#preview').naturalWidth === 64")
    assert (
        tab.page.evaluate("getComputedStyle(document.querySelector('#preview')).transform")
        == "matrix(-1, 0, 0, 1, 0, 0)"
    )
    assert tab.page.evaluate("document.querySelector('#hold').textContent") == "Kode di siniCode here"
    show(server, "checking")
    tab.until("document.querySelector('#camera.read') && !document.querySelector('#preview').hasAttribute('src')")
    assert tab.page.evaluate("getComputedStyle(document.querySelector('#camera')).borderColor") == "rgb(47, 191, 113)"
    show(server, "admitting")
    tab.until("document.querySelector('#camera').hidden")


def test_the_progress_bar_shows_the_current_step(tab: Tab, server: DisplayServer) -> None:
    show(server, "come closer")
    tab.open(server.port)
    marks = "[...document.querySelectorAll('#marks li')].map(e => e.className)"
    assert tab.page.evaluate(marks) == ["done", "current", "ahead", "ahead"]
    assert tab.page.evaluate("document.querySelector('[aria-current=step]').innerText") == "Suhu\nTemperature"


@pytest.mark.parametrize("size", SIZES)
def test_a_phone_can_scan_the_link_of_the_place(tab: Tab, server: DisplayServer, size: tuple[int, int]) -> None:
    show(server, "referring, below_minimum_doses")
    tab.open(server.port)
    tab.size(*size)
    tab.until("document.querySelector('#place .title').textContent === 'Puskesmas Karang Kitri'")
    assert tab.codes() == ["https://example.org/puskesmas"]


def test_a_page_without_its_server_asks_for_the_officer_and_recovers(fresh: Tab) -> None:
    first = make()
    first.start()
    show(first, "pausing")
    fresh.page.add_init_script(FAST_TIMERS)
    fresh.open(first.port)
    assert first.stop()
    with socket.create_server(("127.0.0.1", first.port)):  # accepts connections and never answers
        fresh.until(f"{HEADLINES}[0] === 'Mohon hubungi petugas' && {HEADLINES}[1] === 'Please see the officer'")
        assert "38" not in fresh.page.evaluate("document.body.innerText")
    second = make(port=first.port, site="Kantor Baru")
    show(second, "admitting")
    second.start()
    fresh.until(f"document.title === 'Kantor Baru' && {HEADLINES}[0] === 'Silakan masuk'")
    assert second.stop()
    fresh.complaints[:] = [complaint for complaint in fresh.complaints if "net::ERR_" not in complaint]


def test_a_browser_with_reduced_motion_shows_no_animation(tab: Tab, server: DisplayServer) -> None:
    show(server, "come closer")
    tab.page.emulate_media(reduced_motion="reduce")
    tab.open(server.port)
    moving = (
        "document.getAnimations().filter(a => a.effect.target.id !== 'broken')"
        ".filter(a => a instanceof CSSAnimation || a.effect.getTiming().easing === 'linear')"
    )
    assert tab.page.evaluate(f"{moving}.length") == 0


def test_a_simulation_shows_its_banner_and_the_machine(tab: Tab) -> None:
    with served(simulated=True) as simulated:
        simulated.machine(
            {
                "phase": "admitting",
                "doors": {"building": {"locked": False, "open": True}, "street": {"open": False}},
                "sprayer": False,
                "lamp": {"red": False, "green": True, "blue": False},
                "thermometer": {"object_c": 36.44, "ambient_c": 27.0},
                "inputs": {"presence": True},
                "person": "Budi <b>first dose</b>",
                "visits": [{"who": "Sri", "result": "referred", "reason": "below_minimum_doses"}],
            }
        )
        tab.open(simulated.port)
        tab.size(*LANDSCAPE)
        tab.until("document.querySelector('#machine .person').textContent === 'Budi <b>first dose</b>'")
        assert tab.page.evaluate("document.querySelector('#simulation').innerText") == "SIMULASI · SIMULATION"
        shown = tab.page.evaluate("document.querySelector('#machine').innerText")
    for words in ("unlocked, open", "closed", "green", "36.4 °C", "27.0 °C", "active", "Sri", "below minimum doses"):
        assert words in shown


def test_a_real_kiosk_shows_no_banner_and_no_machine(tab: Tab, server: DisplayServer) -> None:
    tab.open(server.port)
    assert tab.page.evaluate("document.querySelector('#simulation, #machine') === null")
    assert not [address for address in tab.requested if "machine" in address]


PANEL_MM_PER_PX = 154.0 / 800
"""A 7-inch panel of 800x480 is 154 mm wide."""

PHONE_PX_PER_MM_AT_40_CM = 1920 / (2 * 400 * 0.637)
"""A phone's preview of 1920 pixels sees 65 degrees across (0.637: the tangent of half of it): 510 mm at 40 cm."""


def from_40_cm(screenshot: Grey) -> Grey:
    """Return what a phone sees of the screen: fewer pixels, blurred, with the noise of a small sensor."""
    scale = PANEL_MM_PER_PX * PHONE_PX_PER_MM_AT_40_CM
    seen = cv2.resize(screenshot, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(1).normal(0, 6, seen.shape)
    blurred = np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.7), np.float64)
    return np.asarray(np.clip(blurred * 0.8 + 20 + noise, 0, 255), np.uint8)


def test_a_phone_reads_the_venues_code_from_40_cm_on_the_smallest_panel(still: Tab, server: DisplayServer) -> None:
    show(server, "venue's code")
    server.preview(JPEG)
    if still.port != server.port:
        still.open(server.port)
    still.size(*SMALL)
    still.until("document.querySelector('#codes svg')?.getBoundingClientRect().width > 190")
    read = zxingcpp.read_barcodes(from_40_cm(still.picture()), formats=zxingcpp.BarcodeFormat.QRCode)
    assert [code.text for code in read] == [VENUE_CODE]
