"""YAML text as a tree of nodes that know their line and column and are not converted to anything yet.

Rule 1: built from PyYAML's events, not by `yaml.load`: its YAML 1.1 types (`on`, `1:30`, `010`) never come into being.
Rule 2: depth and number of nodes are limited while the text is read, so a hostile file ends early. A parser with limits
of its own may refuse the text before; the limits are then checked by an independent walk, so that the message does not
depend on the release of the parser.
Rule 3: aliases, anchors, merge keys, tags and a second document are refused; a settings file is read by eye.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from kiosk.settings.yaml.mistakes import Mistake, Position, mistake_at, quoted
from kiosk.settings.yaml.yaml_errors import slip

MAX_DEPTH = 16
"""Four times the depth of the schema."""

MAX_NODES = 4000
"""Some ten times the commented reference."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A value as it was written; `plain` when it had no quotes."""

    at: Position
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    at: Position
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys with their values."""

    at: Position
    pairs: tuple[tuple["Node", "Node"], ...]


@dataclass(frozen=True, slots=True)
class YamlRefused:
    """Something that was reported already."""

    at: Position


Node = ScalarNode | Items | MappingNode | YamlRefused


def build(text: str, mistakes: list[Mistake]) -> Node | None:
    """The tree of the text; None when it is empty or is not YAML. Adds what is wrong to `mistakes`."""
    builder = _Builder(text, mistakes)
    try:
        return builder.document()
    except yaml.YAMLError as trouble:
        mistakes.append(_exceeded_limit(text) or slip(trouble, text))
    except _TooMuch as limit:
        mistakes.append(limit.mistake)
    return None


def _exceeded_limit(text: str) -> Mistake | None:
    """The mistake where the text exceeds a limit before it stops being YAML; None when it exceeds none.

    The parser in Python serves here: it keeps its state in lists, so it has no limit of depth, and it hands out events
    one at a time, so the walk ends at the first node too many. The parser in C reads ahead and refuses deep nesting
    itself.
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
        return None
    except _TooMuch as limit:
        return limit.mistake
    return None


def _check_limits(at: Position, depth: int, nodes: int) -> None:
    if depth > MAX_DEPTH:
        raise _TooMuch(at, f"sections lie more than {MAX_DEPTH} deep here; this is not a settings file")
    if nodes > MAX_NODES:
        raise _TooMuch(at, f"more than {MAX_NODES} values up to here; this is not a settings file")


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
        next(self._events)  # the stream starts
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        root = self._node(next(self._events), 1)
        next(self._events)  # the document ends
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(_at(after), "a second document begins here ('---'); one file holds one kiosk")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        at = _at(event)
        self._nodes += 1
        _check_limits(at, depth, self._nodes)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(at, f"{quoted(f'*{event.anchor}')} (alias) is not known here; write the value itself")
            return YamlRefused(at)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        self._refuse_decoration(event, at)
        if isinstance(event, yaml.ScalarEvent):
            return ScalarNode(at, event.value, not event.style)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(at, tuple(self._node(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)))
        return MappingNode(at, tuple(self._pairs(depth + 1)))

    def _pairs(self, depth: int) -> Iterator[tuple[Node, Node]]:
        for event in self._until(yaml.MappingEndEvent):
            key = self._node(event, depth)
            value = self._node(next(self._events), depth)
            if isinstance(key, ScalarNode) and key.plain and key.text == "<<":
                self._refuse(key.at, "'<<' (merge) is not known here; write the settings out")
            else:
                yield key, value

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _refuse_decoration(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, at: Position) -> None:
        if event.anchor is not None:
            self._refuse(at, f"{quoted(f'&{event.anchor}')} (anchor) is not known here; write each value out")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(at, f"{quoted(tag)} (tag) is not known here; write the value alone")

    def _refuse(self, at: Position, text: str) -> None:
        self._mistakes.append(mistake_at(at, "", text))


def _at(event: yaml.Event) -> Position:
    assert event.start_mark is not None
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)
