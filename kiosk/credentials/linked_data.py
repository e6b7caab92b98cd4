"""What a JSON-LD document states, as canonical N-Quads (RDF Dataset Canonicalization, URDNA2015), offline.

Rule 1: contexts are the bundled ones; nothing is ever fetched.
Rule 2: the shape is bounded first: canonicalising many alike nodes takes time that grows with their factorial.
Rule 3: what the issuers' library (jsonld.js) leaves out is left out here too, and told: such members are not signed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pyld import jsonld

from kiosk.credentials.bounds import MAX_TEXT
from kiosk.errors import BadCredential

_FOLDER = Path(__file__).parent / "contexts"
_CREDENTIALS = "https://www.w3.org/2018/credentials/v1"
_DIVOC_V2 = (
    "https://cowin.gov.in/credentials/vaccination/v2",
    "https://www.pedulilindungi.id/credentials/vaccination/v2",
    "https://divoc.prod/vaccine/credentials/vaccination/v1",
    "https://divoc.lgcc.gov.lk/credentials/vaccination/v1",
    "https://divoc.doh.gov.ph/credentials/vaccination/v1",
)
_FILES = {
    _CREDENTIALS: "w3c-credentials-v1.json",
    "https://cowin.gov.in/credentials/vaccination/v1": "divoc-vaccination-v1.json",
    **dict.fromkeys(_DIVOC_V2, "divoc-vaccination-v2.json"),
}

RELATIVE = "http://relative.invalid/"
"""Stands before every identifier that is not absolute, so that statements with one are found and left out."""

OBJECT_MEMBERS = frozenset({"credentialSubject", "evidence", "address", "verifier", "facility"})
LIST_MEMBERS = frozenset({"@context", "type", "evidence"})
MAX_LIST = 4
"""Nodes that are alike are tried in every order: four make 24 orders, ten would make three million."""


class Quad(NamedTuple):
    """One statement of the default graph."""

    subject: str
    predicate: str
    value: str


@dataclass(frozen=True, slots=True)
class Statements:
    """What is signed (`canonical`, and `quads` to read), and what is not: member names, relative identifiers."""

    canonical: str
    quads: tuple[Quad, ...]
    unmapped: frozenset[str]
    relative: frozenset[str]

    def values(self, subject: str, predicate: str) -> list[str]:
        """Everything that is stated of `subject` under `predicate`."""
        return [quad.value for quad in self.quads if (quad.subject, quad.predicate) == (subject, predicate)]

    def subjects(self, predicate: str, value: str) -> list[str]:
        """Everything of which `predicate` states `value`."""
        return [quad.subject for quad in self.quads if (quad.predicate, quad.value) == (predicate, value)]


def _load() -> dict[str, dict[str, Any]]:
    return {url: json.loads((_FOLDER / name).read_text(encoding="utf-8")) for url, name in _FILES.items()}


_DOCUMENTS = _load()


def _bundled(url: str, options: object) -> dict[str, Any]:  # noqa: ARG001 - PyLD's signature of a loader
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": _DOCUMENTS[url],
    }


def read_statements(document: dict[str, Any]) -> Statements:
    """What `document` (without its proof) states; raises BadCredential for a shape or context that is not bundled."""
    check_shape(document)
    unmapped: set[str] = set()
    options = {"documentLoader": _bundled, "base": RELATIVE, "processingMode": "json-ld-1.1"}
    try:
        graph = jsonld.JsonLdProcessor(on_property_dropped=unmapped.add).to_rdf(document, options)["@default"]
        relative = frozenset(_relative_terms(graph))
        kept = [quad for quad in graph if not any(value in relative for value in _terms(quad))]
        written = jsonld.JsonLdProcessor.to_nquads({"@default": kept})
        canonical: str = jsonld.normalize(
            written,
            {"algorithm": "URDNA2015", "inputFormat": "application/n-quads", "format": "application/n-quads"},
        )
    except (jsonld.JsonLdError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadCredential("not JSON-LD that can be read with the bundled contexts") from None
    quads = tuple(Quad(*_terms(quad)) for quad in kept)
    return Statements(canonical, quads, frozenset(unmapped), relative)


def _terms(quad: Mapping[str, Mapping[str, str]]) -> tuple[str, str, str]:
    return quad["subject"]["value"], quad["predicate"]["value"], quad["object"]["value"]


def _relative_terms(graph: list[dict[str, dict[str, str]]]) -> Iterator[str]:
    for quad in graph:
        for term in quad.values():
            if term["type"] == "IRI" and term["value"].startswith(RELATIVE):
                yield term["value"]


def check_shape(document: dict[str, Any]) -> None:
    """Refuse contexts that are not bundled, keywords, deep or wide nesting; raises BadCredential."""
    contexts = document.get("@context")
    if not isinstance(contexts, list) or not all(isinstance(url, str) and url in _FILES for url in contexts):
        raise BadCredential("@context names a context that is not bundled")
    if contexts[:1] != [_CREDENTIALS] or len(contexts) > MAX_LIST:
        raise BadCredential("@context does not begin with the credentials' own")
    _check_members({name: value for name, value in document.items() if name != "@context"}, depth=0)


def _check_members(members: dict[str, Any], depth: int) -> None:
    for name, value in members.items():
        if name.startswith("@") or ":" in name:
            raise BadCredential("a member is a JSON-LD keyword or an identifier of its own")
        for one in _listed(name, value):
            if isinstance(one, dict) and name in OBJECT_MEMBERS and depth < MAX_LIST:
                _check_members(one, depth + 1)
            elif isinstance(one, dict | list) or (isinstance(one, str) and _is_unfit(one)):
                raise BadCredential("a member is nested where it should be plain, or too long")


def _listed(name: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    if name not in LIST_MEMBERS or len(value) > MAX_LIST:
        raise BadCredential("a member is a list where it should be plain, or a long one")
    return value


def _is_unfit(text: str) -> bool:
    return len(text) > MAX_TEXT or RELATIVE in text
