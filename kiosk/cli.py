"""One command, `kiosk`, with subcommands; what each does is told by `kiosk --help`.

Rule 1: this file reads the command line and prints; nothing is decided here.
Rule 2: what a command needs is imported when it is called, so that each starts fast.
Exit codes: 0 well, 1 not well, 2 the command line was not understood, 3 a fault of the machine.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk import __version__
from kiosk.errors import FAULTS, KioskError

INSTALLED = Path("/etc/kiosk")
SOURCE = Path(__file__).parents[1] / "config"

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one subcommand and exit with its code."""
    options = parser().parse_args(arguments)
    level = logging.DEBUG if options.verbose else logging.INFO
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    try:
        code = options.command(options)
    except KioskError as error:
        print(f"kiosk: {error}", file=sys.stderr)
        if fault := FAULTS.get(error.fault):
            print(f"kiosk: cause: {fault.cause}; remedy: {fault.remedy}", file=sys.stderr)
        code = 3
    except (BrokenPipeError, KeyboardInterrupt):
        sys.stderr.close()
        code = 130
    sys.exit(code)


def run(options: argparse.Namespace) -> int:
    """Run the service."""
    from kiosk.service import serve

    serve(options.config, os.environ)
    return 0


def demo(options: argparse.Namespace) -> int:
    """Run the demo."""
    from kiosk.simulator import show

    if options.fast:
        if not options.verbose:
            logging.getLogger().setLevel(logging.ERROR)
        return show.run_fast(options.config, options.visits or 50, options.seed, sys.stdout)
    return show.run_with_page(options.config, options.visits, options.seed, options.port, sys.stdout)


def check(options: argparse.Namespace) -> int:
    """Check a settings file."""
    from kiosk.settings import report
    from kiosk.settings.loader import check_file

    found = check_file(options.file, options.file.parent / "texts", elsewhere=options.elsewhere)
    if found.settings is None or not (options.effective or options.changes):
        print(found, file=sys.stderr if found.exit_code else sys.stdout)
        return found.exit_code
    print(report.effective(found.settings) if options.effective else report.changes(found.settings), end="")
    return 0


def schema(_options: argparse.Namespace) -> int:
    """Print the JSON Schema."""
    from kiosk.settings.report import json_schema

    print(json_schema(), end="")
    return 0


def journal(options: argparse.Namespace) -> int:
    """Read the journal."""
    from kiosk.journal.reading import Reading

    since = datetime.now(UTC) - timedelta(days=options.days) if options.days else None
    with Reading(journal_path(options)) as reader:
        match options.what:
            case "list":
                for row in reader.last(options.last):
                    print(row)
            case "counts":
                for count in reader.counts(since, datetime.now().astimezone().tzinfo or UTC):
                    print(count)
            case "export":
                reader.export(sys.stdout, since)
    return 0


def journal_path(options: argparse.Namespace) -> Path:
    """The file of the journal: given, or as the settings say."""
    from kiosk.settings.loader import load

    if options.file:
        return Path(options.file)
    return Path(options.config).parent / load(options.config).journal.path


def pass_key(options: argparse.Namespace) -> int:
    """Make the key pair of the pass office."""
    from kiosk.credentials.pass_office import make_key_pair

    files = make_key_pair(options.out)
    print(f"private key: {files.private} (keep it off the kiosk)\npublic key: {files.public} (name it in the settings)")
    return 0


def pass_issue(options: argparse.Namespace) -> int:
    """Issue a site pass as a picture to print."""
    from kiosk.credentials.pass_office import issue, load_private_key, save_picture
    from kiosk.credentials.pass_text import PassKind

    key = load_private_key(options.key)
    issued = issue(key, options.site, PassKind[options.kind.upper()], options.days, datetime.now(UTC))
    save_picture(issued, options.out)
    print(f"{options.kind} pass for {options.site}, {options.days} days, id {issued.pass_id}: {options.out}")
    return 0


def flow(_options: argparse.Namespace) -> int:
    """Print the page with the state diagram."""
    from kiosk.flow.diagram import page

    print(page(), end="")
    return 0


def safe(options: argparse.Namespace) -> int:
    """Drive every output to its safe state."""
    from kiosk.hardware.board import open_board
    from kiosk.hardware.safe_state import drive_safe
    from kiosk.settings.loader import load

    settings = load(options.config)
    board = open_board()
    try:
        lines = drive_safe(board, settings)
    finally:
        board.close()
    for line in lines:
        print(line)
    return 1 if any(line.trouble for line in lines) else 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="kiosk", description="An open entrance kiosk.")
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument("-v", "--verbose", action="store_true", help="tell more in the log")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    sub = command(commands, "run", run, "run the kiosk of a settings file, as systemd does")
    settings_option(sub)

    sub = command(commands, "demo", demo, "run the kiosk in simulation, with people who walk through")
    sub.add_argument("--config", type=Path, default=SOURCE / "demo.yaml", help="settings (default: %(default)s)")
    sub.add_argument("--visits", type=positive, help="end after this many visitors (default: never; 50 with --fast)")
    sub.add_argument("--fast", action="store_true", help="on a virtual clock, without a page, with a table at the end")
    sub.add_argument("--seed", type=int, default=1, help="another number sends other people (default: 1)")
    sub.add_argument("--port", type=int, help="port of the page, on loopback (default: as the settings say)")

    sub = command(commands, "check", check, "check a settings file and name every mistake")
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--effective", action="store_true", help="print the whole settings, defaults included")
    sub.add_argument("--changes", action="store_true", help="print only what differs from the defaults")
    sub.add_argument("--elsewhere", action="store_true", help="this is not the kiosk: files it names may be missing")

    command(commands, "schema", schema, "print the JSON Schema of the settings, for editors")

    sub = command(commands, "journal", journal, "list the journal, count it by reason, or export it as CSV")
    sub.add_argument("what", nargs="?", choices=("list", "counts", "export"), default="list")
    settings_option(sub)
    sub.add_argument("--file", type=Path, help="file of the journal, instead of the one in the settings")
    sub.add_argument("--last", type=positive, default=50, help="rows to list (default: 50)")
    sub.add_argument("--days", type=positive, help="only the last N days, for counts and export")

    passes = command(commands, "pass", None, "make keys and passes for staff and invited visitors")
    kinds = passes.add_subparsers(required=True, metavar="WHAT")
    sub = command(kinds, "key", pass_key, "make the key pair of the pass office")
    sub.add_argument("--out", type=Path, default=Path(), help="folder for the two files (default: here)")
    sub = command(kinds, "issue", pass_issue, "issue a pass as a PNG or SVG to print")
    sub.add_argument("--key", type=Path, required=True, help="private key of the pass office")
    sub.add_argument("--site", required=True, help="credentials.site_pass.site in the settings")
    sub.add_argument("--kind", choices=("staff", "invited"), default="staff")
    sub.add_argument("--days", type=positive, default=365, help="how long it is good (default: 365)")
    sub.add_argument("--out", type=Path, required=True, help="picture to write, ending in .png or .svg")

    command(commands, "flow", flow, "print the state diagram, as docs/flow.md has it")

    sub = command(commands, "safe", safe, "drive every output to its safe state (systemd does when the kiosk ended)")
    settings_option(sub)
    return top


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
