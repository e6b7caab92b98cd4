"""The statements of a JSON-LD document, for the closed world of DIVOC certificates.

Theory. The signature of a DIVOC certificate does not cover the JSON text but its meaning: the document is read as a set
of RDF statements (subject, predicate, object), the statements are written in a canonical form, and this text is signed.
Two steps lead to it: JSON-LD 1.1 expansion maps member names to identifiers by the contexts that the document names
(this module), and URDNA2015 or its successor RDFC-1.0 gives names to the nodes without an identifier and sorts the
statements (`quads`).

The general algorithms fetch contexts from the network, know keywords, lists, languages, reverse and nested graphs, and
can take exponential time. DIVOC certificates use a small part of JSON-LD: three known context files, plain members,
objects in objects, and lists only of types and of evidence. In this part the general expansion reduces to one walk:

* a member's name is looked up in the terms of its scope; a name that no context defines states nothing;
* a node is its `id`, or a new blank node; each of its types is a statement;
* the contexts of the node's types, in the order of their names, hold for the node's own members and not for nodes
  inside (JSON-LD 1.1, "Scoped Contexts"); the context of a member's term holds for the value and for nodes inside;
* a value is a text, a whole number, a boolean, an identifier or a node; null states nothing.

Why the result is equal to that of the general algorithm: every construct for which the walk could differ (a keyword or
a compact identifier as a member's name, another list, a fraction, a blank node's own name, an unknown context, a deep
document) is not interpreted but refused with `BadCredential`. The rest is exactly the part described above. The tests
compare the result with PyLD, a full processor, on sample documents and on generated ones. The kiosk itself does
not use PyLD, which needs 25 MB, a third of a second at start and 4 ms a document.

Rule 1: contexts are the bundled files. Nothing is fetched, and a document cannot bring its own context.
Rule 2: the shape is bounded before the canonical form is computed, whose cost can grow with the factorial of the number
    of similar nodes.
Rule 3: members and identifiers that the issuers' library (jsonld.js) leaves out are left out here too, and reported:
    the signature does not cover them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from kiosk.credentials.formats.quads import RDFC_1_0, URDNA2015, Quad, canonical
from kiosk.credentials.formats.safe_parsing import MAX_TEXT
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

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
XSD = "http://www.w3.org/2001/XMLSchema#"
GEN_DELIMITERS = ":/?#[]@"
"""RFC 3986 section 2.2. In JSON-LD 1.1, a term is a prefix only if its identifier ends in one of these characters."""

_ESCAPED_BY_NEWER = re.compile(f"[{re.escape(''.join(sorted(RDFC_1_0.keys() - URDNA2015.keys())))}]")
"""The characters that RDFC-1.0 escapes and URDNA2015 does not."""

LIST_MEMBERS = frozenset({"type", "evidence"})
MAX_LIST, MAX_NODE_DEPTH = 4, 4
MAX_NUMBER = 2**53
"""Whole numbers must be smaller: from here on, JavaScript, in which issuers sign, does not represent every one."""

_JSONLD_ABSOLUTE = re.compile(
    r"[A-Za-z][A-Za-z0-9+,.-]*:[^\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*\Z"
)
"""Identifiers that jsonld.js takes as absolute (url.js, isAbsolute): a scheme, and no white space of JavaScript."""

_ABSOLUTE = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*\Z')
"""Identifiers that are absolute by RFC 3987 section 2.2 and have no character that N-Quads does not allow."""


class Term(NamedTuple):
    """The definition of a member's name in a context.

    iri: the identifier that the name stands for. kind: the type of the values: "" for text, "@id" for identifiers, or
    the identifier of a datatype. scope: the context that holds inside the values, or None. is_prefix: True if a compact
    identifier can begin with the term.
    """

    iri: str
    kind: str = ""
    scope: Mapping[str, Any] | None = None
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of one document.

    canonical: the text that the signature covers, by URDNA2015. newer: the same text by RDFC-1.0, which escapes control
    characters in another way. quads: the statements themselves. unmapped: the names of the members that no context
    defines. relative: the identifiers that are not absolute. The signature covers neither these members nor the
    statements with these identifiers.
    """

    canonical: str = field(repr=False)
    newer: str = field(repr=False)
    quads: tuple[Quad, ...] = field(repr=False)
    unmapped: frozenset[str]
    relative: frozenset[str] = field(repr=False)

    def values(self, subject: str, predicate: str) -> list[str]:
        """Return the objects of all statements about `subject` with `predicate`."""
        return [quad.value for quad in self.quads if quad.subject == subject and quad.predicate == predicate]

    def subjects(self, predicate: str, value: str) -> list[str]:
        """Return the subjects of all statements with `predicate` and the object `value`."""
        return [quad.subject for quad in self.quads if quad.predicate == predicate and quad.value == value]


