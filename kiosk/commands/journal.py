"""`kiosk journal`: list the journal, count its visits, or export it."""

import argparse
import sys
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, positive, settings_file

if TYPE_CHECKING:
    from kiosk.commands.options import Commands


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    sub = add(commands, "journal", journal, "list the journal, count visits by reason, or export it as CSV")
    sub.add_argument("what", nargs="?", choices=("list", "counts", "export"), default="list")
    settings_file(sub)
    sub.add_argument(
        "--file",
        type=Path,
        help="the journal's file, shown in this machine's time zone (default: the one in the settings, in the site's)",
    )
    sub.add_argument("--last", type=positive, default=50, help="number of rows to list (default: 50)")
    sub.add_argument("--days", type=positive, help="count or export only the last DAYS days")


def journal(options: argparse.Namespace) -> int:
    """List the rows of the journal, count its visits, or export it.

    Raises `KioskError` if the settings or the journal cannot be read."""
    from kiosk.journal.reading import JournalReader
    from kiosk.settings.loader import load
    from kiosk.support.time_zones import zone_of

    path: Path | None = options.file
    zone: tzinfo | None = datetime.now().astimezone().tzinfo
    if path is None:
        settings = load(options.config, elsewhere=True)
        path, zone = options.config.parent / settings.journal.path, zone_of(settings.time_zone)
    assert zone
    since = datetime.now(UTC) - timedelta(days=options.days) if options.days else None
    with JournalReader(path) as reading:
        match options.what:
            case "list":
                print(*(row.line(zone) for row in reading.last(options.last)), sep="\n")
            case "counts":
                print(*reading.counts(since, zone), sep="\n")
            case "export":
                reading.export(sys.stdout, since)
    return 0
