"""One command, `kiosk`, with subcommands; what each does is told by `kiosk --help`.

Rule 1: the command line is read and exit codes are given here; the subcommands stand in `commands/`.
Rule 2: what a subcommand needs is imported when it is called, so that each starts fast.
Exit codes: 0 well, 1 not well, 2 the command line was not understood, 3 the kiosk or its file is at fault, 4 what was
to be verified is no credential, 130 stopped by Ctrl+C, 141 whoever read the output went away (128 and the signal, as a
shell says it).
"""

import argparse
import logging
import sys
from collections.abc import Sequence

from kiosk import __version__
from kiosk.commands import credentials, journal, passes, scan, service, settings
from kiosk.commands.streams import give_up_output, open_streams, output_refuses
from kiosk.errors import FAULTS, KioskError

FAULTY, INTERRUPTED, GONE = 3, 130, 141

INSTALL = (
    "a part of the program is missing: on a kiosk run 'sudo script/install', in a checkout 'script/demo'; elsewhere "
    "install 'entrance-kiosk[scanner]' by pip, and libzbar0 by apt"
)

GROUPS = (service, settings, journal, credentials, passes, scan)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one subcommand and exit with its code."""
    open_streams()
    try:
        code = run(arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        if not output_refuses():
            raise
        code = broken_output(error)
    sys.exit(code)


def run(arguments: Sequence[str] | None) -> int:
    """Run one subcommand and return its code, everything written."""
    try:
        options = parser().parse_args(arguments)
        logging.basicConfig(
            level=logging.DEBUG if options.verbose else logging.INFO, format="%(levelname)s %(name)s: %(message)s"
        )
        code: int = options.action(options)
    except KioskError as error:
        tell(error)
        code = FAULTY
    except ImportError as error:
        tell(KioskError(f"{error}; {INSTALL}"))
        code = FAULTY
    finally:
        sys.stdout.flush()
    return code


def broken_output(error: OSError) -> int:
    """Say why the output is not whole; nothing to somebody who wanted its beginning only (`| head`)."""
    give_up_output()
    if isinstance(error, BrokenPipeError):
        return GONE
    tell(KioskError(f"the output cannot be written ({error.strerror}); see where it goes, and the room there"))
    return FAULTY


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
