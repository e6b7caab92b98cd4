"""DIVOC certificates (Indonesia, India, Sri Lanka, the Philippines): W3C credentials with a linked-data signature.

Source: W3C Verifiable Credentials Data Model 1.1; w3c-ccg/lds-rsa2018, lds-ed25519-2018; egovernments/DIVOC.
Rule 1: what is judged is read from the statements that were signed, never from the document's members.
Rule 2: members that no context maps, and a holder without an absolute identifier, stand outside the signature and can
    be changed freely: such a certificate is refused, or by the site's decision accepted without its holder.
Rule 3: several members share one term in the context (dose and totalDoses; date and effectiveStart), so that their
    values could change places; each is taken the way that is worse for the visitor.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from kiosk.credentials.content.credential import Credential, Dose, Examination, Holder
from kiosk.credentials.content.validity import demand_dates, demand_key
from kiosk.credentials.formats.linked_data import TYPE, Statements, read_statements
from kiosk.credentials.formats.safe_parsing import as_day, as_moment, as_object, as_text, base64url, json_object
from kiosk.credentials.formats.signatures import Algorithm, signed_by_one_of
from kiosk.credentials.schemes.divoc.divoc_zip import is_divoc, unwrap
from kiosk.credentials.trust.trust_list import TrustedKey, TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime
from kiosk.settings.schema.health import UnsignedHolder

SUITES = {"RsaSignature2018": Algorithm.PS256, "Ed25519Signature2018": Algorithm.EDDSA}
"""DIVOC signs its RSA suite with PS256, against the suite's own RS256 (egovernments/DIVOC, certificate-signer)."""

CREDENTIAL = "https://www.w3.org/2018/credentials#"
SCHEMA = "https://schema.org/"
VACCINATION = "vac:Vaccination"
"""The context's prefix ends in no sign that JSON-LD 1.1 takes for a prefix, so the term stays as it is written."""

_PROOF_MEMBERS = {"type", "created", "verificationMethod", "proofPurpose", "jws"}
_METHOD = re.compile(r"(did|https):[A-Za-z0-9._:/%#?=&-]{1,300}\Z")
_CREATED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})\Z")
_DIGITS = re.compile(r"[1-9]\d?\Z")


@dataclass(frozen=True, slots=True)
class _Proof:
    """The checked members of `proof`, which are signed together with the document."""

    suite: str
    created: str
    method: str
    header: bytes
    signature: bytes = field(repr=False)

    def canonical(self) -> str:
        """What the proof states, in N-Quads; the closed shape makes them the same four lines each time."""
        return (
            f'_:c14n0 <http://purl.org/dc/terms/created> "{self.created}"'
            "^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n"
            f"_:c14n0 <{TYPE}> <https://w3id.org/security#{self.suite}> .\n"
            "_:c14n0 <https://w3id.org/security#proofPurpose> <https://w3id.org/security#assertionMethod> .\n"
            f"_:c14n0 <https://w3id.org/security#verificationMethod> <{self.method}> .\n"
        )

    def signed_bytes(self, stated: str) -> bytes:
        """What the JWS signs (RFC 7797, b64 false): both digests behind its header."""
        digests = sha256(self.canonical().encode()).digest() + sha256(stated.encode()).digest()
        return self.header + b"." + digests


class Divoc:
    """Verifies ZIP archives with a `certificate.json`, bare or behind `B64:`."""

    name = "divoc"
    max_bytes = 8000

    def __init__(self, trust: TrustList, unsigned_holder: UnsignedHolder) -> None:
        self._trust = trust
        self._unsigned_holder = unsigned_holder

    def claims(self, data: bytes) -> bool:
        """Whether the code begins like a ZIP archive or like its text form."""
        return is_divoc(data)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return what the certificate says; raises BadCredential or Refused."""
        with examination.reading("archive"):
            packed = unwrap(data)
        with examination.reading("document"):
            document = json_object(packed)
            proof = _read_proof(as_object(document.pop("proof", None), "proof"))
        with examination.reading("statements"):
            statements = read_statements(document)
        key = self._signer(proof, statements, examination)
        covers_holder = self._demand_cover(document, statements, examination)
        with examination.reading("facts"):
            facts = _Facts(statements, _claimed_vaccines(document))
        demand_dates(examination, when, facts.issued_at, facts.expires_at)
        demand_key(examination, when, self._trust, key)
        return Credential(
            self.name,
            key.issuer,
            key.key_id,
            doses=facts.doses,
            expires_at=facts.expires_at,
            holder=_holder(document) if covers_holder else Holder(),
        )

    def _signer(self, proof: _Proof, statements: Statements, examination: Examination) -> TrustedKey:
        keys = self._trust.find(self.name, proof.method)
        algorithm = SUITES[proof.suite]
        forms = dict.fromkeys((statements.canonical, statements.newer))
        signers = (
            signed_by_one_of([key.key for key in keys], algorithm, proof.signature, proof.signed_bytes(stated))
            for stated in forms
        )
        at = next((signer for signer in signers if signer is not None), None)
        examination.demand("key", bool(keys), Reason.UNTRUSTED_ISSUER, f"{proof.method}, {len(keys)} in the trust list")
        examination.demand("signature", at is not None, Reason.BAD_SIGNATURE, f"{proof.suite} ({algorithm.value})")
        assert at is not None
        return keys[at]

    def _demand_cover(self, document: dict[str, Any], statements: Statements, examination: Examination) -> bool:
        """Whether the signature covers the holder; refuses members outside it that are not the holder's."""
        subject = document.get("credentialSubject")
        outside = statements.unmapped & _names({**document, "credentialSubject": None})
        strange = statements.relative - {_resolved(subject)}
        listed = ", ".join(sorted(outside)) or ("an identifier that is not absolute" if strange else "all covered")
        examination.demand("members", not outside and not strange, Reason.BAD_SIGNATURE, listed)
        covered = not statements.unmapped and not statements.relative
        accepted = covered or self._unsigned_holder is UnsignedHolder.ACCEPT
        detail = "covered" if covered else f"outside the signature; unsigned_holder: {self._unsigned_holder.value}"
        examination.demand("holder", accepted, Reason.BAD_SIGNATURE, detail)
        return covered


