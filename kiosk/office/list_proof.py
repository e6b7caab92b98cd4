"""Verifies a list's own signature in the form JsonWebSignature2020, as the WHO's list (GDHCN) carries it.

Source: W3C Credentials Community Group, "JSON Web Signature 2020" (21 July 2022); RFC 7797; danubetech's
ld-signatures-java, by which the WHO's key distribution service signs.

Theory. The signature does not cover the text of the list but its meaning: the document without `proof`, and the proof
without `jws`, are read as JSON-LD, and each becomes a canonical list of statements (URDNA2015). The signed bytes are
the JWS header, a full stop, and two SHA-256 digests: that of the proof's statements and that of the document's. The
WHO writes the ES256 signature in DER, where a JWS has r and s; both are read.

Which member becomes which statement is defined by context files that the document names by their addresses. They are
handed in as files; nothing is fetched, and a context file that is not the publisher's makes the signature wrong.

The proof itself names no context. Publishers read it with the contexts of the document or, as danubetech's library
does, with that of the security vocabulary; both are tried.

Rule 1: a list in which a member makes no statement is refused, because anybody can change such a member.
Rule 2: the library for JSON-LD (PyLD) is not part of the kiosk's own installation. It is needed for this alone.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from kiosk.credentials.formats.safe_parsing import base64url
from kiosk.credentials.formats.signatures import Algorithm, PublicKey, signed_by_one_of
from kiosk.credentials.trust.signed_list import raw_signature
from kiosk.errors import BadCredential, KioskError

SUITE = "JsonWebSignature2020"
SECURITY_CONTEXT = "https://w3id.org/security/v3"
RELATIVE = "https://relative.invalid/"
"""The base by which relative identifiers are recognised (RFC 2606). The publisher's library leaves them out."""

HEADER = {"alg": Algorithm.ES256.value, "b64": False, "crit": ["b64"]}

Contexts = Mapping[str, Any]
"""The parsed context files by their addresses."""


def is_signed_document(text: bytes) -> bool:
    """Return True if the list is a JSON object with a proof in the form JsonWebSignature2020."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    match found:
        case {"proof": {"type": kind}}:
            return bool(kind == SUITE)
    return False


def read_contexts(files: list[str]) -> Contexts:
    """Return the context files; each item of `files` is ADDRESS=FILE. Raises `KioskError` if one cannot be read."""
    contexts = {}
    for item in files:
        address, _, name = item.rpartition("=")
        if not address:
            raise KioskError(f"context '{item}' is not ADDRESS=FILE")
        try:
            contexts[address] = json.loads(Path(name).read_bytes())
        except OSError as error:
            raise KioskError(f"context '{name}' cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            raise KioskError(f"context '{name}' is not JSON") from None
    return contexts


def demand_proof(text: bytes, signer: PublicKey, contexts: Contexts) -> None:
    """Verify that `signer` signed the list.

    Raises:
        KioskError: another key signed it, it was changed, a context is missing, or a member is not covered.
    """
    document = json.loads(text)
    proof = document.pop("proof")
    header, signature = _parts(proof.pop("jws", None))
    named = document.get("@context", [])
    _demand_named_contexts(named, [{**document, "@context": None}, {"proof": proof}])
    meaning = sha256(_canonical(document, contexts)).digest()
    readings = [named, [SECURITY_CONTEXT]] if SECURITY_CONTEXT in contexts else [named]
    for reading in readings:
        terms = sha256(_canonical({"@context": reading, **proof}, contexts)).digest()
        if signed_by_one_of([signer], Algorithm.ES256, signature, header + b"." + terms + meaning) == 0:
            return
    raise KioskError("the signature of the list was not made by the key of --signer; the list is not imported")


def _demand_named_contexts(named: object, members: list[Any]) -> None:
    """Raise `KioskError` if the list brings a context of its own, or if one stands deeper inside it.

    Such a context could give the name of a member to a thing that makes no statement. Anybody could then add keys to a
    signed list.
    """
    own = not all(isinstance(address, str) for address in (named if isinstance(named, list) else [named]))
    while members and not own:
        match members.pop():
            case dict() as found:
                own = found.get("@context") is not None
                members.extend(found.values())
            case list() as found:
                members.extend(found)
    if own:
        raise KioskError("the list brings a JSON-LD context of its own, which could hide keys from the signature")


def _parts(jws: object) -> tuple[bytes, bytes]:
    """Return the header as it is signed, and the signature as r and s."""
    try:
        header, payload, signature = str(jws).encode("ascii").split(b".")
        found = json.loads(base64url(header))
        raw = raw_signature(base64url(signature))
    except (ValueError, RecursionError, BadCredential):
        raise KioskError("proof.jws is not a detached JWS") from None
    if payload or found != HEADER:
        raise KioskError(f"proof.jws is not detached, or its header is not {json.dumps(HEADER)}")
    return header, raw


def _canonical(document: dict[str, Any], contexts: Contexts) -> bytes:
    """Return the canonical statements of the document.

    Raises:
        KioskError: a context is missing, a member makes no statement, or the document is not JSON-LD.
    """
    try:
        from pyld import jsonld
    except ImportError:
        raise KioskError(
            "the signature of this list needs the package PyLD: pip install 'entrance-kiosk[office]'"
        ) from None

    def load(address: str, _options: object) -> dict[str, Any]:
        if address not in contexts:
            raise KioskError(f"the context {address} is missing; give --context {address}=FILE")
        return {"contextUrl": None, "documentUrl": address, "document": contexts[address]}

    dropped: list[str] = []
    options = {"documentLoader": load, "base": RELATIVE}
    try:
        expanded = jsonld.expand(document, options, on_property_dropped=lambda name: dropped.append(str(name)))
        relative = [name.removeprefix(RELATIVE) for name in _identifiers(expanded) if name.startswith(RELATIVE)]
        form = {**options, "algorithm": "URDNA2015", "format": "application/n-quads"}
        statements = str(jsonld.normalize(document, form))
    except (jsonld.JsonLdError, RecursionError, AttributeError, TypeError, ValueError, KeyError) as error:
        raise KioskError(_innermost(error)) from None
    if dropped or relative:
        raise KioskError(
            f"'{(dropped or relative)[0]}' in the list is not covered by the signature; it is not imported"
        )
    if not statements:
        raise KioskError("the signature of the list covers nothing: no context maps its members")
    return statements.encode()


def _innermost(error: BaseException) -> str:
    """Return the message of our own error inside PyLD's, or else a short one about the document."""
    inside: BaseException | None = error
    while inside is not None:
        if isinstance(inside, KioskError):
            return str(inside)
        inside = inside.__cause__ or getattr(inside, "cause", None)
    return "the list cannot be read as JSON-LD with these contexts"


def _identifiers(expanded: object) -> Iterator[str]:
    """Yield every identifier in an expanded document, at any depth, but none inside JSON literals."""
    match expanded:
        case list():
            for item in expanded:
                yield from _identifiers(item)
        case {"@type": "@json"}:
            return
        case dict():
            if isinstance(expanded.get("@id"), str):
                yield expanded["@id"]
            for value in expanded.values():
                yield from _identifiers(value)
