"""The wrapping of health certificates that begin with `HC1:`: base45, zlib, COSE_Sign1 and the claims of a CWT.

Source: ehn-dcc-development/eu-dcc-hcert-spec, hcert_spec.md 1.0.8; WHO smart-trust, hcert_spec.md 1.1.1.

Theory: the wrapping, from the outside to the inside.

    HC1:            context identifier, hcert_spec section 4.2.2
    base45          RFC 9285: two bytes in three characters, for the alphanumeric mode of QR codes
    zlib            RFC 1950: the inflated size is bounded before anything is inflated
    COSE_Sign1      RFC 8152 section 4.2: header, payload and signature; ES256 or PS256
    CWT             RFC 8392: issuer, expiry and time of issue as CBOR claims
    claim -260      the certificates, each under a number of its own (`Subclaim`)

The keys of all certificates with this wrapping are imported as keys of the EU DCC, because the WHO's network (GDHCN)
publishes one list for all of them.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from kiosk.credentials.content.credential import Examination
from kiosk.credentials.content.signers import demand_signer
from kiosk.credentials.content.validity import demand_dates, demand_key
from kiosk.credentials.formats import base45
from kiosk.credentials.formats.cose import SignedMessage, read_map, read_sign1
from kiosk.credentials.formats.safe_parsing import as_object, as_time, inflate
from kiosk.credentials.formats.signatures import Algorithm
from kiosk.credentials.trust.revocations import RevokedBy, digest_of
from kiosk.credentials.trust.trust_list import Purpose, TrustedKey, TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime

PREFIX = b"HC1:"
MAX_CODE_BYTES = 4296
"""Capacity of the largest QR code in alphanumeric mode."""

MAX_CWT_BYTES = 16_384
"""Greatest size after inflating. The largest certificates that we have seen have 1.5 kB."""

KEYS_OF = "eu_dcc"
"""The scheme under which the keys are imported."""

ISSUER_CLAIM, EXPIRY_CLAIM, NOT_BEFORE_CLAIM, ISSUED_CLAIM, HEALTH_CLAIM = 1, 4, 5, 6, -260
"""Keys of the claims that are read: RFC 8392 section 3.1; hcert_spec section 3.3.1."""


class Subclaim(IntEnum):
    """The numbers under claim -260 (WHO smart-trust, logical model HCert): EU DCC, health link, yellow card."""

    EU_DCC = 1
    HEALTH_LINK = 5
    YELLOW_CARD = -6


_FIRST_SUBCLAIM = re.compile(rb"\x39\x01\x03[\xa1-\xb7\xbf]([\x00-\x17\x20-\x37])")
"""Claim -260 in CBOR, the begin of its map, and the first key of the map: a number from -24 to 23."""


def first_subclaim(data: bytes) -> int | None:
    """Return the first number under claim -260; None if there is none or the code cannot be decoded.

    This decides which scheme examines the code. It verifies nothing, and no CBOR is parsed.
    """
    if not data.startswith(PREFIX) or len(data) > MAX_CODE_BYTES:
        return None
    try:
        found = _FIRST_SUBCLAIM.search(inflate(base45.decode(data[len(PREFIX) :]), MAX_CWT_BYTES, 15))
    except BadCredential:
        return None
    if found is None:
        return None
    initial = found[1][0]
    return initial if initial < 0x20 else -1 - (initial - 0x20)


def unwrap(data: bytes, examination: Examination) -> SignedMessage:
    """Return the signed message in a code; raises `BadCredential` if a layer cannot be decoded."""
    with examination.reading("prefix"):
        if not data.startswith(PREFIX):
            raise BadCredential("does not begin with HC1:")
    with examination.reading("base45"):
        compressed = base45.decode(data[len(PREFIX) :])
    with examination.reading("compression"):
        cwt = inflate(compressed, MAX_CWT_BYTES, 15)
    with examination.reading("cose"):
        return read_sign1(cwt)


def demand_purpose(key: TrustedKey, purpose: Purpose, examination: Examination) -> None:
    """Demand that the key may sign certificates of `purpose`; raises `CheckRefused` if it may not."""
    allowed = ", ".join(sorted(purpose.value for purpose in key.purposes)) if key.purposes else "anything"
    detail = "certificate is a {}, key may sign {}"
    examination.demand("key_purpose", key.is_for(purpose), Reason.UNTRUSTED_ISSUER, detail, purpose.value, allowed)


def _demand_not_revoked(
    message: SignedMessage,
    trust: TrustList,
    key: TrustedKey,
    examination: Examination,
    identifiers: Iterable[tuple[str, str]],
) -> None:
    """Demand that no list of revoked certificates names this one; raises `CheckRefused` if one does.

    Of an ES256 signature only r is digested, because anybody can change s into another valid one.
    """
    lists = trust.revocations(KEYS_OF, key.key_id)
    if not lists:
        examination.note("revocation", "no list of revoked certificates for this key")
        return
    signature = message.signature
    half = len(signature) // 2 if message.algorithm is Algorithm.ES256 else len(signature)
    ids = list(identifiers)
    digests = {
        RevokedBy.SIGNATURE: [digest_of(signature[:half])],
        RevokedBy.UCI: [digest_of(uci.encode()) for _, uci in ids],
        RevokedBy.COUNTRY_UCI: [digest_of(f"{country}{uci}".encode()) for country, uci in ids],
    }
    revoked = any(digest in found for found in lists for digest in digests.get(found.revoked_by, ()))
    detail = "{} listed for this key"
    examination.demand("revocation", not revoked, Reason.STATUS_DENIED, detail, sum(map(len, lists)))


class HcertClaims:
    """The claims of the CWT (RFC 8392), read after the signature was verified.

    issuer: claim 1, or "" without one. issued_at: the later one of the times of issue and of the begin of the validity.
    health: the map under claim -260; None if there is no such claim. claims: all claims.

    Raises:
        BadCredential: the payload is not a CBOR map, or a time in it is not one.
    """

    def __init__(self, payload: bytes) -> None:
        self.claims = read_map(payload)
        issuer = self.claims.get(ISSUER_CLAIM)
        self.issuer = issuer if isinstance(issuer, str) else ""
        self.expires_at = as_time(self.claims[EXPIRY_CLAIM], "exp") if EXPIRY_CLAIM in self.claims else None
        begins = [claim for claim in (ISSUED_CLAIM, NOT_BEFORE_CLAIM) if claim in self.claims]
        self.issued_at = max((as_time(self.claims[claim], "iat") for claim in begins), default=None)
        has_health = HEALTH_CLAIM in self.claims
        self.health: dict[Any, Any] | None = as_object(self.claims[HEALTH_CLAIM], "hcert") if has_health else None

    def certificate(self, number: Subclaim) -> Any:
        """Return the certificate with this number; raises `BadCredential` if there is none or another one beside it."""
        if self.health is None or set(self.health) != {int(number)}:
            raise BadCredential(f"claim -260 is not one certificate under {int(number)}")
        return self.health[number]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The opened wrapping: the signed message, the trusted key that signed it, and its claims."""

    message: SignedMessage
    key: TrustedKey
    claims: HcertClaims


