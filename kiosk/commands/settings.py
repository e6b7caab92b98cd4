"""`kiosk check`, `schema` and `flow`: check a settings file, and print the pages that are generated from the code."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, json_option, print_json, settings_file
from kiosk.commands.terminal import coloured, wants_colours
from kiosk.errors import KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.settings.loader import CheckReport


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    sub = add(commands, "check", check, "check a settings file and list every mistake")
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--effective", action="store_true", help="print all settings, with the defaults")
    sub.add_argument("--changes", action="store_true", help="print only the settings that differ from the defaults")
    json_option(sub, "print the mistakes as JSON")
    sub.add_argument("--elsewhere", action="store_true", help="not on the kiosk: files in the settings may be missing")
    sub = add(commands, "wiring", wiring, "draw the header with the pins of a site, its resistors and its cut wires")
    json_option(sub, "print the connections as JSON")
    sub.add_argument("--out", type=Path, metavar="FILE", help="write a picture, .svg or .png, for the cabinet door")
    settings_file(sub)
    sub = add(commands, "schema", schema, "print the JSON Schema of the settings, for editors")
    sub.add_argument("--page", action="store_true", help="print docs/settings.md instead")
    add(commands, "flow", flow, "print docs/flow.md, the page with the state diagram")


def check(options: argparse.Namespace) -> int:
    """Check a settings file; return 1 if the kiosk cannot run with it.

    If it can, notes name the promises that the wiring cannot keep.

    Raises `KioskError` if a text file cannot be used.
    """
    from kiosk.commands.calibrate import calibration_problems
    from kiosk.commands.voice import clip_problems, speech_notes
    from kiosk.display import texts
    from kiosk.settings import report
    from kiosk.settings.checks.promises import promise_conditions, unkept_promises
    from kiosk.settings.loader import check_file
    from kiosk.settings.yaml.mistakes import Mistake, Severity

    found = check_file(options.file, options.file.parent / "texts", elsewhere=options.elsewhere)
    if found.settings:
        texts.load(options.file.parent / "texts", found.settings.display.languages)
        problems = [] if options.elsewhere else clip_problems(found.settings, options.file.parent)
        clips = (Mistake(0, 0, "speaker.clips", problem, Severity.WARNING) for problem in problems)
        problems = [] if options.elsewhere else calibration_problems(found.settings, options.file.parent)
        calibrations = (Mistake(0, 0, "thermometer.calibration", problem, Severity.WARNING) for problem in problems)
        found = replace(found, mistakes=(*found.mistakes, *clips, *calibrations))
    if options.json:
        mistakes = [asdict(mistake) | {"severity": mistake.severity.value} for mistake in found.mistakes]
        print_json(mistakes)
        return found.exit_code
    if found.settings is None:
        print(*report_lines(found, colours=wants_colours(sys.stderr)), sep="\n", file=sys.stderr)
        return found.exit_code
    if not (options.effective or options.changes):
        print(*report_lines(found, colours=wants_colours()), sep="\n")
        spoken = speech_notes(found.settings, options.file.parent)
        for note in (*unkept_promises(found.settings), *promise_conditions(found.settings), *spoken):
            print(f"{found.file}: note: {note}")
        return 0
    print(report.effective(found.settings) if options.effective else report.changes(found.settings), end="")
    return 0


def report_lines(found: "CheckReport", *, colours: bool) -> Iterator[str]:
    """Yield the lines of the report; the place of an error is red, that of a warning yellow."""
    from kiosk.settings.yaml.mistakes import Severity

    for mistake in found.mistakes:
        line = mistake.shown(found.file)
        place = f"{found.file}:{mistake.line}:{mistake.column}:" if mistake.line else f"{found.file}:"
        colour = "red" if mistake.severity is Severity.ERROR else "yellow"
        yield coloured(place, colour, colours=colours) + line.removeprefix(place)
    colour = "red" if found.settings is None else "yellow" if found.mistakes else "green"
    yield coloured(found.summary, colour, colours=colours)


def wiring(options: argparse.Namespace) -> int:
    """Print the wiring of a site, or write its drawing.

    Values that must still be filled in are not needed. Raises `KioskError` if the wiring has a mistake or the file
    cannot be written.
    """
    from kiosk.office.wiring import sheet
    from kiosk.office.wiring.connections import connections
    from kiosk.settings.last_good import WIRED
    from kiosk.settings.loader import load_part
    from kiosk.support.files import replace_file

    found = load_part(options.config, *WIRED, elsewhere=True)
    if options.json:
        wired = [asdict(connection) | {"header": connection.place} for connection in connections(found)]
        print_json(wired)
        return 0
    if options.out is None:
        print(sheet.as_text(found), end="")
        return 0
    drawings = {".svg": lambda: sheet.as_svg(found).encode(), ".png": lambda: sheet.as_png(found)}
    draw = drawings.get(options.out.suffix.lower())
    if draw is None:
        raise KioskError(f"'{options.out}' must end with .svg or .png")
    try:
        replace_file(options.out, draw())
    except OSError as error:
        raise KioskError(f"'{options.out}' cannot be written: {error.strerror}") from None
    return 0


def schema(options: argparse.Namespace) -> int:
    """Print the JSON Schema of the settings, or, with `--page`, the page docs/settings.md."""
    from kiosk.settings.report import json_schema, reference

    print(reference() if options.page else json_schema(), end="")
    return 0


def flow(_options: argparse.Namespace) -> int:
    """Print the page with the state diagram."""
    from kiosk.flow.analysis.diagram import page

    print(page(), end="")
    return 0
