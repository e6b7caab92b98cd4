"""The request to the status service: address, headers and body, made from the settings and checked at the start.

Rule 1: the code is in the body alone, because addresses and headers end up in the logs of other machines.
Rule 2: the value of a secret header is never part of a message, a log or a repr.
"""

import json
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kiosk.errors import SettingsError
from kiosk.settings.schema.policy import OnlineStatusSettings

MAX_SECRET_FILE_BYTES = 8192
HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
"""The value of a header: field-value of RFC 9110 section 5.5, without the bytes that it calls obsolete (obs-text)."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

OWN_HEADERS = {
    "User-Agent": "entrance-kiosk",
    "Content-Type": "application/json",
    "Accept": "application/json",
    # A compressed answer can be a thousand times larger than the bytes that arrive; see `status_exchange`.
    "Accept-Encoding": "identity",
    "Connection": "close",
}
RESERVED_HEADERS = frozenset({name.lower() for name in OWN_HEADERS} | {"content-length", "transfer-encoding"})


class StatusRequest:
    """The request that the settings `credentials.online_status` describe; only the code is added later, by `body`.

    Raises:
        SettingsError: the address is neither https nor loopback, a header is reserved, a secret file cannot be used, or
            two fields have the same place in the body.
    """

    def __init__(self, settings: OnlineStatusSettings, folder: Path) -> None:
        parts = urlsplit(settings.address)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise SettingsError(f"address '{settings.address}' is not protected; use https (http is for loopback only)")
        self.address = settings.address
        secrets = {name: _read_secret(folder / file) for name, file in settings.secret_headers.items()}
        for name in settings.headers | secrets:
            if name.lower() in RESERVED_HEADERS:
                raise SettingsError(f"header '{name}' is set by the kiosk itself; remove it")
        self.headers: Mapping[str, str] = {**settings.headers, **secrets, **OWN_HEADERS}
        self._code_field = settings.code_field
        self._extra_fields = dict(settings.extra_fields)
        self.body("")  # raises where the fields contradict each other

    def body(self, code: str) -> bytes:
        """Return the JSON body that asks for `code`; a dotted field name stands for nested objects.

        Raises:
            SettingsError: two fields have the same place in the body.
        """
        fields: dict[str, Any] = {}
        for path, value in (*self._extra_fields.items(), (self._code_field, code)):
            _set_field(fields, path, value)
        return json.dumps(fields).encode("ascii")


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


def _set_field(fields: dict[str, Any], path: str, value: str) -> None:
    *outer, last = path.split(".")
    for name in outer:
        fields = fields.setdefault(name, {})
        if not isinstance(fields, dict):
            raise SettingsError(f"field '{path}' is inside a field that holds a text; rename one of the two")
    if last in fields:
        raise SettingsError(f"field '{path}' is given twice; rename one of 'code_field' and 'extra_fields'")
    fields[last] = value
