"""YAML text as a tree of nodes that know their line and column; scalars are not converted to any type.

Rule 1: the tree is built from PyYAML's events and not by `yaml.load`, so the types of YAML 1.1 (`on`, `1:30`, `010`)
are never applied.
Rule 2: depth and number of nodes are checked while the text is read, so that reading a hostile file stops early. If the
parser itself refuses the text first, by limits of its own, a second walk checks our limits, so that the message does
not depend on the release of the parser.
Rule 3: aliases, anchors, merge keys, tags and a second document are refused, because a technician reads the file
without a tool.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from kiosk.settings.yaml.mistakes import Mistake, Position, mistake_at, quoted
from kiosk.settings.yaml.yaml_errors import syntax_mistake

MAX_DEPTH = 16
"""Greatest depth of nested sections and lists: four times the depth of the schema."""

MAX_NODES = 4000
"""Greatest number of nodes: about ten times the number in `config/kiosk.yaml`."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A scalar with its text as it was written; `plain` is True if the text had no quotes."""

    at: Position
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Items:
    """The node of a list, with the nodes of its entries."""

    at: Position
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class MappingNode:
    """The node of a section: pairs of a key and its value."""

    at: Position
    pairs: tuple[tuple["Node", "Node"], ...]


@dataclass(frozen=True, slots=True)
class YamlRefused:
    """Takes the place of a node that is not allowed and was reported as a mistake."""

    at: Position


Node = ScalarNode | Items | MappingNode | YamlRefused


def build(text: str, mistakes: list[Mistake]) -> Node | None:
    """Return the tree of the text; None if the text is empty or is not YAML. Adds the mistakes found to `mistakes`."""
    try:
        return _Builder(text, mistakes).document()
    except yaml.YAMLError as error:
        mistakes.append(_exceeded_limit(text) or syntax_mistake(error, text))
    except _TooMuch as limit:
        mistakes.append(limit.mistake)
    return None


def _exceeded_limit(text: str) -> Mistake | None:
    """Return a mistake if the text exceeds a limit before its first syntax error; otherwise return None.

    This uses PyYAML's parser in Python. It keeps its state in lists, so it accepts any depth, and it yields one event
    at a time, so this walk stops at the first node that exceeds a limit. The parser in C reads ahead and refuses deep
    nesting itself.
    """
    depth = nodes = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.NodeEvent):
                nodes += 1
                _check_limits(_at(event), depth + 1, nodes)
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        pass  # the text stops being YAML before it exceeds a limit
    except _TooMuch as limit:
        return limit.mistake
    return None


def _check_limits(at: Position, depth: int, nodes: int) -> None:
    if depth > MAX_DEPTH:
        raise _TooMuch(at, f"more than {MAX_DEPTH} levels of nesting; this is not a settings file")
    if nodes > MAX_NODES:
        raise _TooMuch(at, f"more than {MAX_NODES} values up to this position; this is not a settings file")


class _TooMuch(Exception):  # noqa: N818 - never leaves this file
    def __init__(self, position: Position, text: str) -> None:
        super().__init__(text)
        self.mistake = mistake_at(position, "", text)


class _Builder:
    def __init__(self, text: str, mistakes: list[Mistake]) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=_LOADER))
        self._mistakes = mistakes
        self._nodes = 0

    def document(self) -> Node | None:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        root = self._node(next(self._events), 1)
        next(self._events)  # the end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(_at(after), "a second document begins here ('---'); use one file for each kiosk")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        at = _at(event)
        self._nodes += 1
        _check_limits(at, depth, self._nodes)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(at, f"{quoted(f'*{event.anchor}')} (alias) is not allowed here; write the value itself")
            return YamlRefused(at)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if event.anchor is not None:
            self._refuse(at, f"{quoted(f'&{event.anchor}')} (anchor) is not allowed here; write each value out")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(at, f"{quoted(tag)} (tag) is not allowed here; write the value alone")
        if isinstance(event, yaml.ScalarEvent):
            return ScalarNode(at, event.value, not event.style)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(at, tuple(self._node(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)))
        pairs: list[tuple[Node, Node]] = []
        for key_event in self._until(yaml.MappingEndEvent):
            key, value = self._node(key_event, depth + 1), self._node(next(self._events), depth + 1)
            if isinstance(key, ScalarNode) and key.plain and key.text == "<<":
                self._refuse(key.at, "'<<' (merge) is not allowed here; write the settings out")
            else:
                pairs.append((key, value))
        return MappingNode(at, tuple(pairs))

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _refuse(self, at: Position, text: str) -> None:
        self._mistakes.append(mistake_at(at, "", text))


def _at(event: yaml.Event) -> Position:
    assert event.start_mark is not None
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)
