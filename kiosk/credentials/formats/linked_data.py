"""What a JSON-LD document states, in the closed world of DIVOC: bundled contexts, plain members, few nodes.

It makes the same statements, canonical (URDNA2015), as a full JSON-LD processor does; the tests hold it against PyLD.
PyLD itself costs 25 MB, a third of a second at start and 4 ms a document; this does with the standard library.

Rule 1: contexts are the bundled ones; nothing is ever fetched, and a document brings none of its own.
Rule 2: the shape is bounded first: telling nodes without a name apart takes time that grows with their factorial.
Rule 3: what the issuers' library (jsonld.js) leaves out is left out here too, and told: such members are not signed.
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
"""RFC 3986 section 2.2; JSON-LD 1.1 takes a term for a prefix only where it ends in one of these."""

LIST_MEMBERS = frozenset({"type", "evidence"})
MAX_LIST, MAX_NODE_DEPTH = 4, 4
MAX_NUMBER = 2**53
"""Beyond it JavaScript, in which issuers sign, knows no whole numbers."""

_JSONLD_ABSOLUTE = re.compile(
    r"[A-Za-z][A-Za-z0-9+,.-]*:[^\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*\Z"
)
"""What jsonld.js takes for absolute (url.js, isAbsolute): a scheme and no blank, as JavaScript knows blanks."""

_ABSOLUTE = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*\Z')
"""RFC 3987 section 2.2, with the signs that N-Quads keep out of identifiers."""


class Term(NamedTuple):
    """What a member's name stands for: an identifier, how its values are read ("" text, "@id", or a datatype)."""

    iri: str
    kind: str = ""
    scope: Mapping[str, Any] | None = None
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Statements:
    """What is signed (`canonical`, and `quads` to read), and what is not: member names, relative identifiers."""

    canonical: str = field(repr=False)
    newer: str = field(repr=False)
    quads: tuple[Quad, ...] = field(repr=False)
    unmapped: frozenset[str]
    relative: frozenset[str] = field(repr=False)

    def values(self, subject: str, predicate: str) -> list[str]:
        """Everything that is stated of `subject` under `predicate`."""
        return [quad.value for quad in self.quads if (quad.subject, quad.predicate) == (subject, predicate)]

    def subjects(self, predicate: str, value: str) -> list[str]:
        """Everything of which `predicate` states `value`."""
        return [quad.subject for quad in self.quads if (quad.predicate, quad.value) == (predicate, value)]


class _Scope:
    """The terms that hold in one place of a document; scopes inside it are made once and kept."""

    def __init__(self, terms: Mapping[str, Term]) -> None:
        self.terms = terms
        self._inner: dict[int, _Scope] = {}

    def enter(self, context: Mapping[str, Any] | None) -> "_Scope":
        """This scope with a term's own context on top (JSON-LD 1.1, "Scoped Contexts")."""
        if context is None:
            return self
        if id(context) not in self._inner:
            self._inner[id(context)] = _Scope({**self.terms, **_defined(context, self.terms)})
        return self._inner[id(context)]

    def identifier(self, text: str) -> str:
        """`text` with its prefix written out, if it begins with one."""
        prefix, colon, rest = text.partition(":")
        term = self.terms.get(prefix)
        if colon and term and term.is_prefix and not rest.startswith("//"):
            return term.iri + rest
        return text


def _defined(context: Mapping[str, Any], outer: Mapping[str, Term]) -> dict[str, Term]:
    found: dict[str, Term] = {}
    for name, definition in context.items():
        if name.startswith("@"):
            continue
        told = definition if isinstance(definition, dict) else {"@id": definition}
        is_simple = not isinstance(definition, dict) and definition[-1] in GEN_DELIMITERS
        scope = _Scope({**outer, **found})
        kind = scope.identifier(told.get("@type", ""))
        found[name] = Term(scope.identifier(told["@id"]), kind, told.get("@context"), is_simple)
    return found


def _load(url: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_FOLDER / _FILES[url]).read_text(encoding="utf-8"))["@context"]
    return loaded


_SCOPES: dict[tuple[str, ...], _Scope] = {}


def _scope_of(urls: object) -> _Scope:
    if not isinstance(urls, list) or not all(isinstance(url, str) and url in _FILES for url in urls):
        raise BadCredential("@context names a context that is not bundled")
    if urls[:1] != [_CREDENTIALS] or len(urls) > MAX_LIST:
        raise BadCredential("@context does not begin with the credentials' own")
    key = tuple(urls)
    if key not in _SCOPES:
        terms: dict[str, Term] = {}
        for url in urls:
            terms |= _defined(_load(url), terms)
        _SCOPES[key] = _Scope(terms)
    return _SCOPES[key]


