"""Debian's Chromium, driven by Playwright. Playwright's own browsers are never downloaded."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np
import zxingcpp
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from kiosk.scanner.symbol.grey import Grey

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
WITHIN_MS = 20_000

HEADLINES = "[...document.querySelectorAll('#words .headline')].map(e => e.textContent)"


def executable() -> str | None:
    """Return the path of Chromium, or None if it is not installed."""
    return shutil.which("chromium")


@contextmanager
def running(path: str) -> Iterator[Browser]:
    """Run one headless browser. While it runs, no other asyncio loop can run on this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass(slots=True)
class Tab:
    """One page, everything that it wrote to the console, and every address that it requested; `port`: the kiosk's."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        def note(message: ConsoleMessage) -> None:
            self.complaints.append(message.text)

        self.page.set_default_timeout(WITHIN_MS)
        self.page.on("console", note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requested.append(request.url))

    def open(self, port: int) -> None:
        """Load the kiosk's page and wait until it shows its first screen."""
        self.page.goto(f"http://127.0.0.1:{port}/", wait_until="commit")
        self.until(f"{HEADLINES}.length > 0")
        self.port = port

    def until(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        self.page.wait_for_function(f"() => {condition}")

    def size(self, width_px: int, height_px: int) -> None:
        """Set the size of the screen and wait until the page has drawn itself in this size."""
        self.page.set_viewport_size({"width": width_px, "height": height_px})
        self.settle()

    def settle(self) -> None:
        """Wait until the page has drawn its next frame, and all short animations are over."""
        self.page.evaluate(SETTLE)

    def picture(self) -> Grey:
        """Return a screenshot as a grey picture."""
        grey = cv2.imdecode(np.frombuffer(self.page.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
        assert grey is not None
        return np.asarray(grey, np.uint8)

    def codes(self) -> list[str]:
        """Return the texts of the codes that a phone reads from the screen."""
        return [code.text for code in zxingcpp.read_barcodes(self.picture(), formats=zxingcpp.BarcodeFormat.QRCode)]


SETTLE = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    await frame();
    const short = document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime < 1000);
    await Promise.all(short.map((animation) => animation.finished.catch(() => {})));
}"""
