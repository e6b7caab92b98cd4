"""The signature of a list over JSON-LD statements: our own lists, keys and contexts, in the form of the WHO's list."""

import base64
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyld import jsonld

from kiosk.errors import KioskError
from kiosk.office import list_proof
from kiosk.office.list_proof import SECURITY_CONTEXT, demand_proof, is_signed_document, read_contexts
from kiosk.office.trust_import import import_list
from kiosk.simulator.issuers import DccIssuer

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
DID, SUITE = "https://contexts.example/did", "https://contexts.example/suite"
VOCABULARY = "https://vocabulary.example/"
IDENTIFIER = {"@type": "@id"}
CONTEXTS: dict[str, Any] = {
    DID: {
        "@context": {
            "id": "@id",
            "type": "@type",
            "JsonWebKey2020": f"{VOCABULARY}JsonWebKey2020",
            "controller": {"@id": f"{VOCABULARY}controller", **IDENTIFIER},
            "verificationMethod": {"@id": f"{VOCABULARY}verificationMethod", **IDENTIFIER},
            "publicKeyJwk": {"@id": f"{VOCABULARY}publicKeyJwk", "@type": "@json"},
            "participant": f"{VOCABULARY}participant",
            "keyusage": f"{VOCABULARY}keyusage",
            "code": f"{VOCABULARY}code",
        }
    },
    SUITE: {
        "@context": {
            "type": "@type",
            "JsonWebSignature2020": f"{VOCABULARY}JsonWebSignature2020",
            "created": f"{VOCABULARY}created",
            "nonce": f"{VOCABULARY}nonce",
            "proofPurpose": f"{VOCABULARY}proofPurpose",
            "verificationMethod": {"@id": f"{VOCABULARY}verificationMethod", **IDENTIFIER},
        }
    },
}
CONTEXTS[SECURITY_CONTEXT] = CONTEXTS[SUITE]
ISSUERS = (DccIssuer("ID"), DccIssuer("SG"))
HEADER = {"alg": "ES256", "b64": False, "crit": ["b64"]}


def method(issuer: DccIssuer) -> dict[str, Any]:
    certificate = base64.b64encode(issuer.certificate.public_bytes(Encoding.DER)).decode()
    return {
        "id": f"did:web:list.example#{issuer.country}",
        "type": "JsonWebKey2020",
        "controller": "did:web:list.example",
        "publicKeyJwk": {"kty": "EC", "kid": issuer.trusted.key_id, "x5c": [certificate]},
        "participant": {"code": issuer.country},
        "keyusage": {"code": "DSC"},
    }


DOCUMENT: dict[str, Any] = {
    "@context": [DID, SUITE],
    "id": "did:web:list.example",
    "controller": "did:web:list.example",
    "verificationMethod": [method(issuer) for issuer in ISSUERS],
}
PROOF = {
    "type": "JsonWebSignature2020",
    "created": "2026-08-22T17:05:01Z",
    "nonce": "AoK9",
    "proofPurpose": "assertionMethod",
    "verificationMethod": "did:web:publisher.example",
}


def statements(document: dict[str, Any]) -> bytes:
    def load(address: str, _: object) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": address, "document": CONTEXTS[address]}

    options = {"documentLoader": load, "algorithm": "URDNA2015", "format": "application/n-quads"}
    return str(jsonld.normalize(document, options)).encode()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(
    key: ec.EllipticCurvePrivateKey = KEY,
    der: bool = True,
    proof_context: object = None,
    header: object = HEADER,
    document: dict[str, Any] = DOCUMENT,
) -> dict[str, Any]:
    named = b64(json.dumps(header).encode())
    terms = statements({"@context": proof_context or document["@context"], **PROOF})
    message = named.encode() + b"." + sha256(terms).digest() + sha256(statements(document)).digest()
    signature = key.sign(message, ec.ECDSA(SHA256()))
    r, s = decode_dss_signature(signature)
    raw = signature if der else r.to_bytes(32) + s.to_bytes(32)
    return {**deepcopy(document), "proof": {**PROOF, "jws": f"{named}..{b64(raw)}"}}


def check(found: object, contexts: dict[str, Any] = CONTEXTS) -> None:
    demand_proof(json.dumps(found).encode(), KEY.public_key(), contexts)


@pytest.mark.parametrize("der", [True, False])
@pytest.mark.parametrize("proof_context", [None, [SECURITY_CONTEXT]])
def test_a_list_that_its_publisher_signed_is_accepted(der: bool, proof_context: object) -> None:
    check(signed(der=der, proof_context=proof_context))


