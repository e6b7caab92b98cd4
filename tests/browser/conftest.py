"""One browser for all tests of this folder; they are skipped, with a message, if none is installed."""

from collections.abc import Iterator

import pytest

from tests.browser.webdriver import Chromium, is_installed


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not is_installed():
        pytest.skip("NO BROWSER, THE PAGE IS NOT TESTED: sudo apt install chromium chromium-driver")
    running = Chromium(tmp_path_factory.mktemp("chromium"))
    yield running
    running.close()
