"""`kiosk demo`: the demo with its page in real time, or as fast as it goes with a table at the end."""

import os
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from kiosk.clock import RealClock
from kiosk.errors import KioskError
from kiosk.health.watchdog import Watchdog
from kiosk.service import live, open_display, showing
from kiosk.settings.loader import check_file
from kiosk.settings.schema import Settings
from kiosk.simulator.cast import Person, Props, stream
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.demo import Demo, People
from kiosk.simulator.visitor import Ending

PANEL_S = 0.2
"""How often the page is told what the machine does."""

LONGEST_VISIT_S = 300.0


def demo_settings(config: Path) -> Settings:
    """The settings of the demo; the keys they name are made at each start, so they need not be there yet."""
    report = check_file(config, config.parent / "texts", elsewhere=True)
    if report.settings is None:
        raise KioskError(str(report))
    return report.settings


def run_fast(config: Path, visits: int, seed: int, out: TextIO) -> int:
    """Send `visits` people through on a virtual clock; 0 when each visit ended as its script expects, else 1."""
    endings: list[Ending] = []
    with tempfile.TemporaryDirectory(prefix="kiosk-demo-") as folder:
        demo = Demo(demo_settings(config), Path(folder), people(seed, visits), VirtualClock(), endings.append)
        try:
            demo.start()
            give_up_at_s = demo.clock.now_s() + LONGEST_VISIT_S * visits
            while len(endings) < visits and demo.clock.now_s() < give_up_at_s:
                demo.advance()
        finally:
            demo.close()
    return tell(endings, visits, out)


def run_with_page(config: Path, visits: int | None, seed: int, port: int | None, out: TextIO) -> int:
    """Send people through in real time until stopped, or until `visits` have been there."""
    settings = demo_settings(config)
    if port is not None:
        settings = settings.model_copy(update={"display": settings.display.model_copy(update={"port": port})})
    endings: list[Ending] = []
    display = open_display(settings, config.parent, simulated=True)
    with tempfile.TemporaryDirectory(prefix="kiosk-demo-") as folder, showing(display):
        out.write(f"the page is on http://127.0.0.1:{display.port}/ - stop with Ctrl+C\n")
        out.flush()

        def on_ending(ending: Ending) -> None:
            endings.append(ending)
            out.write(line(ending) + "\n")
            out.flush()
            if visits is not None and len(endings) >= visits:
                demo.kiosk.stop()

        demo = Demo(settings, Path(folder), people(seed, visits), RealClock(), on_ending, display)

        def show_machine() -> None:
            display.machine(demo.world.machine())
            demo.clock.call_at(demo.clock.now_s() + PANEL_S, show_machine)

        def start() -> None:
            demo.start()
            show_machine()

        try:
            live(demo.kiosk, display, Watchdog(os.environ), start)
        finally:
            demo.leave()
    return tell(endings, visits, out) if visits is not None else 0


def people(seed: int, visits: int | None) -> People:
    """The people of this run."""

    def come(props: Props) -> Iterator[Person]:
        return islice(stream(props, seed), visits)

    return come


def tell(endings: list[Ending], visits: int, out: TextIO) -> int:
    """Print the table and the count; 0 when all is as scripted."""
    out.write(f"{'visit':>5}  {'who':26}  {'what happened':20}  {'why':23}  door\n")
    out.writelines(line(ending) + "\n" for ending in endings)
    wrong = visits - sum(ending.as_scripted for ending in endings)
    out.write(f"{len(endings)} visits, {wrong} not as scripted\n")
    return 1 if wrong else 0


def line(ending: Ending) -> str:
    """One visit in one line."""
    outcome = ending.outcome.value if ending.outcome else "lost"
    reason = ending.reason.value if ending.reason else "-"
    door = "entered" if ending.entered else "stayed out"
    wrong = "" if ending.as_scripted else f"  NOT AS SCRIPTED: {expected(ending.person)}"
    return f"{ending.visit:5}  {ending.person.who:26}  {outcome:20}  {reason:23}  {door}{wrong}"


def expected(person: Person) -> str:
    """How the script wants the visit to end."""
    return f"{person.outcome.value}{f' for {person.reason.value}' if person.reason else ''}"
