"""The subcommands that have to do with credentials: verify, trust, and pass.

Rule 1: as in `cli`: this file reads the command line and prints; nothing is decided here.
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.command_line import command, positive, settings_option
from kiosk.model import WallTime

MAX_INPUT_BYTES = 20_000_000
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"RIFF", b"II*\x00", b"MM\x00*", b"GIF8")
"""How pictures begin; everything else is the text or the bytes of a code."""


def verify(options: argparse.Namespace) -> int:
    """Verify one credential and tell each check; exit code 0 pass, 1 refer, 2 not a credential."""
    from kiosk.credentials.inspection import inspect
    from kiosk.credentials.offline import accepted_schemes
    from kiosk.settings.loader import load

    schemes = accepted_schemes(load(options.config).credentials, options.config.parent)
    when = WallTime(options.at or datetime.now(UTC), sure=True)
    report, code = inspect(_given(options.what), schemes, when, options.show_holder)
    print(report)
    return code


def _given(what: str) -> bytes:
    """The bytes of the code: from standard input, from a file or the code in a picture, or the text itself."""
    if what == "-":
        data = sys.stdin.buffer.read(MAX_INPUT_BYTES)
    elif len(what) < 1024 and Path(what).is_file():
        data = Path(what).read_bytes()[:MAX_INPUT_BYTES]
    else:
        return what.encode("utf-8", "surrogateescape")
    if data.startswith(PICTURES):
        from kiosk.scanner.still import code_in_picture

        return code_in_picture(data)
    return data.strip(b"\r\n")


def trust_import(options: argparse.Namespace) -> int:
    """Import a key list."""
    from kiosk.credentials.trust_office import import_list

    folder = _trust_folder(options)
    return _told(import_list(options.file, folder, datetime.now(UTC), options.scheme, options.issuer, options.list))


def trust_list(options: argparse.Namespace) -> int:
    """List what is trusted."""
    from kiosk.credentials.trust_office import list_keys

    return _told(list_keys(_trust_folder(options), datetime.now(UTC)))


def trust_verify(options: argparse.Namespace) -> int:
    """Tell what is wrong with the key lists."""
    from kiosk.credentials.trust_office import verify_lists
    from kiosk.settings.health import TooOld
    from kiosk.settings.loader import load

    wanted = load(options.config).credentials.trust
    refers = wanted.too_old is TooOld.REFER
    return _told(verify_lists(_trust_folder(options), datetime.now(UTC), wanted.max_age_days, refers))


def _trust_folder(options: argparse.Namespace) -> Path:
    from kiosk.settings.loader import load

    folder: Path = options.config.parent / load(options.config).credentials.trust.folder
    return folder


def _told(report: tuple[str, int]) -> int:
    text, code = report
    print(text)
    return code


def pass_key(options: argparse.Namespace) -> int:
    """Make the key pair of the pass office."""
    from kiosk.credentials.pass_office import make_key_pair

    files = make_key_pair(options.out)
    print(f"private key: {files.private} (keep it off the kiosk)\npublic key: {files.public} (name it in the settings)")
    return 0


def pass_issue(options: argparse.Namespace) -> int:
    """Issue one site pass as a picture, or those of a CSV file as pictures and a sheet."""
    from kiosk.credentials.pass_desk import issue_all
    from kiosk.credentials.pass_office import issue_order, load_private_key, save_picture
    from kiosk.credentials.pass_orders import order_of, read_orders

    key = load_private_key(options.key)
    if options.csv:
        issued = issue_all(key, options.site, read_orders(options.csv, options.utc_offset), options.out)
        print(f"{len(issued)} passes for {options.site} in {options.out}; the list is passes.csv, the sheet the .pdf")
        return 0
    today = datetime.now(UTC) + timedelta(hours=options.utc_offset)
    first = options.first or f"{today:%Y-%m-%d}"
    last = options.until or f"{today + timedelta(days=options.days):%Y-%m-%d}"
    told = {"kind": options.kind, "from": first, "until": last, "days": options.weekdays, "areas": options.areas}
    one = issue_order(key, options.site, order_of(told, options.utc_offset))
    save_picture(one, options.out)
    print(f"{options.kind} pass for {options.site}, {first} to {last}, id {one.pass_id}: {options.out}")
    return 0


def pass_revoke(options: argparse.Namespace) -> int:
    """Take passes back."""
    from kiosk.credentials.pass_revocations import revoke

    count = revoke(options.file, options.ids)
    print(f"{count} passes are taken back in {options.file}; copy it to where 'site_pass.revoked' names it")
    return 0


def pass_rotate(options: argparse.Namespace) -> int:
    """Make the next key pair and tell how to change over."""
    from kiosk.credentials.pass_desk import rotate
    from kiosk.credentials.pass_office import load_private_key

    print(rotate(options.out, load_private_key(options.key), datetime.now(UTC)))
    return 0


def moment(text: str) -> datetime:
    """A time for `--at`; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time such as 2021-10-01T09:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parsers of this file's subcommands."""
    sub = command(
        commands, "verify", verify, "verify a credential: each check, and the verdict under this site's rules"
    )
    sub.add_argument("what", metavar="TEXT|FILE|-", help="the code's text, a picture or file of it, or - for input")
    sub.add_argument("--show-holder", action="store_true", help="show the name and birth date that the code carries")
    sub.add_argument("--at", type=moment, help="judge as if it were this time (default: now)")
    settings_option(sub)
    _add_trust(commands)
    _add_pass(commands)


