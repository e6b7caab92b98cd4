"""`kiosk journal`: list the journal, follow it, count its visits, tell why one ended as it did, or export it."""

import argparse
import json
import socket
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.commands.options import add, positive, settings_file
from kiosk.errors import KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.journal.listing import StoredRow
    from kiosk.journal.reading import JournalReader

FEED = Path("/run/kiosk/technician.sock")
"""The running kiosk tells its last visits here, with their steps; root can read it."""

FOLLOW_S = 1.0
SEARCHED_ROWS = 20_000
"""`show` looks for a visit in so many of the newest rows."""

MAX_FEED_BYTES = 512 * 1024
FEED_S = 3.0


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
    sub.add_argument("--json", action="store_true", help="print JSON; with --follow, one object on each line")


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
        print(json.dumps(list(objects), default=str, ensure_ascii=False, indent=1))
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
    rows = [row for row in reading.last(SEARCHED_ROWS) if row.visit == number]
    rows = [row for row in rows if row.run == rows[-1].run]
    steps = next((visit for visit in live_visits(FEED) if visit.get("number") == number), None) if rows else None
    if not rows:
        print(f"the journal's last {SEARCHED_ROWS} rows have no visit {number}", file=sys.stderr)
        return 1
    if as_json:
        print(
            json.dumps(
                {"rows": [asdict(row) for row in rows], "steps": steps}, default=str, ensure_ascii=False, indent=1
            )
        )
        return 0
    print(f"visit {number}, {rows[-1].at.astimezone(zone):%Y-%m-%d}")
    for seconds, name in (steps or {}).get("situations", ()):
        print(f"  {seconds:8.1f} s  {name}")
    if steps is None:
        print("  (the steps are known to the running kiosk only, for its last visits; try it with sudo)")
    for row in rows:
        print(row.line(zone))
    print(why(rows))
    return 0


def why(rows: "list[StoredRow]") -> str:
    """Return why a visit ended as it did, from its rows: the outcome, the reason and the rule that decided."""
    decided = next((row for row in reversed(rows) if row.outcome), None)
    if decided is None:
        return "it has not ended"
    words = [f"outcome: {decided.outcome}"]
    words += [f"reason: {decided.reason}"] if decided.reason else []
    words += [f"kind of credential: {decided.scheme}"] if decided.scheme else []
    if decided.detail:
        words.append(f"the rule that decided, or the phase in which it ended: {decided.detail}")
    elif decided.reason:
        words.append(f"the rule that decided: {decided.reason}")
    return "; ".join(words)


def live_visits(feed: Path) -> list[dict[str, Any]]:
    """Return the last visits as the running kiosk knows them; an empty list if it cannot be asked."""
    data = b""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(FEED_S)
            peer.connect(str(feed))
            while b"\n" not in data and len(data) < MAX_FEED_BYTES and (part := peer.recv(65536)):
                data += part
        visits = json.loads(data.partition(b"\n")[0])["visits"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [visit for visit in visits if isinstance(visit, dict)]
