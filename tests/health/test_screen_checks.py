"""The doctor's checks of the screen, on the files and answers of a Raspberry Pi."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kiosk.health import checks_screen
from kiosk.health.findings import Condition, HostMachine
from kiosk.settings.schema.screen import ScreenSettings

OK, WARN = Condition.OK, Condition.WARN
RUNNING = "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNRestarts=0\n"


class PiWithScreen:
    """A machine whose monitor, units and browser a test changes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.units = {checks_screen.UNIT: RUNNING}
        self.version: str | None = "Chromium 150.0 built on Debian\n"
        self.monitor("connected", "1920x1080\n800x480\n")

    def monitor(self, status: str, modes: str) -> None:
        for name, found in (("card1-HDMI-A-1", (status, modes)), ("card1-HDMI-A-2", ("disconnected", ""))):
            folder = self.root / "sys/class/drm" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "status").write_text(found[0] + "\n")
            (folder / "modes").write_text(found[1])

    def ask(self, command: Sequence[str]) -> str | None:
        if command[0] == "systemctl":
            return self.units.get(command[2], "LoadState=not-found\nActiveState=inactive\n")
        return self.version if list(command) == ["chromium", "--version"] else None

    def look(self, *, expected: bool = False) -> dict[str, tuple[Condition, str]]:
        settings = ScreenSettings(expected=expected)
        findings = checks_screen.checks(HostMachine(self.root, self.ask), settings)
        assert all(bool(finding.remedy) is (finding.state is not OK) for finding in findings)
        return {finding.name: (finding.state, finding.found) for finding in findings}


@pytest.fixture
def pi(tmp_path: Path) -> PiWithScreen:
    return PiWithScreen(tmp_path)


def test_a_screen_in_order(pi: PiWithScreen) -> None:
    assert pi.look() == {
        "monitor": (OK, "HDMI-A-1"),
        "browser": (OK, "Chromium 150.0 built on Debian"),
        "screen": (OK, "active"),
    }


def test_a_screen_is_looked_for_only_where_one_is_connected_or_expected(pi: PiWithScreen) -> None:
    pi.units = {}
    assert pi.look() == {}
    assert pi.look(expected=True)["screen"][0] is WARN


@pytest.mark.parametrize(
    ("status", "modes", "found"),
    [("disconnected", "", "none is connected"), ("connected", "", "connected, but it reports no modes")],
)
def test_a_missing_monitor(pi: PiWithScreen, status: str, modes: str, found: str) -> None:
    pi.monitor(status, modes)
    assert pi.look()["monitor"] == (WARN, found)


def test_a_missing_browser(pi: PiWithScreen) -> None:
    pi.version = None
    assert pi.look()["browser"] == (WARN, "'chromium' does not answer")


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ("ActiveState=failed", "kiosk-display.service is failed"),
        ("UnitFileState=disabled", "kiosk-display.service will not start at boot"),
        ("NRestarts=3", "active, started again 3 times since boot"),
    ],
)
def test_a_unit_that_does_not_run_as_it_should(pi: PiWithScreen, changed: str, found: str) -> None:
    pi.units[checks_screen.UNIT] += changed + "\n"
    assert pi.look()["screen"] == (WARN, found)


def test_a_desktop_that_holds_the_monitor(pi: PiWithScreen) -> None:
    pi.units[checks_screen.DESKTOP] = RUNNING
    assert pi.look()["desktop"] == (WARN, "display-manager.service holds the monitor")
