"""Converts YAML syntax errors into mistakes whose messages are written for a technician.

PyYAML has two parsers, libyaml in C and one in Python. If the parser's message contains a known part, our
message is precise. For an unknown message, for example of a later release, ours is general, with line and column.
"""

import yaml

from kiosk.settings.yaml.mistakes import Mistake

_INDENTED = (
    "this is not expected here; begin all settings of one section in the same column, "
    "and write nothing after a closing quote"
)
_COLON = (
    "this ':' is not expected here; check that the line above has its ':', that both lines begin in the same column, "
    "and that a text with ': ' in it is in quotes"
)

MESSAGES: tuple[tuple[str, str], ...] = (
    ("mapping values are not allowed", _COLON),
    ("could not find expected ':'", "this line has no ':' after its key"),
    ("entries are not allowed", "this '-' is not expected here; begin the list on a new line"),
    ("did not find expected key", _INDENTED),
    ("'-' indicator", _INDENTED),
    ("expected <block end>", _INDENTED),
    ("',' or ']'", "the list that begins here is not closed; end it with ']'"),
    ("',' or '}'", "the section that begins here is not closed; end it with '}'"),
    ("unexpected end of stream", "the quote that begins here is not closed"),
    ("node content", "a value is missing here"),
    ("incompatible YAML document", "this version of YAML is not supported; remove the line that begins with '%YAML'"),
    ("tag handle", "'!' begins a tag, which is not allowed here; put the value in quotes"),
    ("directive", "a line that begins with '%' is not allowed here; remove it"),
    ("escape", "a backslash in double quotes begins a special character; use single quotes"),
)
"""Each row: a part of the parser's message, and our message for such an error."""

NOT_YAML = "this is not YAML; put a text with special characters in quotes, and compare the line with config/kiosk.yaml"
"""Our message if no row of `MESSAGES` fits."""

_REPORTED_AT_CONTEXT = ("could not find", "',' or", "unexpected end of stream")
"""Errors that are reported at the beginning of the construct, and not at the position at which parsing stopped."""


def syntax_mistake(error: yaml.YAMLError, text: str) -> Mistake:
    """Return the mistake for an error that the parser raised while it read `text`."""
    problem = str(getattr(error, "problem", None) or error)
    mark = getattr(error, "problem_mark", None)
    if any(part in problem for part in _REPORTED_AT_CONTEXT):
        mark = getattr(error, "context_mark", None) or mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "cannot start any token" in problem:
        character = text.splitlines()[line - 1][column - 1 :][:1]
        message = f"{character!r} cannot begin a value; put the value in quotes"
        if character == "\t":
            message = "a tab is not allowed here; indent with spaces"
    else:
        message = next((message for part, message in MESSAGES if part in problem), NOT_YAML)
    return Mistake(line, column, "", message)
