"""RDF statements of the default graph, and their canonical form.

Source: W3C, "RDF Dataset Canonicalization" (RDFC-1.0, 21 May 2024), and URDNA2015, its draft.

Theory. A set of statements has no order, and its blank nodes (nodes without an identifier) have arbitrary labels. To
be signed, it needs one text that depends on neither. The statements are easily sorted; the difficulty is to label the
blank nodes by their role in the graph alone:

1. First-degree hash (section 4.6): for each blank node, write all statements in which it occurs, with itself as `_:a`
   and every other blank node as `_:z`, sort them and hash them. A node whose hash is unique gets its label now, in the
   order of the hashes.
2. N-degree hash (section 4.8): nodes with equal first-degree hashes are told apart by their neighbours. The neighbours
   are grouped by the hash of their relation (section 4.7). Within a group every order is tried, and the order with the
   smallest resulting path decides. Nodes with equal results have the same role, so any order of them gives the same
   text.

Named graphs and language tags, which the general algorithm also handles, do not occur here. The number of orders in
step 2 grows with the factorial of the group's size, and an attacker can drive it up. `MAX_ALIKE` therefore bounds the
size of a group and `MAX_STEPS` the number of hashes; a document beyond them is refused. Within the bounds, the result
is that of the general algorithm.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import permutations
from typing import NamedTuple

from kiosk.errors import BadCredential

MAX_ALIKE, MAX_STEPS = 4, 300
"""Limits of similar nodes and of steps. A certificate with two doses at one place has 2 and fewer than 10."""

URDNA2015 = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", '"': '\\"'}
"""The characters that URDNA2015 escapes in a literal, with their escapes. RDFC-1.0 escapes more characters."""

RDFC_1_0 = {
    **{chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
    "\b": "\\b",
    "\t": "\\t",
    "\f": "\\f",
    **URDNA2015,
}
"""The characters that RDFC-1.0 (section 5) escapes. Issuers' libraries changed to it at different times."""


class Quad(NamedTuple):
    """One statement: subject, predicate, object (`value`). is_node: True if the object is an identifier, no literal."""

    subject: str
    predicate: str
    value: str
    datatype: str = ""
    is_node: bool = False

    def __repr__(self) -> str:
        """Return a text with the predicate only, because subject and object may be personal data."""
        return f"Quad({self.predicate})"

    @property
    def blanks(self) -> list[tuple[str, str]]:
        """The blank nodes in the statement, each with its position: "s" for subject, "o" for object."""
        found = [("s", self.subject)] if self.subject.startswith("_:") else []
        return [*found, ("o", self.value)] if self.is_node and self.value.startswith("_:") else found


def canonical(quads: Sequence[Quad], escapes: Mapping[str, str] = URDNA2015) -> str:
    """Return the statements as canonical N-Quads.

    Raises:
        BadCredential: too many blank nodes are alike.
    """
    run = _Canonicalizer(quads, str.maketrans(dict(escapes)))
    labels = run.labels()
    return "".join(sorted([run.line(quad, labels) for quad in quads]))


class _Labels:
    """Gives numbered labels to blank nodes in the order of their first use ("identifier issuer", section 4.5)."""

    def __init__(self, prefix: str, given: Mapping[str, str] | None = None) -> None:
        self._prefix = prefix
        self.given = dict(given or {})

    def of(self, blank: str) -> str:
        """Return the label of `blank`; if it has no label yet, it gets the next one."""
        return self.given.setdefault(blank, f"{self._prefix}{len(self.given)}")

    def copy(self) -> "_Labels":
        """Return an independent copy."""
        return _Labels(self._prefix, self.given)


