"""EU Digital COVID Certificates, and the WHO's DDCC in the same wrapping: base45, zlib, COSE, CWT.

Source: ehn-dcc-development/eu-dcc-hcert-spec, hcert_spec.md 1.0.8 (referred to as hcert_spec); RFC 9285, 8152, 8392.
Rule 1: nothing of the payload is looked at before its signature was found good.
"""

import base64
from collections.abc import Sequence
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
"""The largest certificates seen inflate to 1.5 kB; a version 40 code could carry 2.8 kB that hardly deflates."""

EXPIRY_CLAIM, NOT_BEFORE_CLAIM, ISSUED_CLAIM, HEALTH_CLAIM, EU_DCC_V1 = 4, 5, 6, -260, 1
"""RFC 8392 section 3.1; hcert_spec section 3.3.1."""


class EuDcc:
    """Verifies codes that begin with `HC1:`."""

    name = "eu_dcc"
    max_bytes = 4296

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust

    def claims(self, data: bytes) -> bool:
        """Whether the context identifier is there (hcert_spec section 4.2.2)."""
        return data.startswith(PREFIX)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return what the certificate says; raises BadCredential or Refused."""
        message = _unwrap(data, examination)
        key = self._signer(message, examination)
        with examination.reading("claims"):
            claims = _Claims(message.payload)
        with examination.reading("schema"):
            content = claims.content(key.issuer)
        examination.demand(
            "key_purpose",
            key.is_for(content.purpose),
            Reason.UNTRUSTED_ISSUER,
            f"certificate is a {content.purpose.value}, key may sign {_purposes(key)}",
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
        )

    def _signer(self, message: SignedMessage, examination: Examination) -> TrustedKey:
        """The trusted key that signed; several may share an id, and each is tried (hcert_spec section 3.3.3)."""
        key_id = base64.b64encode(message.key_id[:32]).decode()
        keys = self._trust.find(self.name, key_id)
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


def _purposes(key: TrustedKey) -> str:
    return ", ".join(sorted(purpose.value for purpose in key.purposes)) or "anything"


class _Claims:
    """The CWT's claims (RFC 8392), read after the signature was found good."""

    def __init__(self, payload: bytes) -> None:
        self._claims = read_map(payload)
        self.expires_at = as_time(self._claims[EXPIRY_CLAIM], "exp") if EXPIRY_CLAIM in self._claims else None
        starts: Sequence[Any] = [
            self._claims[claim] for claim in (ISSUED_CLAIM, NOT_BEFORE_CLAIM) if claim in self._claims
        ]
        self.issued_at = max((as_time(start, "iat") for start in starts), default=None)

        self._health = self._content()

    def _content(self) -> dict[Any, Any]:
        """The certificate: the EU's under claim -260, 1; the WHO's flat map there, or among the claims themselves."""
        health: dict[Any, Any] = as_object(self._claims.get(HEALTH_CLAIM, self._claims), "hcert")
        if HEALTH_CLAIM in self._claims and EU_DCC_V1 in health:
            return as_object(health[EU_DCC_V1], "certificate")
        return health

    def content(self, issuer: str) -> DccContent:
        """What the certificate says; raises BadCredential where its schema is broken."""
        if is_ddcc(self._health):
            return read_ddcc(self._health)
        if self.expires_at is None:
            raise BadCredential("exp is missing (hcert_spec section 3.3.5)")
        return read_content(self._health, issuer)
