"""EU Digital COVID Certificates, and the WHO's DDCC in the same wrapping.

Source: ehn-dcc-development/eu-dcc-hcert-spec, hcert_spec.md 1.0.8 (called hcert_spec here). `content.hcert` describes
the wrapping; the certificate is under claim -260, 1: a vaccination, a test or a recovery (`dcc_content`, `who_ddcc`).

The order of the checks: prefix, base45, compression, COSE structure, trusted key, signature, claims, certificate,
schema, purpose of the key, dates of the certificate, dates of the key, age of the key list, revocation, the validity in
the WHO's map. The signature comes before the claims because a stranger chose every byte: until then only the structure
that is needed to find the key is decoded. The purpose of the key comes after the schema because only the content tells
what the key has signed. Dates come last, so that a forged certificate is reported as forged also while the clock is
unsure.
"""

from datetime import tzinfo
from typing import Any

from kiosk.credentials.content import hcert
from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.hcert import HcertClaims, Subclaim
from kiosk.credentials.content.signers import credential_of
from kiosk.credentials.content.validity import demand_dates
from kiosk.credentials.formats.safe_parsing import as_object
from kiosk.credentials.schemes.eu_dcc.dcc_content import DccContent, read_content
from kiosk.credentials.schemes.eu_dcc.who_ddcc import is_ddcc, read_ddcc
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import WallTime


class EuDcc:
    """Verifies codes that begin with `HC1:`."""

    name = "eu_dcc"
    max_bytes = hcert.MAX_CODE_BYTES

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust

    def claims(self, data: bytes) -> bool:
        """Return True if the code begins with the context identifier (hcert_spec section 4.2.2)."""
        return data.startswith(hcert.PREFIX)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return the content of the certificate.

        Raises:
            BadCredential: a layer cannot be decoded.
            CheckRefused: a check failed; the exception holds the verdict.
        """
        envelope = hcert.open_envelope(data, self._trust, examination)
        with examination.reading_signed("certificate"):
            certificate = _certificate_in(envelope.claims)
        with examination.reading_signed("schema"):
            content = _read(certificate, envelope.claims, envelope.key.issuer, when.zone)
        hcert.demand_purpose(envelope.key, content.purpose, examination)
        for tolerance in content.tolerances:
            examination.note("tolerated", tolerance)
        hcert.demand_in_force(envelope, when, self._trust, examination, content.identifiers)
        if content.valid_until or content.valid_from:
            demand_dates(examination, when, content.valid_from, content.valid_until)
        return credential_of(
            self.name, envelope.key, content, envelope.message.signed_bytes, envelope.claims.expires_at
        )


def _certificate_in(claims: HcertClaims) -> dict[Any, Any]:
    """Return the map with the certificate; raises `BadCredential` if it is not a map.

    The EU's certificate is under claim -260, 1; the WHO's flat map is there, or among the claims themselves.
    """
    if claims.health is None:
        return claims.claims
    if Subclaim.EU_DCC in claims.health:
        return as_object(claims.health[Subclaim.EU_DCC], "certificate")
    return claims.health


def _read(certificate: dict[Any, Any], claims: HcertClaims, issuer: str, zone: tzinfo) -> DccContent:
    """Return the content of the certificate; raises `BadCredential` if it breaks its schema."""
    if is_ddcc(certificate):
        return read_ddcc(certificate, zone)
    if claims.expires_at is None:
        raise BadCredential("exp is missing (hcert_spec section 3.3.5)")
    return read_content(certificate, frozenset({issuer, claims.issuer} - {""}))
