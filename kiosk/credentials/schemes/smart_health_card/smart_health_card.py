"""SMART Health Cards: `shc:/` and digits, a JWS with ES256, raw deflate, and a FHIR bundle.

Source: spec.smarthealth.cards (smart-on-fhir/health-cards, docs/index.md 1.4.0, called SHC here); RFC 7515, 1951.
Rule 1: nothing of the payload is looked at before its signature was found good.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.validity import demand_dates, demand_key
from kiosk.credentials.formats.safe_parsing import as_list, as_object, as_text, as_time, base64url, inflate, json_object
from kiosk.credentials.formats.signatures import Algorithm, signed_by_one_of
from kiosk.credentials.schemes.smart_health_card.fhir import read_bundle
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime

PREFIX = b"shc:/"
DIGIT_OFFSET = 45
"""SHC "Encoding Chunks as QR Codes": each character as two digits, its code less 45."""

HIGHEST_DIGITS = ord("z") - DIGIT_OFFSET
MAX_PAYLOAD_BYTES = 65_536
"""A card for one QR code has 1,195 characters at most and inflates to some 3 kB."""

HEALTH_CARD_TYPE = "https://smarthealth.cards#health-card"


@dataclass(frozen=True, slots=True)
class _Jws:
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
        """Whether the scheme of the URI is there."""
        return data.startswith(PREFIX)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return what the card says; raises BadCredential or Refused."""
        jws = _unwrap(data, examination)
        keys = self._trust.find(self.name, jws.key_id)
        at = signed_by_one_of([key.key for key in keys], Algorithm.ES256, jws.signature, jws.signed_bytes)
        examination.demand("key", bool(keys), Reason.UNTRUSTED_ISSUER, f"{jws.key_id}, {len(keys)} in the trust list")
        examination.demand("signature", at is not None, Reason.BAD_SIGNATURE, Algorithm.ES256.value)
        assert at is not None
        with examination.reading("payload"):
            card = _Card(json_object(inflate(jws.payload, MAX_PAYLOAD_BYTES, -15)))
        own = [key for key in keys if key.key == keys[at].key and key.issuer == card.issuer]
        examination.demand("issuer", bool(own), Reason.UNTRUSTED_ISSUER, card.issuer)
        key, revoked = own[0], frozenset().union(*(key.revoked for key in own))
        demand_dates(examination, when, card.starts_at, card.expires_at)
        demand_key(examination, when, self._trust, key)
        examination.demand("revocation", not card.is_among(revoked), Reason.STATUS_DENIED, f"{len(revoked)} listed")
        return Credential(
            self.name,
            key.issuer,
            key.key_id,
            doses=card.doses,
            tests=card.tests,
            expires_at=card.expires_at,
            holder=card.holder,
        )


def _unwrap(data: bytes, examination: Examination) -> _Jws:
    with examination.reading("prefix"):
        if not data.startswith(PREFIX):
            raise BadCredential("does not begin with shc:/")
    digits = data[len(PREFIX) :]
    examination.demand("chunks", b"/" not in digits, Reason.NOT_A_CREDENTIAL, "cards of several codes are not read")
    with examination.reading("digits"):
        text = _from_digits(digits)
    with examination.reading("jws"):
        return _read_jws(text)


def _from_digits(digits: bytes) -> bytes:
    if not digits.isdigit() or len(digits) % 2:
        raise BadCredential("not an even number of digits")
    numbers = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    if max(numbers) > HIGHEST_DIGITS:
        raise BadCredential("two digits that stand for no character of a JWS")
    return bytes(number + DIGIT_OFFSET for number in numbers)


def _read_jws(text: bytes) -> _Jws:
    parts = text.split(b".")
    if len(parts) != 3:
        raise BadCredential("not a JWS of three parts")
    header = json_object(base64url(parts[0]))
    if header.get("alg") != "ES256" or header.get("zip") != "DEF" or "crit" in header or "b64" in header:
        raise BadCredential("JWS header without ES256 and DEF")
    key_id = as_text(header.get("kid"), "kid", 200)
    return _Jws(key_id, base64url(parts[1]), base64url(parts[2]), parts[0] + b"." + parts[1])


class _Card:
    """The claims, read after the signature was found good."""

    def __init__(self, claims: dict[str, Any]) -> None:
        credential = as_object(claims.get("vc"), "vc")
        subject = as_object(credential.get("credentialSubject"), "vc.credentialSubject")
        if HEALTH_CARD_TYPE not in as_list(credential.get("type"), "vc.type"):
            raise BadCredential("vc.type names no health card")
        self.issuer = as_text(claims.get("iss"), "iss", 500)
        self.starts_at: datetime = as_time(claims.get("nbf"), "nbf")
        self.expires_at = as_time(claims["exp"], "exp") if "exp" in claims else None
        self._revocation_id = as_text(credential.get("rid", ""), "vc.rid", 24)
        self.doses, self.tests, self.holder = read_bundle(subject.get("fhirBundle"))

    def is_among(self, revoked: frozenset[str]) -> bool:
        """Whether the issuer took the card back (SHC "Revocation"): its `rid`, or `rid.seconds` for older ones."""
        for entry in revoked if self._revocation_id else ():
            revocation_id, _, before = entry.partition(".")
            if revocation_id == self._revocation_id and self.starts_at.timestamp() < _limit_s(before):
                return True
        return False


def _limit_s(text: str) -> float:
    """The seconds behind a `rid`; what is no number limits nothing, so that every card of that `rid` is refused."""
    return float(text) if text.isascii() and text.isdigit() else math.inf