class _Scope:
    """The terms that are defined at one place of a document. The scopes that `enter` returns are made only once."""

    def __init__(self, terms: Mapping[str, Term]) -> None:
        self.terms = terms
        self._inner: dict[int, _Scope] = {}

    def enter(self, context: Mapping[str, Any] | None) -> "_Scope":
        """Return this scope with the definitions of `context` added (JSON-LD 1.1, "Scoped Contexts")."""
        if context is None:
            return self
        if id(context) not in self._inner:
            self._inner[id(context)] = _Scope({**self.terms, **_defined(context, self.terms)})
        return self._inner[id(context)]

    def identifier(self, text: str) -> str:
        """Return `text`; if it begins with a prefix and a colon, replace these by the identifier of the prefix."""
        prefix, colon, rest = text.partition(":")
        term = self.terms.get(prefix)
        if colon and term and term.is_prefix and not rest.startswith("//"):
            return term.iri + rest
        return text


def _defined(context: Mapping[str, Any], outer: Mapping[str, Term]) -> dict[str, Term]:
    """Return the terms that `context` defines. A definition may use terms of `outer` and terms defined before it."""
    found: dict[str, Term] = {}
    for name, definition in context.items():
        if name.startswith("@"):
            continue
        given = definition if isinstance(definition, dict) else {"@id": definition}
        is_simple = not isinstance(definition, dict) and definition[-1] in GEN_DELIMITERS
        scope = _Scope({**outer, **found})
        kind = scope.identifier(given.get("@type", ""))
        found[name] = Term(scope.identifier(given["@id"]), kind, given.get("@context"), is_simple)
    return found


_SCOPES: dict[tuple[str, ...], _Scope] = {}


def _scope_of(urls: object) -> _Scope:
    """Return the scope of a document with the contexts `urls`; raises `BadCredential` if one of them is not bundled."""
    if not isinstance(urls, list) or not all(isinstance(url, str) and url in _FILES for url in urls):
        raise BadCredential("@context names a context that is not bundled")
    if urls[:1] != [_CREDENTIALS] or len(urls) > MAX_LIST:
        raise BadCredential("@context does not begin with the credentials' own")
    key = tuple(urls)
    if key not in _SCOPES:
        terms: dict[str, Term] = {}
        for url in urls:
            loaded = json.loads((_FOLDER / _FILES[url]).read_text(encoding="utf-8"))
            terms |= _defined(loaded["@context"], terms)
        _SCOPES[key] = _Scope(terms)
    return _SCOPES[key]


def read_statements(document: dict[str, Any]) -> Statements:
    """Return the statements of `document`, whose member `proof` the caller has removed.

    Raises:
        BadCredential: a context is not bundled, the shape of the document is not as described at the top of this
            module, or too many of its nodes are alike.
    """
    reader = _StatementReader()
    scope = _scope_of(document.get("@context"))
    reader.node({name: value for name, value in document.items() if name != "@context"}, scope)
    quads = reader.quads
    if reader.relative:
        quads = [quad for quad in quads if not reader.is_relative(quad)]
    kept = tuple(dict.fromkeys(quads))
    older = canonical(kept)
    differs = any(_ESCAPED_BY_NEWER.search(quad.value) for quad in kept)
    newer = canonical(kept, RDFC_1_0) if differs else older
    return Statements(older, newer, kept, frozenset(reader.unmapped), frozenset(reader.relative))


