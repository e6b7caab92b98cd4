"""`kiosk verify` and `kiosk trust`: one credential under the glass, and whose signatures the site trusts."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, settings_file
from kiosk.credentials.judging.table import key_forms_help, schemes_with_keys
from kiosk.errors import KioskError
from kiosk.model import WallTime

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.settings.schema.health import TrustSettings

MAX_INPUT_BYTES = 20_000_000
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"RIFF", b"II*\x00", b"MM\x00*", b"GIF8")
"""How pictures begin; everything else is the text or the bytes of a code."""
FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Of `--at`: a year from the end of Python's calendar, so that every rule can look beyond it."""

FILE_NAMES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".txt", ".json", ".zip")
"""How names of files end and no code does; one that is not there was mistyped."""


def add_commands(commands: "Commands") -> None:
    """Add this group's words."""
    sub = add(commands, "verify", verify, "verify a credential: each check, and the verdict by this site's rules")
    sub.epilog = "Exit code: 0 pass, 1 refer, 4 not a credential; as always 2 and 3 when the command itself went wrong."
    sub.add_argument("what", metavar="TEXT|FILE|-", help="the code's text, a picture or file of it, or - for input")
    sub.add_argument("--show-holder", action="store_true", help="show the name and birth date that the code carries")
    sub.add_argument("--at", type=moment, help="judge as if it were this time (default: now)")
    settings_file(sub)
    _add_trust(commands)


def _add_trust(commands: "Commands") -> None:
    trust = add(commands, "trust", None, "import, list and verify the keys of the issuers that this site trusts")
    kinds = trust.add_subparsers(required=True, metavar="WHAT")
    sub = add(kinds, "import", trust_import, "import a key list; the one of the same scheme and name is replaced")
    sub.formatter_class = argparse.RawDescriptionHelpFormatter
    sub.epilog = key_forms_help()
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--scheme", choices=schemes_with_keys(), default="", help="where the form does not tell")
    sub.add_argument("--issuer", default="", help="where the form does not tell: did:..., https://..., a country")
    sub.add_argument("--list", default="main", help="name of the list, to keep several of one scheme (default: main)")
    settings_file(sub)
    settings_file(add(kinds, "list", trust_list, "list what is trusted, with its age"))
    settings_file(add(kinds, "verify", trust_verify, "tell lists that are too old, and who would be refused"))


def verify(options: argparse.Namespace) -> int:
    """Verify one credential and tell each check; exit code 0 pass, 1 refer, 4 not a credential."""
    from kiosk.credentials.judging.accepted import accepted_schemes
    from kiosk.credentials.judging.inspection import inspect
    from kiosk.settings.loader import load_part

    schemes = accepted_schemes(load_part(options.config, "credentials").credentials, options.config.parent)
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
    elif what.endswith(FILE_NAMES):
        raise KioskError(f"no file '{what}'; give a code's text, the name of a file, or - for standard input")
    else:
        return what.encode("utf-8", "surrogateescape")
    if data.startswith(PICTURES):
        from kiosk.scanner.trial.still import code_in_picture

        return code_in_picture(data)
    return data.strip(b"\r\n")


def trust_import(options: argparse.Namespace) -> int:
    """Import a key list."""
    from kiosk.office.trust_import import import_list

    folder = _trust_folder(options)
    return _told(import_list(options.file, folder, datetime.now(UTC), options.scheme, options.issuer, options.list))


def trust_list(options: argparse.Namespace) -> int:
    """List what is trusted."""
    from kiosk.office.trust_import import list_keys

    return _told(list_keys(_trust_folder(options), datetime.now(UTC)))


def trust_verify(options: argparse.Namespace) -> int:
    """Tell what is wrong with the key lists."""
    from kiosk.office.trust_import import verify_lists
    from kiosk.settings.schema.health import TooOld

    wanted = _trust_settings(options)
    refers = wanted.too_old is TooOld.REFER
    return _told(verify_lists(_trust_folder(options), datetime.now(UTC), wanted.max_age_days, refers))


def _trust_folder(options: argparse.Namespace) -> Path:
    folder: Path = options.config.parent / _trust_settings(options).folder
    return folder


def _trust_settings(options: argparse.Namespace) -> "TrustSettings":
    from kiosk.settings.loader import load_part

    return load_part(options.config, "credentials.trust", elsewhere=True).credentials.trust


def _told(report: tuple[str, int]) -> int:
    text, code = report
    print(text)
    return code


def moment(text: str) -> datetime:
    """A time for `--at`; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time such as 2021-10-01T09:00") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise argparse.ArgumentTypeError(f"'{text}' is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
