"""The supervisor on a virtual clock, with real processes and real pipes; the browser is `chromium_double`."""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kiosk.errors import DeviceError
from kiosk.faults import FAULTS
from kiosk.screen import processes
from kiosk.screen.browser import Browser
from kiosk.screen.command_line import command_line
from kiosk.screen.page_session import AGAIN_S, PROBE_S
from kiosk.screen.supervisor import (
    CRASH_S,
    FIRST_PAUSE_S,
    MEMORY_S,
    RESTART_S,
    SILENT_S,
    START_S,
    ScreenSupervisor,
    Show,
)
from kiosk.simulator.clock import VirtualClock

DOUBLE = Path(__file__).with_name("chromium_double.py")
PAGE, HOLDING = "http://127.0.0.1:8080/", "data:text/html,please-wait"
WITHIN_S = 20.0


@dataclass
class Knowledge:
    """The controller, as the supervisor sees it."""

    answers: bool = True
    serving: bool = False


class Rig:
    """A supervisor whose browser is the double."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.controller = Knowledge()
        self.browser = [sys.executable, "-S", "-E", str(DOUBLE), str(folder)]
        self.set_mode("paint")
        self.supervisor = ScreenSupervisor(self.start, Show(PAGE, HOLDING, 500.0), self.controller, self.clock)

    def start(self, address: str, graphics: bool) -> Browser:
        def command(profile: Path) -> list[str]:
            return command_line(self.browser, (), 1.0, profile, address, graphics=graphics)

        return Browser(command, os.environ, self.folder, self.clock.now_s())

    def set_mode(self, mode: str) -> None:
        (self.folder / "mode").write_text(mode)

    def starts(self) -> list[str]:
        return (self.folder / "starts").read_text().splitlines()

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the supervisor work at the present time of its clock until the condition holds."""
        give_up_at_s = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < give_up_at_s
            self.supervisor.tick()
            browser = self.supervisor.browser
            select.select([browser] if browser and browser.killed_at_s is None else [], [], [], 0.01)

    def paint(self) -> None:
        """Let the browser answer the next question."""
        self.clock.advance(PROBE_S)
        page = self.running.page
        paints = page.paints
        self.until(lambda: page.paints > paints)

    def until_shown(self, address: str) -> None:
        """Let time pass, with a painted page at each question, until the page shows `address`."""
        for _ in range(10):
            if self.running.page.address != address:
                self.paint()
        assert self.running.page.address == address

    @property
    def running(self) -> Browser:
        assert self.supervisor.browser is not None
        return self.supervisor.browser

    def painted(self) -> Browser:
        """Start the browser and return it as soon as its page is painted."""
        self.until(lambda: self.supervisor.painting)
        return self.running

    def until_ended(self) -> None:
        self.until(lambda: self.supervisor.browser is None)

    def until_restarted(self) -> None:
        starts = self.supervisor.starts
        self.until(lambda: self.supervisor.starts > starts and self.supervisor.painting)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.supervisor.close()
    assert list(tmp_path.glob("browser-*")) == []


def test_the_browser_shows_the_page_and_leaves_nothing_behind(rig: Rig) -> None:
    browser = rig.painted()
    assert browser.page.address == PAGE
    assert rig.supervisor.starts == 1
    rig.supervisor.close()
    assert processes.members(browser.session) == []


def test_a_silent_browser_is_killed_and_replaced_at_once(rig: Rig) -> None:
    browser = rig.painted()
    rig.set_mode("silent")
    rig.clock.advance(SILENT_S - 0.1)
    rig.supervisor.tick()
    assert rig.supervisor.painting
    assert browser.killed_at_s is None
    rig.clock.advance(0.1)
    rig.supervisor.tick()
    assert not rig.supervisor.painting
    rig.set_mode("paint")
    rig.until_restarted()
    assert rig.supervisor.starts == 2
    assert rig.supervisor.longest_dark_s == pytest.approx(SILENT_S), "no time passed but that for the answer"


def test_a_stopped_browser_is_killed(rig: Rig) -> None:
    browser = rig.painted()
    os.kill(browser.session, signal.SIGSTOP)
    rig.clock.advance(SILENT_S)
    rig.until_restarted()
    assert processes.members(browser.session) == []


def test_a_killed_browser_is_noticed_at_once(rig: Rig) -> None:
    os.kill(rig.painted().session, signal.SIGKILL)
    rig.until_ended()
    assert not rig.supervisor.painting
    rig.until_restarted()


@pytest.mark.parametrize("mode", ["garbage", "exit"])
def test_a_browser_without_a_usable_pipe_is_restarted(rig: Rig, mode: str) -> None:
    rig.painted()
    rig.set_mode(mode)
    rig.clock.advance(PROBE_S)
    rig.until_ended()


def test_a_page_that_crashed_is_opened_again_and_a_second_crash_restarts_the_browser(rig: Rig) -> None:
    page = rig.painted().page
    for _ in range(2):
        rig.clock.advance(CRASH_S + PROBE_S)
        page.painted_at_s = rig.clock.now_s()
        rig.set_mode("crash")
        rig.until(lambda: (rig.folder / "mode").read_text() == "paint")
        rig.paint()
        assert rig.supervisor.painting
    assert rig.supervisor.starts == 1
    rig.set_mode("crash")
    rig.clock.advance(PROBE_S)
    rig.until(lambda: page.crashed)
    assert not rig.supervisor.painting
    rig.set_mode("paint")
    rig.until_restarted()


