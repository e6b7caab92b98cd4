"""`kiosk journal`: list the journal, follow it, count its visits, tell why one ended as it did, or export it."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.commands.options import add, json_option, positive, print_json, settings_file
from kiosk.errors import KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.journal.reading import JournalReader

FOLLOW_S = 1.0
SEARCHED_ROWS = 20_000
"""`show` looks for a visit in so many of the newest rows."""


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    sub = add(
        commands, "journal", journal, "list the journal, count visits by reason, show one visit, or export as CSV"
    )
    sub.add_argument("what", nargs="?", choices=("list", "counts", "show", "export"), default="list")
    sub.add_argument("number", nargs="?", type=positive, metavar="N", help="number of the visit to show")
    settings_file(sub)
    sub.add_argument(
        "--file",
        type=Path,
        help="the journal's file, shown in this machine's time zone (default: the one in the settings, in the site's)",
    )
    sub.add_argument("--last", type=positive, default=50, help="number of rows to list (default: 50)")
    sub.add_argument("--days", type=positive, help="count or export only the last DAYS days")
    sub.add_argument("-f", "--follow", action="store_true", help="list new rows as they come, until Ctrl+C")
    json_option(sub, "print JSON; with --follow, one object on each line")


def journal(options: argparse.Namespace) -> int:
    """List the rows of the journal, count its visits, show one, or export it.

    Raises `KioskError` if the settings or the journal cannot be read."""
    from kiosk.journal.listing import COUNT_HEAD, ROW_HEAD
    from kiosk.journal.reading import JournalReader
    from kiosk.settings.loader import load_part
    from kiosk.support.time_zones import zone_of

    path: Path | None = options.file
    zone: tzinfo | None = datetime.now().astimezone().tzinfo
    if path is None:
        settings = load_part(options.config, "journal", "time_zone", elsewhere=True)
        path, zone = options.config.parent / settings.journal.path, zone_of(settings.time_zone)
    assert zone
    since = datetime.now(UTC) - timedelta(days=options.days) if options.days else None
    with JournalReader(path) as reading:
        match options.what:
            case "list" if options.follow:
                follow(reading, zone, as_json=options.json)
            case "list":
                rows = reading.last(options.last)
                print_list(ROW_HEAD, [row.line(zone) for row in rows], map(asdict, rows), as_json=options.json)
            case "counts":
                counts = reading.counts(since, zone)
                print_list(COUNT_HEAD, [str(count) for count in counts], map(asdict, counts), as_json=options.json)
            case "show":
                if options.number is None:
                    raise KioskError("'kiosk journal show' needs the number of a visit; 'kiosk journal' lists them")
                return show(reading, options.number, zone, as_json=options.json)
            case "export":
                reading.export(sys.stdout, since)
    return 0


def print_list(head: str, lines: Iterable[str], objects: Iterable[dict[str, Any]], *, as_json: bool) -> None:
    """Print `lines` below the names of their columns, or `objects` as one JSON array."""
    if as_json:
        print_json(list(objects))
    else:
        print(head, *lines, sep="\n")


def follow(
    reading: "JournalReader",
    zone: tzinfo,
    *,
    as_json: bool = False,
    wait: Callable[[float], object] = time.sleep,
) -> None:
    """Print the last rows, and then each new row, until `wait` raises; it is called with the seconds to wait."""
    from kiosk.journal.listing import ROW_HEAD

    rows = reading.last(10)
    if not as_json:
        print(ROW_HEAD)
    newest = 0
    while True:
        for row in rows:
            print(json.dumps(asdict(row), default=str, ensure_ascii=False) if as_json else row.line(zone))
            newest = row.id
        sys.stdout.flush()
        wait(FOLLOW_S)
        rows = list(reading.rows(after=newest))


def show(reading: "JournalReader", number: int, zone: tzinfo, *, as_json: bool) -> int:
    """Print the newest visit with this number: its rows, its steps if the kiosk still knows them, and why it ended.

    Return 1 if there is no such visit.
    """
    from kiosk.journal import visits

    own, meanwhile = visits.rows_of_visit(reading.last(SEARCHED_ROWS), number)
    if not own:
        print(f"the journal's last {SEARCHED_ROWS} rows have no visit {number}", file=sys.stderr)
        return 1
    steps = visits.steps_of_visit(own, visits.live_visits(visits.FEED))
    if as_json:
        print(visits.as_json(own, meanwhile, steps))
    else:
        print(*visits.as_text(own, meanwhile, steps, zone), sep="\n")
    return 0
