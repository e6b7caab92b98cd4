"""The process of the screen: its settings, its messages to systemd, and what it leaves behind."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.composition import screen_app
from kiosk.composition.screen_app import TICK_S, ScreenApp
from kiosk.display.server import DisplayServer
from kiosk.runtime.clock import RealClock
from kiosk.screen import processes
from kiosk.screen.supervisor import ScreenSupervisor
from kiosk.simulator.clock import VirtualClock
from tests.browser.chromium import executable
from tests.display.served import served

ROOT = Path(__file__).parents[2]
DOUBLE = Path(__file__).with_name("chromium_double.py")
WITHIN_S = 60.0


class Site:
    """A folder with a settings file and texts, and the socket of systemd."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.browser = [sys.executable, str(DOUBLE), str(folder)]
        self.more = ""
        (folder / "mode").write_text("paint")
        (folder / "texts").symlink_to(ROOT / "config" / "texts")
        self.write()
        self.systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.systemd.bind(str(folder / "systemd"))
        self.systemd.settimeout(WITHIN_S)
        path = f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"
        self.environ = {
            **os.environ, "DISPLAY": ":99", "XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": path,
            "NOTIFY_SOCKET": str(folder / "systemd"), "WATCHDOG_USEC": "1000000",
        }  # fmt: skip

    def write(self) -> None:
        """Write the settings; replaced as a whole, as editors do."""
        new = self.folder / "new.yaml"
        new.write_text(
            f"display:\n  port: {self.port}\n  screen:\n    browser: [{', '.join(self.browser)}]\n{self.more}"
        )
        new.replace(self.folder / "kiosk.yaml")

    def starts(self) -> list[str]:
        return (self.folder / "starts").read_text().splitlines()

    def command(self) -> list[str]:
        return [sys.executable, "-m", "kiosk", "screen", "--config", str(self.folder / "kiosk.yaml")]

    def until_ready(self) -> None:
        while b"READY=1" not in self.systemd.recv(4096):
            pass

    def run(self, clock: VirtualClock | RealClock, conditions: list[Callable[[ScreenApp], bool]]) -> ScreenApp:
        """Run the app until each condition has held, one after the other; a virtual clock advances at each turn."""
        give_up_at_s = time.monotonic() + WITHIN_S

        def report(_supervisor: ScreenSupervisor) -> None:
            if isinstance(clock, VirtualClock):
                clock.advance(TICK_S)
            if conditions and conditions[0](app):
                conditions.pop(0)
            if not conditions or time.monotonic() > give_up_at_s:
                app.stop()

        app = ScreenApp(self.folder / "kiosk.yaml", self.environ, self.folder, clock, report)
        app.run()
        assert not conditions
        return app


@pytest.fixture
def server() -> Iterator[DisplayServer]:
    with served() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, server: DisplayServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(screen_app, "FILE_S", 0.0)  # the settings file is looked at in each turn
    site = Site(tmp_path, server.port)
    yield site
    site.systemd.close()


def address(app: ScreenApp) -> str:
    return app.supervisor.browser.page.address if app.supervisor.browser else ""


def test_ready_is_told_when_the_page_is_painted_and_the_watchdog_is_fed(site: Site) -> None:
    app = site.run(VirtualClock(), [lambda app: app.link.answers and app.supervisor.painting, lambda _: True])
    assert app.supervisor.browser is None
    site.systemd.setblocking(False)
    messages = []
    with contextlib.suppress(BlockingIOError):
        while True:
            messages.append(site.systemd.recv(4096).decode())
    assert sum("READY=1" in message for message in messages) == 1
    assert any("WATCHDOG=1" in message for message in messages)
    assert "STOPPING=1" in messages[-1]


def test_a_new_port_in_the_settings_is_used_without_a_restart(site: Site) -> None:
    with served() as other:
        page = f"http://127.0.0.1:{other.port}/"

        def change(app: ScreenApp) -> bool:
            if not address(app):
                return False
            site.port = other.port
            site.write()
            return True

        app = site.run(VirtualClock(), [change, lambda app: address(app) == page])
    assert app.supervisor.starts == 1


