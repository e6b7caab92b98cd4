"""`kiosk demo`: visitors in real time with the page, or with `--fast` on a virtual clock, with a table at the end."""

import logging
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from kiosk.composition.live_view import LiveView, LogTail
from kiosk.composition.service import open_display, run_until_signal, showing
from kiosk.composition.starting.pinless_page import SIGNALS
from kiosk.composition.technician_app import KioskKnowledge, open_page, refresh_until
from kiosk.display.server import DisplayServer
from kiosk.errors import DeviceError, KioskError
from kiosk.health.watchdog import Watchdog
from kiosk.model import Step
from kiosk.runtime.clock import RealClock
from kiosk.settings.loader import check_file
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.demo import Demo, PersonaSource
from kiosk.simulator.people.personas import Persona, VisitorCodes, endless_personas
from kiosk.simulator.people.visitor import Ending
from kiosk.simulator.voice import machine_voice
from kiosk.technician.feed import EVERY_S

PANEL_S = 0.2
"""Seconds between two updates of the booth's state on the page."""

LONGEST_VISIT_S = 300.0
"""A fast run ends if the visits take longer than this on average, in virtual time."""

OWN_SETTINGS = Path(__file__).parent / "config" / "demo.yaml"
"""The settings for which the visitors are scripted. `config` is a link in a checkout, and a copy in an installation."""


def load_settings(config: Path) -> Settings:
    """Return the settings in `config`, with the examples of values that the site must still fill in.

    The key files that they name need not exist, because the demo has its own.

    Raises `KioskError` with all mistakes if the settings cannot be used.
    """
    report = check_file(config, config.parent / "texts", elsewhere=True, examples=True)
    if report.settings is None:
        raise KioskError(str(report))
    return report.settings


def run_fast(config: Path, visits: int, seed: int, out: TextIO) -> int:
    """Run `visits` visits on a virtual clock and print the table. Return 0 if each ended as scripted, else 1.

    Raises `KioskError` if the settings cannot be used.
    """
    endings: list[Ending] = []
    settings = load_settings(config)
    print_overrides(config, settings, out)
    with temporary_folder() as folder:
        demo = Demo(settings, folder, persona_source(settings, seed, visits), VirtualClock(), endings.append)
        try:
            demo.start()
            give_up_at_s = demo.clock.now_s() + LONGEST_VISIT_S * visits
            while len(endings) < visits and demo.clock.now_s() < give_up_at_s:
                demo.advance()
        finally:
            demo.close()
    return print_table(endings, visits, out)


def run_with_page(config: Path, visits: int | None, seed: int, port: int | None, out: TextIO) -> int:
    """Run the demo in real time with its page, until a signal comes or `visits` visits are over.

    Return 1 if `visits` is given and a visit did not end as scripted, else 0. Raises `KioskError` if the settings
    cannot be used, or if the port is taken.
    """
    settings = load_settings(config)
    if port is not None:
        settings = settings.model_copy(update={"display": settings.display.model_copy(update={"port": port})})
    endings: list[Ending] = []
    print_overrides(config, settings, out)
    display = open_display(settings, config.parent, simulated=True)
    with temporary_folder() as folder, serving_the_page(display):
        out.write(f"the page is on http://127.0.0.1:{display.port}/ - stop with Ctrl+C\n")
        out.flush()

        def on_ending(ending: Ending) -> None:
            endings.append(ending)
            out.write(table_row(ending) + "\n")
            out.flush()
            if visits is not None and len(endings) >= visits:
                demo.kiosk.stop()

        voice = machine_voice(settings, folder / "voice", config.parent / "texts")
        demo = Demo(settings, folder, persona_source(settings, seed, visits), RealClock(), on_ending, display, voice)

        def update_panel() -> None:
            display.machine(demo.world.machine())
            demo.clock.call_at(demo.clock.now_s() + PANEL_S, update_panel)

        def start() -> None:
            demo.start()
            update_panel()

        try:
            with technicians_page(demo, out):
                run_until_signal(demo.kiosk, display, Watchdog(os.environ), start)
        finally:
            demo.leave()
    return print_table(endings, visits, out) if visits is not None else 0


