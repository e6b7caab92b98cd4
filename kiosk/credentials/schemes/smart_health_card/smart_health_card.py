"""SMART Health Cards: `shc:/` and digits, a JWS with ES256, raw deflate, and a FHIR bundle.

Source: spec.smarthealth.cards (smart-on-fhir/health-cards, docs/index.md 1.4.0, called SHC here).

Theory: the wrapping, from the outside to the inside.

    shc:/         the scheme of the URI
    digits        two for each character of the JWS, so that the QR code can use its numeric mode
    JWS           RFC 7515, compact form: header, payload and signature in base64url; ES256 alone
    raw deflate   RFC 1951: the inflated size is bounded before anything is inflated
    JSON          the claims `iss`, `nbf`, `exp` and `vc`
    FHIR bundle   vaccinations and test results (`fhir`)

The order of the checks: prefix, number of codes, digits, JWS structure, trusted key, signature, payload, issuer, dates
of the card, dates of the key, age of the key list, revocation. The signature covers the header and the compressed
payload, so it is verified before the payload is inflated: until then only the JWS header is parsed, which is needed to
find the key. The issuer comes after the payload because only the signed payload names it; a key is trusted for one
issuer, and several issuers may share a key. Revocation comes last because it needs the issuer's list and the signed
date of the card.
"""

import math
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.leniency import tolerated
from kiosk.credentials.content.signers import credential_of, demand_signer
from kiosk.credentials.content.validity import demand_dates, demand_key
from kiosk.credentials.formats.safe_parsing import as_list, as_object, as_text, as_time, base64url, inflate, json_object
from kiosk.credentials.formats.signatures import Algorithm
from kiosk.credentials.schemes.smart_health_card.fhir import read_bundle
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime

PREFIX = b"shc:/"
DIGIT_OFFSET = 45
"""SHC "Encoding Chunks as QR Codes": two digits stand for each character; they give its code minus 45."""

_TENS = bytes.maketrans(b"0123456789", bytes(range(0, 100, 10)))
_ONES = bytes.maketrans(b"0123456789", bytes(range(DIGIT_OFFSET, DIGIT_OFFSET + 10)))
JWS_CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
"""Characters of base64url, and the full stop between the parts (RFC 7515 section 7.1)."""

MAX_PAYLOAD_BYTES = 65_536
"""Greatest size after inflating. A card for one QR code has at most 1,195 characters and inflates to about 3 kB."""

GZIP_TRAILER_BYTES = 8
"""Length of the checksum and the size that gzip writes behind the deflated data (RFC 1952 section 2.3.1)."""

HEALTH_CARD_TYPE = "https://smarthealth.cards#health-card"


@dataclass(frozen=True, slots=True)
class _Jws:
    """The parts of the JWS. payload: still compressed. signed_bytes: header and payload as they were signed."""

    key_id: str
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signed_bytes: bytes = field(repr=False)


