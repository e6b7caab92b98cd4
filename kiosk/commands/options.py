"""What the subcommands share: how one is added, and the options that several have."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

INSTALLED = Path("/etc/kiosk/kiosk.yaml")
"""Where script/install puts the settings."""

FIRST_PORT, LAST_PORT = 1024, 65535
"""As `display.port`: the ones below are for root."""

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

Action = Callable[[argparse.Namespace], int]
"""Does a subcommand; returns the exit code."""


def add(commands: "Commands", name: str, action: Action | None, text: str) -> argparse.ArgumentParser:
    """Add a subcommand; `action` is None for one that only has further subcommands."""
    sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    if action:
        sub.set_defaults(action=action)
    return sub


def settings_file(sub: argparse.ArgumentParser) -> None:
    """The option that names the settings file."""
    sub.add_argument("--config", type=Path, default=INSTALLED, help="settings (default: %(default)s)")


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")
    return int(text)


def port(text: str) -> int:
    """A port that the page may have, as `display.port` in the settings."""
    if not text.isascii() or not text.isdigit() or not FIRST_PORT <= int(text) <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port from {FIRST_PORT} to {LAST_PORT}")
    return int(text)