def open_envelope(data: bytes, trust: TrustList, examination: Examination) -> Envelope:
    """Return the opened wrapping of a code. Every trusted key with the key id is tried (hcert_spec section 3.3.3).

    The checks: prefix, base45, compression, COSE structure, trusted key, signature, claims.

    Raises:
        BadCredential: a layer cannot be decoded.
        CheckRefused: no trusted key signed the message, or the claims cannot be read.
    """
    message = unwrap(data, examination)
    key_id = base64.b64encode(message.key_id[:32]).decode()
    signed = message.algorithm, message.signature, (message.signed_bytes,)
    key = demand_signer(examination, trust.find(KEYS_OF, key_id), key_id, *signed)
    with examination.reading_signed("claims"):
        return Envelope(message, key, HcertClaims(message.payload))


def demand_in_force(
    envelope: Envelope,
    when: WallTime,
    trust: TrustList,
    examination: Examination,
    identifiers: Iterable[tuple[str, str]] = (),
) -> None:
    """Demand that the wrapping counts now: dates of the claims, dates of the key, age of the key list, revocation.

    identifiers: country and identifier (UCI) of each entry of the content.

    Raises:
        CheckRefused: the clock is not sure, or a date has not come or is over, or the certificate is revoked.
    """
    demand_dates(examination, when, envelope.claims.issued_at, envelope.claims.expires_at)
    demand_key(examination, when, trust, envelope.key)
    _demand_not_revoked(envelope.message, trust, envelope.key, examination, identifiers)
