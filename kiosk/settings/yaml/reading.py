"""Reads the tree of the file as the schema describes it: values by name, the location of each setting, all mistakes.

Rule 1: a value that cannot be used is reported and becomes `UNREADABLE`; reading continues, so that all mistakes are
reported together.
Rule 2: messages never repeat a value under `headers` or `secret_headers`, nor an address: they may contain a secret.
Rule 3: limits are not checked here; pydantic checks them in the finished values.
"""

from collections.abc import Iterator
from dataclasses import replace

from kiosk.settings.yaml.locations import Loc, SourceLocation, SourceLocations
from kiosk.settings.yaml.mistakes import Mistake, Position, Severity, clipped, either, mistake_at, nearest
from kiosk.settings.yaml.scalars import Unfit, convert, is_empty
from kiosk.settings.yaml.shapes import Choice, Entries, Flag, Listing, Number, Setting, Shape, Table, Text, Whole
from kiosk.settings.yaml.tree import Items, MappingNode, Node, ScalarNode, YamlRefused

UNREADABLE = object()
"""Takes the place of a value that cannot be used and was reported as a mistake."""

_HIDDEN = frozenset({"headers", "secret_headers"})
_ADDRESSES: tuple[Loc, ...] = tuple(("credentials", name, "address") for name in ("online_status", "check_in"))
_MAX_SECTIONS = 3
"""If more sections than this have a key of this name, such as `pin`, the message does not say where it belongs."""

START = Position(1, 1)

UNKNOWN = "unknown setting"
"""Beginning of the message about a key that the schema does not have at this place."""

FILL_IN = "FILL_IN"
"""Mark at the beginning of a value that the site must write itself; the example after it is not used."""

UNFILLED = "must be filled in"
"""Beginning of the message about a value that still has the mark."""

RETIRED: dict[Loc, str] = {
    (
        "display",
        "voice",
    ): "has no effect: the browser no longer speaks; remove it, and see 'speaker' in docs/technician/voice.md",
}
"""Settings of earlier releases: they are a warning, so that a kiosk still starts after an update."""


def is_hidden(loc: Loc) -> bool:
    """Return True if the value may be, or may contain, a secret."""
    return loc in _ADDRESSES or not _HIDDEN.isdisjoint(loc)