@contextmanager
def technicians_page(demo: Demo, out: TextIO) -> Iterator[None]:
    """Serve the technician's page of the demo's kiosk, in this process; another kiosk may have taken its port."""
    kiosk, folder = demo.kiosk, demo.folder
    knowledge = KioskKnowledge(kiosk.settings, folder)
    server = open_page(kiosk.settings.technician, folder, knowledge)
    log = LogTail()
    view = LiveView(kiosk, log)
    kiosk.observers.append(view.observe)
    stopping = threading.Event()
    reader = threading.Thread(target=refresh_until, args=(stopping, knowledge), daemon=True)
    try:
        server.start()
    except DeviceError as error:
        out.write(f"no technician's page: {error}\n")
        yield
        return
    out.write(f"the technician's page is on {server.address}\n")
    out.flush()

    def update() -> None:
        server.live(view.snapshot())
        kiosk.environment.clock.call_at(kiosk.environment.clock.now_s() + EVERY_S, update)

    logging.getLogger().addHandler(log)
    reader.start()
    update()
    try:
        yield
    finally:
        logging.getLogger().removeHandler(log)
        stopping.set()
        server.stop()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A temporary folder for keys and journal. It is removed at the end, also if one or more signals come.

    A signal raises `KeyboardInterrupt` in the block; during the removal, signals are ignored.
    """

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
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


@contextmanager
def serving_the_page(display: DisplayServer) -> Iterator[None]:
    """Serve the page while the block runs. Raises `KioskError` with the option `--port` if the port is taken."""
    try:
        with showing(display):
            yield
    except DeviceError as error:
        if error.fault != "display_silent":
            raise
        taken = f"no page on port {display.port} ({getattr(error.__cause__, 'strerror', None) or error})"
        raise KioskError(f"{taken}; choose another one by --port, such as --port {display.port + 1}") from None


def print_overrides(config: Path, settings: Settings, out: TextIO) -> None:
    """Print which parts are the demo's, if the settings are not the demo's own."""
    if config.resolve() != OWN_SETTINGS.resolve():
        out.write(
            f"'{settings.name}' in simulation: pins, steps, times, rules and texts are those of '{config}'; "
            "keys, journal and network services are the demo's, and the visitors are scripted for its own settings\n"
        )


def persona_source(settings: Settings, seed: int, visits: int | None) -> PersonaSource:
    """Return the source of the visitors of a run; without `visits` they never end."""

    def personas(codes: VisitorCodes) -> Iterator[Persona]:
        return islice(endless_personas(codes, seed, asked=Step.QUESTIONS in settings.sequence), visits)

    return personas


def print_table(endings: list[Ending], visits: int, out: TextIO) -> int:
    """Print the table and the count. Return 0 if all `visits` ended as scripted, else 1."""
    out.write(f"{'visit':>5}  {'who':28}  {'what happened':20}  {'why':23}  door\n")
    out.writelines(table_row(ending) + "\n" for ending in endings)
    wrong = visits - sum(ending.as_scripted for ending in endings)
    out.write(f"{len(endings)} visits, {wrong} not as scripted\n")
    return 1 if wrong else 0


def table_row(ending: Ending) -> str:
    """Return the row of one visit."""
    outcome = ending.outcome.value if ending.outcome else "lost"
    reason = ending.reason.value if ending.reason else "-"
    door = "entered" if ending.entered else "stayed out"
    row = f"{ending.visit:5}  {ending.persona.name:28}  {outcome:20}  {reason:23}  {door}"
    if ending.as_scripted:
        return row
    script = ending.persona
    return f"{row}  NOT AS SCRIPTED: {script.outcome.value}{f' for {script.reason.value}' if script.reason else ''}"
