"""What all subcommands' parsers share."""

import argparse
from collections.abc import Callable
from pathlib import Path

INSTALLED = Path("/etc/kiosk")

Command = Callable[[argparse.Namespace], int]


def command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, action: Command | None, text: str
) -> argparse.ArgumentParser:
    """A subcommand."""
    sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    if action:
        sub.set_defaults(command=action)
    return sub


def settings_option(sub: argparse.ArgumentParser) -> None:
    """The option that names the settings file."""
    sub.add_argument("--config", type=Path, default=INSTALLED / "kiosk.yaml", help="settings (default: %(default)s)")


def positive(text: str) -> int:
    """A whole number from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")
    return number