class TreeReader:
    """Reads one tree; `values` is the input for pydantic, and `locations` has the location of each setting.

    `reported` has the locs of the values that cannot be used and were reported. `intended` has, for each mistyped key,
    the loc of the setting with the most similar name.

    examples: True if the example after `FILL_IN` takes the place of the missing value, as in the demo.
    """

    def __init__(self, root: MappingNode, schema: Table, mistakes: list[Mistake], *, examples: bool = False) -> None:
        self.locations = SourceLocations()
        self.reported: set[Loc] = set()
        self.intended: set[Loc] = set()
        self._schema = schema
        self._mistakes = mistakes
        self._examples = examples
        self.locations.add((), SourceLocation("", START, START, schema, "", ""))
        self.values = self._table(root, schema, (), "")

    def _read(self, node: Node, setting: Setting, loc: Loc, name: str, key_at: Position) -> object:
        shape = setting.shape
        at = key_at if isinstance(shape, Table | Entries) else node.at
        if isinstance(node, ScalarNode) and node.text.startswith(FILL_IN) and self._examples:
            node = replace(node, text=node.text.removeprefix(FILL_IN).strip())
        written = node.text if isinstance(node, ScalarNode) else ""
        self.locations.add(loc, SourceLocation(name, key_at, at, shape, setting.help, written))
        if isinstance(node, YamlRefused):
            self.reported.add(loc)
            return UNREADABLE
        if isinstance(node, ScalarNode) and is_empty(node):
            return self._wrong(loc, _empty_message(setting))
        if written.startswith(FILL_IN):
            return self._wrong(loc, f"{UNFILLED}: write the value of your site here, without {FILL_IN}")
        match shape, node:
            case Table(), MappingNode():
                return self._table(node, shape, loc, name)
            case Entries(), MappingNode():
                return self._entries(node, shape, setting, loc, name)
            case Listing(), Items():
                entry = Setting(shape.item, setting.help, True, False, None)
                return tuple(
                    self._read(item, entry, (*loc, number), f"{name} entry {number + 1}", item.at)
                    for number, item in enumerate(node.items)
                )
            case Flag() | Whole() | Number() | Text() | Choice(), ScalarNode():
                value = convert(node, shape)
                if not isinstance(value, Unfit):
                    return value
                hidden = "must be one line of text in quotes; the value is not repeated here, as it may be a secret"
                return self._wrong(loc, hidden if is_hidden(loc) else value.text)
            case _:
                return self._wrong(loc, _another_kind_message(node, shape))

    def _table(self, node: MappingNode, table: Table, loc: Loc, name: str) -> dict[str, object]:
        values: dict[str, object] = {}
        unknown: list[tuple[ScalarNode, str]] = []
        for key, value, full_name in self._pairs(node, name):
            if setting := table.settings.get(key.text):
                values[key.text] = self._read(value, setting, (*loc, key.text), full_name, key.at)
            else:
                unknown.append((key, full_name))
        for key, full_name in unknown:
            if retired := RETIRED.get((*loc, key.text)):
                self._mistakes.append(mistake_at(key.at, full_name, retired, Severity.WARNING))
                continue
            near = nearest(key.text, table.settings)
            if near and near not in values:
                self.intended.add((*loc, near))
            self._mistakes.append(mistake_at(key.at, full_name, self._unknown_message(key.text, near, table)))
        return values

    def _entries(self, node: MappingNode, shape: Entries, setting: Setting, loc: Loc, name: str) -> object:
        values: dict[object, object] = {}
        entry = Setting(shape.value, setting.help, True, False, None)
        for key, value, full_name in self._pairs(node, name):
            chosen = convert(key, shape.key)
            if isinstance(chosen, Unfit):
                self._mistakes.append(mistake_at(key.at, full_name, chosen.text))
                self.reported.add(loc)
                continue
            part = chosen if isinstance(chosen, str) else repr(chosen)  # as in pydantic's locs
            values[chosen] = self._read(value, entry, (*loc, part), full_name, key.at)
        return values

    def _pairs(self, node: MappingNode, name: str) -> Iterator[tuple[ScalarNode, Node, str]]:
        """Yield key, value and full name of each pair; report keys that are not text, and keys that are repeated."""
        first: dict[str, ScalarNode] = {}
        for key, value in node.pairs:
            if not isinstance(key, ScalarNode) or not key.text or is_empty(key):
                if not isinstance(key, YamlRefused):
                    self._mistakes.append(mistake_at(key.at, name, "a key must be one word, and must not be empty"))
                continue
            readable = clipped(key.text) if key.text.isprintable() else repr(clipped(key.text))
            full_name = f"{name}.{readable}" if name else readable
            if key.text in first:
                line = first[key.text].at.line
                text = f"given twice, the first time on line {line}; remove one"
                self._mistakes.append(mistake_at(key.at, full_name, text))
                continue
            first[key.text] = key
            yield key, value, full_name

    def _unknown_message(self, key: str, near: str, table: Table) -> str:
        owners = [name for name, section in _sections(self._schema, "") if key in section.settings]
        if 0 < len(owners) <= _MAX_SECTIONS:
            return f"{UNKNOWN} here; it belongs in {either(owners)}"
        if near:
            return f"{UNKNOWN}; did you mean '{near}'?"
        return f"{UNKNOWN}; known: {', '.join(table.settings)}"

    def _wrong(self, loc: Loc, text: str) -> object:
        location = self.locations[loc]
        help_text = f" ({location.help})" if location.help else ""
        self._mistakes.append(mistake_at(location.at, location.name, f"{text}{help_text}"))
        self.reported.add(loc)
        return UNREADABLE


def _empty_message(setting: Setting) -> str:
    match setting.shape:
        case Table() as table if setting.optional and not table.has_required:
            return "is empty; write {} after the colon to use all defaults, or remove the line if there is no such part"
        case Table() | Entries():
            return "is empty; write its settings below it, indented, or remove the line"
        case _ if setting.required:
            return "has no value; write one"
        case _:
            return "has no value; write one, or remove the line"


def _another_kind_message(node: Node, shape: Shape) -> str:
    expected = "one value" if not isinstance(shape, Table | Entries | Listing) else shape.words
    match shape, node:
        case Listing(), ScalarNode(text=text):
            return f"must be a list; write [{', '.join(part.strip() for part in clipped(text).split(','))}]"
        case _, ScalarNode():
            return f"must be {expected}, not a single value"
        case _, Items():
            return f"must be {expected}, not a list"
        case _:
            return f"must be {expected}, not a section"


def _sections(table: Table, name: str) -> Iterator[tuple[str, Table]]:
    """Yield the full name and the shape of every section at any depth."""
    for key, setting in table.settings.items():
        if isinstance(setting.shape, Table):
            full_name = f"{name}.{key}" if name else key
            yield full_name, setting.shape
            yield from _sections(setting.shape, full_name)
