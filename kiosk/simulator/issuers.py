"""Issuers of health credentials for the demo and the tests. Their keys are made at start.

Rule: a kiosk trusts these issuers only if it was given their `trusted` keys.
"""

import base64
import json
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from kiosk.credentials.formats import base45
from kiosk.credentials.schemes.vds_nc.vds_nc import canonical
from kiosk.credentials.trust.certificates import dcc_key, root_key
from kiosk.credentials.trust.trust_list import TrustedKey

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
AssertionKey = Ed25519PrivateKey | rsa.RSAPrivateKey
Usages = tuple[str, ...]


def new_ec_key() -> ec.EllipticCurvePrivateKey:
    """Return a new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def sign_raw(key: PrivateKey, message: bytes) -> bytes:
    """Return the signature: ES256 as raw r and s (RFC 7518 section 3.4), or PS256 for an RSA key."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH), SHA256())
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def certificate_for(
    key: PrivateKey,
    country: str,
    name: str,
    issued_by: tuple[PrivateKey, x509.Certificate] | None = None,
    usages: Usages = (),
    days: tuple[int, int] = (-3650, 3650),
    authority: bool = False,
    now: datetime | None = None,
) -> x509.Certificate:
    """Return a certificate for `key`.

    issued_by: key and certificate of the authority; None makes a self-signed certificate. usages: object identifiers of
    extended key usages. days: begin and end of the validity, relative to `now`, which is the current time by default.
    """
    now = now or datetime.now(UTC)
    country_attribute = x509.NameAttribute(NameOID.COUNTRY_NAME, country)
    subject = x509.Name([country_attribute, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, issuer = (issued_by[0], issued_by[1].subject) if issued_by else (key, subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(map(x509.ObjectIdentifier, usages)), critical=False)
    return builder.sign(signer, SHA256())


@dataclass(frozen=True, slots=True)
class DccIssuer:
    """A country that signs EU DCCs."""

    country: str
    key: PrivateKey = field(default_factory=new_ec_key, repr=False)
    usages: Usages = ()
    scheme: str = "eu_dcc"
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        certificate = certificate_for(self.key, self.country, "Demo DSC", usages=self.usages)
        object.__setattr__(self, "certificate", certificate)

    @property
    def trusted(self) -> TrustedKey:
        """The public key as a site imports it."""
        return dcc_key(self.certificate, self.scheme)

    def sign(self, content: dict[str, Any], issued_at: datetime, valid: timedelta) -> bytes:
        """Return the code for `content`, the map under claim -260, 1, valid from `issued_at` for the time `valid`."""
        claims = {
            1: self.country,
            6: int(issued_at.timestamp()),
            4: int((issued_at + valid).timestamp()),
            -260: {1: content},
        }
        return self.sign_claims(claims)

    def sign_claims(
        self, claims: object, protected: dict[int, Any] | None = None, unprotected: dict[int, Any] | None = None
    ) -> bytes:
        """Return the code for these claims and headers. Invalid ones are signed too, for the tests."""
        return self.sign_payload(cbor2.dumps(claims), protected, unprotected)

    def sign_payload(
        self, payload: bytes, protected: dict[int, Any] | None = None, unprotected: dict[int, Any] | None = None
    ) -> bytes:
        """Return the code for any bytes in the place of the claims."""
        algorithm = -37 if isinstance(self.key, rsa.RSAPrivateKey) else -7
        digest = self.certificate.fingerprint(SHA256())
        header = cbor2.dumps({1: algorithm, 4: digest[:8]} if protected is None else protected)
        signature = sign_raw(self.key, cbor2.dumps(["Signature1", header, b"", payload]))
        return wrap_cwt(cbor2.dumps(cbor2.CBORTag(18, [header, unprotected or {}, payload, signature])))


def wrap_cwt(cwt: bytes) -> bytes:
    """Return the QR text of a signed CWT (hcert_spec section 4.2)."""
    return b"HC1:" + base45.encode(zlib.compress(cwt))


def as_json(value: object) -> bytes:
    """Return `value` as compact JSON in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class CardIssuer:
    """A hospital or state that signs SMART Health Cards."""

    issuer: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_ec_key, repr=False)
    revoked: frozenset[str] = frozenset()

    @property
    def key_id(self) -> str:
        """The thumbprint of the public key (RFC 7638)."""
        point = self.key.public_key().public_numbers()
        coordinates = {"crv": "P-256", "kty": "EC", "x": _b64(point.x.to_bytes(32)), "y": _b64(point.y.to_bytes(32))}
        return _b64(sha256(as_json(coordinates)).digest())

    @property
    def trusted(self) -> TrustedKey:
        """The public key as a site imports it."""
        return TrustedKey("smart_health_card", self.issuer, self.key_id, self.key.public_key(), revoked=self.revoked)

    def sign(self, claims: dict[str, Any]) -> bytes:
        """Return the code for `claims`."""
        return self.sign_bytes(_deflated(claims))

    def forged_by(self, forger: "CardIssuer", claims: dict[str, Any]) -> bytes:
        """Return a code that names this issuer's key but is signed with the key of `forger`."""
        return forger.sign_bytes(_deflated(claims), {"zip": "DEF", "alg": "ES256", "kid": self.key_id})

    def sign_bytes(self, payload: bytes, header: dict[str, Any] | None = None) -> bytes:
        """Return the code for any payload and header, also invalid ones."""
        header = {"zip": "DEF", "alg": "ES256", "kid": self.key_id} if header is None else header
        signing_input = f"{_b64(as_json(header))}.{_b64(payload)}"
        return card_code(f"{signing_input}.{_b64(sign_raw(self.key, signing_input.encode()))}".encode())


def card_code(jws: bytes) -> bytes:
    """Return the QR text of a card's JWS (SHC "Encoding Chunks as QR Codes")."""
    return b"shc:/" + b"".join(b"%02d" % (character - 45) for character in jws)


def _deflated(claims: dict[str, Any]) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(as_json(claims)) + engine.flush()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class SealIssuer:
    """A country with a passport authority (CSCA) and a signer of ICAO seals under it."""

    country: str
    authority_key: PrivateKey = field(default_factory=new_ec_key, repr=False)
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_ec_key, repr=False)
    signer_country: str = ""
    signer_days: tuple[int, int] = (-3650, 3650)
    signer_is_authority: bool = False
    usages: Usages = ("2.23.136.1.1.14.2",)
    authority: x509.Certificate = field(init=False)
    signer: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        root = certificate_for(self.authority_key, self.country, "Demo CSCA", authority=True)
        signer = certificate_for(
            self.key,
            self.signer_country or self.country,
            "Demo signer",
            issued_by=(self.authority_key, root),
            usages=self.usages,
            days=self.signer_days,
            authority=self.signer_is_authority,
        )
        object.__setattr__(self, "authority", root)
        object.__setattr__(self, "signer", signer)

    @property
    def trusted(self) -> TrustedKey:
        """The root as a site imports it."""
        return root_key(self.authority, "vds_nc")

    def sign(self, kind: str, message: dict[str, Any]) -> dict[str, Any]:
        """Return the seal for `message`; `kind` is icao.vacc or icao.test."""
        content = {"hdr": {"t": kind, "v": 1, "is": "XXX"}, "msg": message}
        signature = sign_raw(self.key, canonical(content))
        certificate = self.signer.public_bytes(Encoding.DER)
        return {"data": content, "sig": {"alg": "ES256", "cer": _b64(certificate), "sigvl": _b64(signature)}}
