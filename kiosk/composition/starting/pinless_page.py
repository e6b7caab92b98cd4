"""The page of a kiosk that drives no pin, because its settings cannot be used: it says so, and waits.

Rule 1: no pin is opened and no row is written.
Rule 2: systemd is told READY and is fed, because a restart would not help: the settings file is looked at again, at
once after a change of it, and otherwise after pauses that become longer.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, repeat
from pathlib import Path

from kiosk.display import keys, texts
from kiosk.display.looks import LOOKS
from kiosk.display.screens import Screen
from kiosk.display.server import DisplayServer
from kiosk.errors import KioskError
from kiosk.faults import FAULTS
from kiosk.health.watchdog import Watchdog
from kiosk.model import Phase
from kiosk.settings.loader import read_settings
from kiosk.settings.schema.policy import DisplaySettings, ReferralsSettings
from kiosk.settings.yaml.mistakes import Mistake
from kiosk.settings.yaml.source import read_bytes

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""The signals that end the service. Without a handler, SIGTERM and SIGHUP would end Python without a clean-up."""

TURN_S = 0.5
PAUSES_S = (4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0)
"""Pauses between two looks at a file that does not change; what it names, such as a key, may have come meanwhile."""


class PinlessPage:
    """Serves the screen of `fault` while the `with` block runs, and waits; a signal ends the waiting.

    config: the settings file; what can be read of its display settings is used. why: the reasons, for the status line.
    """

    def __init__(self, config: Path, fault: str, why: tuple[str, ...], watchdog: Watchdog) -> None:
        self._config = config
        self._fault = fault
        self._why = why
        self._watchdog = watchdog
        self._stopping = threading.Event()
        self._closing = ExitStack()

    def __enter__(self) -> "PinlessPage":
        self._closing.enter_context(signals_call(self._stopping.set))
        try:
            display = open_page(self._config)
            display.show(fault_screen(self._fault), time.monotonic())
            display.start()
            self._closing.callback(display.stop)
        except KioskError as error:
            logger.warning("no page can be shown: %s", error)
        self._watchdog.ready(f"{self._fault}: {FAULTS[self._fault].cause}; {'; '.join(self._why[:1])}")
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.close()

    def wait(self, pause_s: float, is_over: Callable[[], bool] = lambda: False) -> bool:
        """Wait for `pause_s` seconds or until `is_over` returns True; return False if a signal asks to stop."""
        ends_at_s = time.monotonic() + pause_s
        while (now_s := time.monotonic()) < ends_at_s and not is_over():
            self._watchdog.feed(now_s)
            if self._stopping.wait(min(TURN_S, ends_at_s - now_s)):
                return False
        return not self._stopping.is_set()

    def wait_for_change(self, pause_s: float) -> bool:
        """Wait for a change of the settings file, at most `pause_s`; return False if a signal asks to stop."""
        before = stamp(self._config)
        return self.wait(pause_s, lambda: stamp(self._config) != before)


def pauses_s() -> Iterator[float]:
    """Yield the pauses between two looks at the settings file."""
    return chain(PAUSES_S, repeat(PAUSES_S[-1]))


def fault_screen(fault: str) -> Screen:
    """Return the screen of a machine that is out of service with `fault`."""
    look = LOOKS["out_of_service"]
    headline, instruction = keys.headline("out_of_service"), keys.instruction("out_of_service")
    return Screen(Phase.OUT_OF_SERVICE, look.tone, look.icon, headline, instruction, fault=fault)


def open_page(config: Path) -> DisplayServer:
    """Return a server with what can be used of the file's display settings, and the defaults otherwise.

    Raises `KioskError` if the texts cannot be used.
    """
    data = read_bytes(config)
    _, found = ((), None) if isinstance(data, Mistake) else read_settings(data, config.parent)
    display, site = (found.display, found.site) if found else (DisplaySettings(), "")
    try:
        words = texts.load(config.parent / "texts", display.languages)
    except KioskError:
        words = texts.load(config.parent / "texts", DisplaySettings().languages)
    return DisplayServer(words, ReferralsSettings(), display, site, simulated=False)


@contextmanager
def signals_call(stop: Callable[[], None]) -> Iterator[None]:
    """Let `SIGNALS` call `stop` while the block runs, and do nothing else."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stamp(path: Path) -> tuple[int, int, int] | None:
    """Return the time of change, the size and the inode of a file; None if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
