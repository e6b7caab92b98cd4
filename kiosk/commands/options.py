"""Functions that several subcommands use: add a subcommand, add the option `--config`, convert option values."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

INSTALLED = Path("/etc/kiosk/kiosk.yaml")
"""The settings file that script/install writes."""

FIRST_PORT, LAST_PORT = 1024, 65535
"""The range of `display.port`; lower ports need root."""

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

Action = Callable[[argparse.Namespace], int]
"""A function that executes a subcommand with its options and returns the exit code."""


def add(commands: "Commands", name: str, action: Action | None, text: str) -> argparse.ArgumentParser:
    """Add the subcommand `name` and return its parser.

    action: executes the subcommand; None if it only has further subcommands. text: the help text of the subcommand, in
    lower case and without a full stop.
    """
    sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    if action:
        sub.set_defaults(action=action)
    return sub


def settings_file(sub: argparse.ArgumentParser) -> None:
    """Add the option `--config`."""
    sub.add_argument("--config", type=Path, default=INSTALLED, help="settings file (default: %(default)s)")


def positive(text: str) -> int:
    """Return `text` as a whole number of 1 or more. Raises `argparse.ArgumentTypeError` if it is not such a number."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)


def port(text: str) -> int:
    """Return `text` as a port. Raises `argparse.ArgumentTypeError` if it is not in the range of `display.port`."""
    if not text.isascii() or not text.isdigit() or not FIRST_PORT <= int(text) <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port from {FIRST_PORT} to {LAST_PORT}")
    return int(text)
