"""Colour and progress, where there is a terminal and never elsewhere.

Rule 1: what a command prints to a file or a pipe is the same text without colour and without progress.
Rule 2: `NO_COLOR` (no-color.org) and `TERM=dumb` switch colour off; `TERM=dumb` switches progress off too.
Rule 3: progress goes to standard error and leaves no trace, so that the results on standard output are as elsewhere.
"""

import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from types import TracebackType
from typing import Self, TextIO, TypeVar

from kiosk.errors import printable

CODES = {"green": "32", "yellow": "33", "red": "31"}
"""Codes of colours (ECMA-48, section 8.3.117)."""

CLEAR_LINE = "\r\x1b[2K"
"""Carriage return, and "erase in line" (ECMA-48, section 8.3.41)."""

T = TypeVar("T")


def wants_colours(stream: TextIO | None = None) -> bool:
    """Return True if `stream` (default: standard output) is a terminal and nobody switched colours off."""
    found = stream or sys.stdout
    return found.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(text: str, colour: str, *, colours: bool) -> str:
    """Return `text` in a colour of `CODES`, or as it is."""
    return f"\x1b[{CODES[colour]}m{text}\x1b[0m" if colours else text


class Progress:
    """Shows on a terminal how far a long command is, on one line that disappears at the end.

    what: the work, as a short text. total: the number of steps; 0 if it is not known.
    """

    def __init__(self, what: str, total: int = 0) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._shows = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Self:
        """Show the work before its first step."""
        self._draw("")
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Remove the line."""
        self.clear()

    def step(self, name: str = "") -> None:
        """Show that the next step begins; name: what it is about."""
        self._done += 1
        self._draw(name)

    def over(self, items: Collection[T], name: Callable[[T], str] = str) -> Iterator[T]:
        """Yield each item, as one step; name: returns the name of the step."""
        self._total = len(items)
        for item in items:
            self.step(name(item))
            yield item

    def clear(self) -> None:
        """Remove the line, so that something else can be printed."""
        if self._shows:
            sys.stderr.write(CLEAR_LINE)
            sys.stderr.flush()

    def say(self, line: str) -> None:
        """Print a result to standard output, in place of the line."""
        self.clear()
        print(line, flush=True)

    def _draw(self, name: str) -> None:
        if not self._shows:
            return
        count = f" {self._done} of {self._total}" if self._total and self._done else ""
        text = f"{self._what}{count}{f': {name}' if name else ' …'}"
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"{CLEAR_LINE}{printable(text)[:width]}")
        sys.stderr.flush()
