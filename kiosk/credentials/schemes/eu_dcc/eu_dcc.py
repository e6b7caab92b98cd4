"""EU Digital COVID Certificates, and the WHO's DDCC in the same wrapping.

Source: ehn-dcc-development/eu-dcc-hcert-spec, hcert_spec.md 1.0.8 (called hcert_spec here). `content.hcert` describes
the wrapping; the certificate is under claim -260, 1: a vaccination, a test or a recovery (`dcc_content`, `who_ddcc`).

The order of the checks: prefix, base45, compression, COSE structure, trusted key, signature, claims, schema, purpose of
the key, dates of the certificate, dates of the key, age of the key list. The signature comes before the claims because
a stranger chose every byte: until then only the structure that is needed to find the key is decoded. The purpose of the
key comes after the schema because only the content tells what the key has signed. Dates come last, so that a forged
certificate is reported as forged also while the clock is unsure.
"""

from datetime import tzinfo
from typing import Any

from kiosk.credentials.content import hcert
from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.hcert import HcertClaims, Subclaim
from kiosk.credentials.content.validity import demand_dates, demand_key
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
        message = hcert.unwrap(data, examination)
        key = hcert.demand_document_signer(message, self._trust, examination)
        with examination.reading_signed("claims"):
            claims = HcertClaims(message.payload)
        with examination.reading_signed("schema"):
            content = _read(claims, key.issuer, when.zone)
        hcert.demand_purpose(key, content.purpose, examination)
        for tolerance in content.tolerances:
            examination.note("tolerated", tolerance)
        demand_dates(examination, when, claims.issued_at, claims.expires_at)
        if content.valid_until or content.valid_from:
            demand_dates(examination, when, content.valid_from, content.valid_until)
        demand_key(examination, when, self._trust, key)
        return Credential(
            self.name,
            key.issuer,
            key.key_id,
            doses=content.doses,
            tests=content.tests,
            recoveries=content.recoveries,
            expires_at=claims.expires_at,
            holder=content.holder,
            identity=message.signed_bytes,
        )


def _read(claims: HcertClaims, issuer: str, zone: tzinfo) -> DccContent:
    """Return the content of the certificate; raises `BadCredential` if it breaks its schema.

    The EU's certificate is under claim -260, 1; the WHO's flat map is there or among the claims themselves.
    """
    health: dict[Any, Any] = claims.claims if claims.health is None else claims.health
    if claims.health is not None and Subclaim.EU_DCC in health:
        health = as_object(health[Subclaim.EU_DCC], "certificate")
    if is_ddcc(health):
        return read_ddcc(health, zone)
    if claims.expires_at is None:
        raise BadCredential("exp is missing (hcert_spec section 3.3.5)")
    return read_content(health, frozenset({issuer, claims.issuer} - {""}))
