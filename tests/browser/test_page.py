"""The page in a real browser: what the visitor reads in each phase, on every screen, and when the server is gone."""

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
"""The page waits 5 s before it calls the officer; no test does."""

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
"""A voice for a browser that has none, and a memory of what it said."""

MISFITS = """(() => {
    const names = ".headline, .instruction, .notice, .place, .aside, .figure, #marks li, #place, #disc, #camera";
    const parts = [...document.querySelectorAll(names)].filter((part) => part.offsetParent);
    const boxes = new Map(parts.map((part) => [part, part.getBoundingClientRect()]));
    const out = ([, box]) => box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth;
    const small = ([part]) => parseFloat(getComputedStyle(part).fontSize) < 10;
    return [...boxes].filter((entry) => out(entry) || small(entry)).map(([part]) => part.className || part.id);
})()"""
"""The parts that stick out of the screen, or are too small even for a telephone in the hand."""


@pytest.fixture(scope="module")
def server() -> Iterator[DisplayServer]:
    with served() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_strange(browser: Chromium) -> Iterator[None]:
    """No test may leave a complaint in the console, or a request to anywhere but the kiosk itself."""
    browser.size(*PORTRAIT)
    browser.complaints()
    browser.requested()
    yield
    assert browser.complaints() == []
    assert [url for url in browser.requested() if not url.startswith("http://127.0.0.1:")] == []


def open_page(browser: Chromium, server: DisplayServer, *early: str) -> None:
    """Open the page; `early` are scripts that run before its own."""
    scripts = [browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=source) for source in early]
    browser.open(f"http://127.0.0.1:{server.port}/")
    browser.until(f"{HEADLINES}.length > 0")
    for script in scripts:
        browser.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])


def headlines_of(name: str) -> list[str]:
    """What a scene's headline is in the texts, Indonesian first."""
    key = screen_of(*SCENES[name]).headline
    return [texts().say("id", key), texts().say("en", key)]


def sentence_of(name: str) -> str:
    """What a scene asks for, in Indonesian."""
    screen = screen_of(*SCENES[name])
    return texts().say("id", screen.notice or screen.instruction)


@pytest.mark.parametrize("name", list(SCENES))
def test_each_screen_is_read_in_both_languages_and_fits(browser: Chromium, server: DisplayServer, name: str) -> None:
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


def test_a_change_is_shown_without_loading_again(browser: Chromium, server: DisplayServer) -> None:
    show(server, "idle")
    open_page(browser, server)
    for name in ("spraying", "come closer", "checking", "admitting", "emergency"):
        show(server, name)
        browser.until(f"{HEADLINES}[0] === {headlines_of(name)[0]!r}")
    assert browser.run("document.querySelector('#words').ariaLive") == "assertive"


def test_the_seconds_run_down_and_the_ring_with_them(browser: Chromium, server: DisplayServer) -> None:
    show(server, "scanning")
    show(server, "pausing", now_s=6.0)
    open_page(browser, server)
    assert browser.run("document.querySelector('#seconds b').textContent") in ("14", "15")
    assert browser.run("document.querySelector('#seconds span').textContent") == "detikseconds"
    offset = browser.run("parseFloat(getComputedStyle(document.querySelector('#ring .left')).strokeDashoffset)")
    assert offset == pytest.approx(0.5, abs=0.1)
    show(server, "emergency")
    browser.until("document.querySelector('#seconds').hidden")


def test_the_live_picture_is_mirrored_and_gone_with_its_screen(browser: Chromium, server: DisplayServer) -> None:
    show(server, "scanning")
    open_page(browser, server)
    server.preview(JPEG)
    browser.until("document.querySelector('#preview').naturalWidth === 64")
    assert browser.run("getComputedStyle(document.querySelector('#preview')).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    assert browser.run("document.querySelector('#hold').textContent") == "Kode QR di siniQR code here"
    show(server, "checking")
    browser.until("document.querySelector('#camera').hidden && !document.querySelector('#preview').hasAttribute('src')")


def test_the_bar_tells_where_the_visitor_is(browser: Chromium, server: DisplayServer) -> None:
    show(server, "come closer")
    open_page(browser, server)
    marks = "[...document.querySelectorAll('#marks li')].map(e => e.className)"
    assert browser.run(marks) == ["done", "current", "ahead", "ahead"]
    assert browser.run("document.querySelector('[aria-current=step]').innerText") == "Suhu\nTemperature"


@pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE, TELEPHONE])
def test_a_phone_can_take_the_place_along(browser: Chromium, server: DisplayServer, size: tuple[int, int]) -> None:
    show(server, "referring, below_minimum_doses")
    open_page(browser, server)
    browser.size(*size)
    browser.until("document.querySelector('#address .title').textContent === 'Puskesmas Karang Kitri'")
    picture = cv2.imdecode(np.frombuffer(browser.picture(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == ["https://example.org/puskesmas"]


def test_a_lost_connection_calls_the_officer_and_comes_back(browser: Chromium) -> None:
    first = make()
    first.start()
    show(first, "pausing")
    open_page(browser, first, FAST_TIMERS)
    assert first.stop()
    with socket.create_server(("127.0.0.1", first.port)):  # takes calls and never answers
        browser.until(f"{HEADLINES}[0] === 'Mohon hubungi petugas' && {HEADLINES}[1] === 'Please see the officer'")
        assert "38" not in browser.run("document.body.innerText")
    second = make(port=first.port, site="Kantor Baru")
    show(second, "admitting")
    second.start()
    browser.until(f"document.title === 'Kantor Baru' && {HEADLINES}[0] === 'Silakan masuk'")
    browser.open("about:blank")
    assert second.stop()
    assert all("net::ERR_" in complaint for complaint in browser.complaints())


def test_each_sentence_is_said_once_in_both_languages(browser: Chromium, server: DisplayServer) -> None:
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


def test_the_visitor_is_warned_before_the_time_is_up(browser: Chromium, server: DisplayServer) -> None:
    show(server, "scanning", now_s=25.0)
    open_page(browser, server, SPEAKING)
    browser.until("document.querySelector('#visitor').classList.contains('hurry')")
    assert browser.run("said")[2:] == ["id-ID: Sepuluh detik lagi.", "en-GB: Ten seconds left."]


def test_a_site_may_be_silent(browser: Chromium) -> None:
    with served(voice=False) as quiet:
        show(quiet, "checking")
        open_page(browser, quiet, SPEAKING)
        assert browser.run("said") == []
        browser.open("about:blank")


def test_who_dislikes_motion_sees_none(browser: Chromium, server: DisplayServer) -> None:
    show(server, "come closer")
    browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    open_page(browser, server)
    moving = (
        "document.getAnimations().filter(a => a instanceof CSSAnimation || a.effect.getTiming().easing === 'linear')"
    )
    assert browser.run(f"{moving}.length") == 0
    browser.devtools("Emulation.setEmulatedMedia", features=[])


def test_a_simulation_says_so_and_shows_the_machine(browser: Chromium) -> None:
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


def test_a_real_kiosk_shows_no_simulation_and_no_machine(browser: Chromium, server: DisplayServer) -> None:
    open_page(browser, server)
    assert browser.run("document.querySelector('#simulation').hidden && document.querySelector('#machine').hidden")
