"""The page in a real browser: the texts of each phase on every screen size, and the page without its server."""

import socket
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import zxingcpp

from kiosk.display.screens import screen_of
from kiosk.display.server import DisplayServer
from tests.browser.webdriver import Chromium
from tests.display.scenes import SCENES, texts
from tests.display.served import make, served, show

pytestmark = pytest.mark.browser

PORTRAIT, LANDSCAPE, TELEPHONE = (1080, 1920), (1280, 800), (390, 780)
HEADLINES = "[...document.querySelectorAll('#words .headline')].map(e => e.textContent)"
JPEG = cv2.imencode(".jpg", np.full((48, 64, 3), 128, np.uint8))[1].tobytes()

FAST_TIMERS = "const slow = window.setTimeout; window.setTimeout = (act, ms) => slow(act, ms / 25);"
"""Makes the page's timers 25 times as fast; the page waits 5 s before it asks for the officer."""

SPEAKING = """
    window.said = [];
    window.SpeechSynthesisUtterance = function (text) { this.text = text; };
    const synthesis = {
        getVoices: () => [{ lang: "id-ID" }, { lang: "en-US" }],
        speak: (utterance) => window.said.push(`${utterance.lang}: ${utterance.text}`),
        cancel() {},
    };
    Object.defineProperty(window, "speechSynthesis", { value: synthesis });
"""
"""A simulated voice for a browser that has none; `said` lists the sentences that it said."""

MISFITS = """(() => {
    const names = ".headline, .instruction, .notice, .place, .aside, .figure, #marks li, #place, #disc, #camera";
    const parts = [...document.querySelectorAll(names)].filter((part) => part.offsetParent);
    const boxes = new Map(parts.map((part) => [part, part.getBoundingClientRect()]));
    const out = ([, box]) => box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth;
    const small = ([part]) => parseFloat(getComputedStyle(part).fontSize) < 10;
    return [...boxes].filter((entry) => out(entry) || small(entry)).map(([part]) => part.className || part.id);
})()"""
"""Evaluates to the parts that extend beyond the screen, or are too small to read on a phone."""


@pytest.fixture(scope="module")
def server() -> Iterator[DisplayServer]:
    with served() as running:
        yield running


@pytest.fixture(autouse=True)
def no_console_messages_and_no_foreign_requests(browser: Chromium) -> Iterator[None]:
    """Check after each test that the console is empty and that the page requested only addresses of the kiosk."""
    browser.size(*PORTRAIT)
    browser.complaints()
    browser.requested()
    yield
    assert browser.complaints() == []
    assert [url for url in browser.requested() if not url.startswith("http://127.0.0.1:")] == []


def open_page(browser: Chromium, server: DisplayServer, *early: str) -> None:
    """Open the page; `early` are scripts that run before the page's own scripts."""
    scripts = [browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=source) for source in early]
    browser.open(f"http://127.0.0.1:{server.port}/")
    browser.until(f"{HEADLINES}.length > 0")
    for script in scripts:
        browser.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])


def headlines_of(name: str) -> list[str]:
    """Return a scene's headline in Indonesian and in English."""
    key = screen_of(*SCENES[name]).headline
    return [texts().say("id", key), texts().say("en", key)]


def sentence_of(name: str) -> str:
    """Return a scene's notice, or else its instruction, in Indonesian."""
    screen = screen_of(*SCENES[name])
    return texts().say("id", screen.notice or screen.instruction)


@pytest.mark.parametrize("name", list(SCENES))
def test_each_screen_fits_and_shows_both_languages(browser: Chromium, server: DisplayServer, name: str) -> None:
    show(server, name)
    if browser.run("location.port") != str(server.port):
        open_page(browser, server)
    browser.until(f"document.querySelector('.instruction, .notice')?.textContent === {sentence_of(name)!r}")
    assert browser.run(HEADLINES) == headlines_of(name)
    assert browser.run("[...document.querySelectorAll('.language')].map(e => e.lang)") == ["id", "en"]
    for width_px, height_px in (PORTRAIT, LANDSCAPE, TELEPHONE):
        browser.size(width_px, height_px)
        browser.until(f"innerWidth === {width_px} && innerHeight === {height_px}")
        browser.settle()
        assert browser.run(MISFITS) == []


def test_a_new_screen_is_shown_without_a_reload(browser: Chromium, server: DisplayServer) -> None:
    show(server, "idle")
    open_page(browser, server)
    for name in ("spraying", "come closer", "checking", "admitting", "emergency"):
        show(server, name)
        browser.until(f"{HEADLINES}[0] === {headlines_of(name)[0]!r}")
    assert browser.run("document.querySelector('#words').ariaLive") == "assertive"


def test_the_seconds_and_the_ring_count_down_together(browser: Chromium, server: DisplayServer) -> None:
    show(server, "scanning")
    show(server, "pausing", now_s=6.0)
    open_page(browser, server)
    assert browser.run("document.querySelector('#seconds b').textContent") in ("14", "15")
    assert browser.run("document.querySelector('#seconds span').textContent") == "detikseconds"
    offset = browser.run("parseFloat(getComputedStyle(document.querySelector('#ring .left')).strokeDashoffset)")
    assert offset == pytest.approx(0.5, abs=0.1)
    show(server, "emergency")
    browser.until("document.querySelector('#seconds').hidden")


