"""The technician's page in a real browser: three sizes, axe-core, and a visit that is opened to its steps."""

import itertools
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from kiosk.composition.live_view import LiveView, LogTail
from kiosk.flow.state import Situation
from kiosk.technician.server import HOME, TechnicianServer
from tests.booth import HEALTHY_C, Booth, settings
from tests.browser.chromium import Tab
from tests.samples import every
from tests.technician.pages import PASSWORD, certified, page

pytestmark = pytest.mark.browser

SIZES = ((390, 844), (800, 480), (1280, 900))
PARTS = ("now", "why", "counts", "settings", "log")
AAA = {"rules": {"color-contrast-enhanced": {"enabled": True}}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TechnicianServer]:
    """The page of a kiosk at which one visitor was admitted and one is being measured, with a fault."""
    folder: Path = tmp_path_factory.mktemp("kiosk")
    wanted = settings(name="kiosk-7", site="Kantor Uji")
    booth = Booth(folder, wanted)
    view = LiveView(booth.kiosk, LogTail())
    booth.kiosk.observers.append(view.observe)
    booth.start()
    booth.set("presence", active=True)
    booth.bus.look_at(HEALTHY_C, 26.0)
    booth.advance(12.0)
    assert booth.scanner
    booth.scanner.show(booth.good_pass)
    booth.advance(2.0)
    with page(folder, wanted=wanted) as served:
        served.live(view.snapshot())
        yield served
    booth.close()


def open_part(tab: Tab, server: TechnicianServer, part: str, size: tuple[int, int]) -> None:
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    tab.page.goto(f"http://127.0.0.1:{server.port}{HOME}#{part}")
    tab.page.wait_for_selector("#state[data-tone=good], #state[data-tone=bad]")
    tab.page.wait_for_selector(f"#{part}:not([hidden])")


@pytest.mark.parametrize(("part", "size"), every(2, itertools.product(PARTS, SIZES)))
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    still: Tab, server: TechnicianServer, part: str, size: tuple[int, int]
) -> None:
    open_part(still, server, part, size)
    found = Axe().run(still.page, options=AAA)
    assert found.violations_count == 0, found.generate_report()
    assert still.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("part", every(3, ["now", "why", "counts"]))
def test_axe_finds_nothing_in_the_dark(still: Tab, server: TechnicianServer, part: str) -> None:
    still.page.emulate_media(color_scheme="dark")
    open_part(still, server, part, SIZES[0])
    found = Axe().run(still.page, options=AAA)
    still.page.emulate_media(color_scheme="light")
    assert found.violations_count == 0, found.generate_report()


def test_the_page_tells_what_happens_now(still: Tab, server: TechnicianServer) -> None:
    open_part(still, server, "now", SIZES[2])
    assert "kiosk-7" in still.page.inner_text("h1")
    assert still.page.inner_text("#phase") == "admitting"
    assert "unlocked" in still.page.inner_text("#doors")
    assert "inputs.presence (GPIO 5, pin 29) · on" in still.page.inner_text("#header-picture")


def test_the_page_has_a_sentence_for_the_wait_in_every_situation() -> None:
    script = resources.files("kiosk.technician").joinpath("static/now.js").read_text("utf-8")
    waits = script.partition("const WAITS = {")[2].partition("};")[0]
    said = {line.strip().partition(":")[0] for line in waits.splitlines() if line.strip()}
    assert said == {situation.name.lower() for situation in Situation}


def test_devices_have_their_last_reading_and_its_age(still: Tab, server: TechnicianServer) -> None:
    open_part(still, server, "now", SIZES[2])
    newest = server._newest or {}
    figures = {"frames_hz": 14.9, "decodes": 64, "median_ms": 21.0, "p95_ms": 48.0, "level": 101.0}
    sight = {"prefix": "HC1:", "length": 451, "hint": "", "age_s": 2.5}
    server.live({**newest, "scanner": {"restarts": 1, "figures": figures, "sight": sight}})
    still.page.wait_for_selector("#devices:has-text('frames a second')")
    text = still.page.inner_text("#devices")
    assert "14.9 frames a second, brightness 101 of 255" in text
    assert "median 21 ms, 95 of 100 within 48 ms (the last 64)" in text
    assert "a code of 451 bytes, HC1:" in text
    assert "thermometer" in text
    assert "locked" in still.page.inner_text("#doors")
    assert "presence" in still.page.inner_text("#inputs")
    server.live(newest)


def test_the_trace_of_the_thermometer_is_drawn_while_the_visit_lasts(still: Tab, server: TechnicianServer) -> None:
    open_part(still, server, "now", SIZES[2])
    newest = server._newest or {}
    still.page.wait_for_selector("#trace polyline.corrected", state="attached")
    assert "corrected" in (still.page.get_attribute("#trace svg", "aria-label") or "")
    server.live({**newest, "trace": []})
    still.page.wait_for_selector("#trace-card", state="hidden")
    server.live(newest)


