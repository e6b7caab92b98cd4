"""DIVOC certificates (Indonesia, India, Sri Lanka, the Philippines): W3C credentials with a linked-data signature.

Source: W3C Verifiable Credentials Data Model 1.1; w3c-ccg/lds-rsa2018, lds-ed25519-2018; egovernments/DIVOC.

Theory: the wrapping, from the outside to the inside.

    ZIP archive, or B64: and base64   `divoc_zip`; sizes are bounded before anything is unpacked
    certificate.json                  a JSON-LD document with a member `proof`
    proof                             suite, time, verification method (the key's name) and a detached JWS
    statements                        the document as RDF, in a canonical order (`formats.linked_data`)

The signature does not cover the bytes of the document. It covers two digests (RFC 7797, `b64` false): SHA-256 of the
canonical statements of the proof, and SHA-256 of the canonical statements of the document. The canonical form
(URDNA2015, today RDFC-1.0) turns the document into a set of statements subject-predicate-value, gives names to nodes
without identifiers, and sorts the lines. A member that no context maps, and the members of a node whose identifier is
not absolute, make no statement; anybody can change them.

The order of the checks: archive, document, statements, trusted key, signature, members and holder (does the signature
cover them), content, dates of the certificate, dates of the key, age of the key list. Statements come before the
signature because the signature is made over them. Coverage comes before the content because a document can hold more
than was signed.

Rule 1: the verdict is based on the signed statements, never on the members of the document.
Rule 2: a certificate with a member outside the signature is refused. If only members of the holder are outside, the
    site can decide to accept it without its holder (`unsigned_holder`).
Rule 3: the context maps several members to one identifier (`dose` and `totalDoses`; `date` and `effectiveStart`;
    `vaccine`, `manufacturer` and `batch`), so that their values can be exchanged without breaking the signature. We
    read them in the way that is worse for the visitor.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from kiosk.credentials.content.credential import Credential, Dose, Examination, HealthContent, Holder
from kiosk.credentials.content.signers import credential_of, demand_signer
from kiosk.credentials.content.vaccines import possible_vaccines
from kiosk.credentials.content.validity import demand_dates, demand_key
from kiosk.credentials.formats.linked_data import TYPE, Statements, read_statements
from kiosk.credentials.formats.safe_parsing import as_day, as_moment, as_object, as_text, base64url, json_object
from kiosk.credentials.formats.signatures import Algorithm
from kiosk.credentials.schemes.divoc.divoc_zip import is_divoc, unwrap
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, WallTime
from kiosk.settings.schema.health import UnsignedHolder

SUITES = {"RsaSignature2018": Algorithm.PS256, "Ed25519Signature2018": Algorithm.EDDSA}
"""DIVOC signs its RSA suite with PS256, although the suite says RS256 (egovernments/DIVOC, certificate-signer)."""

CREDENTIAL = "https://www.w3.org/2018/credentials#"
SCHEMA = "https://schema.org/"
VACCINATION = "vac:Vaccination"
"""The type of a vaccination. JSON-LD 1.1 does not expand `vac:`, because its identifier ends in a letter."""

_PROOF_MEMBERS = {"type", "created", "verificationMethod", "proofPurpose", "jws"}
_METHOD = re.compile(r"(did|https):[A-Za-z0-9._:/%#?=&-]{1,300}\Z")
_CREATED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})\Z")
_DOSE_NUMBER = re.compile(r"[1-9]\d?\Z")


@dataclass(frozen=True, slots=True)
class _Proof:
    """The checked members of `proof`. They are signed together with the document."""

    suite: str
    created: str
    method: str
    header: bytes
    signature: bytes = field(repr=False)

    def signed_bytes(self, document: str) -> bytes:
        """Return the input of the signature (RFC 7797, b64 false); `document` is its canonical form.

        A proof has always the same four members, so its canonical form is these four N-Quads with their values.
        """
        proof = (
            f'_:c14n0 <http://purl.org/dc/terms/created> "{self.created}"'
            "^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n"
            f"_:c14n0 <{TYPE}> <https://w3id.org/security#{self.suite}> .\n"
            "_:c14n0 <https://w3id.org/security#proofPurpose> <https://w3id.org/security#assertionMethod> .\n"
            f"_:c14n0 <https://w3id.org/security#verificationMethod> <{self.method}> .\n"
        )
        return self.header + b"." + sha256(proof.encode()).digest() + sha256(document.encode()).digest()


class Divoc:
    """Verifies ZIP archives with a `certificate.json`, bare or after `B64:`.

    unsigned_holder: `ACCEPT` if a certificate is accepted although its signature does not cover the holder.
    """

    name = "divoc"
    max_bytes = 8000

    def __init__(self, trust: TrustList, unsigned_holder: UnsignedHolder) -> None:
        self._trust = trust
        self._unsigned_holder = unsigned_holder

    def claims(self, data: bytes) -> bool:
        """Return True if the code begins like a ZIP archive or like its text form."""
        return is_divoc(data)

    def verify(self, data: bytes, when: WallTime, examination: Examination) -> Credential:
        """Return the content of the certificate.

        Raises:
            BadCredential: a layer cannot be decoded.
            CheckRefused: a check failed; the exception holds the verdict.
        """
        with examination.reading("archive"):
            json_bytes = unwrap(data)
        with examination.reading("document"):
            document = json_object(json_bytes)
            proof = _read_proof(as_object(document.pop("proof", None), "proof"))
        with examination.reading("statements"):
            statements = read_statements(document)
        keys = self._trust.find(self.name, proof.method)
        # issuers signed the older or the newer canonical form; both are tried
        messages = map(proof.signed_bytes, dict.fromkeys((statements.canonical, statements.newer)))
        key = demand_signer(examination, keys, proof.method, SUITES[proof.suite], proof.signature, messages)
        covers_holder = self._check_coverage(document, statements, examination)
        with examination.reading_signed("facts"):
            content = _DivocContent(statements)
        demand_dates(examination, when, content.issued_at, content.expires_at)
        demand_key(examination, when, self._trust, key)
        holder = _holder(document) if covers_holder else Holder()
        certified = HealthContent(doses=content.doses, holder=holder)
        return credential_of(self.name, key, certified, statements.canonical.encode(), content.expires_at)

    def _check_coverage(self, document: dict[str, Any], statements: Statements, examination: Examination) -> bool:
        """Return True if the signature covers the holder.

        Raises:
            CheckRefused: it does not cover something else, or not the holder and `unsigned_holder` is not `ACCEPT`."""
        subject = document.get("credentialSubject")
        subject_id = subject.get("id") if isinstance(subject, dict) else None
        unsigned = statements.unmapped
        if unsigned:
            unsigned &= _member_names({**document, "credentialSubject": None})
        relative = statements.relative - {subject_id if isinstance(subject_id, str) else ""}
        listed = ", ".join(sorted(unsigned)) or ("an identifier that is not absolute" if relative else "all covered")
        examination.demand("members", not unsigned and not relative, Reason.BAD_SIGNATURE, listed)
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
    parts = as_text(proof["jws"], "proof.jws").encode().split(b".")
    if len(parts) != 3:
        raise BadCredential("proof.jws is not a JWS of three parts")
    header, payload, signature = parts
    if payload or json_object(base64url(header)) != {"alg": SUITES[suite].value, "b64": False, "crit": ["b64"]}:
        raise BadCredential("proof.jws is not detached or its header is another")
    return _Proof(suite, created, method, header, base64url(signature))


def _member_names(value: object) -> set[str]:
    """Return the names of all members in `value`, at any depth."""
    match value:
        case dict():
            return set(value).union(*map(_member_names, value.values()))
        case list():
            return set().union(*map(_member_names, value))
        case _:
            return set()


def _holder(document: dict[str, Any]) -> Holder:
    subject = document.get("credentialSubject")
    known = subject if isinstance(subject, dict) else {}
    return Holder(str(known.get("name", ""))[:160], str(known.get("dob") or known.get("age") or "")[:10])


class _DivocContent:
    """The vaccinations and dates in the signed statements. Raises `BadCredential` if they are not one credential."""

    def __init__(self, statements: Statements) -> None:
        credentials = statements.subjects(TYPE, CREDENTIAL + "VerifiableCredential")
        if len(credentials) != 1:
            raise BadCredential("not one verifiable credential")
        self._statements = statements
        self.issued_at = self._moment(credentials[0], "issuanceDate")
        self.expires_at = self._moment(credentials[0], "expirationDate")
        vaccinations = statements.subjects(TYPE, VACCINATION)
        evidence = statements.values(credentials[0], CREDENTIAL + "evidence")
        self.doses = tuple(self._dose(node) for node in evidence if node in vaccinations)

    def _moment(self, credential: str, name: str) -> datetime | None:
        values = self._statements.values(credential, CREDENTIAL + name)
        if len(values) > 1:
            raise BadCredential(f"{name} is given twice")
        return as_moment(values[0], name) if values else None

    def _dose(self, node: str) -> Dose:
        """Read one vaccination.

        The context maps the members `dose` and `totalDoses` to one identifier, so the signed statements do not tell
        which number is which. The smaller number is taken as the number of the dose, the larger one as the total. The
        context also maps `vaccine`, `manufacturer`, `batch` and others to one identifier; each text that may be the
        name of the vaccine is returned."""
        values = set(self._statements.values(node, SCHEMA + "doseValue"))
        if not 1 <= len(values) <= 2 or not all(map(_DOSE_NUMBER.match, values)):
            raise BadCredential("dose and totalDoses are not two numbers of doses")
        numbers = list(map(int, values))
        days = self._possible_days(node)
        product, *others = possible_vaccines(sorted(self._statements.values(node, SCHEMA + "id"))) or ("",)
        return Dose(min(numbers), max(numbers), min(days), product, max(days), tuple(others))

    def _possible_days(self, node: str) -> list[date]:
        """Return the possible days of the vaccination, at least one.

        A day is possible up to one day after the issue of the certificate (the day more is for time zones). Texts that
        are not a day are left out, because issuers write an empty text for a day that they do not know.

        Raises `BadCredential` if no day is possible.
        """
        last = self.issued_at.date().toordinal() + 1 if self.issued_at else date.max.toordinal()
        days = []
        for text in self._statements.values(node, SCHEMA + "date"):
            try:
                day = as_day(text, "date")
            except BadCredential:
                continue
            if day.toordinal() <= last:
                days.append(day)
        if not days:
            raise BadCredential("date is missing or is after the certificate's issue")
        return days
