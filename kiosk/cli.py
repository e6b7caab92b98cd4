"""One command, `kiosk`, with subcommands; what each does is told by `kiosk --help`.

Rule 1: the command line is read and exit codes are given here; the subcommands stand in `commands/`.
Rule 2: what a subcommand needs is imported when it is called, so that each starts fast.
Exit codes: 0 well, 1 not well, 2 the command line was not understood, 3 the kiosk or its file is at fault.
"""

import argparse
import logging
import sys
from collections.abc import Sequence

from kiosk import __version__
from kiosk.commands import credentials, journal, passes, scan, service, settings
from kiosk.errors import FAULTS, KioskError

GROUPS = (service, settings, journal, credentials, passes, scan)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one subcommand and exit with its code."""
    options = parser().parse_args(arguments)
    level = logging.DEBUG if options.verbose else logging.INFO
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    try:
        code = options.action(options)
    except KioskError as error:
        tell(error)
        code = 3
    except (BrokenPipeError, KeyboardInterrupt):
        sys.stderr.close()
        code = 130
    sys.exit(code)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="kiosk", description="An open entrance kiosk.")
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument("-v", "--verbose", action="store_true", help="tell more in the log")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add_commands(commands)
    return top


def tell(error: KioskError) -> None:
    """Say what went wrong, and what to do about it where that is known."""
    print(f"kiosk: {error}", file=sys.stderr)
    if fault := FAULTS.get(error.fault):
        print(f"kiosk: cause: {fault.cause}\nkiosk: remedy: {fault.remedy}", file=sys.stderr)
