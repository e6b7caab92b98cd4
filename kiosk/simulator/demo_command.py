"""`kiosk demo`: the demo with its page in real time, or as fast as it goes with a table at the end."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from kiosk.composition.service import SIGNALS, open_display, run_until_signal, showing
from kiosk.display.server import DisplayServer
from kiosk.errors import DeviceError, KioskError
from kiosk.health.watchdog import Watchdog
from kiosk.runtime.clock import RealClock
from kiosk.settings.loader import check_file
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.demo import Demo, People
from kiosk.simulator.personas import Persona, VisitorCodes, stream
from kiosk.simulator.visitor import Ending

PANEL_S = 0.2
"""How often the page is told what the machine does."""

LONGEST_VISIT_S = 300.0

OWN_SETTINGS = Path(__file__).parent / "config" / "demo.yaml"
"""The settings that the people are scripted for; a link to the checkout's config, and a copy of it where installed."""


def load_settings(config: Path) -> Settings:
    """The settings of the demo; the keys they name are made at each start, so they need not be there yet."""
    report = check_file(config, config.parent / "texts", elsewhere=True)
    if report.settings is None:
        raise KioskError(str(report))
    return report.settings


def run_fast(config: Path, visits: int, seed: int, out: TextIO) -> int:
    """Send `visits` people through on a virtual clock; 0 when each visit ended as its script expects, else 1."""
    endings: list[Ending] = []
    settings = load_settings(config)
    remark(config, settings, out)
    with folder_of_its_own() as folder:
        demo = Demo(settings, folder, people(seed, visits), VirtualClock(), endings.append)
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
    settings = load_settings(config)
    if port is not None:
        settings = settings.model_copy(update={"display": settings.display.model_copy(update={"port": port})})
    endings: list[Ending] = []
    remark(config, settings, out)
    display = open_display(settings, config.parent, simulated=True)
    with folder_of_its_own() as folder, showing_on_its_port(display):
        out.write(f"the page is on http://127.0.0.1:{display.port}/ - stop with Ctrl+C\n")
        out.flush()

        def on_ending(ending: Ending) -> None:
            endings.append(ending)
            out.write(line(ending) + "\n")
            out.flush()
            if visits is not None and len(endings) >= visits:
                demo.kiosk.stop()

        demo = Demo(settings, folder, people(seed, visits), RealClock(), on_ending, display)

        def show_machine() -> None:
            display.machine(demo.world.machine())
            demo.clock.call_at(demo.clock.now_s() + PANEL_S, show_machine)

        def start() -> None:
            demo.start()
            show_machine()

        try:
            run_until_signal(demo.kiosk, display, Watchdog(os.environ), start)
        finally:
            demo.leave()
    return tell(endings, visits, out) if visits is not None else 0


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """A folder for keys and journal, which is gone in the end, also when a signal comes, or comes twice."""
    before = {number: signal.signal(number, _interrupt) for number in SIGNALS}
    try:
        with tempfile.TemporaryDirectory(prefix="kiosk-demo-") as folder:
            try:
                yield Path(folder)
            finally:
                for number in SIGNALS:
                    signal.signal(number, signal.SIG_IGN)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def showing_on_its_port(display: DisplayServer) -> Iterator[None]:
    """The page while the block runs; raises KioskError in the words of who started a demo."""
    try:
        with showing(display):
            yield
    except DeviceError as error:
        if error.fault != "display_silent":
            raise
        taken = f"no page on port {display.port} ({getattr(error.__cause__, 'strerror', None) or error})"
        raise KioskError(f"{taken}; choose another one by --port, such as --port {display.port + 1}") from None


def remark(config: Path, settings: Settings, out: TextIO) -> None:
    """Say what is not the site's own, when it is another file than the demo's."""
    if config.resolve() != OWN_SETTINGS.resolve():
        out.write(
            f"'{settings.name}' in simulation: pins, steps, times, rules and words are of '{config}'; keys, journal "
            "and status service are the demo's, and the people are scripted for the demo's own settings\n"
        )


def people(seed: int, visits: int | None) -> People:
    """The people of this run."""

    def come(props: VisitorCodes) -> Iterator[Persona]:
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


def expected(person: Persona) -> str:
    """How the script wants the visit to end."""
    return f"{person.outcome.value}{f' for {person.reason.value}' if person.reason else ''}"
