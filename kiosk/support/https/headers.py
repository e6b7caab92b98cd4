"""The address and the headers of a request, made from the site's settings and checked at the start.

Rule: the value of a secret header is never part of a message, a log or a repr.
"""

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.errors import SettingsError

MAX_SECRET_FILE_BYTES = 8192
HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
"""The value of a header: field-value of RFC 9110 section 5.5, without the bytes that it calls obsolete (obs-text)."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

OWN_HEADERS = {
    "User-Agent": "entrance-kiosk",
    "Content-Type": "application/json",
    "Accept": "application/json",
    # A compressed answer can be a thousand times larger than the bytes that arrive; see `exchange`.
    "Accept-Encoding": "identity",
    "Connection": "close",
}
RESERVED_HEADERS = frozenset({name.lower() for name in OWN_HEADERS} | {"content-length", "transfer-encoding"})


def check_address(address: str) -> None:
    """Raise `SettingsError` if `address` is neither https nor on loopback."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise SettingsError(f"address '{address}' is not protected; use https (http is for loopback only)")


def headers_of(plain: Mapping[str, str], secret_files: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """Return all headers of a request: `plain`, those whose value is in a file below `folder`, and the kiosk's own.

    Raises:
        SettingsError: a header is reserved, or a file with a secret cannot be used.
    """
    secrets = {name: _read_secret(folder / file) for name, file in secret_files.items()}
    for name in {**plain, **secrets}:
        if name.lower() in RESERVED_HEADERS:
            raise SettingsError(f"header '{name}' is set by the kiosk itself; remove it")
    return {**plain, **secrets, **OWN_HEADERS}


def _read_secret(path: Path) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_SECRET_FILE_BYTES:
            raise SettingsError(
                f"'{path}' is not a file of at most {MAX_SECRET_FILE_BYTES} bytes; name the secret's file"
            )
        if found.st_mode & stat.S_IRWXO:
            raise SettingsError(f"'{path}' can be read by every user; run 'chmod o= {path}'")
        secret = path.read_text("latin-1").strip()
    except OSError as error:
        raise SettingsError(f"'{path}' cannot be read: {error.strerror}; see its name and who may read it") from None
    if not HEADER_VALUE.fullmatch(secret):
        raise SettingsError(f"'{path}' is empty or not plain ASCII on one line; write the header's value into it")
    return secret
