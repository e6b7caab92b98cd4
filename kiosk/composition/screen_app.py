"""The screen's process (`kiosk screen`): the supervisor of the browser, its settings and systemd's watchdog.

Rule 1: READY is reported when the page was painted for the first time.
Rule 2: the watchdog is fed by the loop itself, independent of the browser: the supervisor restarts the browser, and
systemd restarts the supervisor.
Rule 3: a settings file that is changed is read again. A new port is used at once; a browser with other options starts
between two visitors. A file with mistakes in its section `display` is ignored until it is repaired.
"""

import logging
import select
import signal
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from kiosk.display import texts
from kiosk.display.holding_page import holding_page
from kiosk.errors import KioskError
from kiosk.health.watchdog import Watchdog
from kiosk.model import Clock
from kiosk.runtime.clock import RealClock
from kiosk.screen.browser import Browser
from kiosk.screen.command_line import command_line, display_options
from kiosk.screen.controller_link import ControllerLink
from kiosk.screen.rotation import rotate
from kiosk.screen.supervisor import ScreenSupervisor, Show
from kiosk.settings.loader import load_part
from kiosk.settings.schema.policy import DisplaySettings

logger = logging.getLogger(__name__)

TICK_S = 0.25
BETWEEN_S = 0.05
"""Seconds between two turns; and while one browser ends and the next one starts."""

FILE_S = 2.0
"""Seconds between two looks at the settings file."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

SYSTEMD = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""Variables that the browser does not get, because it must not speak to systemd in the name of the supervisor."""


class ScreenApp:
    """Everything of one run.

    config: the settings file. environ: the environment variables. report: is called with the supervisor after each
    turn. Raises `KioskError` if the settings cannot be used or if there is no display server.
    """

    def __init__(
        self,
        config: Path,
        environ: Mapping[str, str],
        profiles: Path,
        clock: Clock,
        report: Callable[[ScreenSupervisor], None] = lambda _supervisor: None,
    ) -> None:
        self._config = config
        self._environ = {name: value for name, value in environ.items() if name not in SYSTEMD}
        self._profiles = profiles
        self._clock = clock
        self._report = report
        self._watchdog = Watchdog(environ)
        self._ready = False
        self._version = _version(config)
        self._look_at_s = clock.now_s() + FILE_S
        self._display = read_settings(config)
        display_options(environ, self._display.screen.browser)  # without a display server, nothing is tried
        self.link = ControllerLink(self._display.port, lambda: self.supervisor.painting)
        self.supervisor = ScreenSupervisor(self._start_browser, self._show(), self.link, clock)
        self._stopping = False

    def stop(self) -> None:
        """Ask `run` to return; safe from a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Keep the browser on the screen until `stop` is called. Raises `KioskError` if the supervisor gives up."""
        if self._display.screen.rotation:  # without a rotation, the picture stays as the desktop has it
            rotate(self._display.screen.rotation, self._environ)
        self.link.start()
        try:
            while not self._stopping:
                now_s = self._clock.now_s()
                self.supervisor.tick()
                self._watchdog.feed(now_s)
                if self.supervisor.painting and not self._ready:
                    self._ready = True
                    self._watchdog.ready("the page is on the screen")
                if now_s >= self._look_at_s:
                    self._look_at_s = now_s + FILE_S
                    self._look_at_settings()
                self._report(self.supervisor)
                browser = self.supervisor.browser
                if browser is None or browser.killed_at_s is not None:
                    select.select([], [], [], BETWEEN_S)
                else:
                    select.select([browser], [], [], TICK_S)
            self._watchdog.stopping("asked to stop")
        finally:
            self.supervisor.close()
            self.link.stop(asked=self._stopping)
            self._watchdog.close()

    def _look_at_settings(self) -> None:
        version = _version(self._config)
        if version == self._version:
            return
        self._version, before = version, self._display
        try:
            self._display = read_settings(self._config)
        except KioskError as error:
            logger.error("the screen goes on with its last settings: %s", error)  # noqa: TRY400
            return
        self.link.port = self._display.port
        self.supervisor.show = self._show()
        screen, last = self._display.screen, before.screen
        if screen.rotation != last.rotation:
            rotate(screen.rotation, self._environ)
        if (screen.browser, screen.scale, screen.rotation) != (last.browser, last.scale, last.rotation):
            self.supervisor.renew()

    def _show(self) -> Show:
        words = texts.load(self._config.parent / "texts", self._display.languages)
        page = f"http://127.0.0.1:{self._display.port}/"
        return Show(page, holding_page(words), self._display.screen.memory_mb)

    def _start_browser(self, address: str, graphics: bool) -> Browser:
        screen = self._display.screen
        options = display_options(self._environ, screen.browser)

        def command(profile: Path) -> list[str]:
            return command_line(screen.browser, options, screen.scale, profile, address, graphics=graphics)

        return Browser(command, self._environ, self._profiles, self._clock.now_s())


def read_settings(config: Path) -> DisplaySettings:
    """Return the section `display`. Raises `SettingsError` if it has a mistake or the file cannot be read."""
    return load_part(config, "display", elsewhere=True).display


def show_screen(config: Path, environ: Mapping[str, str]) -> None:
    """Run the screen until a signal asks it to stop. Raises `KioskError` if it cannot start or gives up.

    The profile of the browser is made in RUNTIME_DIRECTORY (systemd) or XDG_RUNTIME_DIR, which are in memory.
    """
    memory = environ.get("RUNTIME_DIRECTORY") or environ.get("XDG_RUNTIME_DIR")
    with tempfile.TemporaryDirectory(prefix="kiosk-screen-", dir=memory) as profiles:
        app = ScreenApp(config, environ, Path(profiles), RealClock())
        for number in SIGNALS:
            signal.signal(number, lambda *_: app.stop())
        app.run()


def _version(config: Path) -> tuple[int, int]:
    """Return what changes when the file is written; (0, 0) while it does not exist."""
    try:
        status = config.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_ino)