def _read_proof(proof: dict[str, Any]) -> _Proof:
    if set(proof) != _PROOF_MEMBERS or proof["proofPurpose"] != "assertionMethod":
        raise BadCredential("proof has other members than an assertion's five")
    suite, created = as_text(proof["type"], "proof.type", 40), as_text(proof["created"], "proof.created", 40)
    method = as_text(proof["verificationMethod"], "proof.verificationMethod", 300)
    if suite not in SUITES or not _CREATED.match(created) or not _METHOD.match(method):
        raise BadCredential("proof is of a kind that is not known here")
    header, middle, signature = _detached_jws(as_text(proof["jws"], "proof.jws"))
    if middle or json_object(base64url(header)) != {"alg": SUITES[suite].value, "b64": False, "crit": ["b64"]}:
        raise BadCredential("proof.jws is not detached or its header is another")
    return _Proof(suite, created, method, header, base64url(signature))


def _detached_jws(text: str) -> tuple[bytes, bytes, bytes]:
    parts = text.encode().split(b".")
    if len(parts) != 3:
        raise BadCredential("proof.jws is not a JWS of three parts")
    return parts[0], parts[1], parts[2]


def _names(value: object) -> set[str]:
    """The names of all members, at any depth."""
    match value:
        case dict():
            return set(value).union(*map(_names, value.values()))
        case list():
            return set().union(*map(_names, value))
        case _:
            return set()


def _resolved(subject: object) -> str:
    identifier = subject.get("id") if isinstance(subject, dict) else None
    return identifier if isinstance(identifier, str) else ""


def _holder(document: dict[str, Any]) -> Holder:
    subject = document.get("credentialSubject")
    known = subject if isinstance(subject, dict) else {}
    return Holder(str(known.get("name", ""))[:160], str(known.get("dob") or known.get("age") or "")[:10])


class _Facts:
    """The vaccinations and dates, read from what was signed."""

    def __init__(self, statements: Statements, vaccines: set[str]) -> None:
        credentials = statements.subjects(TYPE, CREDENTIAL + "VerifiableCredential")
        if len(credentials) != 1:
            raise BadCredential("not one verifiable credential")
        self._statements = statements
        self._vaccines = vaccines
        self.issued_at = self._moment(credentials[0], "issuanceDate")
        self.expires_at = self._moment(credentials[0], "expirationDate")
        vaccinations = statements.subjects(TYPE, VACCINATION)
        evidence = statements.values(credentials[0], CREDENTIAL + "evidence")
        self.doses = tuple(self._dose(node) for node in evidence if node in vaccinations)

    def _moment(self, credential: str, name: str) -> datetime | None:
        found = self._statements.values(credential, CREDENTIAL + name)
        if len(found) > 1:
            raise BadCredential(f"{name} is given twice")
        return as_moment(found[0], name) if found else None

    def _dose(self, node: str) -> Dose:
        numbers = self._numbers(node)
        days = self._days(node)
        names = self._statements.values(node, SCHEMA + "id")
        product = next((name for name in names if name in self._vaccines), "")
        return Dose(min(numbers), max(numbers), min(days), product, max(days))

    def _numbers(self, node: str) -> list[int]:
        """Dose and total, in either order; one that is no number could be either, so it is not passed over."""
        found = set(self._statements.values(node, SCHEMA + "doseValue"))
        if not 1 <= len(found) <= 2 or not all(map(_DIGITS.match, found)):
            raise BadCredential("dose and totalDoses are not two numbers of doses")
        return [int(one) for one in found]

    def _days(self, node: str) -> list[date]:
        """The days that can be the vaccination's: those up to the issue of the certificate, with a day for the zone."""
        found = filter(None, map(_day, self._statements.values(node, SCHEMA + "date")))
        issued = self.issued_at.date().toordinal() + 1 if self.issued_at else date.max.toordinal()
        days = [day for day in found if day.toordinal() <= issued]
        if not days:
            raise BadCredential("date is missing or lies behind the certificate's issue")
        return days


def _day(text: str) -> date | None:
    """A day, or None for the empty texts that issuers write where they know none."""
    try:
        return as_day(text, "date")
    except BadCredential:
        return None


def _claimed_vaccines(document: dict[str, Any]) -> set[str]:
    """What the document calls its vaccines; one counts only where the signature covers the same words."""
    evidence = document.get("evidence")
    entries = evidence if isinstance(evidence, list) else [evidence]
    return {str(entry.get("vaccine")) for entry in entries if isinstance(entry, dict)}
