"""A mistake in the settings file, as a technician reads it: where, which setting, what is wrong, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

MOST_SHOWN = 40
"""Characters of a found text that a message repeats; enough to recognise it."""


class Severity(Enum):
    """An error keeps the kiosk from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the file, as editors count: the first line is 1, the first column is 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. `line` is 0 where the file as a whole is meant; `key` is empty where no setting is."""

    line: int
    column: int
    key: str
    text: str
    severity: Severity = Severity.ERROR

    def shown(self, file: str) -> str:
        """The mistake in one line that editors can jump to: file:line:column: key: text."""
        place = f"{file}:{self.line}:{self.column}" if self.line else file
        warning = "warning: " if self.severity is Severity.WARNING else ""
        key = f"{self.key}: " if self.key else ""
        return f"{place}: {warning}{key}{self.text}"


def mistake_at(position: Position, key: str, text: str, severity: Severity = Severity.ERROR) -> Mistake:
    """A mistake at a position."""
    return Mistake(position.line, position.column, key, text, severity)


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """The mistakes in the order of the file."""
    return tuple(sorted(mistakes, key=lambda mistake: (mistake.line, mistake.column, mistake.key, mistake.text)))


def clipped(text: str) -> str:
    """A found text, short enough for a message."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def quoted(text: str) -> str:
    """A found text in quotes, short enough for a message, with invisible characters spelt out."""
    return repr(clipped(text))


def either(names: Iterable[str]) -> str:
    """The allowed words: 'up', 'down' or 'none'."""
    *most, last = [f"'{name}'" for name in names]
    return f"{', '.join(most)} or {last}" if most else last


def nearest(found: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or an empty one."""
    names = {name.lower(): name for name in known}
    return next((names[near] for near in get_close_matches(found[:MOST_SHOWN].lower(), names, n=1)), "")


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """A question with the nearest known name, or nothing."""
    near = nearest(found, known)
    return f". Did you mean '{near}'?" if near else ""
