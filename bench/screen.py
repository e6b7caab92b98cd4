"""The benchmark of the screen: `python -m bench.screen` prints the figures of page and browser on a virtual display.

The browser is the real Chromium in `kiosk screen`, on Xvfb: it paints by the processor, so a computer with a graphics
driver uses less. Times from a new screen to its pixels are read from the display, not from the browser.
"""

import argparse
import os
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Row, as_json, table
from bench.machine import described, facts, load
from kiosk.composition.screen_app import ScreenApp
from kiosk.display import page
from kiosk.display.server import DisplayServer
from kiosk.runtime.clock import RealClock
from kiosk.screen import processes
from kiosk.settings.schema.policy import DisplaySettings
from tests.display.scenes import REFERRALS, texts
from tests.display.served import make, show
from tests.screen.framebuffer import VirtualDisplay, is_installed
from tests.screen.soak import NO_SANDBOX, ROOT, SCENES, SITE, paper_colours

CHANGES, PERIODS, PERIOD_S, SETTLE_S = 40, 3, 10.0, 2.0
AIMS = {"browser: idle screen": "≤ 0.5 %", "browser: screen with a countdown": "≤ 35 %"}
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def rows(folder: Path) -> list[Row]:
    """Return the figures of the page and its browser. Takes about a minute and a half."""
    found = [Row("page, its scripts and styles: size", [page_kb()], "KB", "≤ 36 KB")]
    with VirtualDisplay(folder, 800, 480) as display:
        server = make()
        server.start()
        show(server, "idle")
        (folder / "kiosk.yaml").write_text(SITE.format(port=server.port, memory_mb=1000, sandbox=NO_SANDBOX))
        (folder / "texts").symlink_to(ROOT / "config" / "texts")
        environ = {**os.environ, "DISPLAY": display.name}
        app = ScreenApp(folder / "kiosk.yaml", environ, folder, RealClock())
        began_s = time.monotonic()

        def measure() -> None:
            try:
                wait_for(display, "idle")
                found.append(Row("browser: start → page in pixels", [time.monotonic() - began_s], "s"))
                found.append(Row("new screen → first pixels", change_times_ms(display, server), "ms", tail=0.95))
                for scene, name in (("idle", "idle screen"), ("pausing", "screen with a countdown")):
                    show(server, scene)
                    time.sleep(SETTLE_S)
                    found.extend(shares(app, name))
                browser = app.supervisor.browser
                found.append(Row("browser: memory of its own", [browser.memory_mb if browser else 0.0], "MB"))
            finally:
                app.stop()

        measuring = threading.Thread(target=measure)
        measuring.start()
        app.run()
        measuring.join()
        server.stop()
    return found


def page_kb() -> float:
    """Return the size of everything that the browser loads for a visitor, in KB (1000 bytes)."""
    site = page.PageSite(texts(), REFERRALS, DisplaySettings(), "Disdukcapil Kota Bekasi", simulated=False)
    shown = {name: data for name, data in page.static_files().items() if not name.startswith("machine.")}
    return (len(page.index_html(site).encode()) + sum(map(len, shown.values()))) / 1000


def wait_for(display: VirtualDisplay, scene: str) -> None:
    """Wait until a quarter of the display has the paper of `scene`."""
    paper = paper_colours()[SCENES[scene]]
    while True:
        points = display.points(16, 10)
        if 4 * sum(max(abs(a - b) for a, b in zip(point, paper, strict=True)) < 5 for point in points) > len(points):
            return
        time.sleep(0.0005)


def change_times_ms(display: VirtualDisplay, server: DisplayServer) -> list[float]:
    """Return the times from a new screen to its first pixels. The page then changes its paper in 0.35 s."""
    times_ms = []
    for number in range(CHANGES):
        scene = list(SCENES)[(number + 1) % 2]
        time.sleep(0.3)
        before, began_s = display.points(16, 10), time.monotonic()
        show(server, scene)
        while 4 * sum(old != new for old, new in zip(before, display.points(16, 10), strict=True)) < len(before):
            time.sleep(0.0005)
        times_ms.append(1000 * (time.monotonic() - began_s))
        wait_for(display, scene)
    return times_ms


def shares(app: ScreenApp, when: str) -> list[Row]:
    """Return the processor time of browser, page server and supervisor, in percent of a core."""
    browser = app.supervisor.browser
    assert browser is not None
    own = {thread.name: thread.native_id for thread in threading.enumerate()}
    groups = {
        "browser": [Path(f"/proc/{process}/stat") for process in processes.members(browser.session)],
        "page server": [Path(f"/proc/self/task/{own['display']}/stat")],
        "supervisor": [Path(f"/proc/self/task/{own[name]}/stat") for name in ("MainThread", "controller")],
    }
    samples: dict[str, list[float]] = {name: [] for name in groups}
    for _ in range(PERIODS):
        before = {name: sum(map(ticks, files)) for name, files in groups.items()}
        time.sleep(PERIOD_S)
        for name, files in groups.items():
            samples[name].append(100 * (sum(map(ticks, files)) - before[name]) / TICKS_PER_S / PERIOD_S)
    return [
        Row(f"{name}: {when}", values, "% of a core", AIMS.get(f"{name}: {when}", ""))
        for name, values in samples.items()
    ]


def ticks(stat: Path) -> int:
    """Return the processor time of a process or thread (proc(5), stat, fields 14 and 15)."""
    fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def main() -> None:
    """Measure and print the table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.screen", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print JSON, with every sample")
    to_programs = parser.parse_args().json
    if not is_installed():
        sys.exit("bench: Xvfb is missing; install it with: sudo apt-get install xvfb")
    with TemporaryDirectory(prefix="bench-") as folder:
        machine = facts(Path(folder))
        found = rows(Path(folder))
    machine["load when it ended"] = load()
    print(as_json(found, machine) if to_programs else f"{described(machine)}\n\n{table(found)}")


if __name__ == "__main__":
    main()
