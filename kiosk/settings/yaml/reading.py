"""The tree of the file against the schema: values by name, where each stands, and every mistake on the way.

Rule 1: what is wrong is named and left standing as `UNREADABLE`; reading goes on, so that all mistakes come at once.
Rule 2: no value under `headers` and `secret_headers` and no address is repeated in a message: a token may be in it.
Rule 3: limits are not judged here; pydantic does that with the finished values.
"""

from collections.abc import Iterator

from kiosk.settings.yaml.locations import Loc, SourceLocation, SourceLocations
from kiosk.settings.yaml.mistakes import Mistake, Position, clipped, either, mistake_at, nearest
from kiosk.settings.yaml.scalars import ScalarShape, Unfit, convert, is_empty
from kiosk.settings.yaml.shapes import Choice, Entries, Flag, Listing, Number, Setting, Shape, Table, Text, Whole
from kiosk.settings.yaml.tree import Items, MappingNode, Node, ScalarNode, YamlRefused

UNREADABLE = object()
"""Stands for a value that was reported already."""

_HIDDEN = frozenset({"headers", "secret_headers"})
_ADDRESS: Loc = ("credentials", "online_status", "address")
_MOST_HOMES = 3
"""A key that more sections know (`pin`) tells nothing about where it belongs."""

START = Position(1, 1)

UNKNOWN = "unknown setting"
"""How a mistake begins whose key no section has."""


def is_hidden(loc: Loc) -> bool:
    """Whether the value may be, or hold, a secret."""
    return loc == _ADDRESS or not _HIDDEN.isdisjoint(loc)


