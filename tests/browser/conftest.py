"""One browser for all tests of this folder; they are skipped, with a message, if none is installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import Tab, executable, running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = executable()
    if path is None:
        pytest.skip("NO BROWSER, THE PAGE IS NOT TESTED: sudo apt install chromium")
    with running(path) as started:
        yield started


@contextmanager
def opened(browser: Browser, motion: Literal["no-preference", "reduce"]) -> Iterator[Tab]:
    """One page in a context of its own. It must write nothing to the console, and request only addresses of a kiosk."""
    with browser.new_context(viewport={"width": 1080, "height": 1920}, reduced_motion=motion) as context:
        tab = Tab(context.new_page())
        yield tab
        assert tab.complaints == []
        assert [url for url in tab.requested if not url.startswith("http://127.0.0.1:")] == []


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    """A new page for one test."""
    with opened(browser, "no-preference") as tab:
        yield tab


@pytest.fixture(scope="module")
def still(browser: Browser) -> Iterator[Tab]:
    """A page without motion, for all tests of a file that only look at it."""
    with opened(browser, "reduce") as tab:
        yield tab
