"""Functions that several subcommands use: add a subcommand, add the option `--config`, convert option values."""

import argparse
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

INSTALLED = Path("/etc/kiosk/kiosk.yaml")
"""The settings file that script/install writes."""

FIRST_PORT, LAST_PORT = 1024, 65535
"""The range of `display.port`; lower ports need root."""

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors name the most similar command or option."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error, and exit with 2."""
        from kiosk.settings.yaml.mistakes import did_you_mean

        known: set[str] = set()
        if found := re.search(r"invalid choice: '([^']*)'", message):
            known = {str(choice) for action in self._actions for choice in action.choices or ()}
            message = message[: found.end()]
        elif found := re.search(r"unrecognized arguments: (-\S+)", message):
            known = set(self._options())
        hint = did_you_mean(found[1], known) or f"; '{self.prog} --help' lists what is known" if found else ""
        super().error(f"{message}{hint}")

    def _options(self) -> Iterator[str]:
        """Yield the options of this parser and of its subcommands."""
        for action in self._actions:
            yield from action.option_strings
            if isinstance(action, argparse._SubParsersAction):
                for sub in action.choices.values():
                    yield from sub._options()


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


def json_option(sub: argparse.ArgumentParser, text: str = "print JSON") -> None:
    """Add the option `--json`."""
    sub.add_argument("--json", action="store_true", help=text)


def print_json(found: object) -> None:
    """Print a list or an object as JSON (RFC 8259), readable by people too.

    Half of a surrogate pair, which a foreign file may contain, has no UTF-8; it is printed as the escape of JSON.
    """
    text = json.dumps(found, default=str, ensure_ascii=False, indent=1)
    print(text.encode("utf-8", "backslashreplace").decode())


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
