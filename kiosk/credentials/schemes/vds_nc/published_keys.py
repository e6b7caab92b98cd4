"""The forms in which the root certificates (CSCA) of ICAO's seals and their CRLs are published: in PEM or DER.

The scheme owns no certificate by itself: a self-signed certificate of another scheme, such as that of India's DIVOC,
must not become a root. The technician names the scheme.
"""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kiosk.credentials.trust.certificates import root_key
from kiosk.credentials.trust.published_forms import PublishedKeys
from kiosk.credentials.trust.revocations import RevokedBy, RevokedCredentials, digest_of_serial, joined
from kiosk.errors import KioskError

SCHEME = "vds_nc"


def from_crl(crl: x509.CertificateRevocationList) -> RevokedCredentials:
    """Return the signers' certificates that the CRL revokes (RFC 5280 section 5).

    Raises:
        KioskError: the CRL has a critical extension, such as that of a delta CRL, and is not a complete list.
    """
    if critical := [extension.oid.dotted_string for extension in crl.extensions if extension.critical]:
        raise KioskError(f"CRL has the critical extension {critical[0]}; a complete CRL of the authority is needed")
    country = crl.issuer.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return RevokedCredentials(
        SCHEME,
        str(country[0].value).upper() if country else "",
        crl.issuer.rfc4514_string(),
        RevokedBy.SERIAL,
        joined(digest_of_serial(entry.serial_number) for entry in crl),
        crl.last_update_utc,
        crl.public_bytes(Encoding.DER),
    )


KEYS = PublishedKeys(from_certificate=lambda certificate, _: root_key(certificate, SCHEME), from_crl=from_crl)