@dataclass(slots=True)
class _StatementReader:
    """Walks a document and collects its statements."""

    quads: list[Quad] = field(default_factory=list)
    unmapped: set[str] = field(default_factory=set)
    relative: set[str] = field(default_factory=set)
    blanks: int = 0

    def is_relative(self, quad: Quad) -> bool:
        """Return True if the subject or object is a relative identifier, so that jsonld.js leaves the statement out."""
        return quad.subject in self.relative or (quad.is_node and quad.value in self.relative)

    def node(self, members: dict[str, Any], outer: _Scope, depth: int = 0) -> str:
        """Collect the statements of a node and of the nodes inside it; return the node's identifier.

        Raises:
            BadCredential: the shape of the node is not as described at the top of this module.
        """
        if depth > MAX_NODE_DEPTH:
            raise BadCredential(f"nested deeper than {MAX_NODE_DEPTH}")
        types = [_plain_text(one) for one in _listed("type", members.get("type"))]
        scope = outer
        for name in sorted(types):
            term = outer.terms.get(name)
            scope = scope.enter(term.scope if term else None)
        if "id" in members and scope.terms["id"].iri == "@id":
            subject = self._identifier(_plain_text(members["id"]), scope)
        else:
            self.blanks += 1
            subject = f"_:b{self.blanks}"
        for name in types:
            term = outer.terms.get(name)
            self.quads.append(Quad(subject, TYPE, self._identifier(term.iri if term else name, outer), is_node=True))
        for name, value in members.items():
            self._member(subject, name, value, scope, outer, depth)
        return subject

    def _member(self, subject: str, name: str, value: object, scope: _Scope, outer: _Scope, depth: int) -> None:
        """Collect the statements of one member. outer: the scope without the contexts of the node's types."""
        term = scope.terms.get(name)
        if name.startswith("@") or ":" in name:
            raise BadCredential("a member is a JSON-LD keyword or an identifier of its own")
        if term is None:
            _refuse_hidden(name, value, depth)
            self.unmapped.add(name)
        elif not term.iri.startswith("@"):
            for one in _listed(name, value):
                self._value(subject, term, one, scope, outer, depth)

    def _value(self, subject: str, term: Term, value: object, scope: _Scope, outer: _Scope, depth: int) -> None:
        match value:
            case None:
                return
            case str() if term.kind == "@id":
                identifier = self._identifier(_plain_text(value), scope)
                self.quads.append(Quad(subject, term.iri, identifier, "", True))
            case str():
                self.quads.append(Quad(subject, term.iri, _plain_text(value), term.kind))
            case dict():
                node = self.node(value, outer.enter(term.scope), depth + 1)
                self.quads.append(Quad(subject, term.iri, node, "", True))
            case bool() if not term.kind:
                self.quads.append(Quad(subject, term.iri, str(value).lower(), f"{XSD}boolean"))
            case int() if not term.kind and abs(value) < MAX_NUMBER:
                self.quads.append(Quad(subject, term.iri, str(value), f"{XSD}integer"))
            case _:
                raise BadCredential("a member's value is of a kind that is not known here")

    def _identifier(self, text: str, scope: _Scope) -> str:
        """Return the identifier with its prefix replaced; add it to `relative` if it is not absolute."""
        written = scope.identifier(text)
        absolute = _JSONLD_ABSOLUTE.match(written)
        if written.startswith(("@", "_:")) or (absolute and not _ABSOLUTE.match(written)):
            raise BadCredential("an identifier of a kind that is not known here")
        if not absolute:
            self.relative.add(written)
        return written


def _listed(name: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        return [] if value is None else [value]
    if name not in LIST_MEMBERS or len(value) > MAX_LIST:
        raise BadCredential("a member is a list where it should be plain, or a long one")
    return value


def _plain_text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise BadCredential("a member is no text, or a very long one")
    return value


def _refuse_hidden(name: str, value: object, depth: int) -> None:
    """Refuse keywords, lists and too deep nesting in a member that no context defines, although it states nothing."""
    for one in _listed(name, value):
        if isinstance(one, dict):
            if depth >= MAX_NODE_DEPTH or any(inner.startswith("@") for inner in one):
                raise BadCredential("a member is nested too deep or is a JSON-LD keyword")
            for inner, inner_value in one.items():
                _refuse_hidden(inner, inner_value, depth + 1)
