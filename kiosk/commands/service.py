"""`kiosk run`, `screen`, `demo`, `safe`, `doctor`: run the kiosk, its screen or a simulation, examine the machine."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.credentials import check_lists
from kiosk.commands.options import add, port, positive, settings_file
from kiosk.commands.voice import probe_clips, probe_speaker
from kiosk.credentials.judging.table import needs_keys
from kiosk.errors import KioskError, SettingsError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.hardware.safe_state import Output
    from kiosk.settings.schema.settings import Settings
    from kiosk.settings.schema.thermometer import ThermometerSettings

PROBE_IMAGER_S = 20.0
"""Time for the imager's process to start from a cold card, and for its first picture."""


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    settings_file(add(commands, "run", run, "run the kiosk of a settings file, as systemd does"))
    sub = add(commands, "demo", demo, "run the kiosk in simulation, with simulated visitors")
    sub.add_argument("--config", type=Path, help="settings file to show (default: the demo's own)")
    sub.add_argument("--visits", type=positive, help="end after this many visitors (default: never; 50 with --fast)")
    sub.add_argument("--fast", action="store_true", help="use a virtual clock and no page; print a table at the end")
    sub.add_argument("--seed", type=int, default=1, help="choose another series of visitors (default: 1)")
    sub.add_argument("--port", type=port, help="port of the page on this machine (default: as in the settings)")
    settings_file(
        add(commands, "screen", screen, "show the page in a browser on this machine's screen, and keep it there")
    )
    sub = add(commands, "technician", technician, "serve the technician's page, or write its password file")
    sub.add_argument("what", nargs="?", choices=("serve", "password"), default="serve")
    sub.add_argument("--file", type=Path, help="the password file to write")
    settings_file(sub)
    settings_file(add(commands, "safe", safe, "drive every output to its safe level, as systemd does after the kiosk"))
    sub = add(commands, "clock", clock, "confirm the time of day of this machine after fault clock_jumped")
    sub.add_argument("what", choices=("confirm",))
    settings_file(sub)
    settings_file(
        add(commands, "doctor", doctor, "examine this machine and its devices, and print causes and remedies")
    )


def run(options: argparse.Namespace) -> int:
    """Run the kiosk as a service. Raises `KioskError` if it cannot start or cannot continue."""
    from kiosk.composition.service import serve
    from kiosk.health.log import make_non_blocking

    make_non_blocking(logging.getLogger())
    serve(options.config, os.environ)
    return 0


def screen(options: argparse.Namespace) -> int:
    """Keep a browser with the page on the screen. Raises `KioskError` if it cannot start or the screen stays dark."""
    from kiosk.composition.screen_app import show_screen

    show_screen(options.config, os.environ)
    return 0


def technician(options: argparse.Namespace) -> int:
    """Serve the technician's page, or write its password file.

    Raises `KioskError` if the page cannot be served, or if the password is too short or cannot be written.
    """
    if options.what == "serve":
        from kiosk.composition.technician_app import serve_technician

        serve_technician(options.config, os.environ)
        return 0
    from getpass import getpass

    from kiosk.support.files import replace_file
    from kiosk.support.web.login import SHORTEST_PASSWORD, hash_of

    if options.file is None:
        raise KioskError("name the file to write with --file, such as /etc/kiosk/technician/password")
    prompt = f"new password, at least {SHORTEST_PASSWORD} characters: "
    password = getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    line = hash_of(password)
    try:
        replace_file(options.file, f"{line}\n".encode(), mode=0o640)
    except OSError as error:
        raise KioskError(f"'{options.file}' cannot be written: {error.strerror}; use sudo") from None
    print(f"written to {options.file}; name it in 'technician.lan.password', and let the group 'kiosk' read it")
    return 0


def clock(options: argparse.Namespace) -> int:
    """Tell the running kiosk that this machine's time is right. Raises `KioskError` if that cannot be written."""
    from kiosk.health.clock import confirm
    from kiosk.settings.loader import load

    journal = options.config.parent / load(options.config, elsewhere=True).journal.path
    floor = journal.with_name("time-floor")
    try:
        utc = confirm(floor)
    except OSError as error:
        raise KioskError(f"'{floor.parent}' cannot be written: {error.strerror}; run it with sudo") from error
    print(f"confirmed: it is {utc:%Y-%m-%d %H:%M:%S} UTC; the running kiosk takes it over within seconds")
    return 0


def demo(options: argparse.Namespace) -> int:
    """Run the demo; with `--fast`, return 1 if a visit did not end as expected.

    Raises `KioskError` if the settings cannot be used.
    """
    from kiosk.simulator import demo_command

    config = options.config or demo_command.OWN_SETTINGS
    if options.fast:
        if not options.verbose:
            logging.getLogger().setLevel(logging.ERROR)
        return demo_command.run_fast(config, options.visits or 50, options.seed, sys.stdout)
    return demo_command.run_with_page(config, options.visits, options.seed, options.port, sys.stdout)


def safe(options: argparse.Namespace) -> int:
    """Drive every output to its safe level; return 1 if a pin could not be driven.

    Raises `KioskError` if neither a note nor the settings name the outputs, or if the machine has no GPIO pins.
    """
    from kiosk.hardware.board import open_board
    from kiosk.hardware.safe_state import drive_safe

    outputs = find_outputs(options.config, os.environ)
    board = open_board()
    try:
        lines = drive_safe(board, outputs)
    finally:
        board.close()
    for line in lines:
        print(line)
    return 1 if any(line.trouble for line in lines) else 0


