"""`kiosk verify` and `kiosk trust`: examine one credential, and manage the lists of trusted keys."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, json_option, print_json, settings_file
from kiosk.commands.terminal import Progress
from kiosk.credentials.judging.table import key_forms_help, schemes_with_keys
from kiosk.errors import KioskError
from kiosk.model import WallTime

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.settings.schema.health import TrustSettings

MAX_INPUT_BYTES = 20_000_000
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"RIFF", b"II*\x00", b"MM\x00*", b"GIF8")
"""The first bytes of picture files. Input that begins otherwise is taken as the text or the bytes of a code."""

FIRST_YEAR, LAST_YEAR = 1970, 9998
"""The years that `--at` accepts. Rules add days to a date, so one year remains to the end of Python's calendar."""

FILE_NAMES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".txt", ".json", ".zip")
"""Suffixes of file names; no code ends with one of them. An argument that does, but is no file, is a mistyped name."""


def add_commands(commands: "Commands") -> None:
    """Add the subcommands of this group."""
    sub = add(
        commands, "verify", verify, "verify a credential: print each check and the verdict by the rules of this site"
    )
    sub.epilog = "Exit codes: 0 pass, 1 refer, 4 not a credential; 2 wrong usage, 3 the command failed."
    sub.add_argument(
        "what",
        metavar="TEXT|FILE|-",
        help="text of the code, a file with it or a picture of it, or - for standard input",
    )
    sub.add_argument("--show-holder", action="store_true", help="print the name and birth date in the code")
    json_option(sub, "print the checks and the verdict as JSON")
    sub.add_argument("--at", type=moment, help="the time to judge for (default: now)")
    settings_file(sub)
    _add_trust(commands)


def _add_trust(commands: "Commands") -> None:
    trust = add(commands, "trust", None, "import, list and verify the trusted keys of issuers")
    kinds = trust.add_subparsers(required=True, metavar="WHAT")
    sub = add(kinds, "import", trust_import, "import a key list; it replaces the list of the same scheme and name")
    sub.formatter_class = argparse.RawDescriptionHelpFormatter
    sub.epilog = key_forms_help()
    sub.add_argument("file", type=Path, metavar="FILE", help="the published list, or - for standard input")
    json_option(sub, "print the report as JSON, with the name of every entry")
    sub.add_argument("--scheme", choices=schemes_with_keys(), default="", help="if the file does not say it")
    sub.add_argument("--issuer", default="", help="if the file does not say it: did:..., https://..., or a country")
    sub.add_argument(
        "--signer",
        type=Path,
        metavar="FILE",
        help="key of the publisher (PEM); a list without its signature is refused",
    )
    sub.add_argument(
        "--context",
        action="append",
        default=[],
        metavar="ADDRESS=FILE",
        help="with --signer: a JSON-LD context file that the list names; once for each",
    )
    sub.add_argument("--older", action="store_true", help="let a CRL replace a newer one of the same authority")
    sub.add_argument("--list", default="main", help="name of the list, for several lists of one scheme (default: main)")
    settings_file(sub)
    sub = add(kinds, "list", trust_list, "print the trusted keys and the age of their lists")
    json_option(sub)
    settings_file(sub)
    text = "report lists that are too old, and the credentials that would be refused"
    sub = add(kinds, "verify", trust_verify, text)
    json_option(sub, "print the problems and notes as JSON")
    settings_file(sub)


def verify(options: argparse.Namespace) -> int:
    """Verify one credential and print each check; return 0 for pass, 1 for refer, 4 if it is not a credential.

    Raises `KioskError` if the settings, a key list or the input cannot be used.
    """
    from kiosk.credentials.judging.accepted import accepted_schemes
    from kiosk.credentials.judging.inspection import inspect, inspect_lines
    from kiosk.settings.loader import load_part
    from kiosk.support.time_zones import zone_of

    settings = load_part(options.config, "credentials", "time_zone")
    schemes = accepted_schemes(settings.credentials, options.config.parent)
    when = WallTime(options.at or datetime.now(UTC), sure=True, zone=zone_of(settings.time_zone))
    question = (_read_input(options.what), schemes, when, options.show_holder)
    if options.json:
        lines, code = inspect_lines(*question)
        print_json([{"word": word, "text": text} for word, text in lines])
        return code
    report, code = inspect(*question)
    print(report)
    return code


