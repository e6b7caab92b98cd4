"""The public forms in which issuers' keys are published, read into trusted keys.

The forms are told in `schemes.FORMS`, which `kiosk trust import --help` shows.

Rule 1: a file is read whole or refused; a key that cannot be used is refused with its place, never passed over.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from kiosk.credentials.formats.signatures import PublicKey, usable
from kiosk.credentials.trust.certificates import dcc_key, is_authority, read_pem, root_key
from kiosk.credentials.trust.jwks import read_keys
from kiosk.credentials.trust.scheme_names import SCHEMES
from kiosk.credentials.trust.trust_list import Purpose, TrustedKey
from kiosk.errors import BadCredential, KioskError

MAX_FILE_BYTES = 32_000_000
"""The largest list known, the VCI snapshot, has 0.7 MB; ICAO's master list 1 MB."""

_USAGES = {"v": Purpose.VACCINATION, "t": Purpose.TEST, "r": Purpose.RECOVERY}


def read_trusted_keys(data: bytes, scheme: str = "", issuer: str = "") -> list[TrustedKey]:
    """Every key in `data`; `scheme` and `issuer` where the form does not tell. Raises KioskError with the remedy."""
    if len(data) > MAX_FILE_BYTES:
        raise KioskError(f"file of {len(data)} bytes is larger than {MAX_FILE_BYTES}; give one list at a time")
    if scheme and scheme not in SCHEMES:
        raise KioskError(f"scheme '{scheme}' is not one of {', '.join(SCHEMES)}")
    try:
        found = list(_read(data, scheme, issuer))
    except (BadCredential, KeyError, TypeError, ValueError, AttributeError, RecursionError) as trouble:
        raise KioskError(f"key list cannot be read: {trouble}; see 'kiosk trust import --help' for the forms") from None
    if not found:
        raise KioskError("no keys found; see 'kiosk trust import --help' for the forms")
    return found


def _read(data: bytes, scheme: str, issuer: str) -> Iterator[TrustedKey]:
    if b"PRIVATE KEY" in data:
        raise KioskError("file holds a private key; take it off this machine and give the public one")
    if data.lstrip()[:1] in (b"{", b"["):
        return _from_json(json.loads(data), issuer)
    if b"-----BEGIN CERTIFICATE-----" in data:
        return (_from_certificate(certificate, scheme, issuer) for certificate in read_pem(data))
    if b"-----BEGIN PUBLIC KEY-----" in data:
        return iter([_named_key(load_pem_public_key(data), scheme, issuer)])
    raise KioskError("neither PEM nor JSON; make PEM of a binary certificate by 'openssl x509 -inform der -in FILE'")


def _from_certificate(certificate: x509.Certificate, scheme: str, issuer: str) -> TrustedKey:
    if (scheme or ("vds_nc" if is_authority(certificate) else "eu_dcc")) == "vds_nc":
        return root_key(certificate, "vds_nc")
    return dcc_key(certificate, scheme or "eu_dcc", issuer)


def _named_key(key: object, scheme: str, issuer: str) -> TrustedKey:
    if scheme not in ("", "divoc") or not issuer:
        raise KioskError("bare public key is DIVOC's only, and names no issuer; give --issuer, such as did:indonesia")
    return TrustedKey("divoc", issuer, issuer, _usable(key, issuer))


def _usable(key: object, place: str) -> PublicKey:
    if not usable(key):
        raise KioskError(f"key of {place} is neither P-256, RSA of 2048 to 4096 bits nor Ed25519")
    return key  # type: ignore[return-value]  # usable() looked


def _from_json(found: dict[str, Any], issuer: str) -> Iterator[TrustedKey]:
    match found:
        case {"certificates": [*entries]}:
            return map(_from_gateway, entries)
        case {"eu_keys": dict() as by_id}:
            return (_from_key_list(key_id, entry) for key_id, entries in by_id.items() for entry in entries)
        case {"issuerInfo": [*entries]}:
            return (key for entry in entries for key in _from_directory(entry))
        case {"keys": [*keys]}:
            if not issuer:
                raise KioskError("key set names no issuer; give its address with --issuer https://...")
            return iter(read_keys(keys, issuer))
        case {"verificationMethod": [*methods]} | {"publicKey": [*methods]}:
            return map(_from_did_method, methods)
    raise KioskError("JSON of a form that is not known here")


def _from_gateway(entry: dict[str, str]) -> TrustedKey:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(entry["rawData"]))
        return dcc_key(certificate, "eu_dcc", entry.get("country", ""))
    except (ValueError, UnsupportedAlgorithm) as trouble:
        raise KioskError(f"certificate {entry.get('kid')} of {entry.get('country')}: {trouble}") from None


def _from_key_list(key_id: str, entry: dict[str, Any]) -> TrustedKey:
    key = _usable(load_der_public_key(base64.b64decode(entry["subjectPk"])), key_id)
    purposes = frozenset(_USAGES[usage] for usage in entry.get("keyUsage", ()))
    return TrustedKey("eu_dcc", str(entry.get("ian", "")), key_id, key, purposes)


def _from_directory(entry: dict[str, Any]) -> list[TrustedKey]:
    revoked = {crl["kid"]: list(crl["rids"]) for crl in entry.get("crls", ())}
    keys = [{**key, "revoked": revoked.get(key.get("kid"), [])} for key in entry["keys"]]
    return read_keys(keys, entry["issuer"]["iss"])


def _from_did_method(method: dict[str, Any]) -> TrustedKey:
    name = str(method["id"])
    if "publicKeyPem" in method:
        key: object = load_pem_public_key(method["publicKeyPem"].encode())
    elif "publicKeyBase58" in method:
        key = Ed25519PublicKey.from_public_bytes(base58(method["publicKeyBase58"]))
    else:
        raise KioskError(f"key {name} has neither publicKeyPem nor publicKeyBase58")
    return TrustedKey("divoc", name, name, _usable(key, name))


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(text: str) -> bytes:
    """Decode Bitcoin's base58, in which DID documents write short keys; raises ValueError."""
    number = 0
    for sign in text[:100]:
        number = number * 58 + _BASE58.index(sign)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)
