"""EU Digital COVID Certificates, and the WHO's DDCC in the same wrapping.

Source: ehn-dcc-development/eu-dcc-hcert-spec, hcert_spec.md 1.0.8 (called hcert_spec here).

Theory: the wrapping, from the outside to the inside, with the check that belongs to each layer.

    HC1:            the context identifier (hcert_spec section 4.2.2)
    base45          RFC 9285: bytes in the QR code's alphanumeric set
    zlib            RFC 1950: the inflated size is bounded before anything is inflated
    COSE_Sign1      RFC 8152 section 4.2: algorithm, key id, payload, signature
    CWT             RFC 8392: issuer, issue and expiry as CBOR claims
    claim -260, 1   the certificate: a vaccination, a test or a recovery (`dcc_content`, `who_ddcc`)

The order of the checks: prefix, base45, compression, COSE structure, trusted key, signature, claims, schema, purpose of
the key, dates of the certificate, dates of the key, age of the key list. The signature comes before the claims because
a stranger chose every byte: until then only the structure that is needed to find the key is decoded. The purpose of the
key comes after the schema because only the content tells what the key has signed. Dates come last, so that a forged
certificate is reported as forged also while the clock is unsure.
"""

import base64
from datetime import tzinfo
from typing import Any

from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.validity import demand_dates, demand_key
from kiosk.credentials.formats import base45
from kiosk.credentials.formats.cose import SignedMessage, read_map, read_sign1
from kiosk.credentials.formats.safe_parsing import as_object, as_time, inflate
from kiosk.credentials.formats.signatures import signed_by_one_of
from kiosk.credentials.schemes.eu_dcc.dcc_content import DccContent, read_content
from kiosk.credentials.schemes.eu_dcc.who_ddcc import is_ddcc, read_ddcc
from kiosk.credentials.trust.trust_list import TrustedKey, TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime

PREFIX = b"HC1:"
MAX_CWT_BYTES = 16_384
"""Greatest size after inflating. The largest certificates that we have seen have 1.5 kB."""

ISSUER_CLAIM, EXPIRY_CLAIM, NOT_BEFORE_CLAIM, ISSUED_CLAIM, HEALTH_CLAIM, EU_DCC_V1 = 1, 4, 5, 6, -260, 1
"""Keys of the claims that are read: RFC 8392 section 3.1; hcert_spec section 3.3.1."""


class EuDcc:
    """Verifies codes that begin with `HC1:`."""

    name = "eu_dcc"
    max_bytes = 4296

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust

    def claims(self, data: bytes) -> bool:
        """Return True if the code begins with the context identifier (hcert_spec section 4.2.2)."""
        return data.startswith(PREFIX)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return the content of the certificate.

        Raises:
            BadCredential: a layer cannot be decoded.
            CheckRefused: a check failed; the exception holds the verdict.
        """
        message = _unwrap(data, examination)
        key = self._signer(message, examination)
        with examination.reading_signed("claims"):
            claims = _Claims(message.payload)
        with examination.reading_signed("schema"):
            content = claims.content(key.issuer, when.zone)
        allowed = ", ".join(sorted(purpose.value for purpose in key.purposes)) or "anything"
        examination.demand(
            "key_purpose",
            key.is_for(content.purpose),
            Reason.UNTRUSTED_ISSUER,
            f"certificate is a {content.purpose.value}, key may sign {allowed}",
        )
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

    def _signer(self, message: SignedMessage, examination: Examination) -> TrustedKey:
        """Return the trusted key that signed. Every trusted key with the key id is tried (hcert_spec section 3.3.3)."""
        key_id = base64.b64encode(message.key_id[:32]).decode()
        keys = self._trust.find(self.name, key_id)
        # The signature is verified before the key is demanded, so that an unknown issuer costs the same time.
        at = signed_by_one_of([key.key for key in keys], message.algorithm, message.signature, message.signed_bytes)
        examination.demand("key", bool(keys), Reason.UNTRUSTED_ISSUER, f"{key_id}, {len(keys)} in the trust list")
        examination.demand("signature", at is not None, Reason.BAD_SIGNATURE, message.algorithm.value)
        assert at is not None
        return keys[at]


def _unwrap(data: bytes, examination: Examination) -> SignedMessage:
    with examination.reading("prefix"):
        if not data.startswith(PREFIX):
            raise BadCredential("does not begin with HC1:")
    with examination.reading("base45"):
        compressed = base45.decode(data[len(PREFIX) :])
    with examination.reading("compression"):
        cwt = inflate(compressed, MAX_CWT_BYTES, 15)
    with examination.reading("cose"):
        return read_sign1(cwt)


class _Claims:
    """The claims of the CWT (RFC 8392), read after the signature was verified."""

    def __init__(self, payload: bytes) -> None:
        claims = read_map(payload)
        self._issuer = claims.get(ISSUER_CLAIM)
        self.expires_at = as_time(claims[EXPIRY_CLAIM], "exp") if EXPIRY_CLAIM in claims else None
        starts = [as_time(claims[claim], "iat") for claim in (ISSUED_CLAIM, NOT_BEFORE_CLAIM) if claim in claims]
        self.issued_at = max(starts, default=None)
        # The EU's certificate is under claim -260, 1; the WHO's flat map is there or among the claims themselves.
        health: dict[Any, Any] = as_object(claims.get(HEALTH_CLAIM, claims), "hcert")
        is_eu_dcc = HEALTH_CLAIM in claims and EU_DCC_V1 in health
        self._certificate = as_object(health[EU_DCC_V1], "certificate") if is_eu_dcc else health

    def content(self, issuer: str, zone: tzinfo) -> DccContent:
        """Return the content of the certificate; raises `BadCredential` if it breaks its schema."""
        if is_ddcc(self._certificate):
            return read_ddcc(self._certificate, zone)
        if self.expires_at is None:
            raise BadCredential("exp is missing (hcert_spec section 3.3.5)")
        signers = {issuer, self._issuer} if isinstance(self._issuer, str) else {issuer}
        return read_content(self._certificate, frozenset(signers))
