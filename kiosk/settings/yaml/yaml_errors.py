"""Slips in YAML itself, in words for a technician instead of the parser's own.

PyYAML has two parsers, libyaml in C and one in Python. Parts of both their texts are known here and choose a more exact
message. A text that is not known, such as one of a later release, leads to a general message with line and column.
"""

import yaml

from kiosk.settings.yaml.mistakes import Mistake

_INDENTED = "this does not fit; settings of one section begin in the same column, and nothing follows a closing quote"

_COLON = (
    "this ':' does not fit; see that the line above has its ':', that both begin in the same column, "
    "and that a text with ': ' in it stands in quotes"
)

WORDS: tuple[tuple[str, str], ...] = (
    ("mapping values are not allowed", _COLON),
    ("could not find expected ':'", "this line has no ':' behind its key"),
    ("entries are not allowed", "this '-' does not fit; begin the list on a line of its own"),
    ("did not find expected key", _INDENTED),
    ("'-' indicator", _INDENTED),
    ("expected <block end>", _INDENTED),
    ("',' or ']'", "the list that begins here is not closed; end it with ']'"),
    ("',' or '}'", "the section that begins here is not closed; end it with '}'"),
    ("unexpected end of stream", "the quote that begins here is not closed"),
    ("node content", "a value is missing here"),
    ("incompatible YAML document", "this version of YAML is not known; remove the line that begins with '%YAML'"),
    ("tag handle", "'!' begins a tag, which is not known here; put the value in quotes"),
    ("directive", "a line that begins with '%' is not known here; remove it"),
    ("escape", "a backslash in double quotes begins a special sign; use single quotes"),
)
"""Part of the parser's text, and what is said instead."""

NOT_YAML = "this is not YAML; put a text with special signs in quotes, and compare the line with config/kiosk.yaml"
"""Said where the parser's text is not known."""

_WHERE_IT_BEGAN = ("could not find", "',' or", "unexpected end of stream")


def slip(trouble: yaml.YAMLError, text: str) -> Mistake:
    """The mistake that the parser met in `text`."""
    problem = str(getattr(trouble, "problem", None) or trouble)
    mark = getattr(trouble, "problem_mark", None)
    if any(part in problem for part in _WHERE_IT_BEGAN):
        mark = getattr(trouble, "context_mark", None) or mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Mistake(line, column, "", _words(problem, text, line, column))


def _words(problem: str, text: str, line: int, column: int) -> str:
    if "cannot start any token" in problem:
        return _odd_sign(text.splitlines()[line - 1][column - 1 :][:1])
    for part, words in WORDS:
        if part in problem:
            return words
    return NOT_YAML


def _odd_sign(sign: str) -> str:
    if sign == "\t":
        return "a tab stands here; indent with spaces"
    return f"{sign!r} cannot begin a value; put the value in quotes"
