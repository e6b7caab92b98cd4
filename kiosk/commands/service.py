"""`kiosk run`, `demo`, `safe`, `doctor`: the machine itself."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, port, positive, settings_file
from kiosk.credentials.judging.table import needs_keys
from kiosk.errors import KioskError, SettingsError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.hardware.safe_state import Output
    from kiosk.settings.schema.health import TrustSettings
    from kiosk.settings.schema.settings import Settings


def add_commands(commands: "Commands") -> None:
    """Add this group's words."""
    settings_file(add(commands, "run", run, "run the kiosk of a settings file, as systemd does"))
    sub = add(commands, "demo", demo, "run the kiosk in simulation, with people who walk through")
    sub.add_argument("--config", type=Path, help="show another site's settings (default: the demo's own)")
    sub.add_argument("--visits", type=positive, help="end after this many visitors (default: never; 50 with --fast)")
    sub.add_argument("--fast", action="store_true", help="on a virtual clock, without a page, with a table at the end")
    sub.add_argument("--seed", type=int, default=1, help="another number sends other people (default: 1)")
    sub.add_argument("--port", type=port, help="port of the page, on loopback (default: as the settings say)")
    settings_file(add(commands, "safe", safe, "drive every output to its safe state, as systemd does after the kiosk"))
    settings_file(add(commands, "doctor", doctor, "look at everything that can be wrong with a booth"))


def run(options: argparse.Namespace) -> int:
    """Run the service."""
    from kiosk.composition.service import serve
    from kiosk.health.log import make_non_blocking

    make_non_blocking(logging.getLogger())
    serve(options.config, os.environ)
    return 0


def demo(options: argparse.Namespace) -> int:
    """Run the demo."""
    from kiosk.simulator import show

    config = options.config or show.OWN_SETTINGS
    if options.fast:
        if not options.verbose:
            logging.getLogger().setLevel(logging.ERROR)
        return show.run_fast(config, options.visits or 50, options.seed, sys.stdout)
    return show.run_with_page(config, options.visits, options.seed, options.port, sys.stdout)


def safe(options: argparse.Namespace) -> int:
    """Drive every output to its safe state."""
    from kiosk.hardware.board import open_board
    from kiosk.hardware.safe_state import drive_safe

    wanted = outputs_to_rest(options.config, os.environ)
    board = open_board()
    try:
        lines = drive_safe(board, wanted)
    finally:
        board.close()
    for line in lines:
        print(line)
    return 1 if any(line.trouble for line in lines) else 0


def outputs_to_rest(config: Path, environ: Mapping[str, str]) -> "list[Output]":
    """What the run that ended had noted, whatever became of the file since; else what the settings name."""
    from kiosk.hardware.safe_state import note_path, outputs, read_note

    note = note_path(environ)
    try:
        noted = read_note(note) if note else []
    except KioskError as error:
        print(f"kiosk: {error}; the settings tell the outputs instead", file=sys.stderr)
        noted = []
    if noted:
        print(f"the outputs of the run that ended, from '{note}':")
        return noted
    from kiosk.settings.loader import load  # a pump that runs on does not wait for what was not needed

    try:
        return list(outputs(load(config, elsewhere=True)))
    except SettingsError as error:
        raise SettingsError(
            f"{error}\nno pin is driven: no run noted its outputs, and the settings are wrong"
        ) from None


def doctor(options: argparse.Namespace) -> int:
    """Examine this machine; 1 when the kiosk cannot work like this."""
    from kiosk.health.clock import WallClock
    from kiosk.health.doctor import examine
    from kiosk.health.findings import Condition, HostMachine, worst
    from kiosk.settings.loader import load

    settings = load(options.config, options.config.parent / "texts", elsewhere=True)
    journal = options.config.parent / settings.journal.path
    floor = journal.with_name("time-floor")
    bus = settings.thermometer.bus if settings.thermometer else None
    findings = examine(
        HostMachine(), journal, floor, WallClock(floor).now, bus, probes(settings, journal, options.config.parent)
    )
    for finding in findings:
        print(f"{finding.state.value:5} {finding.name:12} {finding.found}")
        if finding.remedy:
            print(f"{'':18} -> {finding.remedy}")
    return 1 if worst(findings) is Condition.FAIL else 0


def probes(settings: "Settings", journal: Path, settings_folder: Path) -> dict[str, Callable[[], str]]:
    """How each configured device is asked."""
    found: dict[str, Callable[[], str]] = {"journal": lambda: ask_journal(journal)}
    if settings.thermometer:
        found["thermometer"] = lambda: ask_thermometer(settings)
    if needs_keys(settings.credentials):
        found["trust"] = lambda: ask_trust(settings.credentials.trust, settings_folder)
    return found


def ask_trust(wanted: "TrustSettings", settings_folder: Path) -> str:
    """Whether the key lists can be relied on."""
    from kiosk.office.trust_import import verify_lists
    from kiosk.settings.schema.health import TooOld

    refers = wanted.too_old is TooOld.REFER
    report, code = verify_lists(settings_folder / wanted.folder, datetime.now(UTC), wanted.max_age_days, refers)
    if code:
        raise KioskError(f"{report}; see 'kiosk trust list' and 'kiosk trust import'")
    return report


def ask_journal(path: Path) -> str:
    """How the journal stands."""
    from kiosk.journal.reading import JournalReader

    with JournalReader(path) as reading:
        return reading.check()


def ask_thermometer(settings: "Settings") -> str:
    """What the thermometer measures now."""
    from kiosk.hardware.buses import open_i2c
    from kiosk.hardware.thermometers.mlx90614 import Mlx90614

    assert settings.thermometer
    sensor = Mlx90614(open_i2c(settings.thermometer.bus), settings.thermometer)
    try:
        sample = sensor.sample()
    finally:
        sensor.close()
    return f"object {sample.object_c:.1f} C, ambient {sample.ambient_c:.1f} C"
