"""ICAO's visible digital seals for travellers' health (VDS-NC): canonical JSON, ES256, a signer under a trusted root.

Source: ICAO, "Visible Digital Seals for Non-Constrained Environments (VDS-NC)", technical report 1.1, 28 May 2021;
RFC 8785 for the canonical form; ICAO Doc 9303-12 for the certificates.

Theory: the code is a JSON object, without further wrapping.

    data.hdr   type (`icao.vacc` or `icao.test`), version, issuing country
    data.msg   the content: a person and their vaccinations or test (`vds_content`)
    sig        algorithm, the signer's certificate (`cer`) and the signature (`sigvl`), both in base64url

The signature covers `data` in the canonical form of RFC 8785, so that the order of the members and the white space in
the code do not matter. The signer's certificate comes with the code and proves nothing by itself: it counts only if a
root that the site trusts (the CSCA of a country) issued it. This is the only scheme with a chain of two keys; in the
others the trust list names the signer's key itself.

The order of the checks: JSON and structure, root of the signer's certificate, extensions of both certificates, purpose
of the certificate, country, signature, content, clock, dates of the signer's certificate, dates of the root, age of the
key list. The certificate is judged before the signature, because a signature by a key that anybody can choose means
nothing. The content is read after the signature.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.credentials.content.credential import Credential, Examination
from kiosk.credentials.content.signers import credential_of
from kiosk.credentials.content.validity import demand_dates, demand_key
from kiosk.credentials.formats.lenient_der import Loaded, load_certificate
from kiosk.credentials.formats.safe_parsing import as_object, as_text, base64url, json_object
from kiosk.credentials.formats.signatures import Algorithm, signed_by_one_of, usable
from kiosk.credentials.schemes.vds_nc.vds_content import read_content
from kiosk.credentials.trust.certificates import country_of, is_authority, is_seal_signer, valid_at
from kiosk.credentials.trust.path import problem_of_path
from kiosk.credentials.trust.revocations import digest_of_serial
from kiosk.credentials.trust.trust_list import TrustedKey, TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime

VACCINATION, TEST = "icao.vacc", "icao.test"
MAX_CERTIFICATE_BYTES = 3000
ROOTS_KEPT = 16
"""Number of parsed root certificates that are kept; most visitors of a site come from few countries."""


@dataclass(frozen=True, slots=True)
class _Seal:
    """The parts of a seal. loaded: the signer's certificate, which came with the code."""

    kind: str
    message: dict[str, Any] = field(repr=False)
    signed_bytes: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    loaded: Loaded = field(repr=False)


def is_seal(data: bytes) -> bool:
    """Return True if `data` looks like a visible digital seal: a JSON object that names one of ICAO's types."""
    return data.lstrip()[:1] == b"{" and (b'"icao.vacc"' in data or b'"icao.test"' in data)


