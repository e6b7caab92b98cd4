"""`kiosk journal`: what happened, listed, counted or exported."""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, positive, settings_file

if TYPE_CHECKING:
    from kiosk.commands.options import Commands


def add_commands(commands: "Commands") -> None:
    """Add this group's words."""
    sub = add(commands, "journal", journal, "list the journal, count visits by reason, or export it as CSV")
    sub.add_argument("what", nargs="?", choices=("list", "counts", "export"), default="list")
    settings_file(sub)
    sub.add_argument("--file", type=Path, help="file of the journal, instead of the one in the settings")
    sub.add_argument("--last", type=positive, default=50, help="rows to list (default: 50)")
    sub.add_argument("--days", type=positive, help="only the last N days, for counts and export")


def journal(options: argparse.Namespace) -> int:
    """Read the journal."""
    from kiosk.journal.reading import JournalReader

    since = datetime.now(UTC) - timedelta(days=options.days) if options.days else None
    with JournalReader(path_of(options)) as reading:
        match options.what:
            case "list":
                print(*reading.last(options.last), sep="\n")
            case "counts":
                print(*reading.counts(since, datetime.now().astimezone().tzinfo or UTC), sep="\n")
            case "export":
                reading.export(sys.stdout, since)
    return 0


def path_of(options: argparse.Namespace) -> Path:
    """The file of the journal: given, or as the settings say."""
    from kiosk.settings.loader import load

    if options.file:
        return Path(options.file)
    return Path(options.config).parent / load(options.config, elsewhere=True).journal.path
