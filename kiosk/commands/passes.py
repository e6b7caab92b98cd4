"""`kiosk pass`: make keys, issue passes and revoke them, for staff and invited visitors."""

import argparse
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, json_option, positive, print_json
from kiosk.commands.terminal import Progress
from kiosk.support.time_zones import DEFAULT, zone_of

if TYPE_CHECKING:
    from kiosk.commands.options import Commands


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    passes = add(commands, "pass", None, "make keys and site passes for staff and invited visitors")
    kinds = passes.add_subparsers(required=True, metavar="WHAT")
    sub = add(kinds, "key", make_key, "make the key pair of the pass office")
    sub.add_argument("--out", type=Path, default=Path(), help="folder for the two files (default: the current folder)")

    _add_issue(add(kinds, "issue", issue_pass, "issue a pass as a PNG or SVG picture, or many passes from a CSV file"))
    sub = add(kinds, "list", list_passes, "list the passes of the office's register")
    sub.add_argument("folder", type=Path, nargs="?", default=Path(), help="folder of the register (default: this one)")
    json_option(sub)

    sub = add(kinds, "revoke", revoke_passes, "revoke passes by their ids")
    sub.add_argument("ids", nargs="+", metavar="ID")
    sub.add_argument("--file", type=Path, required=True, help="the list of revoked passes")

    sub = add(kinds, "rotate", rotate_key, "make the next key pair and print how to change to it")
    _add_key(sub)
    sub.add_argument("--out", type=Path, default=Path(), help="folder of the pass office (default: the current folder)")


def _add_issue(sub: argparse.ArgumentParser) -> None:
    _add_key(sub)
    sub.add_argument("--site", required=True, help="the name in credentials.site_pass.site of the settings")
    sub.add_argument("--kind", choices=("staff", "invited"), default="staff")
    sub.add_argument("--from", dest="first", metavar="DAY", help="first day, YYYY-MM-DD (default: today)")
    sub.add_argument("--until", metavar="DAY", help="last day, YYYY-MM-DD (default: by --days)")
    sub.add_argument("--days", type=positive, default=365, help="number of days from the first day (default: 365)")
    sub.add_argument("--weekdays", default="", help="weekdays: mon-fri, or 'mon wed' (default: every day)")
    sub.add_argument("--areas", default="", help="areas that it opens: 'lobby lab' (default: all)")
    sub.add_argument(
        "--use",
        choices=("unlimited", "once_a_day", "single"),
        default="unlimited",
        help="how often it may be used (default: unlimited)",
    )
    sub.add_argument("--csv", type=Path, help="file of passes; columns: label, kind, from, until, days, areas, use")
    sub.add_argument(
        "--time-zone",
        default=DEFAULT,
        metavar="NAME",
        help=f"time zone of the site, as in its settings (default: {DEFAULT})",
    )
    sub.add_argument("--out", type=Path, required=True, help="picture to write; with --csv: folder to write to")


def _add_key(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--key", type=Path, required=True, help="private key of the pass office")


def make_key(options: argparse.Namespace) -> int:
    """Make the key pair of the pass office. Raises `KioskError` if a file cannot be written."""
    from kiosk.office.pass_office import make_key_pair

    files = make_key_pair(options.out)
    print(f"private key: {files.private} (keep it off the kiosk)\npublic key: {files.public} (name it in the settings)")
    return 0


def issue_pass(options: argparse.Namespace) -> int:
    """Issue one site pass as a picture, or the passes of a CSV file as pictures and a printable sheet.

    Raises `KioskError` if the key, the CSV file or an option cannot be used, or if a file cannot be written.
    """
    from kiosk.office.pass_batches import REGISTER, issue_all, issue_one
    from kiosk.office.pass_office import load_private_key
    from kiosk.office.pass_orders import day_of, order_of, read_orders

    key, zone = load_private_key(options.key), zone_of(options.time_zone)
    if options.csv:
        with Progress("drawing passes") as progress:
            watch = partial(progress.over, name=attrgetter("pass_id"))
            issued = issue_all(key, options.site, read_orders(options.csv, zone), options.out, watch=watch)
        print(
            f"{len(issued)} passes for {options.site} in {options.out}; the list is passes.csv, the sheet is the .pdf"
        )
        return 0
    first = options.first or f"{datetime.now(zone):%Y-%m-%d}"
    last = options.until or f"{day_of('from', first) + timedelta(days=options.days):%Y-%m-%d}"
    fields = {"kind": options.kind, "from": first, "until": last, "days": options.weekdays, "areas": options.areas}
    fields["use"] = options.use
    one = issue_one(key, options.site, order_of(fields, zone), options.out)
    print(f"{options.kind} pass for {options.site}, {first} to {last}, id {one.pass_id}: {options.out}")
    print(f"listed in {options.out.parent / REGISTER}")
    return 0


def list_passes(options: argparse.Namespace) -> int:
    """List the register of the office. Raises `KioskError` if there is none or it cannot be read."""
    from kiosk.office.pass_batches import read_register

    passes = read_register(options.folder)
    if options.json:
        print_json(passes)
        return 0
    print(f"{'pass':17} {'kind':8} {'from':10} {'until':10} {'use':10} label")
    for row in passes:
        first, last, use = row["from_utc"][:10], row["until_utc"][:10], row["use"] or "unlimited"
        print(f"{row['pass_id']:17} {row['kind']:8} {first:10} {last:10} {use:10} {row['label']}".rstrip())
    return 0


def revoke_passes(options: argparse.Namespace) -> int:
    """Add ids to the list of revoked passes. Raises `KioskError` if an id is wrong or the list cannot be written."""
    from kiosk.credentials.schemes.site_pass.pass_revocations import revoke

    count = revoke(options.file, options.ids)
    print(f"revoked passes in {options.file}: {count}; copy the file to the path in 'site_pass.revoked'")
    return 0


def rotate_key(options: argparse.Namespace) -> int:
    """Make the next key pair and print how to change to it.

    Raises `KioskError` if the old key or the office's list of passes cannot be read, or if a file cannot be written.
    """
    from kiosk.office.pass_batches import rotate
    from kiosk.office.pass_office import load_private_key

    print(rotate(options.out, load_private_key(options.key), datetime.now(UTC)))
    return 0
