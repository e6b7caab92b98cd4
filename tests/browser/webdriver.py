"""Debian's chromium, controlled over chromedriver's HTTP interface (W3C WebDriver and the DevTools protocol)."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import requests

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
WITHIN_S = 20.0


def is_installed() -> bool:
    """Return True if chromium and chromedriver are installed."""
    return all(shutil.which(name) for name in ("chromium", "chromedriver"))


class Chromium:
    """One headless browser with one page; every wait has a limit and ends as soon as its condition holds."""

    def __init__(self, profile: Path) -> None:
        self._driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._http = requests.Session()
        self._address = f"http://127.0.0.1:{self._port()}/session"
        options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
        logs = {"browser": "ALL", "performance": "ALL"}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": logs}
        session = self._post("", capabilities={"alwaysMatch": wanted})
        self._address += f"/{session['sessionId']}"
        self._post("/timeouts", script=int(WITHIN_S * 1000))

    def close(self) -> None:
        """End the browser and its driver."""
        self._http.delete(self._address, timeout=WITHIN_S)
        self._http.close()
        self._driver.terminate()
        self._driver.communicate(timeout=WITHIN_S)

    def open(self, address: str) -> None:
        """Load a page."""
        self._post("/url", url=address)

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression."""
        return self._post("/execute/sync", script=f"return {script}", args=[])

    def until(self, condition: str) -> None:
        """Wait until a JavaScript expression is true; raises `RuntimeError` after `WITHIN_S`."""
        loop = f"const check = () => ({condition}) ? arguments[0]() : requestAnimationFrame(check); check()"
        self._post("/execute/async", script=loop, args=[])

    def settle(self) -> None:
        """Wait until the page has drawn its next frame."""
        self._post("/execute/async", script="requestAnimationFrame(() => requestAnimationFrame(arguments[0]))", args=[])

    def devtools(self, command: str, **params: Any) -> Any:
        """Send a command of the DevTools protocol and return its result."""
        return self._post("/goog/cdp/execute", cmd=command, params=params)

    def size(self, width_px: int, height_px: int) -> None:
        """Set the size of the emulated screen."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width_px, height=height_px, deviceScaleFactor=1, mobile=False
        )

    def picture(self) -> bytes:
        """Return a screenshot as a PNG file."""
        answer = self._http.get(f"{self._address}/screenshot", timeout=WITHIN_S)
        return base64.b64decode(answer.json()["value"])

    def complaints(self) -> list[str]:
        """Return the messages that the page has written to the console since the last call."""
        return [entry["message"] for entry in self._post("/se/log", type="browser")]

    def requested(self) -> list[str]:
        """Return the addresses that the page has requested since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self._post("/se/log", type="performance")]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    def _post(self, path: str, **body: Any) -> Any:
        value = self._http.post(self._address + path, json=body, timeout=2 * WITHIN_S).json()["value"]
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(f"{value['error']}: {value['message']}")
        return value

    def _port(self) -> int:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            if found := re.search(rb"started successfully on port (\d+)", line):
                return int(found[1])
        raise RuntimeError("chromedriver did not start")
