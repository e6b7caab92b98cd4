"""Statements (RDF quads of the default graph) and their canonical form.

Source: W3C, "RDF Dataset Canonicalization" (RDFC-1.0, 21 May 2024), and URDNA2015, its draft (the hashing algorithms
of sections 4.6 to 4.8).
Rule 1: nodes without a name that are alike are tried in every order; how many are tried is bounded.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import permutations
from typing import NamedTuple

from kiosk.errors import BadCredential

MAX_ALIKE, MAX_STEPS = 4, 300
"""Two doses at one place make two alike nodes and a handful of steps."""

URDNA2015 = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", '"': '\\"'}
"""How a literal's signs are written; for all signs but these the two forms are the same."""

RDFC_1_0 = {
    **{chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
    "\b": "\\b",
    "\t": "\\t",
    "\f": "\\f",
    **URDNA2015,
}
"""The form of the recommendation of 2024 (section 5); issuers' libraries changed over to it in between."""


class Quad(NamedTuple):
    """One statement; `is_node` tells an object that is an identifier from a literal."""

    subject: str
    predicate: str
    value: str
    datatype: str = ""
    is_node: bool = False

    def __repr__(self) -> str:
        """The predicate alone: subject and object may be a person's."""
        return f"Quad({self.predicate})"

    @property
    def blanks(self) -> list[tuple[str, str]]:
        """The nodes without a name in it, with their position: s for subject, o for object."""
        found = [("s", self.subject)] if self.subject.startswith("_:") else []
        return [*found, ("o", self.value)] if self.is_node and self.value.startswith("_:") else found


def canonical(quads: Sequence[Quad], escapes: Mapping[str, str] = URDNA2015) -> str:
    """The statements as canonical N-Quads; raises BadCredential where too many nodes are alike."""
    signs = str.maketrans(dict(escapes))
    names = _Canonicalizer(quads, signs).names()
    return "".join(sorted(_written(quad, names, signs) for quad in quads))


class _Names:
    """New names in the order in which they were asked for."""

    def __init__(self, prefix: str, given: Mapping[str, str] | None = None) -> None:
        self._prefix = prefix
        self.given = dict(given or {})

    def of(self, blank: str) -> str:
        """The name of `blank`, new if it has none yet."""
        return self.given.setdefault(blank, f"{self._prefix}{len(self.given)}")

    def copy(self) -> "_Names":
        """Names that go their own way from here."""
        return _Names(self._prefix, self.given)


class _Canonicalizer:
    """Names the nodes without a name by what is stated of them."""

    def __init__(self, quads: Sequence[Quad], signs: Mapping[int, str]) -> None:
        self._signs = signs
        self._mentions: dict[str, list[Quad]] = {}
        for quad in quads:
            for blank in dict.fromkeys(blank for _, blank in quad.blanks):
                self._mentions.setdefault(blank, []).append(quad)
        self._digests = {blank: self._first_degree(blank) for blank in self._mentions}
        self._canonical = _Names("_:c14n")
        self._steps = 0

    def names(self) -> Mapping[str, str]:
        """The canonical name of each node."""
        groups: dict[str, list[str]] = {}
        for blank, digest in self._digests.items():
            groups.setdefault(digest, []).append(blank)
        for digest in sorted(groups):
            if len(groups[digest]) == 1:
                self._canonical.of(groups[digest][0])
        for digest in sorted(groups):
            if len(groups[digest]) > 1:
                self._name_alike(groups[digest])
        return self._canonical.given

    def _name_alike(self, blanks: list[str]) -> None:
        results = []
        for blank in blanks:
            if blank not in self._canonical.given:
                issuer = _Names("_:b")
                issuer.of(blank)
                results.append(self._n_degree(blank, issuer))
        for _, issuer in sorted(results, key=lambda result: result[0]):
            for blank in issuer.given:
                self._canonical.of(blank)

    def _first_degree(self, blank: str) -> str:
        lines = sorted(_written(quad, {blank: "_:a"}, self._signs) for quad in self._mentions[blank])
        return _digest("".join(lines))

    def _n_degree(self, blank: str, issuer: _Names) -> tuple[str, _Names]:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise BadCredential("too many nodes without a name are alike")
        data = ""
        for digest, related in sorted(self._related(blank, issuer).items()):
            path, issuer = self._best_path(related, issuer)
            data += digest + path
        return _digest(data), issuer

    def _related(self, blank: str, issuer: _Names) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for quad in self._mentions[blank]:
            for position, other in quad.blanks:
                if other != blank:
                    known = self._canonical.given.get(other) or issuer.given.get(other) or self._digests[other]
                    digest = _digest(f"{position}<{quad.predicate}>{known}")
                    found.setdefault(digest, []).append(other)
        return found

    def _best_path(self, related: list[str], issuer: _Names) -> tuple[str, _Names]:
        if len(related) > MAX_ALIKE:
            raise BadCredential("too many nodes without a name are alike")
        return min((self._path(order, issuer.copy()) for order in permutations(related)), key=lambda found: found[0])

    def _path(self, order: Sequence[str], issuer: _Names) -> tuple[str, _Names]:
        path, unnamed = "", []
        for blank in order:
            if blank in self._canonical.given:
                path += self._canonical.given[blank]
                continue
            if blank not in issuer.given:
                unnamed.append(blank)
            path += issuer.of(blank)
        for blank in unnamed:
            digest, further = self._n_degree(blank, issuer)
            path += f"{issuer.of(blank)}<{digest}>"
            issuer = further
        return path, issuer


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _written(quad: Quad, names: Mapping[str, str], signs: Mapping[int, str]) -> str:
    subject = _named(quad.subject, names)
    if quad.is_node:
        return f"{subject} <{quad.predicate}> {_named(quad.value, names)} .\n"
    text = quad.value.translate(signs)
    return f'{subject} <{quad.predicate}> "{text}"{f"^^<{quad.datatype}>" if quad.datatype else ""} .\n'


def _named(term: str, names: Mapping[str, str]) -> str:
    return names.get(term, "_:z") if term.startswith("_:") else f"<{term}>"