class VdsNc:
    """Verifies JSON texts that name the type `icao.vacc` or `icao.test`."""

    name = "vds_nc"
    max_bytes = 4296

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust

    def claims(self, data: bytes) -> bool:
        """Return True if the code looks like a JSON object that names one of ICAO's types."""
        return is_seal(data)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return the content of the seal.

        Raises:
            BadCredential: the seal or its certificate has a wrong shape.
            CheckRefused: a check failed; the exception holds the verdict.
        """
        with examination.reading("seal"):
            seal = _read_seal(json_object(data))
        signer = seal.loaded.certificate
        root = self._root(seal.loaded, when, examination)
        key = signer.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        signed = signed_by_one_of([key], Algorithm.ES256, seal.signature, seal.signed_bytes) is not None
        examination.demand("signature", signed, Reason.BAD_SIGNATURE, Algorithm.ES256.value)
        with examination.reading_signed("content"):
            content = read_content(seal.message, is_test=seal.kind == TEST)
        demand_dates(examination, when, None, None)
        until = f"signer's until {signer.not_valid_after_utc:%Y-%m-%d}"
        examination.demand("signer_dates", valid_at(signer, when.utc), Reason.UNTRUSTED_ISSUER, until)
        demand_key(examination, when, self._trust, root)
        return credential_of(self.name, root, content, seal.signed_bytes)

    def _root(self, loaded: Loaded, when: WallTime, examination: Examination) -> TrustedKey:
        """Return the trusted root that issued the signer's certificate.

        An authority can renew its certificate for the same key; a root that is valid at the time `when` comes first.

        Raises:
            CheckRefused: there is no such root, or the certificate has another purpose or country."""
        signer = loaded.certificate
        name = signer.issuer.rfc4514_string()
        found = self._trust.find(self.name, name)
        roots = sorted(found, key=lambda root: not self._trust.accepts(root, when.utc))
        issued_by = (root for root in roots if loaded.is_issued_by(_parsed(root.certificate)))
        root = next(issued_by, None)
        if not roots:  # an unknown issuer costs the same time as a known one
            signed_by_one_of((), Algorithm.ES256, bytes(64), signer.tbs_certificate_bytes)
        detail = f"{name}, {len(roots)} in the trust list"
        examination.demand("root", root is not None, Reason.UNTRUSTED_ISSUER, detail)
        assert root is not None
        problem = problem_of_path(signer, _parsed(root.certificate))
        examination.demand("path", not problem, Reason.UNTRUSTED_ISSUER, problem or "in order (RFC 5280)")
        examination.demand("key_purpose", is_seal_signer(signer), Reason.UNTRUSTED_ISSUER, "a signer of seals (ICAO)")
        country = country_of(signer)
        examination.demand("country", country == root.issuer, Reason.UNTRUSTED_ISSUER, f"{country} under {root.issuer}")
        revoked = self._trust.revocations(self.name, root.key_id)
        digest = digest_of_serial(signer.serial_number)
        is_revoked = any(digest in found for found in revoked)
        detail = f"{sum(map(len, revoked))} certificates of this authority"
        examination.demand("revocation", not is_revoked, Reason.UNTRUSTED_ISSUER, detail)
        return root


@lru_cache(ROOTS_KEPT)
def _parsed(certificate: bytes) -> x509.Certificate:
    """Return the root certificate, which is parsed at its first use."""
    return x509.load_der_x509_certificate(certificate)


def _read_seal(seal: dict[str, Any]) -> _Seal:
    content = as_object(seal.get("data"), "data")
    header = as_object(content.get("hdr"), "data.hdr")
    signature = as_object(seal.get("sig"), "sig")
    kind = as_text(header.get("t"), "hdr.t", 20)
    if kind not in (VACCINATION, TEST) or header.get("v") != 1 or signature.get("alg") != "ES256":
        raise BadCredential("not a seal of version 1 for vaccination or test, signed by ES256")
    value = _decode(signature.get("sigvl"), "sig.sigvl")
    message = as_object(content.get("msg"), "data.msg")
    return _Seal(kind, message, canonical(content), value, _read_signer(signature.get("cer")))


def canonical(value: object) -> bytes:
    """Return `value` in the canonical form of RFC 8785.

    Raises:
        BadCredential: `value` contains a fraction or a lone surrogate, which no seal contains.
    """
    text = json.dumps(_sorted(value), separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BadCredential("text with half of a character") from None


def _sorted(value: object) -> object:
    """Return `value` with all members sorted by the UTF-16 code units of their names (RFC 8785 section 3.2.3)."""
    match value:
        case dict():
            names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
            return {name: _sorted(value[name]) for name in names}
        case list():
            return [_sorted(item) for item in value]
        case float():  # RFC 8785 section 3.2.2.3 writes numbers as ECMAScript does
            raise BadCredential("a seal holds no fractions")
        case _:
            return value


def _decode(value: object, name: str) -> bytes:
    """Decode base64url, to which some issuers add padding."""
    try:
        text = as_text(value, name, MAX_CERTIFICATE_BYTES * 2).rstrip("=").encode("ascii")
    except UnicodeEncodeError:
        raise BadCredential(f"{name} is not base64url") from None
    return base64url(text)


def _read_signer(value: object) -> Loaded:
    encoded = _decode(value, "sig.cer")
    try:
        loaded = load_certificate(encoded)
        signer = loaded.certificate
        key = signer.public_key()
        # The library parses these lazily; they are read here so that an error is caught.
        names = signer.issuer, signer.subject, signer.not_valid_after_utc, signer.not_valid_before_utc
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise BadCredential("the signer's certificate is not strict DER (X.690)") from None
    if not usable(key) or not isinstance(key, ec.EllipticCurvePublicKey) or not all(names) or is_authority(signer):
        raise BadCredential("the signer's certificate is not for a signer with a P-256 key")
    return loaded