def leaves(place: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(place, dict | list):
        for key in place if isinstance(place, dict) else range(len(place)):
            yield from leaves(place[key], (*path, key))
    else:
        yield path


GOOD = signed()
COVERED = [path for path in leaves(GOOD) if path[0] != "@context" and path[-2:] != ("proof", "type")]


@pytest.mark.parametrize("path", COVERED, ids=lambda path: ".".join(map(str, path)))
def test_every_changed_member_makes_the_signature_wrong(path: tuple[Any, ...]) -> None:
    forged = deepcopy(GOOD)
    place: Any = forged
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = f"did:web:other.example#{place[path[-1]]}"
    with pytest.raises(KioskError):
        check(forged)


def test_a_removed_an_exchanged_and_an_added_entry_make_the_signature_wrong() -> None:
    for change in (lambda keys: keys[:1], lambda keys: [*keys, method(DccIssuer("XX"))], lambda _: []):
        forged = {**GOOD, "verificationMethod": change(GOOD["verificationMethod"])}
        with pytest.raises(KioskError, match="was not made by the key of --signer"):
            check(forged)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (signed(OTHER), "was not made by the key of --signer"),
        ({**GOOD, "certificates": []}, "'certificates' in the list is not covered by the signature"),
        ({**GOOD, "certificates": [{"rawData": "x"}]}, "'certificates' in the list is not covered by the signature"),
        ({**GOOD, "id": "list"}, "'list' in the list is not covered by the signature"),
        ({**GOOD, "proof": {**GOOD["proof"], "purpose": "x"}}, "'purpose' in the list is not covered"),
        ({**GOOD, "proof": PROOF}, "proof.jws is not a detached JWS"),
        ({**GOOD, "proof": {**PROOF, "jws": "a.b.c"}}, "proof.jws is not a detached JWS"),
        ({**GOOD, "proof": {**PROOF, "jws": "e30..AAAA"}}, "its header is not"),
        ({**GOOD, "proof": {**PROOF, "jws": "ü"}}, "proof.jws is not a detached JWS"),
        ({**GOOD, "proof": {**PROOF, "jws": GOOD["proof"]["jws"][:-8]}}, "was not made by the key of --signer"),
        ({**GOOD, "proof": {**PROOF, "jws": GOOD["proof"]["jws"].replace("..", ".YQ.")}}, "not detached"),
        (signed(header={**HEADER, "alg": "none"}), "its header is not"),
        ({**GOOD, "@context": ["https://elsewhere.example/"]}, "context https://elsewhere.example/ is missing; give"),
        ({**GOOD, "@context": [DID, 7]}, "brings a JSON-LD context of its own"),
        ({**GOOD, "verificationMethod": [{"@context": {"@base": None}, "id": "x"}]}, "context of its own"),
        ({**GOOD, "verificationMethod": {"@value": {}, "@id": "x"}}, "cannot be read as JSON-LD"),
        ({"proof": GOOD["proof"]}, "the signature of the list covers nothing"),
    ],
)
def test_a_list_with_another_proof_or_meaning_is_refused(found: dict[str, Any], message: str) -> None:
    with pytest.raises(KioskError, match=message):
        check(found)


def test_a_signed_list_cannot_be_given_other_keys_by_a_context_of_its_own() -> None:
    """The context hides the new keys behind a name that makes no statement, and the old ones keep their meaning."""
    own = {
        "signed": {"@id": f"{VOCABULARY}verificationMethod", **IDENTIFIER},
        "verificationMethod": {"@id": "_:hidden", "@type": "@json"},
    }
    proof = {"signed": GOOD["proof"]["verificationMethod"], **GOOD["proof"]}
    del proof["verificationMethod"]
    forged = {**GOOD, "@context": [DID, SUITE, own], "signed": GOOD["verificationMethod"], "proof": proof}
    forged["verificationMethod"] = [method(DccIssuer("XX"))]
    assert statements({name: forged[name] for name in forged if name != "proof"}) == statements(DOCUMENT)
    with pytest.raises(KioskError, match="brings a JSON-LD context of its own, which could hide keys"):
        check(forged)


def test_a_list_of_which_no_context_maps_anything_is_refused() -> None:
    with pytest.raises(KioskError, match=r"covers nothing|not covered"):
        check({**GOOD, "@context": []})


def test_a_truncated_list_is_no_signed_document_or_is_refused() -> None:
    text = json.dumps(GOOD).encode()
    assert is_signed_document(text)
    assert not any(is_signed_document(text[:length]) for length in range(len(text)))
    for other in (b"[]", b'{"proof": 1}', b'{"proof": {"type": "Other"}}', b"[" * 100_000):
        assert not is_signed_document(other)


def test_without_the_library_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyld", None)
    with pytest.raises(KioskError, match=r"needs the package PyLD: pip install 'entrance-kiosk\[office\]'"):
        check(GOOD)


def test_context_files_are_read_by_their_addresses(tmp_path: Path) -> None:
    (tmp_path / "did.json").write_text('{"@context": {}}')
    (tmp_path / "bad.json").write_text("{")
    assert read_contexts([f"https://a.example/?x=1={tmp_path}/did.json"]) == {
        "https://a.example/?x=1": {"@context": {}}
    }
    for item, message in (
        ("did.json", "is not ADDRESS=FILE"),
        ("a=none.json", "cannot be read"),
        ("a=bad.json", "not JSON"),
    ):
        with pytest.raises(KioskError, match=message):
            read_contexts([item.replace("=", f"={tmp_path}/")])


def test_a_signed_list_is_imported_and_a_forged_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps(GOOD))
    (tmp_path / "key.pem").write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    contexts = []
    for number, (address, content) in enumerate(CONTEXTS.items()):
        (tmp_path / f"{number}.json").write_text(json.dumps(content))
        contexts.append(f"{address}={tmp_path}/{number}.json")

    def run() -> list[str]:
        now = datetime.now(UTC)
        report = import_list(
            tmp_path / "list.json", tmp_path / "trust", now, signer=tmp_path / "key.pem", contexts=contexts
        )
        return [key.issuer for key in report.lists[0].usable]

    assert run() == ["ID", "SG"]
    (tmp_path / "list.json").write_text(json.dumps({**GOOD, "verificationMethod": GOOD["verificationMethod"][:1]}))
    with pytest.raises(KioskError, match="was not made by the key"):
        run()
    assert list_proof.SUITE == "JsonWebSignature2020"