class TreeReader:
    """What one file says. `values` is for pydantic.

    `named` are the ways that were reported, `meant` those that a mistyped key was probably meant for.
    """

    def __init__(self, root: MappingNode, schema: Table, mistakes: list[Mistake]) -> None:
        self.places = SourceLocations()
        self.named: set[Loc] = set()
        self.meant: set[Loc] = set()
        self._schema = schema
        self._mistakes = mistakes
        self.places.add((), SourceLocation("", START, START, schema, "", ""))
        self.values = self._table(root, schema, (), "")

    def _read(self, node: Node, setting: Setting, loc: Loc, name: str, key_at: Position) -> object:
        shape = setting.shape
        at = key_at if isinstance(shape, Table | Entries) else node.at
        written = node.text if isinstance(node, ScalarNode) else ""
        self.places.add(loc, SourceLocation(name, key_at, at, shape, setting.help, written))
        if isinstance(node, YamlRefused):
            return self._left_standing(loc)
        if isinstance(node, ScalarNode) and is_empty(node):
            return self._wrong(loc, _nothing(setting))
        match shape, node:
            case Table(), MappingNode():
                return self._table(node, shape, loc, name)
            case Entries(), MappingNode():
                return self._entries(node, shape, setting, loc, name)
            case Listing(), Items():
                return self._listing(node, shape, setting, loc, name)
            case Flag() | Whole() | Number() | Text() | Choice(), ScalarNode():
                return self._scalar(node, shape, loc)
            case _:
                return self._wrong(loc, _another_kind(node, shape))

    def _table(self, node: MappingNode, table: Table, loc: Loc, name: str) -> dict[str, object]:
        values: dict[str, object] = {}
        unknown: list[tuple[ScalarNode, str]] = []
        for key, value, full_name in self._pairs(node, name):
            if setting := table.settings.get(key.text):
                values[key.text] = self._read(value, setting, (*loc, key.text), full_name, key.at)
            else:
                unknown.append((key, full_name))
        for key, full_name in unknown:
            near = nearest(key.text, table.settings)
            if near and near not in values:
                self.meant.add((*loc, near))
            self._mistakes.append(mistake_at(key.at, full_name, self._unknown(key.text, near, table)))
        return values

    def _entries(self, node: MappingNode, shape: Entries, setting: Setting, loc: Loc, name: str) -> object:
        values: dict[object, object] = {}
        entry = Setting(shape.value, setting.help, True, False, None)
        for key, value, full_name in self._pairs(node, name):
            chosen = convert(key, shape.key)
            if isinstance(chosen, Unfit):
                self._mistakes.append(mistake_at(key.at, full_name, chosen.text))
                self.named.add(loc)
                continue
            part = chosen if isinstance(chosen, str) else repr(chosen)  # as pydantic spells it
            values[chosen] = self._read(value, entry, (*loc, part), full_name, key.at)
        return values

    def _listing(self, node: Items, shape: Listing, setting: Setting, loc: Loc, name: str) -> object:
        entry = Setting(shape.item, setting.help, True, False, None)
        return tuple(
            self._read(item, entry, (*loc, number), f"{name} entry {number + 1}", item.at)
            for number, item in enumerate(node.items)
        )

    def _scalar(self, node: ScalarNode, shape: ScalarShape, loc: Loc) -> object:
        value = convert(node, shape)
        if not isinstance(value, Unfit):
            return value
        hidden = "must be one line of text in quotes; it is not repeated here, as it may be a secret"
        return self._wrong(loc, hidden if is_hidden(loc) else value.text)

    def _pairs(self, node: MappingNode, name: str) -> Iterator[tuple[ScalarNode, Node, str]]:
        """The keys that stand once, with value and full name."""
        first: dict[str, ScalarNode] = {}
        for key, value in node.pairs:
            if not isinstance(key, ScalarNode) or not key.text or is_empty(key):
                if not isinstance(key, YamlRefused):
                    self._mistakes.append(mistake_at(key.at, name, "a key must be one word, and not an empty one"))
                continue
            full_name = f"{name}.{_readable(key.text)}" if name else _readable(key.text)
            if key.text in first:
                line = first[key.text].at.line
                self._mistakes.append(
                    mistake_at(key.at, full_name, f"given twice, the first time on line {line}; remove one")
                )
                continue
            first[key.text] = key
            yield key, value, full_name

    def _unknown(self, key: str, near: str, table: Table) -> str:
        homes = [home for home, known in _sections(self._schema, "") if key in known.settings]
        if 0 < len(homes) <= _MOST_HOMES:
            return f"{UNKNOWN} here; it belongs in {either(homes)}"
        if near:
            return f"{UNKNOWN}. Did you mean '{near}'?"
        return f"{UNKNOWN}. Known: {', '.join(table.settings)}"

    def _wrong(self, loc: Loc, text: str) -> object:
        place = self.places[loc]
        help_text = f" ({place.help})" if place.help else ""
        self._mistakes.append(mistake_at(place.at, place.name, f"{text}{help_text}"))
        return self._left_standing(loc)

    def _left_standing(self, loc: Loc) -> object:
        self.named.add(loc)
        return UNREADABLE


def _nothing(setting: Setting) -> str:
    match setting.shape:
        case Table() as table if setting.optional and not table.has_required:
            return "is empty; write {} behind it to take all its defaults, or remove the line if there is none"
        case Table() | Entries():
            return "is empty; write its settings below it, indented, or remove the line"
        case _ if setting.required:
            return "has no value; write one"
        case _:
            return "has no value; write one, or remove the line"


def _another_kind(node: Node, shape: Shape) -> str:
    wanted = "one value" if not isinstance(shape, Table | Entries | Listing) else shape.words
    match shape, node:
        case Listing(), ScalarNode(text=text):
            return f"must be a list; write [{', '.join(part.strip() for part in clipped(text).split(','))}]"
        case _, ScalarNode():
            return f"must be {wanted}, not a single value"
        case _, Items():
            return f"must be {wanted}, not a list"
        case _:
            return f"must be {wanted}, not a section"


def _sections(table: Table, name: str) -> Iterator[tuple[str, Table]]:
    """Every section that has a name."""
    for key, setting in table.settings.items():
        if isinstance(setting.shape, Table):
            full_name = f"{name}.{key}" if name else key
            yield full_name, setting.shape
            yield from _sections(setting.shape, full_name)


def _readable(key: str) -> str:
    return clipped(key) if key.isprintable() else repr(clipped(key))
