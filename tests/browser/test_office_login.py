"""The office's login in a real browser: the page's policy lets its form be sent, and the right password leads on."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from kiosk.fleet.page.answers import Answers
from kiosk.fleet.page.server import HOME, LOGIN, Lan, OfficeServer
from kiosk.support.web.server import Tls
from tests.technician.pages import NAME, PASSWORD, certified

pytestmark = pytest.mark.browser

NO_DATABASE = "host=127.0.0.1 port=1 connect_timeout=1"


def test_the_login_is_sent_by_the_browser_and_leads_to_the_page(browser: Browser, tmp_path: Path) -> None:
    certified(tmp_path)
    lan = Lan((NAME,), Tls(tmp_path / "page.pem", tmp_path / "page.key"), tmp_path / "password")
    answers = Answers(partial(psycopg.connect, NO_DATABASE), UTC, lambda: datetime.now(UTC))
    office = OfficeServer(answers, 0, lan)
    office.start()
    address = office.address.replace(NAME, "127.0.0.1")
    try:
        with browser.new_context(ignore_https_errors=True) as context:
            tab = context.new_page()
            tab.goto(address)
            assert tab.url.endswith(LOGIN)
            found = Axe().run(tab)
            assert found.violations_count == 0, found.generate_report()
            tab.fill("#password", "not the password")
            tab.click("button")
            assert "not right" in tab.inner_text("[role=alert]")
            tab.fill("#password", PASSWORD)
            tab.click("button")
            tab.wait_for_selector("#summary")
            assert tab.url.endswith(HOME)
    finally:
        assert office.stop(10.0)