def test_another_scale_starts_the_browser_again_and_a_file_with_mistakes_is_ignored(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    def spoil(app: ScreenApp) -> bool:
        site.more = "    scale: large\n"
        site.write()
        return bool(address(app))

    def repair(_app: ScreenApp) -> bool:
        if "goes on with its last settings" not in caplog.text:
            return False
        site.more = "    scale: 2\n"
        site.write()
        return True

    app = site.run(VirtualClock(), [spoil, repair, lambda app: app.supervisor.starts == 2 and bool(address(app))])
    assert app.supervisor.starts == 2
    assert ["scale-factor=2" in start for start in site.starts()] == [False, True]


def test_it_is_not_rotated_without_the_setting_and_rotated_with_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    turned: list[int] = []
    monkeypatch.setattr("kiosk.composition.screen_app.rotate", lambda degrees, _environ: turned.append(degrees))
    site.run(VirtualClock(), [lambda app: bool(address(app))])
    assert turned == []
    site.more = "    rotation: 90\n"
    site.write()

    def upright_again(app: ScreenApp) -> bool:
        site.more = ""
        site.write()
        return bool(address(app))

    site.run(VirtualClock(), [upright_again, lambda _: turned == [90, 0]])


def test_a_supervisor_that_is_asked_to_end_leaves_no_process_and_no_file(site: Site) -> None:
    running = subprocess.Popen(site.command(), env=site.environ, stderr=subprocess.DEVNULL)
    site.until_ready()
    running.send_signal(signal.SIGTERM)
    assert running.wait(WITHIN_S) == 0
    assert [found for found in site.folder.iterdir() if found.name.startswith(("kiosk-screen-", "browser-"))] == []


@pytest.mark.parametrize(
    ("browser", "environ", "message"),
    [
        (["no-such-browser"], {"DISPLAY": ":99"}, "the program 'no-such-browser' was not found"),
        (["chromium"], {"DISPLAY": "", "WAYLAND_DISPLAY": ""}, "there is no display server"),
    ],
)
def test_it_ends_with_the_remedy_where_it_cannot_work(
    site: Site, browser: list[str], environ: dict[str, str], message: str
) -> None:
    site.browser = browser
    site.write()
    done = subprocess.run(site.command(), env=site.environ | environ, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert message in done.stderr
    assert "remedy: " in done.stderr


@pytest.fixture
def real(site: Site) -> Site:
    """A site with the real Chromium, without a display; its sandbox refuses to run as root."""
    if executable() is None:
        pytest.skip("NO BROWSER, THE SCREEN IS NOT TESTED: sudo apt install chromium")
    site.browser = ["chromium", "--headless", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    del site.environ["DISPLAY"]
    site.write()
    return site


def test_the_real_browser_opens_a_page_that_was_killed_again(real: Site, caplog: pytest.LogCaptureFixture) -> None:
    def kill(app: ScreenApp) -> bool:
        browser = app.supervisor.browser
        if browser is None or address(app) != f"http://127.0.0.1:{real.port}/":
            return False
        for process in processes.members(browser.session):
            words = Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ").split()
            if "--type=renderer" in words and "--top-chrome-webui" not in words:
                os.kill(process, signal.SIGKILL)
        return True

    def crashed(_app: ScreenApp) -> bool:
        return "the page crashed" in caplog.text

    app = real.run(RealClock(), [kill, crashed, lambda app: app.supervisor.painting])
    assert app.supervisor.starts == 1


def test_the_real_browser_does_not_outlive_its_supervisor_even_if_it_is_frozen(real: Site) -> None:
    running = subprocess.Popen(real.command(), env=real.environ, stderr=subprocess.DEVNULL)
    real.until_ready()
    (session,) = map(int, Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split())
    members = processes.members(session)
    assert len(members) > 3
    watched = [os.pidfd_open(process) for process in members]
    os.kill(session, signal.SIGSTOP)
    running.kill()
    running.wait()
    for process in watched:
        assert select.select([process], [], [], WITHIN_S)[0]
        os.close(process)
    assert processes.members(session) == []