def test_the_times_of_the_steps_are_drawn(still: Tab, server: TechnicianServer) -> None:
    open_part(still, server, "counts", SIZES[0])
    newest = server._newest or {}
    times = [{"situation": "spraying", "visits": 7, "median_s": 3.1, "longest_s": 4.0}]
    server.live({**newest, "step_times": times})
    still.page.wait_for_selector("#plot-steps svg[aria-label*='spraying 3.1 s']")
    assert "at most 4 s (7)" in (still.page.text_content("#plot-steps") or "")
    server.live(newest)


def test_a_visit_is_opened_to_its_steps_and_the_rule(still: Tab, server: TechnicianServer) -> None:
    open_part(still, server, "why", SIZES[0])
    still.page.click("details[data-key^=live-] summary")
    still.page.wait_for_selector("details[open] table")
    text = still.page.inner_text("#visits details[open]")
    assert "visit 1" in text
    assert "admitted" in text
    assert "spraying" in text
    assert "rule:" in text


def test_a_visit_of_an_earlier_run_is_opened_to_its_rows(still: Tab, tmp_path: Path) -> None:
    booth = Booth(tmp_path).start()
    booth.walk_to_camera()
    booth.show(booth.forged_pass)
    booth.go_away()
    booth.close()
    with page(tmp_path) as served:
        open_part(still, served, "why", SIZES[0])
        still.page.click("#visits summary")
        still.page.wait_for_selector("details[open] .hint")
        text = still.page.inner_text("#visits details[open]")
        assert "untrusted issuer" in text
        assert "0.0 s" in text
        assert "not recorded" in text
        assert still.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        still.page.goto("about:blank")  # before its server ends


def test_a_file_is_examined_on_the_page(still: Tab, server: TechnicianServer, tmp_path: Path) -> None:
    open_part(still, server, "settings", SIZES[2])
    (tmp_path / "kiosk.yaml").write_text("door: {relay_pin: 99}\n")
    still.page.set_input_files("#file", tmp_path / "kiosk.yaml")
    still.page.wait_for_selector("#report:has-text('door.relay_pin')")
    assert "sequence" in still.page.inner_text("#effective")


def test_the_log_is_filtered_by_level(still: Tab, server: TechnicianServer) -> None:
    open_part(still, server, "log", SIZES[2])
    server.live({**(server._newest or {}), "log": [line(1, "info"), line(2, "error")]})
    still.page.wait_for_selector("#lines li.error")
    still.page.select_option("#level", "warning")
    assert still.page.locator("#lines li:visible").count() == 1


def line(number: int, level: str) -> dict[str, object]:
    return {"n": number, "at": "2026-11-28T10:00:00.000", "level": level, "name": "kiosk.test", "text": "a line"}


def test_the_page_says_that_the_kiosk_does_not_answer(still: Tab, server: TechnicianServer) -> None:
    open_part(still, server, "now", SIZES[2])
    before = server._newest
    server.live(None)
    still.page.wait_for_selector("#state[data-tone=bad]")
    assert "does not answer" in still.page.inner_text("#state")
    server.live(before)


@pytest.mark.parametrize("size", every(3, SIZES))
def test_every_part_of_the_page_says_that_the_settings_file_is_refused(
    still: Tab, size: tuple[int, int], tmp_path: Path
) -> None:
    lines = ("The page shows the last settings that served.", "/etc/kiosk/kiosk.yaml:12:3: door.relay_pni: unknown")
    with page(tmp_path, refused=lines) as served:
        open_part(still, served, "log", size)
        still.page.wait_for_selector("#refused")
        assert "relay_pni" in still.page.inner_text("#refused-lines")
        found = Axe().run(still.page, options=AAA)
        assert found.violations_count == 0, found.generate_report()
        assert still.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        still.page.goto("about:blank")  # before its server ends


def test_the_login_is_sent_by_the_browser_and_leads_to_the_page(browser: Browser, tmp_path: Path) -> None:
    with (
        page(tmp_path, certified(tmp_path)) as guarded,
        browser.new_context(ignore_https_errors=True) as context,
    ):
        tab = context.new_page()
        tab.goto(f"https://127.0.0.1:{guarded.port}{HOME}")
        assert tab.url.endswith("/technician/login")
        tab.fill("#password", "not the password")
        tab.click("button")
        assert "not right" in tab.inner_text("[role=alert]")
        tab.fill("#password", PASSWORD)
        tab.click("button")
        tab.wait_for_selector("#state")
        assert tab.url.endswith(HOME)
        tab.wait_for_selector("#effective:has-text('sequence')", state="attached")
