"""The registry of the PathCheck Foundation in CSV (Path-Check/trust-registry, registry_normalized.csv).

A row has the columns: framework, key id, status, issuer's name in base64, logo, valid from, valid until, and the public
key in base64 (SubjectPublicKeyInfo). One file holds keys of several schemes.
"""

import base64
import csv
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import load_der_public_key

from kiosk.credentials.trust.json_web_keys import usable_key
from kiosk.credentials.trust.published_list import UnusableKey, each
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import KioskError

_SCHEMES = {
    "DCC": "eu_dcc",
    "EUDCC": "eu_dcc",
    "SHC": "smart_health_card",
    "SmartHealthCards": "smart_health_card",
    "DIVOC": "divoc",
}
_OTHERS = ("ICAO", "CRED")
MIN_COLUMNS = 8


def is_registry(text: bytes) -> bool:
    """Return True if the file begins with a row of the registry."""
    return text.startswith(tuple(f"{name},".encode() for name in (*_SCHEMES, *_OTHERS)))


def read_registry(text: bytes, scheme: str) -> Iterator[TrustedKey | UnusableKey]:
    """Yield the key of each row, or the reason for which it cannot be used. scheme: if given, the only one to read."""
    rows = (row for row in csv.reader(text.decode("utf-8").splitlines()) if row)
    wanted = (row for row in rows if not scheme or _SCHEMES.get(row[0]) == scheme)
    return each(wanted, _key, lambda row: (_name(row), row[1]))


def _key(row: list[str]) -> TrustedKey:
    framework, key_id = row[:2]
    if framework not in _SCHEMES:
        remedy = "import the root certificate itself" if framework == "ICAO" else "no scheme uses it"
        raise KioskError(f"key of the framework {framework}; {remedy}")
    if len(row) < MIN_COLUMNS:
        raise KioskError(f"row has fewer than {MIN_COLUMNS} columns")
    status, begin, end, spki = row[2], row[5], row[6], row[7]
    if status != "current":
        raise KioskError(f"key is marked as '{status}'")
    key = usable_key(load_der_public_key(base64.b64decode(spki)))
    issuer = _name(row)
    if _SCHEMES[framework] == "smart_health_card":
        issuer, _, key_id = key_id.rpartition("#")
    elif framework == "DIVOC":
        issuer = key_id
    return TrustedKey(_SCHEMES[framework], issuer, key_id, key, not_before=_moment(begin), not_after=_moment(end))


def _name(row: list[str]) -> str:
    return base64.b64decode(row[3]).decode("utf-8", "replace").strip() if len(row) >= MIN_COLUMNS else ""


def _moment(text: str) -> datetime | None:
    """Return a moment such as "2021-01-01T08:00:00.000Z", or None for no limit."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