def read_statements(document: dict[str, Any]) -> Statements:
    """What `document` (without its proof) states; raises BadCredential for a shape or context that is not known."""
    reader = _StatementReader()
    reader.node(
        {name: value for name, value in document.items() if name != "@context"}, _scope_of(document.get("@context"))
    )
    kept = tuple(dict.fromkeys(quad for quad in reader.quads if not reader.is_relative(quad)))
    older = canonical(kept)
    odd = any(sign in quad.value for quad in kept for sign in RDFC_1_0.keys() - URDNA2015.keys())
    newer = canonical(kept, RDFC_1_0) if odd else older
    return Statements(older, newer, kept, frozenset(reader.unmapped), frozenset(reader.relative))


@dataclass(slots=True)
class _StatementReader:
    """Walks a document and writes down what it states."""

    quads: list[Quad] = field(default_factory=list)
    unmapped: set[str] = field(default_factory=set)
    relative: set[str] = field(default_factory=set)
    blanks: int = 0

    def is_relative(self, quad: Quad) -> bool:
        """Whether an identifier in `quad` is not absolute, so that jsonld.js leaves the statement out."""
        return quad.subject in self.relative or (quad.is_node and quad.value in self.relative)

    def node(self, members: dict[str, Any], outer: _Scope, depth: int = 0) -> str:
        """Write down a node's statements; return its identifier."""
        if depth > MAX_NODE_DEPTH:
            raise BadCredential(f"nested deeper than {MAX_NODE_DEPTH}")
        types = [_plain_text(one) for one in _listed("type", members.get("type"))]
        scope = outer
        for name in sorted(types):
            term = outer.terms.get(name)
            scope = scope.enter(term.scope if term else None)
        subject = self._subject(members, scope)
        for name in types:
            term = outer.terms.get(name)
            self.quads.append(Quad(subject, TYPE, self._identifier(term.iri if term else name, outer), is_node=True))
        for name, value in members.items():
            self._member(subject, name, value, scope, outer, depth)
        return subject

    def _subject(self, members: dict[str, Any], scope: _Scope) -> str:
        if "id" in members and scope.terms["id"].iri == "@id":
            return self._identifier(_plain_text(members["id"]), scope)
        self.blanks += 1
        return f"_:b{self.blanks}"

    def _member(self, subject: str, name: str, value: object, scope: _Scope, outer: _Scope, depth: int) -> None:
        term = scope.terms.get(name)
        if name.startswith("@") or ":" in name:
            raise BadCredential("a member is a JSON-LD keyword or an identifier of its own")
        if term is None:
            _demand_shape(name, value, depth)
            self.unmapped.add(name)
        elif not term.iri.startswith("@"):
            for one in _listed(name, value):
                self._value(Quad(subject, term.iri, ""), term, one, scope, outer, depth)

    def _value(self, empty: Quad, term: Term, value: object, scope: _Scope, outer: _Scope, depth: int) -> None:
        match value:
            case None:
                return
            case dict():
                node = self.node(value, outer.enter(term.scope), depth + 1)
                self.quads.append(empty._replace(value=node, is_node=True))
            case str() if term.kind == "@id":
                identifier = self._identifier(_plain_text(value), scope)
                self.quads.append(empty._replace(value=identifier, is_node=True))
            case str():
                self.quads.append(empty._replace(value=_plain_text(value), datatype=term.kind))
            case bool() if not term.kind:
                self.quads.append(empty._replace(value=str(value).lower(), datatype=f"{XSD}boolean"))
            case int() if not term.kind and abs(value) < MAX_NUMBER:
                self.quads.append(empty._replace(value=str(value), datatype=f"{XSD}integer"))
            case _:
                raise BadCredential("a member's value is of a kind that is not known here")

    def _identifier(self, text: str, scope: _Scope) -> str:
        """An identifier with its prefix written out; noted where it is not absolute."""
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


def _demand_shape(name: str, value: object, depth: int) -> None:
    """A member that no context maps states nothing, but it must not hide keywords, lists or depth either."""
    for one in _listed(name, value):
        if isinstance(one, dict):
            if depth >= MAX_NODE_DEPTH or any(inner.startswith("@") for inner in one):
                raise BadCredential("a member is nested too deep or is a JSON-LD keyword")
            for inner, inner_value in one.items():
                _demand_shape(inner, inner_value, depth + 1)