def find_outputs(config: Path, environ: Mapping[str, str]) -> "list[Output]":
    """Return the outputs in the note of the run that ended; without such a note, the outputs in the settings.

    The note is preferred because the settings file may have changed since. Raises `SettingsError` if there is no note
    and the settings file cannot be used.
    """
    from kiosk.hardware.safe_state import note_path, outputs, read_note

    note = note_path(environ)
    try:
        noted = read_note(note) if note else []
    except KioskError as error:
        print(f"kiosk: {error}; the outputs of the settings are used instead", file=sys.stderr)
        noted = []
    if noted:
        print(f"the outputs of the run that ended, from '{note}':")
        return noted
    from kiosk.settings.loader import load  # only here, so that a running pump does not wait for this import

    try:
        return list(outputs(load(config, elsewhere=True)))
    except SettingsError as error:
        raise SettingsError(
            f"{error}\nno pin is driven: no run noted its outputs, and the settings file cannot be used"
        ) from None


def doctor(options: argparse.Namespace) -> int:
    """Examine this machine and print the findings; return 1 if a finding says that the kiosk cannot work.

    Raises `KioskError` if the settings cannot be used.
    """
    from kiosk.health.clock import WallClock
    from kiosk.health.doctor import examine
    from kiosk.health.findings import Condition, HostMachine, worst
    from kiosk.settings.loader import load

    settings = load(options.config, options.config.parent / "texts", elsewhere=True)
    journal = options.config.parent / settings.journal.path
    floor = journal.with_name("time-floor")
    bus = settings.thermometer.bus if settings.thermometer else None
    probes = make_probes(settings, journal, options.config.parent)
    speaker = settings.speaker.device if settings.speaker else None
    findings = examine(
        HostMachine(), journal, floor, WallClock(floor).now, bus, probes, speaker, settings.display.screen
    )
    for finding in findings:
        print(f"{finding.state.value:5} {finding.name:12} {finding.found}")
        if finding.remedy:
            print(f"{'':18} -> {finding.remedy}")
    return 1 if worst(findings) is Condition.FAIL else 0


def make_probes(settings: "Settings", journal: Path, settings_folder: Path) -> dict[str, Callable[[], str]]:
    """Return a probe for the journal, the key lists, and the thermometer, loudspeaker and check-in server, if any.

    Each probe returns a description of what it found, or raises `KioskError`."""
    probes: dict[str, Callable[[], str]] = {"journal": lambda: probe_journal(journal)}
    if settings.thermometer:
        probes["thermometer"] = lambda: probe_thermometer(settings)
    if settings.speaker:
        probes["speaker"] = lambda: probe_speaker(settings)
        probes["clips"] = lambda: probe_clips(settings, settings_folder)
    if settings.credentials.check_in:
        probes["check_in"] = lambda: probe_check_in(settings, settings_folder)
    if needs_keys(settings.credentials):
        probes["trust"] = lambda: probe_trust(settings, settings_folder)
    return probes


def probe_trust(settings: "Settings", settings_folder: Path) -> str:
    """Return the report about the key lists. Raises `KioskError` if it has a problem or a list cannot be used."""
    report, code = check_lists(settings.credentials.trust, settings_folder)
    if code:
        raise KioskError(f"{report}; see 'kiosk trust list' and 'kiosk trust import'")
    return report


def probe_check_in(settings: "Settings", settings_folder: Path) -> str:
    """Return the answer of the venue's check-in server. Raises `KioskError` if it gives no usable one."""
    from kiosk.credentials.check_in.probe import probe_venue

    assert settings.credentials.check_in
    return probe_venue(settings.credentials.check_in, settings.name, settings_folder)


def probe_journal(path: Path) -> str:
    """Return the number of rows and the file size as text. Raises `JournalError` if the journal cannot be read."""
    from kiosk.journal.reading import JournalReader

    with JournalReader(path) as reading:
        return reading.check()


def probe_thermometer(settings: "Settings") -> str:
    """Return one sample of the thermometer as text. Raises `DeviceError` if it does not answer."""
    from kiosk.hardware.buses import open_i2c
    from kiosk.hardware.thermometers.mlx90614 import Mlx90614
    from kiosk.settings.schema.thermometer import ThermometerKind

    assert settings.thermometer
    if settings.thermometer.kind is ThermometerKind.MLX90640:
        return probe_imager(settings.thermometer)
    sensor = Mlx90614(open_i2c(settings.thermometer.bus), settings.thermometer)
    try:
        sample = sensor.sample()
    finally:
        sensor.close()
    return f"object {sample.object_c:.1f} C, ambient {sample.ambient_c:.1f} C"


def probe_imager(settings: "ThermometerSettings") -> str:
    """Return what the imager sees as text. Raises `DeviceError` if it does not answer, or NumPy is missing."""
    import time

    from kiosk.composition.thermometers import open_imager
    from kiosk.errors import DeviceError
    from kiosk.runtime.clock import RealClock

    clock = RealClock()
    sensor, until_s = open_imager(settings, clock), clock.now_s() + PROBE_IMAGER_S
    try:
        while clock.now_s() < until_s:
            if sample := sensor.sample():
                return f"hottest of a face, or the room: {sample.object_c:.1f} C, ambient {sample.ambient_c:.1f} C"
            time.sleep(0.1)
    finally:
        sensor.close()
    raise DeviceError("thermometer", f"the imager sent no picture within {PROBE_IMAGER_S:.0f} s", "thermometer_silent")