def test_the_live_picture_is_mirrored_and_removed_with_its_screen(browser: Chromium, server: DisplayServer) -> None:
    show(server, "scanning")
    open_page(browser, server)
    server.preview(JPEG)
    browser.until("document.querySelector('#preview').naturalWidth === 64")
    assert browser.run("getComputedStyle(document.querySelector('#preview')).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    assert browser.run("document.querySelector('#hold').textContent") == "Kode QR di siniQR code here"
    show(server, "checking")
    browser.until("document.querySelector('#camera').hidden && !document.querySelector('#preview').hasAttribute('src')")


def test_the_progress_bar_shows_the_current_step(browser: Chromium, server: DisplayServer) -> None:
    show(server, "come closer")
    open_page(browser, server)
    marks = "[...document.querySelectorAll('#marks li')].map(e => e.className)"
    assert browser.run(marks) == ["done", "current", "ahead", "ahead"]
    assert browser.run("document.querySelector('[aria-current=step]').innerText") == "Suhu\nTemperature"


@pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE, TELEPHONE])
def test_a_phone_can_scan_the_link_of_the_place(
    browser: Chromium, server: DisplayServer, size: tuple[int, int]
) -> None:
    show(server, "referring, below_minimum_doses")
    open_page(browser, server)
    browser.size(*size)
    browser.until("document.querySelector('#address .title').textContent === 'Puskesmas Karang Kitri'")
    picture = cv2.imdecode(np.frombuffer(browser.picture(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == ["https://example.org/puskesmas"]


def test_a_page_without_its_server_asks_for_the_officer_and_recovers(browser: Chromium) -> None:
    first = make()
    first.start()
    show(first, "pausing")
    open_page(browser, first, FAST_TIMERS)
    assert first.stop()
    with socket.create_server(("127.0.0.1", first.port)):  # accepts connections and never answers
        browser.until(f"{HEADLINES}[0] === 'Mohon hubungi petugas' && {HEADLINES}[1] === 'Please see the officer'")
        assert "38" not in browser.run("document.body.innerText")
    second = make(port=first.port, site="Kantor Baru")
    show(second, "admitting")
    second.start()
    browser.until(f"document.title === 'Kantor Baru' && {HEADLINES}[0] === 'Silakan masuk'")
    browser.open("about:blank")
    assert second.stop()
    assert [complaint for complaint in browser.complaints() if "net::ERR_" not in complaint] == []


def test_the_voice_says_each_sentence_once_in_both_languages(browser: Chromium, server: DisplayServer) -> None:
    show(server, "idle")
    open_page(browser, server, SPEAKING)
    show(server, "checking")
    browser.until("said.length === 2")
    show(server, "scanning")
    show(server, "scanning", now_s=1.0)
    browser.until("said.length === 4")
    show(server, "referring, fever")
    browser.until("said.length === 6")
    assert browser.run("said") == [
        "id-ID: Mohon tunggu sebentar. Kode Anda sedang diperiksa.",
        "en-GB: One moment, please. Your code is being checked.",
        "id-ID: Tunjukkan kode QR. Pegang ponsel atau kartu Anda di dalam bingkai.",
        "en-GB: Show your QR code. Hold your phone or card inside the frame.",
        "id-ID: Mohon baca petunjuk di layar. Petugas dengan senang hati membantu Anda.",
        "en-GB: Please read the screen. The officer is glad to help you.",
    ]


def test_the_voice_warns_ten_seconds_before_the_end(browser: Chromium, server: DisplayServer) -> None:
    show(server, "scanning", now_s=25.0)
    open_page(browser, server, SPEAKING)
    browser.until("document.querySelector('#visitor').classList.contains('hurry')")
    assert browser.run("said")[2:] == ["id-ID: Sepuluh detik lagi.", "en-GB: Ten seconds left."]


def test_a_site_can_switch_the_voice_off(browser: Chromium) -> None:
    with served(voice=False) as quiet:
        show(quiet, "checking")
        open_page(browser, quiet, SPEAKING)
        assert browser.run("said") == []
        browser.open("about:blank")


def test_a_browser_with_reduced_motion_shows_no_animation(browser: Chromium, server: DisplayServer) -> None:
    show(server, "come closer")
    browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    open_page(browser, server)
    moving = (
        "document.getAnimations().filter(a => a instanceof CSSAnimation || a.effect.getTiming().easing === 'linear')"
    )
    assert browser.run(f"{moving}.length") == 0
    browser.devtools("Emulation.setEmulatedMedia", features=[])


def test_a_simulation_shows_its_banner_and_the_machine(browser: Chromium) -> None:
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
        open_page(browser, simulated)
        browser.size(*LANDSCAPE)
        browser.until("document.querySelector('#machine .person').textContent === 'Budi <b>first dose</b>'")
        assert browser.run("document.querySelector('#simulation').innerText") == "SIMULASI · SIMULATION"
        shown = browser.run("document.querySelector('#machine').innerText")
        browser.open("about:blank")
    for words in ("unlocked, open", "closed", "green", "36.4 °C", "27.0 °C", "active", "Sri", "below minimum doses"):
        assert words in shown


def test_a_real_kiosk_shows_no_banner_and_no_machine(browser: Chromium, server: DisplayServer) -> None:
    open_page(browser, server)
    assert browser.run("document.querySelector('#simulation').hidden && document.querySelector('#machine').hidden")
