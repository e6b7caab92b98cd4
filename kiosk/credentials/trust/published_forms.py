"""Reads the files in which issuers publish their keys, and returns trusted keys.

Each scheme reads its own forms (`schemes/<name>/published_keys.py`); this module finds out what a file is: JSON, CSV,
or certificates and public keys in PEM or DER. `kiosk trust import --help` lists the forms.

Rule 1: every entry of a list becomes a key, or it is named with the reason for which it cannot be used.
Rule 2: a list without one usable key is refused, and so is every file with a private key.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from kiosk.credentials.formats.lenient_der import load_certificate
from kiosk.credentials.formats.signatures import PublicKey
from kiosk.credentials.trust.certificates import certificates_in_pem, public_key
from kiosk.credentials.trust.json_web_keys import usable_key
from kiosk.credentials.trust.published_list import MALFORMED, PublishedList, UnusableKey, each
from kiosk.credentials.trust.registry_csv import is_registry, read_registry
from kiosk.credentials.trust.revocations import RevokedCredentials
from kiosk.credentials.trust.signed_list import JSON_BEGINS, split_signature
from kiosk.credentials.trust.trust_list import TrustedKey
from kiosk.errors import BadCredential, KioskError

MAX_FILE_BYTES = 32_000_000
"""Greatest size of a file. The VCI snapshot has 0.7 MB and ICAO's master list 1 MB."""

DER_BEGINS = b"\x30"

Entries = Iterable[TrustedKey | UnusableKey | RevokedCredentials]


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """The functions that read the published keys of one scheme; None for a form that the scheme does not have.

    Each function gets the name of the issuer that the technician gave, or "". It may raise `KioskError` with the
    remedy, `BadCredential`, or, for a malformed document, an error such as `KeyError` or `ValueError`.

    from_json: returns the entries of a JSON document, or None if the document has no form of this scheme.
    from_certificate: returns the key in a certificate. owns: returns True if a certificate belongs to this scheme, for
    the case that the technician names no scheme. from_public_key: returns a bare public key as a key of the issuer.
    from_crl: returns the certificates that a CRL revokes; the signature of the CRL is not verified here.
    """

    from_json: Callable[[object, str], Entries | None] | None = None
    from_certificate: Callable[[x509.Certificate, str], TrustedKey] | None = None
    owns: Callable[[x509.Certificate], bool] = lambda _: False
    from_public_key: Callable[[object, str], TrustedKey] | None = None
    from_crl: Callable[[x509.CertificateRevocationList], RevokedCredentials] | None = None


def read_trusted_keys(
    data: bytes, readers: Mapping[str, PublishedKeys], scheme: str = "", issuer: str = ""
) -> PublishedList:
    """Return every key in the file `data`, and every entry that cannot be used.

    readers: the functions of each scheme, by its name. scheme, issuer: given by the technician if the file itself does
    not name them; otherwise "".

    Raises:
        KioskError: the file has no usable key, or it holds a private one; the message names the remedy.
    """
    if len(data) > MAX_FILE_BYTES:
        raise KioskError(f"file of {len(data)} bytes is larger than {MAX_FILE_BYTES}; give one list at a time")
    if scheme and scheme not in readers:
        raise KioskError(f"scheme '{scheme}' is not one of {', '.join(readers)}")
    try:
        found = list(_read(data, readers, scheme, issuer))
    except (BadCredential, *MALFORMED) as error:
        raise KioskError(f"key list cannot be read: {error}; see 'kiosk trust import --help' for the forms") from None
    keys = tuple(entry for entry in found if isinstance(entry, TrustedKey))
    unusable = tuple(entry for entry in found if isinstance(entry, UnusableKey))
    revoked = tuple(entry for entry in found if isinstance(entry, RevokedCredentials))
    if not found:
        raise KioskError("no keys found; see 'kiosk trust import --help' for the forms")
    if not keys and not revoked:
        first = unusable[0]
        others = f"; {len(unusable) - 1} more entries cannot be used either" if len(unusable) > 1 else ""
        raise KioskError(f"{first.issuer or 'key list'}, {first.name}: {first.reason}{others}")
    return PublishedList(keys, unusable, revoked)


