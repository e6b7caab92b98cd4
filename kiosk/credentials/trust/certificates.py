"""X.509 certificates as trusted keys, with their issuer, purposes and validity.

Two kinds of certificates carry trusted keys. A document signer (EU DCC) signs the credentials itself; its public key is
the trusted key, under a key id that is computed from the certificate. A root (ICAO CSCA) signs the certificates of
signers, and a signer's certificate comes with each code; the root is found by its subject name.
"""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kiosk.credentials.formats.signatures import PublicKey, usable
from kiosk.credentials.trust.trust_list import Purpose, TrustedKey
from kiosk.errors import KioskError

KEY_ID_BYTES = 8
"""Length of a key id: the first eight bytes of the certificate's SHA-256 (hcert_spec section 3.3.3)."""

SEAL_USAGE = x509.ObjectIdentifier("2.23.136.1.1.14.2")
DOCUMENT_TYPES, SEAL_TYPE = x509.ObjectIdentifier("2.23.136.1.1.6.2"), b"\x13\x02NV"
"""Extension and value that mark a signer of seals for health, document type "NV" (ICAO technical report VDS-NC 1.1)."""

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)

_KEY_USAGES = {
    f"1.3.6.1.4.1.{arc}1847.2021.1.{number}": purpose
    for arc in ("", "0.")
    for number, purpose in ((1, Purpose.TEST), (2, Purpose.VACCINATION), (3, Purpose.RECOVERY))
}
"""Maps extended key usages (EU DCC certificate governance) to purposes; countries use both spellings of the OID."""


def dcc_key(certificate: x509.Certificate, scheme: str, issuer: str = "") -> TrustedKey:
    """Return a document signer's certificate as a trusted key of `scheme`.

    issuer: the issuer's name, used if the certificate names no country.

    Raises:
        KioskError: no scheme uses a key of this type and size.
    """
    digest = certificate.fingerprint(SHA256())
    return TrustedKey(
        scheme,
        country_of(certificate) or issuer,
        base64.b64encode(digest[:KEY_ID_BYTES]).decode(),
        public_key(certificate),
        frozenset(_purposes(certificate)),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def public_key(certificate: x509.Certificate) -> PublicKey:
    """Return the certificate's key; raises `KioskError` if no scheme uses a key of this type and size."""
    key = certificate.public_key()
    if not usable(key):
        raise KioskError("certificate's key is neither P-256, RSA of 2048 to 4096 bits nor Ed25519")
    return key  # type: ignore[return-value]  # usable() looked


def country_of(certificate: x509.Certificate) -> str:
    """Return the country of the certificate's subject, or else of its issuer, in capital letters; "" without one."""
    names = [*certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)]
    names += certificate.issuer.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return str(names[0].value).upper() if names else ""


def _purposes(certificate: x509.Certificate) -> Iterator[Purpose]:
    """Yield the purposes in the extended key usage. If none is yielded, the key is for any purpose (hcert_spec)."""
    for extension in readable_extensions(certificate) or ():
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            yield from (_KEY_USAGES[oid.dotted_string] for oid in extension.value if oid.dotted_string in _KEY_USAGES)


def certificates_in_pem(text: bytes) -> list[Callable[[], bytes]]:
    """Return a function for each certificate in `text` that returns its bytes in DER.

    The function raises `ValueError` if the text of its certificate is not base64.

    Raises:
        KioskError: there is no certificate.
    """
    blocks = [b"".join(block.split()) for block in _PEM.findall(text)]
    if not blocks:
        raise KioskError("no PEM certificates")
    return [partial(base64.b64decode, block, validate=True) for block in blocks]


def readable_extensions(certificate: x509.Certificate) -> x509.Extensions | None:
    """Return the extensions of the certificate, or None if one of them cannot be read.

    The library reads them when they are first used. It refuses an extension that is there twice, that breaks its
    syntax, or that holds a name of an unsupported type (an X.400 address or an EDI party name).
    """
    try:
        return certificate.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None


def is_seal_signer(certificate: x509.Certificate) -> bool:
    """Return True if the certificate belongs to a signer of ICAO seals.

    The extended key usage decides; for a certificate without it, the list of document types decides.
    """
    extensions = readable_extensions(certificate) or ()
    for extension in extensions:
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            return SEAL_USAGE in extension.value
    kinds = (item.value for item in extensions if item.oid == DOCUMENT_TYPES)
    return any(isinstance(kind, x509.UnrecognizedExtension) and SEAL_TYPE in kind.value for kind in kinds)


def valid_at(certificate: x509.Certificate, utc: datetime) -> bool:
    """Return True if the certificate is valid at the time `utc`."""
    return certificate.not_valid_before_utc <= utc <= certificate.not_valid_after_utc


def root_key(certificate: x509.Certificate, scheme: str) -> TrustedKey:
    """Return the certificate of a country's signing authority (ICAO CSCA) as a trusted key of `scheme`.

    Its key id is the subject name of the certificate.

    Raises:
        KioskError: the certificate names no country, or it does not belong to an authority (CA).
    """
    if not country_of(certificate):
        raise KioskError("certificate names no country")
    if not is_authority(certificate):
        raise KioskError(
            "this is not the certificate of an authority (CA); import the root certificate (CSCA): the signer's "
            "certificate comes with each code"
        )
    return TrustedKey(
        scheme,
        country_of(certificate),
        certificate.subject.rfc4514_string(),
        certificate.public_key(),  # type: ignore[arg-type]  # a root may have any key: it only signs certificates
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        certificate=certificate.public_bytes(Encoding.DER),
    )


def is_authority(certificate: x509.Certificate) -> bool:
    """Return True if the certificate may sign other certificates, or if its extensions cannot be read."""
    extensions = readable_extensions(certificate)
    if extensions is None:
        return True
    return any(isinstance(item.value, x509.BasicConstraints) and item.value.ca for item in extensions)


def signs_documents_only(certificate: x509.Certificate) -> bool:
    """Return True if the certificate may sign documents and no certificates.

    Some countries' document signers are marked as an authority. Without `keyCertSign` in their key usage, they may not
    sign certificates (RFC 5280 section 4.2.1.9).
    """
    if not is_authority(certificate):
        return True
    usages = [item.value for item in readable_extensions(certificate) or () if isinstance(item.value, x509.KeyUsage)]
    return any(usage.digital_signature and not usage.key_cert_sign for usage in usages)
