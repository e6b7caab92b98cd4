"""A mistake in the settings file: where it is, which setting is meant, what was found, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

MAX_QUOTED = 40
"""A message repeats at most this many characters of a text from the file; that is enough to recognise it."""


class Severity(Enum):
    """An error prevents the kiosk from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A position in the file as editors count it: the first line is 1, the first column is 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `line` is 0 if it concerns the whole file; `key` is empty if it concerns no single setting."""

    line: int
    column: int
    key: str
    text: str
    severity: Severity = Severity.ERROR

    def shown(self, file: str) -> str:
        """Return the mistake as one line, file:line:column: key: text. Editors can jump to the place in this form."""
        place = f"{file}:{self.line}:{self.column}" if self.line else file
        warning = "warning: " if self.severity is Severity.WARNING else ""
        key = f"{self.key}: " if self.key else ""
        return f"{place}: {warning}{key}{self.text}"


def mistake_at(position: Position, key: str, text: str, severity: Severity = Severity.ERROR) -> Mistake:
    """Return a mistake with the line and column of `position`."""
    return Mistake(position.line, position.column, key, text, severity)


def shown_errors(mistakes: Iterable[Mistake], file: str) -> tuple[str, ...]:
    """Return the errors among `mistakes`, without the warnings, one line each."""
    return tuple(mistake.shown(file) for mistake in mistakes if mistake.severity is Severity.ERROR)


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Return the mistakes sorted by their position in the file."""
    return tuple(sorted(mistakes, key=lambda mistake: (mistake.line, mistake.column, mistake.key, mistake.text)))


def counted(number: int, word: str) -> str:
    """Return the number with its word: '1 error', '2 errors'."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def clipped(text: str) -> str:
    """Return a text from the file, cut to `MAX_QUOTED` characters."""
    return text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"


def quoted(text: str) -> str:
    """Return a text from the file in quotes, cut to `MAX_QUOTED` characters, with invisible characters escaped."""
    return repr(clipped(text))


def either(names: Iterable[str]) -> str:
    """Return the names as alternatives: 'up', 'down' or 'none'."""
    *others, last = [f"'{name}'" for name in names]
    return f"{', '.join(others)} or {last}" if others else last


def nearest(found: str, known: Iterable[str]) -> str:
    """Return the known name that is most similar to `found`, or "" if none is similar."""
    names = {name.lower(): name for name in known}
    return next((names[near] for near in get_close_matches(found[:MAX_QUOTED].lower(), names, n=1)), "")


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Return a question that names the most similar known name, or "" if none is similar."""
    near = nearest(found, known)
    return f"; did you mean '{near}'?" if near else ""