def plain_text(data: bytes) -> bytes:
    """Return the file without a byte order mark and without white space at its begin."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()


def read_signer(data: bytes) -> PublicKey:
    """Return the key of a list's publisher, from a public key or a certificate in PEM.

    Raises:
        KioskError: the file holds neither, or a key that no scheme uses.
    """
    try:
        if b"-----BEGIN CERTIFICATE-----" in data:
            return public_key(load_certificate(certificates_in_pem(data)[0]()).certificate)
        return usable_key(load_pem_public_key(data))
    except MALFORMED as error:
        raise KioskError(f"key of the publisher is neither a public key nor a certificate in PEM: {error}") from None


def _read(data: bytes, readers: Mapping[str, PublishedKeys], scheme: str, issuer: str) -> Entries:
    if b"PRIVATE KEY" in data:
        raise KioskError("file holds a private key; take it off this machine and give the public one")
    _, text = split_signature(plain_text(data))
    if text.startswith(JSON_BEGINS):
        return _from_json(json.loads(text, object_hook=_refuse_private_key), readers, scheme, issuer)
    if b"-----BEGIN CERTIFICATE-----" in data:
        return each(
            certificates_in_pem(data),
            lambda block: _from_certificate(load_certificate(block()).certificate, readers, scheme, issuer),
            lambda _: ("", ""),
        )
    crl = _crl_in(data)
    if crl is not None:  # a CRL without entries is false
        return [_from_crl(crl, readers, scheme)]
    if b"-----BEGIN PUBLIC KEY-----" in data:
        return [_from_public_key(load_pem_public_key(data), readers, scheme, issuer)]
    if is_registry(text):
        return read_registry(text, scheme)
    if data.startswith(DER_BEGINS):
        return [_from_der(data, readers, scheme, issuer)]
    raise KioskError("neither PEM, DER, JSON nor PathCheck's CSV; see 'kiosk trust import --help' for the forms")


def _refuse_private_key(found: dict[str, Any]) -> dict[str, Any]:
    if "kty" in found and "d" in found:
        raise KioskError(f"key {found.get('kid')} is a private key; take it off this machine and give the public one")
    return found


def _from_json(document: object, readers: Mapping[str, PublishedKeys], scheme: str, issuer: str) -> Entries:
    for name, reader in readers.items():
        entries = reader.from_json(document, issuer) if reader.from_json and scheme in ("", name) else None
        if entries is not None:
            return entries
    raise KioskError(f"JSON of a form that is not known here{f' for {scheme}' if scheme else ''}")


def _from_der(data: bytes, readers: Mapping[str, PublishedKeys], scheme: str, issuer: str) -> TrustedKey:
    try:
        certificate = load_certificate(data).certificate
    except (ValueError, x509.InvalidVersion) as error:
        try:
            key = load_der_public_key(data)
        except MALFORMED:
            raise KioskError(f"certificate cannot be read: {error}") from None
        return _from_public_key(key, readers, scheme, issuer)
    return _from_certificate(certificate, readers, scheme, issuer)


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


def _crl_in(data: bytes) -> x509.CertificateRevocationList | None:
    """Return the CRL in the file, in PEM or DER; None if it holds none."""
    try:
        if b"-----BEGIN X509 CRL-----" in data:
            return x509.load_pem_x509_crl(data)
        return x509.load_der_x509_crl(data) if data.startswith(DER_BEGINS) else None
    except ValueError:
        return None


def _from_crl(
    crl: x509.CertificateRevocationList, readers: Mapping[str, PublishedKeys], scheme: str
) -> RevokedCredentials:
    for name, reader in readers.items():
        if reader.from_crl and scheme in ("", name):
            return reader.from_crl(crl)
    raise KioskError(f"CRLs are no form of keys for '{scheme}'; see 'kiosk trust import --help' for the forms")


def _from_public_key(key: object, readers: Mapping[str, PublishedKeys], scheme: str, issuer: str) -> TrustedKey:
    for name, reader in readers.items():
        if reader.from_public_key and issuer and scheme in ("", name):
            return reader.from_public_key(key, issuer)
    raise KioskError("bare public key is DIVOC's only, and names no issuer; give --issuer, such as did:indonesia")
