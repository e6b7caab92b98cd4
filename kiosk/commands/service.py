"""`kiosk run`, `screen`, `demo`, `safe`, `clock`: run the kiosk, its screen or a simulation."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, json_option, port, positive, print_json, settings_file
from kiosk.errors import KioskError, SettingsError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.hardware.safe_state import Output


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
    sub = add(commands, "safe", safe, "drive every output to its safe level, as systemd does after the kiosk")
    json_option(sub)
    settings_file(sub)
    sub = add(commands, "clock", clock, "confirm the time of day of this machine after fault clock_jumped")
    sub.add_argument("what", choices=("confirm",))
    settings_file(sub)


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
    if options.json:
        print_json([asdict(line) for line in lines])
    else:
        print(*lines, sep="\n")
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
        print(f"kiosk: the outputs are those of the run that ended, from '{note}'", file=sys.stderr)
        return noted
    from kiosk.settings.loader import load  # only here, so that a running pump does not wait for this import

    try:
        return list(outputs(load(config, elsewhere=True)))
    except SettingsError as error:
        raise SettingsError(
            f"{error}\nno pin is driven: no run noted its outputs, and the settings file cannot be used"
        ) from None
