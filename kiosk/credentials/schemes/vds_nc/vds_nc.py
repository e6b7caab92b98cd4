"""ICAO's visible digital seals for travellers' health (VDS-NC): canonical JSON, ES256, a signer under a trusted root.

Source: ICAO, "Visible Digital Seals for Non-Constrained Environments (VDS-NC)", technical report 1.1, 28 May 2021;
RFC 8785 for the canonical form; ICAO Doc 9303-12 for the certificates.
Rule 1: the signer's certificate comes with the code, so it proves nothing until a root that the site trusts issued it.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.validity import demand_dates, demand_key
from kiosk.credentials.formats.lenient_der import Loaded, load_certificate
from kiosk.credentials.formats.safe_parsing import as_object, as_text, base64url, json_object
from kiosk.credentials.formats.signatures import Algorithm, signed_by_one_of, usable
from kiosk.credentials.schemes.vds_nc.vds_content import VdsContent, read_content
from kiosk.credentials.trust.certificates import country_of, is_authority, is_seal_signer, valid_at
from kiosk.credentials.trust.trust_list import TrustedKey, TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime

VACCINATION, TEST = "icao.vacc", "icao.test"
MAX_CERTIFICATE_BYTES = 3000


@dataclass(frozen=True, slots=True)
class _Seal:
    kind: str
    message: dict[str, Any] = field(repr=False)
    signed_bytes: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    loaded: Loaded = field(repr=False)

    @property
    def signer(self) -> x509.Certificate:
        """The signer's certificate, which came with the code."""
        return self.loaded.certificate


def is_seal(data: bytes) -> bool:
    """Whether it is a JSON object that names one of ICAO's types."""
    return data.lstrip()[:1] == b"{" and (b'"icao.vacc"' in data or b'"icao.test"' in data)


class VdsNc:
    """Verifies JSON texts that say `icao.vacc` or `icao.test`."""

    name = "vds_nc"
    max_bytes = 4296

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust

    def claims(self, data: bytes) -> bool:
        """Whether it is a JSON object that names one of ICAO's types."""
        return is_seal(data)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return what the seal says; raises BadCredential or Refused."""
        with examination.reading("seal"):
            seal = _read_seal(json_object(data))
        root = self._root(seal.loaded, examination)
        key = seal.signer.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        signed = signed_by_one_of([key], Algorithm.ES256, seal.signature, seal.signed_bytes) is not None
        examination.demand("signature", signed, Reason.BAD_SIGNATURE, Algorithm.ES256.value)
        with examination.reading("content"):
            content = read_content(seal.message, is_test=seal.kind == TEST)
        demand_dates(examination, when, None, None)
        self._demand_certificates(seal.signer, root, when, examination)
        return _credential(self.name, root, content)

    def _root(self, loaded: Loaded, examination: Examination) -> TrustedKey:
        signer = loaded.certificate
        name = signer.issuer.rfc4514_string()
        roots = self._trust.find(self.name, name)
        found = (root for root in roots if loaded.is_issued_by(x509.load_der_x509_certificate(root.certificate)))
        root = next(found, None)
        if not roots:  # as much work as for a known root
            signed_by_one_of((), Algorithm.ES256, bytes(64), signer.tbs_certificate_bytes)
        detail = f"{name}, {len(roots)} in the trust list"
        examination.demand("root", root is not None, Reason.UNTRUSTED_ISSUER, detail)
        assert root is not None
        examination.demand("key_purpose", is_seal_signer(signer), Reason.UNTRUSTED_ISSUER, "a signer of seals (ICAO)")
        same_country = country_of(signer) == root.issuer
        examination.demand(
            "country", same_country, Reason.UNTRUSTED_ISSUER, f"{country_of(signer)} under {root.issuer}"
        )
        return root

    def _demand_certificates(
        self, signer: x509.Certificate, root: TrustedKey, when: WallTime, examination: Examination
    ) -> None:
        until = f"signer's until {signer.not_valid_after_utc:%Y-%m-%d}"
        examination.demand("signer_dates", valid_at(signer, when.utc), Reason.UNTRUSTED_ISSUER, until)
        demand_key(examination, when, self._trust, root)


def _read_seal(seal: dict[str, Any]) -> _Seal:
    content = as_object(seal.get("data"), "data")
    header = as_object(content.get("hdr"), "data.hdr")
    signature = as_object(seal.get("sig"), "sig")
    kind = as_text(header.get("t"), "hdr.t", 20)
    if kind not in (VACCINATION, TEST) or header.get("v") != 1 or signature.get("alg") != "ES256":
        raise BadCredential("not a seal of version 1 for vaccination or test, signed by ES256")
    value = base64url(_unpadded(signature.get("sigvl"), "sig.sigvl"))
    message = as_object(content.get("msg"), "data.msg")
    return _Seal(kind, message, canonical(content), value, _read_signer(signature.get("cer")))


def canonical(value: object) -> bytes:
    """`value` as RFC 8785 writes it; raises BadCredential for fractions and lone surrogates, which no seal holds."""
    _demand_plain(value)
    text = json.dumps(_sorted(value), separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BadCredential("text with half of a character") from None


def _sorted(value: object) -> object:
    """Members in the order of their UTF-16 code units (RFC 8785 section 3.2.3)."""
    match value:
        case dict():
            names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
            return {name: _sorted(value[name]) for name in names}
        case list():
            return [_sorted(item) for item in value]
        case _:
            return value


def _demand_plain(value: object) -> None:
    match value:
        case dict():
            for item in value.values():
                _demand_plain(item)
        case list():
            for item in value:
                _demand_plain(item)
        case float():
            raise BadCredential("a seal holds no fractions")


def _unpadded(value: object, name: str) -> bytes:
    """Base64url as text; some issuers pad it."""
    try:
        return as_text(value, name, MAX_CERTIFICATE_BYTES * 2).rstrip("=").encode("ascii")
    except UnicodeEncodeError:
        raise BadCredential(f"{name} is not base64url") from None


def _read_signer(value: object) -> Loaded:
    encoded = base64url(_unpadded(value, "sig.cer"))
    try:
        loaded = load_certificate(encoded)
        signer = loaded.certificate
        key = signer.public_key()
        names = signer.issuer, signer.subject, signer.not_valid_after_utc, signer.not_valid_before_utc
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise BadCredential("the signer's certificate is not strict DER (X.690)") from None
    if not usable(key) or not isinstance(key, ec.EllipticCurvePublicKey) or not all(names) or is_authority(signer):
        raise BadCredential("the signer's certificate is no signer's on P-256")
    return loaded


def _credential(scheme: str, root: TrustedKey, content: VdsContent) -> Credential:
    return Credential(scheme, root.issuer, root.key_id, doses=content.doses, tests=content.tests, holder=content.holder)