def test_a_page_that_was_opened_again_has_time_to_load(rig: Rig) -> None:
    rig.painted()
    rig.clock.advance(SILENT_S - 0.1)
    rig.set_mode("crash, silent")
    rig.until(lambda: (rig.folder / "mode").read_text() == "silent")
    rig.clock.advance(SILENT_S - 0.1)
    rig.supervisor.tick()
    assert rig.running.killed_at_s is None
    assert not rig.supervisor.painting
    rig.clock.advance(0.1)
    rig.supervisor.tick()
    assert rig.running.killed_at_s is not None


def test_a_swollen_browser_is_restarted_between_two_visitors(rig: Rig) -> None:
    browser = rig.painted()
    rig.controller.serving = True
    rig.supervisor.show = replace(rig.supervisor.show, memory_mb=browser.memory_mb / 1.2)
    rig.clock.advance(MEMORY_S)
    browser.page.painted_at_s = rig.clock.now_s()
    rig.supervisor.tick()
    assert browser.killed_at_s is None
    rig.controller.serving = False
    rig.until_restarted()


def test_a_browser_with_far_too_much_memory_is_restarted_at_once(rig: Rig) -> None:
    browser = rig.painted()
    rig.controller.serving = True
    rig.supervisor.show = replace(rig.supervisor.show, memory_mb=browser.memory_mb / 2)
    rig.clock.advance(MEMORY_S)
    browser.page.painted_at_s = rig.clock.now_s()
    rig.until_restarted()


def test_changed_settings_wait_for_the_end_of_the_visit(rig: Rig) -> None:
    rig.painted()
    rig.controller.serving = True
    rig.supervisor.renew()
    rig.paint()
    assert rig.supervisor.starts == 1
    rig.controller.serving = False
    rig.until_restarted()
    rig.paint()
    assert rig.supervisor.starts == 2


def test_a_controller_that_restarts_is_not_taken_for_a_dead_browser(rig: Rig) -> None:
    rig.painted()
    rig.controller.answers = False
    for _ in range(5):
        rig.paint()
    rig.controller.answers = True
    rig.paint()
    assert (rig.supervisor.starts, rig.running.page.address) == (1, PAGE)


def test_without_a_controller_a_holding_page_is_shown_until_it_answers(rig: Rig) -> None:
    rig.controller.answers = False
    page = rig.painted().page
    assert page.address == HOLDING
    rig.controller.answers = True
    rig.until_shown(PAGE)


def test_a_page_on_another_port_is_opened_without_a_restart(rig: Rig) -> None:
    rig.painted()
    rig.supervisor.show = replace(rig.supervisor.show, page="http://127.0.0.1:8081/")
    rig.until_shown("http://127.0.0.1:8081/")
    assert rig.supervisor.starts == 1


def test_an_error_page_is_replaced(rig: Rig) -> None:
    page = rig.painted().page
    rig.controller.answers = False
    page.open("chrome-error://chromewebdata/")
    rig.until_shown("chrome-error://chromewebdata/")
    rig.until_shown(HOLDING)


def test_browsers_that_paint_nothing_are_started_less_and_less_often_and_then_the_supervisor_gives_up(rig: Rig) -> None:
    rig.set_mode("exit")
    for pause_s in (0.0, 0.25, 0.5, 1.0):
        rig.clock.advance(max(pause_s - 0.01, 0.0))
        rig.supervisor.tick()
        assert (rig.supervisor.browser is None) == (pause_s > 0)
        rig.clock.advance(0.01)
        rig.supervisor.tick()
        rig.until_ended()
    rig.clock.advance(2.0)
    with pytest.raises(DeviceError, match="4 browsers in a row painted nothing") as caught:
        rig.supervisor.tick()
    assert caught.value.fault in FAULTS
    assert ["--disable-gpu" in start.split() for start in rig.starts()] == [False, True, False, True]


def test_a_browser_that_never_paints_is_ended(rig: Rig) -> None:
    rig.set_mode("silent")
    rig.supervisor.tick()
    rig.clock.advance(START_S - 0.1)
    rig.supervisor.tick()
    assert rig.running.killed_at_s is None
    rig.clock.advance(0.1)
    rig.until_ended()


def test_a_question_whose_page_was_replaced_is_asked_again_soon(rig: Rig) -> None:
    """The first question after a start often meets the empty page that the kiosk's page replaces."""
    rig.set_mode("replaced")
    rig.until(lambda: (rig.folder / "mode").read_text() == "paint")
    rig.supervisor.tick()  # the answer was written before the mode
    rig.clock.advance(AGAIN_S)
    rig.painted()


def test_the_browser_that_replaces_one_that_painted_has_less_time_and_the_next_one_has_more(rig: Rig) -> None:
    rig.painted()
    rig.set_mode("silent")
    rig.clock.advance(SILENT_S)
    for limit_s, pause_s in ((RESTART_S, 0.0), (START_S, FIRST_PAUSE_S)):
        rig.until_ended()
        rig.clock.advance(pause_s)
        rig.until(lambda: rig.supervisor.browser is not None)
        rig.clock.advance(limit_s - 0.1)
        rig.supervisor.tick()
        assert rig.running.killed_at_s is None
        rig.clock.advance(0.1)
        rig.supervisor.tick()
        assert rig.running.killed_at_s is not None


@pytest.mark.parametrize("program", ["no-such-browser", "/"])
def test_a_missing_browser_is_an_error_with_its_remedy(rig: Rig, program: str) -> None:
    rig.browser = [program]
    with pytest.raises(DeviceError, match=program) as caught:
        rig.supervisor.tick()
    assert "--with-screen" in FAULTS[caught.value.fault].remedy