def _read_input(what: str) -> bytes:
    """Return the payload. `what` is '-' for standard input, the name of a file or picture, or the code itself."""
    if what == "-":
        data = sys.stdin.buffer.read(MAX_INPUT_BYTES)
    elif len(what) < 1024 and Path(what).is_file():
        data = Path(what).read_bytes()[:MAX_INPUT_BYTES]
    elif what.endswith(FILE_NAMES):
        raise KioskError(f"no file '{what}'; give the text of a code, the name of a file, or - for standard input")
    else:
        return what.encode("utf-8", "surrogateescape")
    if data.startswith(PICTURES):
        from kiosk.scanner.trial.still import code_in_picture

        return code_in_picture(data)
    return data.strip(b"\r\n")


def trust_import(options: argparse.Namespace) -> int:
    """Import a published list of keys. Raises `KioskError` if the file or the folder of the lists cannot be used."""
    from kiosk.office.trust_import import import_list

    folder = _trust_folder(options)
    source, list_name = (options.scheme, options.issuer), options.list
    signed_by = options.signer, options.context
    with Progress(f"importing the key list '{options.file}'"):
        report = import_list(
            options.file, folder, datetime.now(UTC), *source, list_name, *signed_by, allow_older=options.older
        )
    print(report.json() if options.json else report.text())
    return 0


def trust_list(options: argparse.Namespace) -> int:
    """Print each key list with its number of keys by issuer. Raises `KioskError` if a list cannot be read."""
    from kiosk.office.trust_reports import list_keys, lists_as_objects

    if options.json:
        print_json(lists_as_objects(_trust_folder(options), datetime.now(UTC)))
        return 0
    return _print_report(list_keys(_trust_folder(options), datetime.now(UTC)))


def trust_verify(options: argparse.Namespace) -> int:
    """Print the problems of the key lists; return 1 if there is one. Raises `KioskError` if a list cannot be read."""
    from kiosk.office.trust_reports import problems_and_notes

    trust = _trust_settings(options)
    if not options.json:
        return _print_report(check_lists(trust, options.config.parent))
    problems, notes = problems_and_notes(*_questions(trust, options.config.parent))
    print_json({"problems": problems, "notes": notes})
    return 1 if problems else 0


def check_lists(trust: "TrustSettings", settings_folder: Path) -> tuple[str, int]:
    """Return the report about the key lists and the exit code: 1 if there are problems, else 0.

    Raises `KioskError` if a list cannot be read.
    """
    from kiosk.office.trust_reports import verify_lists

    return verify_lists(*_questions(trust, settings_folder))


def _questions(trust: "TrustSettings", settings_folder: Path) -> tuple[Path, datetime, int, bool, bool]:
    """Return the arguments of the report on the key lists of a site."""
    from kiosk.settings.schema.health import ExpiredKeys, TooOld

    refers = trust.too_old is TooOld.REFER
    accepts_expired = trust.expired_keys is ExpiredKeys.ACCEPT
    return settings_folder / trust.folder, datetime.now(UTC), trust.max_age_days, refers, accepts_expired


def _trust_folder(options: argparse.Namespace) -> Path:
    folder: Path = options.config.parent / _trust_settings(options).folder
    return folder


def _trust_settings(options: argparse.Namespace) -> "TrustSettings":
    from kiosk.settings.loader import load_part

    return load_part(options.config, "credentials.trust", elsewhere=True).credentials.trust


def _print_report(report: tuple[str, int]) -> int:
    text, code = report
    print(text)
    return code


def moment(text: str) -> datetime:
    """Return the time in `text`, in UTC; a time without a zone is UTC.

    Raises `argparse.ArgumentTypeError` if `text` is not an ISO 8601 time, or not in the years FIRST_YEAR to LAST_YEAR.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time such as 2021-10-01T09:00") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise argparse.ArgumentTypeError(f"'{text}' is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
