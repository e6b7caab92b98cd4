"""Reads the files in which issuers publish their keys, and returns trusted keys.

Each scheme reads its own forms (`schemes/<name>/published_keys.py`); this module finds out what a file is: JSON,
certificates in PEM or a public key in PEM. `kiosk trust import --help` lists the forms.

Rule: a file is read completely or refused. If a key cannot be used, the error names the key.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kiosk.credentials.formats.signatures import PublicKey, usable
from kiosk.credentials.trust.certificates import read_pem
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import BadCredential, KioskError

MAX_FILE_BYTES = 32_000_000
"""Greatest size of a file. The VCI snapshot has 0.7 MB and ICAO's master list 1 MB."""

_UNREADABLE = (BadCredential, UnsupportedAlgorithm, KeyError, TypeError, ValueError, AttributeError, RecursionError)
"""Errors of the readers and of the library `cryptography` for a malformed document, certificate or key."""


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """The functions that read the published keys of one scheme; None for a form that the scheme does not have.

    Each function gets the name of the issuer that the technician gave, or "". It may raise `KioskError` with the
    remedy, `BadCredential`, or, for a malformed document, an error such as `KeyError` or `ValueError`.

    from_json: returns the keys in a JSON document, or None if the document has no form of this scheme.
    from_certificate: returns the key in a certificate. owns: returns True if a certificate belongs to this scheme, for
    the case that the technician names no scheme. from_public_key: returns a bare public key as a key of the issuer.
    """

    from_json: Callable[[object, str], Iterable[TrustedKey] | None] | None = None
    from_certificate: Callable[[x509.Certificate, str], TrustedKey] | None = None
    owns: Callable[[x509.Certificate], bool] = lambda _: False
    from_public_key: Callable[[object, str], TrustedKey] | None = None


def read_trusted_keys(
    data: bytes, readers: Mapping[str, PublishedKeys], scheme: str = "", issuer: str = ""
) -> list[TrustedKey]:
    """Return every key in the file `data`.

    readers: the functions of each scheme, by its name. scheme, issuer: given by the technician if the file itself does
    not name them; otherwise "".

    Raises:
        KioskError: the file cannot be used; the message names the remedy.
    """
    if len(data) > MAX_FILE_BYTES:
        raise KioskError(f"file of {len(data)} bytes is larger than {MAX_FILE_BYTES}; give one list at a time")
    if scheme and scheme not in readers:
        raise KioskError(f"scheme '{scheme}' is not one of {', '.join(readers)}")
    try:
        found = list(_read(data, readers, scheme, issuer))
    except _UNREADABLE as error:
        raise KioskError(f"key list cannot be read: {error}; see 'kiosk trust import --help' for the forms") from None
    if not found:
        raise KioskError("no keys found; see 'kiosk trust import --help' for the forms")
    return found


def _read(data: bytes, readers: Mapping[str, PublishedKeys], scheme: str, issuer: str) -> Iterable[TrustedKey]:
    if b"PRIVATE KEY" in data:
        raise KioskError("file holds a private key; take it off this machine and give the public one")
    if data.lstrip()[:1] in (b"{", b"["):
        return _from_json(json.loads(data), readers, issuer)
    if b"-----BEGIN CERTIFICATE-----" in data:
        return [_from_certificate(certificate, readers, scheme, issuer) for certificate in read_pem(data)]
    if b"-----BEGIN PUBLIC KEY-----" in data:
        return [_from_public_key(load_pem_public_key(data), readers, scheme, issuer)]
    raise KioskError("neither PEM nor JSON; make PEM of a binary certificate by 'openssl x509 -inform der -in FILE'")


def _from_json(document: object, readers: Mapping[str, PublishedKeys], issuer: str) -> Iterable[TrustedKey]:
    for reader in readers.values():
        keys = reader.from_json(document, issuer) if reader.from_json else None
        if keys is not None:
            return keys
    raise KioskError("JSON of a form that is not known here")


def _from_certificate(
    certificate: x509.Certificate, readers: Mapping[str, PublishedKeys], scheme: str, issuer: str
) -> TrustedKey:
    chosen = [readers[scheme]] if scheme else [reader for reader in readers.values() if reader.owns(certificate)]
    for reader in chosen:
        if reader.from_certificate:
            return reader.from_certificate(certificate, issuer)
    if not scheme:
        raise KioskError(
            "this is the certificate of an authority, which several schemes use; give --scheme vds_nc for the root "
            "(CSCA) of ICAO's seals, or --scheme divoc and --issuer for DIVOC"
        )
    raise KioskError(f"certificates are no form of keys for '{scheme}'; see 'kiosk trust import --help' for the forms")


def _from_public_key(key: object, readers: Mapping[str, PublishedKeys], scheme: str, issuer: str) -> TrustedKey:
    for name, reader in readers.items():
        if reader.from_public_key and issuer and scheme in ("", name):
            return reader.from_public_key(key, issuer)
    raise KioskError("bare public key is DIVOC's only, and names no issuer; give --issuer, such as did:indonesia")


def usable_key(key: object, place: str) -> PublicKey:
    """Return `key`; raises `KioskError` if no scheme uses its type and size. place: names the key in the message."""
    if not usable(key):
        raise KioskError(f"key of {place} is neither P-256, RSA of 2048 to 4096 bits nor Ed25519")
    return key  # type: ignore[return-value]  # usable() looked
