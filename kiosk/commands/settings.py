"""`kiosk check`, `schema`, `flow`: the settings file, and the pages that are made from the code."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add

if TYPE_CHECKING:
    from kiosk.commands.options import Commands


def add_commands(commands: "Commands") -> None:
    """Add this group's words."""
    sub = add(commands, "check", check, "check a settings file and name every mistake")
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--effective", action="store_true", help="print the whole settings, defaults included")
    sub.add_argument("--changes", action="store_true", help="print only what differs from the defaults")
    sub.add_argument("--elsewhere", action="store_true", help="this is not the kiosk: files it names may be missing")
    sub = add(commands, "schema", schema, "print the JSON Schema of the settings, for editors")
    sub.add_argument("--page", action="store_true", help="print docs/settings.md instead, for people")
    add(commands, "flow", flow, "print the state diagram, as docs/flow.md has it")


def check(options: argparse.Namespace) -> int:
    """Check a settings file; 1 when the kiosk cannot run with it."""
    from kiosk.display import texts
    from kiosk.settings import report
    from kiosk.settings.loader import check_file

    found = check_file(options.file, options.file.parent / "texts", elsewhere=options.elsewhere)
    if found.settings is None:
        print(found, file=sys.stderr)
        return found.exit_code
    texts.load(options.file.parent / "texts", found.settings.display.languages)
    if not (options.effective or options.changes):
        print(found)
        return 0
    print(report.effective(found.settings) if options.effective else report.changes(found.settings), end="")
    return 0


def schema(options: argparse.Namespace) -> int:
    """Print what can be set: for editors, or for people."""
    from kiosk.settings.report import json_schema, reference

    print(reference() if options.page else json_schema(), end="")
    return 0


def flow(_options: argparse.Namespace) -> int:
    """Print the page with the state diagram."""
    from kiosk.flow.diagram import page

    print(page(), end="")
    return 0