class _Canonicalizer:
    """One run of the algorithm (section 4.4)."""

    def __init__(self, quads: Sequence[Quad], table: Mapping[int, str]) -> None:
        self._objects = {quad: _literal(quad, table) for quad in quads if not quad.is_node}
        self._mentions: dict[str, list[Quad]] = {}
        for quad in quads:
            for blank in {blank: None for _, blank in quad.blanks}:
                self._mentions.setdefault(blank, []).append(quad)
        self._hashes = {blank: self._first_degree_hash(blank) for blank in self._mentions}
        self._canonical = _Labels("_:c14n")
        self._steps = 0

    def labels(self) -> Mapping[str, str]:
        """Return the canonical label of each blank node; raises `BadCredential` if too many nodes are alike."""
        groups: dict[str, list[str]] = {}
        for blank, digest in self._hashes.items():
            groups.setdefault(digest, []).append(blank)
        for digest in sorted(groups):
            if len(groups[digest]) == 1:
                self._canonical.of(groups[digest][0])
        for _, alike in sorted(groups.items()):  # with the same first-degree hash (section 4.4)
            results = []
            for blank in alike:
                if blank not in self._canonical.given:
                    labels = _Labels("_:b")
                    labels.of(blank)
                    results.append(self._n_degree_hash(blank, labels))
            for _, labels in sorted(results, key=lambda result: result[0]):
                for blank in labels.given:
                    self._canonical.of(blank)
        return self._canonical.given

    def _first_degree_hash(self, blank: str) -> str:
        """Return the first-degree hash of a blank node (section 4.6)."""
        labels = {blank: "_:a"}
        return _digest("".join(sorted([self.line(quad, labels) for quad in self._mentions[blank]])))

    def line(self, quad: Quad, labels: Mapping[str, str]) -> str:
        """Return the statement as a line of N-Quads; blank nodes without a label are written as `_:z`."""
        written = _term(quad.value, labels) if quad.is_node else self._objects[quad]
        return f"{_term(quad.subject, labels)} <{quad.predicate}> {written} .\n"

    def _n_degree_hash(self, blank: str, labels: _Labels) -> tuple[str, _Labels]:
        """Return the hash of `blank`, and the labels that were given on the best path (section 4.8)."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise BadCredential("too many nodes without a name are alike")
        data = ""
        for digest, neighbours in sorted(self._neighbours(blank, labels).items()):
            if len(neighbours) > MAX_ALIKE:
                raise BadCredential("too many nodes without a name are alike")
            paths = [self._path(order, labels.copy()) for order in permutations(neighbours)]
            path, labels = min(paths, key=lambda found: found[0])
            data += digest + path
        return _digest(data), labels

    def _neighbours(self, blank: str, labels: _Labels) -> dict[str, list[str]]:
        """Return the blank nodes that share a statement with `blank`, by the hash of their relation (section 4.7)."""
        found: dict[str, list[str]] = {}
        for quad in self._mentions[blank]:
            for position, other in quad.blanks:
                if other != blank:
                    known = self._canonical.given.get(other) or labels.given.get(other) or self._hashes[other]
                    digest = _digest(f"{position}<{quad.predicate}>{known}")
                    found.setdefault(digest, []).append(other)
        return found

    def _path(self, order: Sequence[str], labels: _Labels) -> tuple[str, _Labels]:
        """Return the path for this order of the neighbours, and the labels that were given on it (section 4.8)."""
        path, unlabelled = "", []
        for blank in order:
            if blank in self._canonical.given:
                path += self._canonical.given[blank]
                continue
            if blank not in labels.given:
                unlabelled.append(blank)
            path += labels.of(blank)
        for blank in unlabelled:
            digest, further = self._n_degree_hash(blank, labels)
            path += f"{labels.of(blank)}<{digest}>"
            labels = further
        return path, labels


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _literal(quad: Quad, table: Mapping[int, str]) -> str:
    """Return the object of a statement, a literal, as N-Quads write it."""
    return f'"{quad.value.translate(table)}"{f"^^<{quad.datatype}>" if quad.datatype else ""}'


def _term(node: str, labels: Mapping[str, str]) -> str:
    return labels.get(node, "_:z") if node.startswith("_:") else f"<{node}>"