class SmartHealthCard:
    """Verifies codes that begin with `shc:/`."""

    name = "smart_health_card"
    max_bytes = 7100

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust

    def claims(self, data: bytes) -> bool:
        """Return True if the code begins with `shc:/`, the scheme of the URI."""
        return data.startswith(PREFIX)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return the content of the card.

        Raises:
            BadCredential: a layer cannot be decoded.
            CheckRefused: a check failed; the exception holds the verdict.
        """
        jws = _unwrap(data, examination)
        keys = self._trust.find(self.name, jws.key_id)
        signer = demand_signer(examination, keys, jws.key_id, Algorithm.ES256, jws.signature, (jws.signed_bytes,))
        with examination.reading_signed("payload"):
            card = _Card(json_object(_inflated(jws.payload, signer.issuer, examination)))
        of_issuer = [key for key in keys if key.key == signer.key and key.issuer == card.issuer]
        examination.demand("issuer", bool(of_issuer), Reason.UNTRUSTED_ISSUER, card.issuer)
        key, revoked = of_issuer[0], frozenset().union(*(key.revoked for key in of_issuer))
        demand_dates(examination, when, card.starts_at, card.expires_at)
        demand_key(examination, when, self._trust, key)
        examination.demand("revocation", not card.is_among(revoked), Reason.STATUS_DENIED, f"{len(revoked)} listed")
        return credential_of(self.name, key, card.content, jws.signed_bytes, card.expires_at)


def _unwrap(data: bytes, examination: Examination) -> _Jws:
    with examination.reading("prefix"):
        if not data.startswith(PREFIX):
            raise BadCredential("does not begin with shc:/")
    digits = data[len(PREFIX) :]
    examination.demand("chunks", b"/" not in digits, Reason.NOT_A_CREDENTIAL, "cards of several codes are not read")
    with examination.reading("digits"):
        if not digits.isdigit() or len(digits) % 2:
            raise BadCredential("not an even number of digits")
        text = characters(digits)
        if text.translate(None, JWS_CHARACTERS):
            raise BadCredential("two digits that stand for no character of a JWS")
    with examination.reading("jws"):
        return _read_jws(text)


def characters(digits: bytes) -> bytes:
    """Return the characters for which pairs of digits stand.

    All pairs are computed by one addition of long numbers with a byte for each pair; no sum is above 255.
    """
    tens, ones = digits[0::2].translate(_TENS), digits[1::2].translate(_ONES)
    return (int.from_bytes(tens) + int.from_bytes(ones)).to_bytes(len(tens))


def _read_jws(text: bytes) -> _Jws:
    parts = text.split(b".")
    if len(parts) != 3:
        raise BadCredential("not a JWS of three parts")
    header = json_object(base64url(parts[0]))
    if header.get("alg") != "ES256" or header.get("zip") != "DEF" or "crit" in header or "b64" in header:
        raise BadCredential("JWS header without ES256 and DEF")
    key_id = as_text(header.get("kid"), "kid", 200)
    return _Jws(key_id, base64url(parts[1]), base64url(parts[2]), parts[0] + b"." + parts[1])


def _inflated(payload: bytes, issuer: str, examination: Examination) -> bytes:
    """Return the inflated payload without the breaches that are tolerated for the country of `issuer`, an address."""
    try:
        country = (urlsplit(issuer).hostname or "").rpartition(".")[2].upper()
    except ValueError:  # the imported list names the issuer by a text that is no address
        country = ""
    trailer = tolerated("smart_health_card", (country,), "payload.end", "x" * GZIP_TRAILER_BYTES)
    plain = inflate(payload, MAX_PAYLOAD_BYTES, -15, GZIP_TRAILER_BYTES if trailer else 0)
    begin = tolerated("smart_health_card", (country,), "payload.begin", plain[: len(BOM_UTF8)].decode(errors="replace"))
    if begin:
        examination.note("tolerated", begin.reason)
        return plain.removeprefix(BOM_UTF8)
    return plain


class _Card:
    """The claims of the payload, read after the signature was verified. Raises `BadCredential` if one is wrong."""

    def __init__(self, claims: dict[str, Any]) -> None:
        credential = as_object(claims.get("vc"), "vc")
        subject = as_object(credential.get("credentialSubject"), "vc.credentialSubject")
        if HEALTH_CARD_TYPE not in as_list(credential.get("type"), "vc.type"):
            raise BadCredential("vc.type names no health card")
        self.issuer = as_text(claims.get("iss"), "iss", 500)
        self.starts_at: datetime = as_time(claims.get("nbf"), "nbf")
        self.expires_at = as_time(claims["exp"], "exp") if "exp" in claims else None
        self._revocation_id = as_text(credential.get("rid", ""), "vc.rid", 24)
        self.content = read_bundle(subject.get("fhirBundle"))

    def is_among(self, revoked: frozenset[str]) -> bool:
        """Return True if an entry of `revoked` revokes this card (SHC "Revocation").

        An entry is a `rid`, which revokes every card with this `rid`; or `rid.seconds`, which revokes those of them
        that were issued before that time (Unix seconds). If the part after the dot is not a number, it is ignored.
        """
        for entry in revoked if self._revocation_id else ():
            revocation_id, _, limit = entry.partition(".")
            before_s = float(limit) if limit.isascii() and limit.isdigit() else math.inf
            if revocation_id == self._revocation_id and self.starts_at.timestamp() < before_s:
                return True
        return False
