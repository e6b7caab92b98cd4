"""The soak of the screen: `kiosk screen` with the real Chromium under a virtual display, and faults of every kind.

A referee that knows nothing of the supervisor measures the dark time. It changes what the controller shows as soon as
it sees the last change in the pixels of the display, so the longest time between two seen changes is the longest time
in which a visitor would have looked at a dead screen.
"""

import argparse
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from kiosk.composition.screen_app import ScreenApp
from kiosk.display.server import DisplayServer
from kiosk.runtime.clock import RealClock
from kiosk.screen import processes
from tests.display.served import make, show
from tests.screen.framebuffer import Colour, VirtualDisplay, is_installed

ROOT = Path(__file__).parents[2]
ALLOWED_DARK_S = 15.0
LOOK_S = 0.05
TOLERANCE = 4

SCENES = {"idle": "neutral", "emergency": "danger"}
"""The two scenes that take turns, with the tone of each; nobody is served in the first, somebody in the second."""

RESTARTING = ("kill browser", "freeze page", "freeze graphics", "freeze browser", "leak")
"""The faults after which the browser must be started again. The others are cured without that."""

LEAK = "window.leak = []; setInterval(() => leak.push(new Array(1e6).fill(Math.random())), 20); 'leaking'"

NO_SANDBOX = ", --no-sandbox" if os.geteuid() == 0 else ""
"""Chromium's sandbox refuses to run as root."""

SITE = """\
name: soak
display:
  port: {port}
  screen:
    browser: [chromium{sandbox}]
    memory_mb: {memory_mb}
"""


def paper_colours() -> dict[str, Colour]:
    """Return the colour of the page's paper for each tone."""
    css = (ROOT / "kiosk/display/static/tones.css").read_text()
    found = re.findall(r'\[data-tone="(\w+)"\] \{\s*--paper: #(..)(..)(..);', css)
    return {tone: (int(red, 16), int(green, 16), int(blue, 16)) for tone, red, green, blue in found}


class Referee:
    """Changes the screen and watches the pixels. `seen_at_s` is the time of the newest change that was seen."""

    def __init__(self, display: VirtualDisplay, server: DisplayServer) -> None:
        self.server: DisplayServer | None = server
        self.port = server.port
        self.seen_at_s: float | None = None
        self.changes = 0
        self.longest_dark_s = 0.0
        self._display = display
        self._papers = paper_colours()
        self._wanted = "idle"
        show(server, self._wanted)

    def look(self) -> bool:
        """Look once; if the wanted scene is on the display, ask for the other one and return True."""
        paper = self._papers[SCENES[self._wanted]]
        points = self._display.points()
        near = sum(all(abs(a - b) <= TOLERANCE for a, b in zip(point, paper, strict=True)) for point in points)
        if near * 4 < len(points):
            return False
        now_s = time.monotonic()
        if self.seen_at_s is not None:
            self.longest_dark_s = max(self.longest_dark_s, now_s - self.seen_at_s)
        self.seen_at_s = now_s
        self.changes += 1
        if self.server is not None:
            self._wanted = next(name for name in SCENES if name != self._wanted)
            show(self.server, self._wanted)
        return True

    def restart_controller(self, pause: Callable[[], object]) -> None:
        """Stop the controller and start another one on the same port; `pause` waits meanwhile."""
        assert self.server is not None
        server, self.server = self.server, None
        assert server.stop(10.0)
        pause()
        again = make(port=self.port)
        again.start()
        show(again, self._wanted)
        self.server = again


