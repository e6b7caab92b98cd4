"""The command `kiosk` with its subcommands; `kiosk --help` describes them.

Rule 1: this module parses the command line and returns the exit code; `commands/` holds the subcommands.
Rule 2: a subcommand imports what it needs when it is called, so that each starts fast.

Exit codes: 0 success; 1 the result is negative; 2 wrong usage of the command line; 3 a `KioskError`, a missing package
or an output that cannot be written; 4 not a credential (`kiosk verify`); 130 stopped by Ctrl+C; 141 the reader of the
output ended (128 plus the number of the signal, as shells report it).
"""

import argparse
import logging
import sys
from collections.abc import Sequence

from kiosk import __version__
from kiosk.commands import (
    bundles,
    calibrate,
    credentials,
    doctor,
    fleet,
    init,
    journal,
    parts,
    passes,
    scan,
    service,
    settings,
    shell,
    voice,
)
from kiosk.commands.options import CommandParser
from kiosk.commands.streams import discard_output, open_streams, output_fails
from kiosk.errors import KioskError
from kiosk.faults import FAULTS

ERROR, INTERRUPTED, NO_READER = 3, 130, 141

INSTALL = (
    "a package is missing: on a kiosk run 'sudo script/install', in a checkout 'script/demo'; elsewhere "
    "install 'entrance-kiosk[scanner]' with pip, and libzbar0 with apt"
)

GROUPS = (
    service,
    settings,
    init,
    parts,
    doctor,
    journal,
    credentials,
    passes,
    scan,
    voice,
    calibrate,
    bundles,
    fleet,
    shell,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the subcommand in `arguments` (default: the command line) and exit with its code."""
    open_streams()
    try:
        code = run(arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        if not output_fails():
            raise
        code = report_output_error(error)
    sys.exit(code)


def run(arguments: Sequence[str] | None) -> int:
    """Run one subcommand, flush its output and return its exit code; errors are printed.

    Raises `OSError` if the output cannot be written, and `SystemExit` for a wrong usage.
    """
    try:
        options = parser().parse_args(arguments)
        logging.basicConfig(
            level=logging.DEBUG if options.verbose else logging.INFO, format="%(levelname)s %(name)s: %(message)s"
        )
        code: int = options.action(options)
    except KioskError as error:
        print_error(error)
        code = ERROR
    except EOFError:
        print_error(KioskError("the input ended before the question was answered"))
        code = ERROR
    except ImportError as error:
        print_error(KioskError(f"{error}; {INSTALL}"))
        code = ERROR
    finally:
        sys.stdout.flush()
    return code


def report_output_error(error: OSError) -> int:
    """Print why the output is incomplete and return the exit code; print nothing if the reader ended (`| head`)."""
    discard_output()
    if isinstance(error, BrokenPipeError):
        return NO_READER
    print_error(
        KioskError(f"the output cannot be written ({error.strerror}); check its destination and the free space there")
    )
    return ERROR


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, with all subcommands."""
    top = CommandParser(prog="kiosk", description="An open entrance kiosk.")
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument("-v", "--verbose", action="store_true", help="log more details")
    top.set_defaults(top=top)  # for the commands that describe the command line itself
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add_commands(commands)
    return top


def print_error(error: KioskError) -> None:
    """Print the error, and the cause and remedy of its fault if it has one."""
    print(f"kiosk: {error}", file=sys.stderr)
    if fault := FAULTS.get(error.fault):
        print(f"kiosk: cause: {fault.cause}\nkiosk: remedy: {fault.remedy}", file=sys.stderr)
