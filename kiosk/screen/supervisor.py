"""The supervisor of the screen: starts the browser, checks that its page is painted, and restarts it.

A browser is killed at once if its page was not painted for `SILENT_S` (frozen, hanging or closed browser, page or
graphics process), if its page crashed again right after a crash, or if its memory is far beyond the limit. It is killed
between two visitors if its memory is beyond the limit, or if the settings changed. After a first crash, the page is
opened again in the same browser.

A silent controller is no reason to restart the browser, because systemd restarts the controller. The page itself tells
visitors that the controller is silent. A page that was never loaded is replaced by a holding page until the controller
answers.

Restart ladder: a browser that painted is replaced at once, so that the screen is dark for as short as possible. After
starts that paint nothing, pauses begin with `FIRST_PAUSE_S` and double. Such starts are in turn without and with the
graphics processor. After `GIVE_UP_AFTER` of them the supervisor ends with an error: systemd then starts compositor and
supervisor again, which is the last step of the ladder.

The screen is dark for less than 15 s: `SILENT_S` until it is noticed, a few tenths of a second until the browser is
killed and the next one starts, and the start, which takes 1 to 2 s on a PC and about 6 s on a Pi 4.

Rule: no method waits; the time comes by calls of `tick`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kiosk.errors import DeviceError
from kiosk.model import Clock
from kiosk.screen.browser import Browser
from kiosk.screen.page_session import PageSession

logger = logging.getLogger(__name__)

START_S = 20.0
"""Longest time from a start to the first painted frame."""

RESTART_S = 9.0
"""The same for the browser that replaces one that painted: its files are in the kernel's memory, so it starts faster.
If it takes longer, the next one has `START_S`."""

SILENT_S = 4.0
"""The page counts as frozen after this time without a painted frame: `page_session.PROBE_S` until it is asked, and two
seconds for the answer."""

KILL_S = 3.0
"""Time after `kill` in which the kernel ends every process of the browser."""

FIRST_PAUSE_S = 0.25
GIVE_UP_AFTER = 4

OPEN_S = 2.0
"""A page that is painted this time after it was opened, and is not the wanted one, is replaced."""

CRASH_S = 60.0
"""A second crash of the page within this time ends the browser."""

MEMORY_S = 5.0
"""Seconds between two looks at the memory."""

FAR_BEYOND = 1.5
"""Beyond the memory limit times this factor, the browser is killed at once, also while a visitor is served."""


class Controller(Protocol):
    """The controller, as the supervisor sees it."""

    @property
    def answers(self) -> bool:
        """Return True if the controller serves the page."""

    @property
    def serving(self) -> bool:
        """Return True if a visitor is being served; False if the controller does not answer."""


@dataclass(frozen=True, slots=True)
class Show:
    """The pages of the screen, and the limit of the browser.

    page: the address of the kiosk's page. holding_page: the address of the page that is shown while the controller does
    not answer. memory_mb: the memory limit of the browser.
    """

    page: str
    holding_page: str
    memory_mb: float


class ScreenSupervisor:
    """Keeps a browser on the screen; `show` may be replaced at any time.

    Args:
        start: starts a browser that first opens the given address; its second argument is False if it must do without
            the graphics processor. Raises `DeviceError`.
        show: what to show.
        controller: the newest knowledge of the controller.
        clock: the time of limits and pauses.

    Attributes:
        browser: the browser that runs now, or None.
        starts: the number of starts.
        longest_dark_s: the longest time without a painted page, beginning with the first painted frame.
    """

    def __init__(self, start: Callable[[str, bool], Browser], show: Show, controller: Controller, clock: Clock) -> None:
        self.show = show
        self.browser: Browser | None = None
        self.starts = 0
        self.longest_dark_s = 0.0
        self._start = start
        self._controller = controller
        self._clock = clock
        self._start_at_s = clock.now_s()
        self._unpainted_starts = 0
        self._renew = False
        self._painted_at_s: float | None = None
        self._crashed_at_s = float("-inf")
        self._opened_at_s = 0.0
        self._memory_at_s = 0.0
        self._memory_mb = 0.0

    @property
    def painting(self) -> bool:
        """Return True if the page was painted within the last `SILENT_S` and has not crashed."""
        page = self.browser.page if self.browser and self.browser.killed_at_s is None else None
        if page is None or page.painted_at_s is None or page.crashed or page.lost:
            return False
        return self._clock.now_s() - page.painted_at_s < SILENT_S

    def renew(self) -> None:
        """Restart the browser between two visitors, because its command changed."""
        self._renew = True

    def tick(self) -> None:
        """Do what is due. Raises `DeviceError` (screen_dark, browser_missing) if the supervisor gives up."""
        now_s = self._clock.now_s()
        browser = self.browser
        if browser is None:
            if now_s >= self._start_at_s:
                self._start_browser(now_s)
        elif browser.killed_at_s is not None:
            self._await_end(browser, browser.killed_at_s, now_s)
        else:
            browser.page.tick(now_s)
            self._note_paint(browser.page)
            if now_s - self._memory_at_s >= MEMORY_S:
                self._memory_at_s = now_s
                self._memory_mb = browser.memory_mb
            if trouble := self._trouble(browser, now_s):
                logger.error("%s; killing the browser", trouble)
                browser.kill(now_s)
            else:
                self._steer(browser.page, now_s)

    def close(self) -> None:
        """Kill the browser and wait for its end, at most about `KILL_S`."""
        if self.browser:
            self.browser.close(KILL_S)
            self.browser = None

    def _start_browser(self, now_s: float) -> None:
        if self._unpainted_starts >= GIVE_UP_AFTER:
            raise DeviceError(
                "screen",
                f"{GIVE_UP_AFTER} browsers in a row painted nothing; check the monitor and the display server",
                "screen_dark",
            )
        with_graphics = self._unpainted_starts % 2 == 0
        self.starts += 1
        self._renew = False
        self._opened_at_s = self._memory_at_s = now_s
        self._memory_mb = 0.0
        address = self.show.page if self._controller.answers else self.show.holding_page
        self.browser = self._start(address, with_graphics)
        logger.info("browser %d started%s", self.starts, "" if with_graphics else " without the graphics processor")

    def _await_end(self, browser: Browser, killed_at_s: float, now_s: float) -> None:
        """Look whether a browser that was killed has ended, and plan the start of the next one."""
        if not browser.ended:
            if now_s - killed_at_s >= KILL_S:
                raise DeviceError("screen", "the browser does not end; the kernel holds it", "screen_dark")
            return
        painted = browser.page.painted_at_s is not None
        pause_s = 0.0 if painted else FIRST_PAUSE_S * 2**self._unpainted_starts
        self._unpainted_starts = 0 if painted else self._unpainted_starts + 1
        logger.warning("the browser has ended; starting it again in %.2f s", pause_s)
        browser.release()
        self.browser = None
        self._start_at_s = now_s + pause_s

    def _note_paint(self, page: PageSession) -> None:
        if page.painted_at_s is None or page.painted_at_s == self._painted_at_s:
            return
        if self._painted_at_s is not None:
            self.longest_dark_s = max(self.longest_dark_s, page.painted_at_s - self._painted_at_s)
        self._painted_at_s = page.painted_at_s

    def _trouble(self, browser: Browser, now_s: float) -> str:
        """Return why the browser must end; "" if it need not."""
        page = browser.page
        if page.lost:
            return page.lost
        if page.painted_at_s is None:
            replaces_one_that_painted = self._painted_at_s is not None and self._unpainted_starts == 0
            limit_s = RESTART_S if replaces_one_that_painted else START_S
            if now_s - browser.started_at_s >= limit_s:
                return f"screen: nothing was painted {limit_s:.0f} s after the start"
        elif (silent_s := now_s - max(page.painted_at_s, self._opened_at_s)) >= SILENT_S:
            return f"screen: nothing was painted for {silent_s:.1f} s"
        if page.crashed and now_s - self._crashed_at_s < CRASH_S:
            return "screen: the page crashed again"
        if self._memory_mb > self.show.memory_mb * FAR_BEYOND:
            return f"screen: the browser uses {self._memory_mb:.0f} MB, far more than {self.show.memory_mb:.0f} MB"
        if self._controller.serving:
            return ""
        if self._renew:
            return "screen: the settings changed"
        if self._memory_mb > self.show.memory_mb:
            return f"screen: the browser uses {self._memory_mb:.0f} MB, more than {self.show.memory_mb:.0f} MB"
        return ""

    def _steer(self, page: PageSession, now_s: float) -> None:
        """Open a page that crashed again, and lead from the holding page to the kiosk's page."""
        if page.crashed:
            logger.error("screen: the page crashed; opening it again")
            self._crashed_at_s = now_s
            self._open(page, now_s)
        elif page.painted_at_s is not None and page.painted_at_s >= self._opened_at_s + OPEN_S:
            wanted = self.show.page if self._controller.answers else self.show.holding_page
            if page.address != wanted and page.address != self.show.page:
                self._open(page, now_s)

    def _open(self, page: PageSession, now_s: float) -> None:
        self._opened_at_s = now_s
        page.open(self.show.page if self._controller.answers else self.show.holding_page)
