"""The forms in which the certificates of the EU DCC's document signers are published."""

import base64
from collections.abc import Iterable
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kiosk.credentials.trust.certificates import dcc_key, is_authority
from kiosk.credentials.trust.published_forms import PublishedKeys, usable_key
from kiosk.credentials.trust.trust_list import Purpose, TrustedKey
from kiosk.errors import KioskError

SCHEME = "eu_dcc"
_USAGES = {"v": Purpose.VACCINATION, "t": Purpose.TEST, "r": Purpose.RECOVERY}


def from_json(document: object, _issuer: str) -> Iterable[TrustedKey] | None:
    """Return the keys in the list of the DCC gateway, or in a list by key id; None for any other document."""
    match document:
        case {"certificates": [*entries]}:
            return map(_from_gateway, entries)
        case {"eu_keys": dict() as by_id}:
            return (_from_key_list(key_id, entry) for key_id, entries in by_id.items() for entry in entries)
    return None


def _from_gateway(entry: dict[str, str]) -> TrustedKey:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(entry["rawData"]))
        return dcc_key(certificate, SCHEME, entry.get("country", ""))
    except (ValueError, UnsupportedAlgorithm) as trouble:
        raise KioskError(f"certificate {entry.get('kid')} of {entry.get('country')}: {trouble}") from None


def _from_key_list(key_id: str, entry: dict[str, Any]) -> TrustedKey:
    key = usable_key(load_der_public_key(base64.b64decode(entry["subjectPk"])), key_id)
    purposes = frozenset(_USAGES[usage] for usage in entry.get("keyUsage", ()))
    return TrustedKey(SCHEME, str(entry.get("ian", "")), key_id, key, purposes)


KEYS = PublishedKeys(
    from_json=from_json,
    from_certificate=lambda certificate, issuer: dcc_key(certificate, SCHEME, issuer),
    owns=lambda certificate: not is_authority(certificate),
)
