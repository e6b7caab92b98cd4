"""One browser for all tests of this folder; they are skipped, with a message, if none is installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, ViewportSize

from tests.browser.chromium import Tab, executable, running

SIZE: ViewportSize = {"width": 1080, "height": 1920}


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = executable()
    if path is None:
        pytest.skip("NO BROWSER, THE PAGE IS NOT TESTED: sudo apt install chromium")
    with running(path) as started:
        yield started


Motion = Literal["no-preference", "reduce"]


@contextmanager
def opened(browser: Browser, motion: Motion) -> Iterator[Tab]:
    """One page in a context of its own."""
    with browser.new_context(viewport=SIZE, reduced_motion=motion) as context:
        yield Tab(context.new_page())


@contextmanager
def judged(tab: Tab) -> Iterator[Tab]:
    """A page that must write nothing to the console, and request only addresses of a kiosk, while the block runs."""
    yield tab
    complaints, requested = list(tab.complaints), list(tab.requested)
    tab.page.goto("about:blank")
    tab.complaints.clear()
    tab.requested.clear()
    tab.port = 0
    assert complaints == []
    assert [url for url in requested if not url.startswith("http://127.0.0.1:")] == []


@pytest.fixture(scope="package")
def moving_page(browser: Browser) -> Iterator[Tab]:
    with opened(browser, "no-preference") as page:
        yield page


@pytest.fixture(scope="package")
def still_page(browser: Browser) -> Iterator[Tab]:
    with opened(browser, "reduce") as page:
        yield page


@pytest.fixture
def tab(moving_page: Tab) -> Iterator[Tab]:
    """A page for one test, in the state of a new one. To open another one takes most of the time of a short test."""
    with judged(moving_page):
        yield moving_page
    moving_page.page.emulate_media(forced_colors="none", reduced_motion="no-preference")
    moving_page.page.set_viewport_size(SIZE)


@pytest.fixture
def fresh(browser: Browser) -> Iterator[Tab]:
    """A new page for one test that replaces scripts."""
    with opened(browser, "no-preference") as page, judged(page):
        yield page


@pytest.fixture(scope="module")
def still(still_page: Tab) -> Iterator[Tab]:
    """A page without motion, for all tests of a file that only look at it."""
    with judged(still_page):
        yield still_page