def _add_trust(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from kiosk.credentials import trust_formats

    kinds = command(commands, "trust", None, "keys of the issuers that this site trusts").add_subparsers(
        required=True, metavar="WHAT"
    )
    sub = command(kinds, "import", trust_import, "import a key list; the one of the same scheme and name is replaced")
    sub.formatter_class = argparse.RawDescriptionHelpFormatter
    sub.epilog = trust_formats.__doc__
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--scheme", choices=trust_formats.SCHEMES, default="", help="where the form does not tell")
    sub.add_argument("--issuer", default="", help="where the form does not tell: did:..., https://..., a country")
    sub.add_argument("--list", default="main", help="name of the list, to keep several of one scheme (default: main)")
    settings_option(sub)
    settings_option(command(kinds, "list", trust_list, "list what is trusted, with its age"))
    settings_option(command(kinds, "verify", trust_verify, "tell lists that are too old, and who would be refused"))


def _add_pass(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    kinds = command(commands, "pass", None, "make keys and passes for staff and invited visitors").add_subparsers(
        required=True, metavar="WHAT"
    )
    sub = command(kinds, "key", pass_key, "make the key pair of the pass office")
    sub.add_argument("--out", type=Path, default=Path(), help="folder for the two files (default: here)")

    sub = command(kinds, "issue", pass_issue, "issue a pass as a PNG or SVG to print, or many from a CSV file")
    _add_key(sub)
    sub.add_argument("--site", required=True, help="credentials.site_pass.site in the settings")
    sub.add_argument("--kind", choices=("staff", "invited"), default="staff")
    sub.add_argument("--from", dest="first", metavar="DAY", help="first day, YYYY-MM-DD (default: today)")
    sub.add_argument("--until", metavar="DAY", help="last day, YYYY-MM-DD (default: by --days)")
    sub.add_argument("--days", type=positive, default=365, help="how long it is good (default: 365)")
    sub.add_argument("--weekdays", default="", help="mon-fri, or 'mon wed' (default: every day)")
    sub.add_argument("--areas", default="", help="areas that it opens, 'lobby lab' (default: every one)")
    sub.add_argument("--csv", type=Path, help="many: columns label, kind, from, until, days, areas")
    sub.add_argument("--utc-offset", type=int, choices=range(-12, 15), default=7, metavar="H", help="(default: 7)")
    sub.add_argument("--out", type=Path, required=True, help="picture to write; with --csv the folder")

    sub = command(kinds, "revoke", pass_revoke, "take passes back, by their ids")
    sub.add_argument("ids", nargs="+", metavar="ID")
    sub.add_argument("--file", type=Path, required=True, help="list of passes that were taken back")

    sub = command(kinds, "rotate", pass_rotate, "make the next key pair and tell how to change over")
    _add_key(sub)
    sub.add_argument("--out", type=Path, default=Path(), help="the office's folder (default: here)")


def _add_key(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--key", type=Path, required=True, help="private key of the pass office")
