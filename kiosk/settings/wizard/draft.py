"""Changes the lines of config/kiosk.yaml and keeps its comments.

Rule: the text is our own file, with two spaces for each level, so lines are enough; it is no editor for any YAML. The
result is checked like every settings file.
"""

import re
from collections.abc import Sequence

import yaml

Path = Sequence[str]
"""The keys from the top of the file to a setting."""


class Draft:
    """The lines of a settings file. Raises `LookupError` if a setting is not in it."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def __str__(self) -> str:
        """Return the text, without empty lines in a row."""
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines).strip("\n")) + "\n"

    def set(self, path: Path, value: object, comment: str | None = None) -> None:
        """Replace the value of a setting; `comment` takes the place of the one on its line."""
        at, _ = self._find(path)
        key, _, rest = self._lines[at].partition(":")
        _, mark, old = rest.partition(" # ")
        words = old if comment is None else comment
        self._lines[at] = f"{key}: {inline(value)}" + (f" # {words}" if (mark if comment is None else comment) else "")

    def drop(self, path: Path) -> None:
        """Remove a setting, with the lines below it and the comment above it."""
        start, end = self._find(path)
        margin = self._margin(start)
        # a line "# ---" begins a part of the file and is no comment of the setting
        while start and (above := self._lines[start - 1]).startswith(f"{margin}#") and not above.startswith("# ---"):
            start -= 1
        del self._lines[start:end]

    def replace(self, path: Path, lines: Sequence[str]) -> None:
        """Replace a setting and the comment above it by `lines`, which begin at its own column."""
        start, _ = self._find(path)
        margin = self._margin(start)
        after = len(self._lines) - self._find(path)[1]
        self.drop(path)
        at = len(self._lines) - after
        self._lines[at:at] = [f"{margin}{line}" for line in lines]

    def uncomment(self, path: Path) -> None:
        """Make a setting that stands in a comment, such as '# tamper:', a setting of the file."""
        margin = "  " * (len(path) - 1)
        start = self._find(path[:-1])[0] + 1 if len(path) > 1 else 0
        at = next(
            number
            for number, line in enumerate(self._lines[start:], start)
            if line.startswith(f"{margin}# {path[-1]}:")
        )
        self._lines[at] = self._lines[at].replace("# ", "", 1)
        while at + 1 < len(self._lines) and self._lines[at + 1].startswith(f"{margin}#   "):
            at += 1
            self._lines[at] = self._lines[at].replace("# ", "", 1)

    def _find(self, path: Path) -> tuple[int, int]:
        """Return the number of the line with the setting, and that of the first line after what is below it."""
        start, end = -1, len(self._lines)
        for depth, key in enumerate(path):
            lines = range(start + 1, end)
            prefix = f"{'  ' * depth}{key}:"
            found = next((number for number in lines if self._lines[number].startswith(prefix)), None)
            if found is None:
                raise LookupError(".".join(path))
            start = found
            end = next((number for number in range(start + 1, end) if self._ends(number, depth)), end)
        while end - 1 > start and not self._lines[end - 1].strip():
            end -= 1
        return start, end

    def _ends(self, number: int, depth: int) -> bool:
        line = self._lines[number]
        return bool(line.strip()) and len(line) - len(line.lstrip()) <= 2 * depth

    def _margin(self, number: int) -> str:
        line = self._lines[number]
        return line[: len(line) - len(line.lstrip())]


def inline(value: object) -> str:
    """Return a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
