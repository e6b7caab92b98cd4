"""`kiosk pass`: keys and passes for staff and invited visitors."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, positive

if TYPE_CHECKING:
    from kiosk.commands.options import Commands


def add_commands(commands: "Commands") -> None:
    """Add this group's words."""
    passes = add(commands, "pass", None, "make keys and passes for staff and invited visitors")
    kinds = passes.add_subparsers(required=True, metavar="WHAT")
    sub = add(kinds, "key", make_key, "make the key pair of the pass office")
    sub.add_argument("--out", type=Path, default=Path(), help="folder for the two files (default: here)")
    sub = add(kinds, "issue", issue_pass, "issue a pass as a PNG or SVG to print")
    sub.add_argument("--key", type=Path, required=True, help="private key of the pass office")
    sub.add_argument("--site", required=True, help="credentials.site_pass.site in the settings")
    sub.add_argument("--kind", choices=("staff", "invited"), default="staff")
    sub.add_argument("--days", type=positive, default=365, help="how long it is good (default: 365)")
    sub.add_argument("--out", type=Path, required=True, help="picture to write, ending in .png or .svg")


def make_key(options: argparse.Namespace) -> int:
    """Make the key pair."""
    from kiosk.credentials.pass_office import make_key_pair

    files = make_key_pair(options.out)
    print(f"private key: {files.private} (keep it off the kiosk)\npublic key: {files.public} (name it in the settings)")
    return 0


def issue_pass(options: argparse.Namespace) -> int:
    """Issue one pass."""
    from kiosk.credentials.pass_office import issue, load_private_key, save_picture
    from kiosk.credentials.pass_text import PassKind

    key = load_private_key(options.key)
    issued = issue(key, options.site, PassKind[options.kind.upper()], options.days, datetime.now(UTC))
    save_picture(issued, options.out)
    print(f"{options.kind} pass for {options.site}, {options.days} days, id {issued.pass_id}: {options.out}")
    return 0
