"""The page when its scripts fail: a visitor always reads that the officer helps."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from kiosk.display.server import DisplayServer
from tests.browser.chromium import Tab
from tests.display.served import served, show

pytestmark = pytest.mark.browser

SHOWN = "getComputedStyle(document.querySelector('#broken')).visibility === 'visible'"
HELD = """
const slow = window.setTimeout;
window.setTimeout = (act, ms) => ms === 10000 ? window.loadAgain = act : slow(act, ms);
"""
"""Makes the page load again when the test calls `loadAgain`, instead of after 10 s."""

OFFICER = ["Mohon temui petugas", "Please see the officer"]


@pytest.fixture(scope="module")
def server() -> Iterator[DisplayServer]:
    with served() as running:
        show(running, "pausing")
        yield running


def read(tab: Tab) -> list[str]:
    """Return the sentences of what covers the page."""
    words: list[str] = tab.page.evaluate("[...document.querySelectorAll('#broken p')].map((line) => line.innerText)")
    return words


def test_a_browser_without_scripts_shows_the_officer(browser: Browser, server: DisplayServer) -> None:
    with browser.new_context(java_script_enabled=False, viewport={"width": 800, "height": 480}) as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        covers = page.locator("#broken")
        assert covers.is_visible()
        assert [line.inner_text() for line in covers.locator("p").all()] == OFFICER
        assert covers.bounding_box() == {"x": 0, "y": 0, "width": 800, "height": 480}


@pytest.mark.parametrize("name", ["kiosk.js", "parts.js", "countdown.js"])
@pytest.mark.parametrize("body", ["let unfinished =", "throw new Error('broken at the start');"])
def test_a_script_that_fails_at_the_start_shows_the_officer(
    fresh: Tab, server: DisplayServer, name: str, body: str
) -> None:
    script = {"content_type": "text/javascript", "body": body}
    fresh.page.route(f"**/static/{name}", lambda route: route.fulfill(status=200, **script))
    fresh.page.goto(f"http://127.0.0.1:{server.port}/")
    fresh.until(SHOWN)
    assert read(fresh) == OFFICER
    fresh.complaints.clear()


def test_a_script_that_does_not_arrive_shows_the_officer(fresh: Tab, server: DisplayServer) -> None:
    fresh.page.route("**/static/parts.js", lambda route: route.abort())
    fresh.page.goto(f"http://127.0.0.1:{server.port}/")
    fresh.until(SHOWN)
    fresh.complaints.clear()


@pytest.mark.parametrize("failure", ["throw new Error('later')", "Promise.reject(new Error('later'))"])
def test_an_exception_while_the_page_runs_covers_the_last_screen_and_loads_the_page_again(
    fresh: Tab, server: DisplayServer, failure: str
) -> None:
    fresh.page.add_init_script(HELD)
    fresh.open(server.port)
    fresh.page.evaluate("window.before = true")
    fresh.page.evaluate(f"setTimeout(() => {{ {failure} }}, 0)")
    fresh.until(SHOWN)
    assert read(fresh) == OFFICER
    box = fresh.page.locator("#broken").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (1080, 1920), "it covers what the last visitor might read"
    fresh.page.evaluate("void window.loadAgain()")
    fresh.until("window.before === undefined && document.querySelector('#words .headline')")
    assert not fresh.page.evaluate(SHOWN)
    fresh.complaints.clear()


def test_a_page_whose_scripts_fall_silent_is_covered_without_any_script(tab: Tab, server: DisplayServer) -> None:
    tab.open(server.port)
    assert not tab.page.evaluate(SHOWN)
    tab.page.evaluate("document.querySelector('#broken').getAnimations()[0].currentTime = 19_900")
    tab.page.evaluate("document.querySelector('#broken').getAnimations = () => []")  # no message begins the wait again
    tab.until(SHOWN)


def test_each_message_begins_the_wait_again(tab: Tab, server: DisplayServer) -> None:
    tab.open(server.port)
    waited = "document.querySelector('#broken').getAnimations()[0].currentTime"
    tab.page.evaluate(f"{waited} = 19_000")
    show(server, "checking")
    tab.until(f"{waited} < 10_000")
    assert not tab.page.evaluate(SHOWN)
    show(server, "pausing")
