"""The subcommands for technicians that have to do with credentials: verify, trust, and the grown-up pass.

Rule 1: as in `cli`: this file reads the command line and prints; nothing is decided here.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from kiosk.credentials.registry import Scheme
from kiosk.errors import KioskError
from kiosk.model import WallTime
from kiosk.settings.policy import CredentialsSettings

MAX_INPUT_BYTES = 20_000_000
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"RIFF", b"II*\x00", b"MM\x00*", b"GIF8")
"""How pictures begin; everything else is the text or the bytes of a code."""


def verify(options: argparse.Namespace) -> int:
    """Verify one credential and tell each check; exit code 0 pass, 1 refer, 2 not a credential."""
    from kiosk.credentials.inspection import inspect
    from kiosk.settings.loader import load

    settings = load(options.config).credentials
    when = WallTime(options.at or datetime.now(UTC), sure=True)
    schemes = schemes_of(settings, Path(options.config).parent)
    report, code = inspect(_given(options.what), schemes, when, options.show_holder)
    print(report)
    return code


def schemes_of(settings: CredentialsSettings, folder: Path) -> Sequence[Scheme]:
    """The kinds that are judged offline, in the order in which the kiosk asks them."""
    from kiosk.credentials.offline import offline_schemes
    from kiosk.credentials.site_pass import SitePass
    from kiosk.credentials.truststore import load_keys

    wanted = settings.site_pass
    passes = [SitePass(wanted.site, load_keys(wanted.public_keys, folder))] if wanted else []
    return [*passes, *offline_schemes(settings, folder)]


def _given(what: str) -> bytes:
    """The bytes of the code: from standard input, from a file or the code in a picture, or the text itself."""
    path = Path(what) if len(what) < 1024 and "\x00" not in what else None
    if what == "-":
        data = sys.stdin.buffer.read(MAX_INPUT_BYTES)
    elif path is not None and path.is_file():
        data = path.read_bytes()[:MAX_INPUT_BYTES]
    else:
        return what.encode()
    return _from_picture(data) if data.startswith(PICTURES) else data.strip(b"\r\n")


def _from_picture(data: bytes) -> bytes:
    import cv2
    import numpy as np

    from kiosk.scanner.decode import Decoder

    grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    found = [] if grey is None else Decoder(budget_ms=5000).look(grey).readings
    if not found:
        raise KioskError("no code can be read in this picture; give a sharper one, or the code's text")
    return found[0].data


def trust_import(options: argparse.Namespace) -> int:
    """Import a key list."""
    from kiosk.credentials.trust_office import import_list

    report, code = import_list(
        options.file, _trust_folder(options), datetime.now(UTC), options.scheme, options.issuer, options.name
    )
    print(report)
    return code


def trust_list(options: argparse.Namespace) -> int:
    """List what is trusted."""
    from kiosk.credentials.trust_office import list_keys

    report, code = list_keys(_trust_folder(options), datetime.now(UTC))
    print(report)
    return code


def trust_verify(options: argparse.Namespace) -> int:
    """Tell what is wrong with the key lists."""
    from kiosk.credentials.trust_office import verify_lists
    from kiosk.settings.health import TooOld
    from kiosk.settings.loader import load

    settings = load(options.config).credentials.trust
    refers = settings.too_old is TooOld.REFER
    report, code = verify_lists(_trust_folder(options), datetime.now(UTC), settings.max_age_days, refers)
    print(report)
    return code


def _trust_folder(options: argparse.Namespace) -> Path:
    from kiosk.settings.loader import load

    return Path(options.config).parent / load(options.config).credentials.trust.folder
