"""Issuers of health credentials whose keys are made at start: for the demonstration and for the tests.

Rule 1: nothing here is trusted anywhere but where its own `trusted` keys are handed in.
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
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def sign_raw(key: PrivateKey, message: bytes) -> bytes:
    """ES256 as raw r and s (RFC 7518 section 3.4), or PS256."""
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
    """A certificate for `key`, by itself or by `issued_by`; `days` are its validity around `now`."""
    now = now or datetime.now(UTC)
    subject = x509.Name([_attribute(NameOID.COUNTRY_NAME, country), _attribute(NameOID.COMMON_NAME, name)])
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


def _attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(oid, value)


@dataclass(frozen=True, slots=True)
class DccIssuer:
    """A country that signs EU DCCs."""

    country: str
    key: PrivateKey = field(default_factory=new_ec_key, repr=False)
    usages: Usages = ()
    scheme: str = "eu_dcc"
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        made = certificate_for(self.key, self.country, "Demo DSC", usages=self.usages)
        object.__setattr__(self, "certificate", made)

    @property
    def trusted(self) -> TrustedKey:
        """The key as a site would import it."""
        return dcc_key(self.certificate, self.scheme)

    def sign(self, content: dict[str, Any], issued_at: datetime, valid: timedelta) -> bytes:
        """The code for `content`, the map under claim -260, 1."""
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
        """The code for any claims and headers, also wrong ones."""
        return self.sign_payload(cbor2.dumps(claims), protected, unprotected)

    def sign_payload(
        self, payload: bytes, protected: dict[int, Any] | None = None, unprotected: dict[int, Any] | None = None
    ) -> bytes:
        """The code for any bytes in the place of the claims."""
        algorithm = -37 if isinstance(self.key, rsa.RSAPrivateKey) else -7
        digest = self.certificate.fingerprint(SHA256())
        header = cbor2.dumps({1: algorithm, 4: digest[:8]} if protected is None else protected)
        signature = sign_raw(self.key, cbor2.dumps(["Signature1", header, b"", payload]))
        return wrap_cwt(cbor2.dumps(cbor2.CBORTag(18, [header, unprotected or {}, payload, signature])))


def wrap_cwt(cwt: bytes) -> bytes:
    """The QR text of a signed CWT (hcert_spec section 4.2)."""
    return b"HC1:" + base45.encode(zlib.compress(cwt))


def as_json(value: object) -> bytes:
    """`value` as compact JSON."""
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
        """The key as a site would import it."""
        return TrustedKey("smart_health_card", self.issuer, self.key_id, self.key.public_key(), revoked=self.revoked)

    def sign(self, claims: dict[str, Any]) -> bytes:
        """The code for `claims`."""
        engine = zlib.compressobj(wbits=-15)
        return self.sign_bytes(engine.compress(as_json(claims)) + engine.flush())

    def forged_by(self, forger: "CardIssuer", claims: dict[str, Any]) -> bytes:
        """The code that a forger makes who knows the key's id but not the key."""
        engine = zlib.compressobj(wbits=-15)
        header = {"zip": "DEF", "alg": "ES256", "kid": self.key_id}
        return forger.sign_bytes(engine.compress(as_json(claims)) + engine.flush(), header)

    def sign_bytes(self, payload: bytes, header: dict[str, Any] | None = None) -> bytes:
        """The code for any payload and header, also wrong ones."""
        made = {"zip": "DEF", "alg": "ES256", "kid": self.key_id} if header is None else header
        signing_input = f"{_b64(as_json(made))}.{_b64(payload)}"
        return card_code(f"{signing_input}.{_b64(sign_raw(self.key, signing_input.encode()))}".encode())


def card_code(jws: bytes) -> bytes:
    """The QR text of a card's JWS."""
    return b"shc:/" + b"".join(b"%02d" % (character - 45) for character in jws)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class SealIssuer:
    """A country whose passport authority (CSCA) has a signer of ICAO seals."""

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
        made = certificate_for(
            self.key,
            self.signer_country or self.country,
            "Demo signer",
            issued_by=(self.authority_key, root),
            usages=self.usages,
            days=self.signer_days,
            authority=self.signer_is_authority,
        )
        object.__setattr__(self, "authority", root)
        object.__setattr__(self, "signer", made)

    @property
    def trusted(self) -> TrustedKey:
        """The root as a site would import it."""
        return root_key(self.authority, "vds_nc")

    def sign(self, kind: str, message: dict[str, Any]) -> dict[str, Any]:
        """The seal for `message`; `kind` is icao.vacc or icao.test."""
        content = {"hdr": {"t": kind, "v": 1, "is": "XXX"}, "msg": message}
        signature = sign_raw(self.key, canonical(content))
        certificate = self.signer.public_bytes(Encoding.DER)
        return {"data": content, "sig": {"alg": "ES256", "cer": _b64(certificate), "sigvl": _b64(signature)}}