class Soak:
    """One run; `run` blocks until the faults are done or the time is over, and returns the exit code.

    app_ended: to be set when the program of the screen has ended; the run then ends, too.
    """

    def __init__(self, app: ScreenApp, referee: Referee, chance: random.Random) -> None:
        self._app = app
        self._referee = referee
        self._chance = chance
        self._dark_s: dict[str, list[float]] = defaultdict(list)
        self._wrong: list[str] = []
        self.app_ended = threading.Event()
        self.faults: dict[str, Callable[[], None]] = {
            "kill page": lambda: self._signal("renderer", signal.SIGKILL),
            "kill graphics": lambda: self._signal("gpu-process", signal.SIGKILL),
            "kill browser": lambda: self._signal("", signal.SIGKILL),
            "freeze page": lambda: self._signal("renderer", signal.SIGSTOP),
            "freeze graphics": lambda: self._signal("gpu-process", signal.SIGSTOP),
            "freeze browser": lambda: self._signal("", signal.SIGSTOP),
            "leak": self._leak,
            "controller restarts": lambda: self._referee.restart_controller(
                lambda: self.app_ended.wait(self._chance.uniform(0.0, 7.0))
            ),
        }

    def run(self, kills: int, seconds: float) -> int:
        """Inject faults until there were `kills` of them or `seconds` are over; print the table."""
        began_s = time.monotonic()
        pause_s = max(1.0, seconds / max(kills, 1) - 6.0) if seconds < float("inf") else 1.0
        done = 0
        self._until_alive("the start", 60.0)
        memory_mb = _own_mb()

        def goes_on() -> bool:
            return done < kills and time.monotonic() - began_s < seconds and not self.app_ended.is_set()

        while goes_on():
            for name in self._chance.sample(list(self.faults), len(self.faults)):
                if goes_on():
                    self._watch(self._chance.uniform(0.5, 1.5) * pause_s)
                    self._inject(name)
                    done += 1
        self._watch(3.0)
        if self.app_ended.is_set():
            self._wrong.append("the program of the screen ended")
        print(f"\n{done} faults in {(time.monotonic() - began_s) / 60:.1f} minutes")
        for name, dark_s in sorted(self._dark_s.items()):
            middle = statistics.median(dark_s)
            print(f"  {name:20} {len(dark_s):4} times, dark {middle:5.2f} s (median), {max(dark_s):5.2f} s (longest)")
        print(f"longest dark time {self._referee.longest_dark_s:.2f} s, by the pixels of the display")
        print(
            f"browsers started: {self._app.supervisor.starts}; "
            f"memory of the supervisor with this test: {memory_mb:.0f} MB at first, {_own_mb():.0f} MB at last"
        )
        for line in self._wrong:
            print(f"WRONG: {line}")
        return 1 if self._wrong else 0

    def _inject(self, name: str) -> None:
        starts = self._app.supervisor.starts
        longest_s, self._referee.longest_dark_s = self._referee.longest_dark_s, 0.0
        self.faults[name]()
        if name in RESTARTING:
            self._until(lambda: self._app.supervisor.starts > starts, name, 120.0)
        else:
            self._watch(2.0)
        self._until_alive(name, 60.0)
        dark_s = self._referee.longest_dark_s
        self._dark_s[name].append(dark_s)
        self._referee.longest_dark_s = max(longest_s, dark_s)
        if name == "controller restarts" and self._app.supervisor.starts != starts:
            self._wrong.append("a restart of the controller restarted the browser")
        if dark_s > ALLOWED_DARK_S:
            self._wrong.append(f"{name}: dark for {dark_s:.1f} s; {ALLOWED_DARK_S:.0f} s is allowed")
        print(f"{name:20} dark {dark_s:5.2f} s   browsers started {self._app.supervisor.starts}", flush=True)

    def _until_alive(self, what: str, within_s: float) -> None:
        seen = self._referee.changes
        self._until(lambda: self._referee.changes >= seen + 2, what, within_s)

    def _until(self, condition: Callable[[], bool], what: str, within_s: float) -> None:
        give_up_at_s = time.monotonic() + within_s
        while not condition() and not self.app_ended.is_set():
            if time.monotonic() > give_up_at_s:
                self._wrong.append(f"after {what}: not alive within {within_s:.0f} s")
                return
            self._watch(LOOK_S)

    def _watch(self, for_s: float) -> None:
        until_s = time.monotonic() + for_s
        while time.monotonic() < until_s and not self.app_ended.wait(LOOK_S):
            self._referee.look()

    def _signal(self, kind: str, number: signal.Signals) -> None:
        """Send a signal to the browser's processes of a kind; "" is its first process."""
        browser = self._app.supervisor.browser
        if browser is None:
            return
        for process in processes.members(browser.session):
            # Chromium's processes set a title of their own, with spaces between the words
            words = Path(f"/proc/{process}/cmdline").read_bytes().decode().replace("\0", " ").split()
            of_kind = f"--type={kind}" in words if kind else process == browser.session
            if of_kind and "--top-chrome-webui" not in words:
                os.kill(process, number)

    def _leak(self) -> None:
        browser = self._app.supervisor.browser
        if browser is not None:
            browser.page._pipe.send("Runtime.evaluate", {"expression": LEAK}, browser.page._session)


def _own_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"RssAnon:\s+(\d+)", status)[0]) * 1024 / 1e6


def main() -> int:
    """Run the soak as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500, help="number of faults (default: 500)")
    parser.add_argument(
        "--hours", type=float, default=float("inf"), help="spread the faults over this time and end then"
    )
    parser.add_argument("--memory-mb", type=int, default=500, help="memory limit of the browser (default: 500)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not is_installed():
        print("SKIPPED: Xvfb is missing; install it with: sudo apt-get install xvfb", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(prefix="screen-soak-") as name, VirtualDisplay(Path(name), 800, 480) as display:
        server = make()
        server.start()
        folder = Path(name)
        (folder / "kiosk.yaml").write_text(
            SITE.format(port=server.port, memory_mb=options.memory_mb, sandbox=NO_SANDBOX)
        )
        (folder / "texts").symlink_to(ROOT / "config" / "texts")
        environ = {**os.environ, "DISPLAY": display.name, "XDG_RUNTIME_DIR": name}
        app = ScreenApp(folder / "kiosk.yaml", environ, folder, RealClock())
        soak = Soak(app, Referee(display, server), random.Random(options.seed))
        code = 1

        def play() -> None:
            nonlocal code
            try:
                code = soak.run(options.kills, options.hours * 3600)
            finally:
                app.stop()

        playing = threading.Thread(target=play, name="soak")
        playing.start()
        try:
            app.run()
        finally:
            soak.app_ended.set()
            playing.join()
    return code


if __name__ == "__main__":
    sys.exit(main())
