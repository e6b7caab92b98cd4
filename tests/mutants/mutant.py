"""A mutant: one planted bug, as an edit of one file, and the finders that must notice it.

The edit is anchored by its text and not by line numbers: the lines of `old` must stand in the file exactly once, or
exactly once in the function or class that `within` names. White space at both ends of a line does not count. So a
mutant survives a move of its lines, and a change of them is an error that names the mutant.
"""

import ast
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FIELDS = frozenset({"mutant", "breaks", "file", "within", "old", "new", "found_by"})
OPTIONAL = frozenset({"within"})
WORLDS = re.compile(r"worlds(?: (\d+)-(\d+))?(?: people (\d+))?")
FIRST_SEED, LAST_SEED = 1, 300
"""The seeds of the finder `worlds` without numbers, as many as `.ci/run` plays."""


class MutantError(Exception):
    """A mutant that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted bug.

    breaks: what is wrong at the door. within: the function or class with the lines, as "step" or "Loop.turn", or "".
    found_by: `worlds`, `worlds FIRST-LAST`, `worlds FIRST-LAST people N`, `stories`, or tests as pytest names them.
    Each of these finders must notice the bug.
    """

    name: str
    breaks: str
    file: str
    old: str
    new: str
    found_by: tuple[str, ...]
    within: str = ""

    def applied_to(self, root: Path) -> str:
        """Return the text of the file below `root` with the bug.

        Raises `MutantError` if the lines to change are not there exactly once, or if the result is no Python.
        """
        path = root / self.file
        if not path.is_file():
            raise MutantError(f"{self.name}: there is no file {self.file}")
        lines = path.read_text(encoding="utf-8").splitlines()
        first, last = self._bounds(lines)
        old = [line.strip() for line in self.old.strip().splitlines()]
        at = [
            place
            for place in range(first, last - len(old) + 1)
            if [line.strip() for line in lines[place : place + len(old)]] == old
        ]
        if len(at) != 1:
            where = f"{self.within} of {self.file}" if self.within else self.file
            raise MutantError(f"{self.name}: its old lines stand {len(at)} times in {where}, not once: {old[0]}")
        indent = lines[at[0]][: len(lines[at[0]]) - len(lines[at[0]].lstrip())]
        new = textwrap.indent(textwrap.dedent(self.new).strip("\n"), indent).splitlines()
        text = "\n".join([*lines[: at[0]], *new, *lines[at[0] + len(old) :]]) + "\n"
        try:
            ast.parse(text)
        except SyntaxError as error:
            raise MutantError(f"{self.name}: {self.file} is no Python any more: {error}") from None
        return text

    def _bounds(self, lines: list[str]) -> tuple[int, int]:
        """Return the numbers, from 0, of the first line of `within` and of the line after its last one."""
        if not self.within:
            return 0, len(lines)
        nodes: Iterable[ast.AST] = ast.parse("\n".join(lines)).body
        found: ast.AST | None = None
        for part in self.within.split("."):
            named = [node for node in nodes if getattr(node, "name", None) == part]
            if len(named) != 1:
                raise MutantError(f"{self.name}: {self.file} has {len(named)} times {self.within}, not once")
            found = named[0]
            nodes = ast.iter_child_nodes(found)
        assert isinstance(found, ast.FunctionDef | ast.ClassDef)
        return found.lineno - 1, found.end_lineno or found.lineno


def read_mutants(folder: Path) -> list[Mutant]:
    """Return the mutants of all lists in `folder`, in order. Raises `MutantError` if a list is wrong."""
    mutants = [
        _mutant(entry, path.name)
        for path in sorted(folder.glob("*.yaml"))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    for mutant in mutants:
        if sum(mutant.name == other.name for other in mutants) > 1:
            raise MutantError(f"{mutant.name}: two mutants have this name")
    return mutants


def _mutant(entry: Any, file: str) -> Mutant:
    if not isinstance(entry, dict) or not FIELDS - OPTIONAL <= entry.keys() <= FIELDS:
        name = entry.get("mutant", "a mutant") if isinstance(entry, dict) else "a mutant"
        raise MutantError(f"{name} in {file} needs the fields {', '.join(sorted(FIELDS - OPTIONAL))}")
    found_by = entry["found_by"]
    finders = tuple(found_by) if isinstance(found_by, list) else (found_by,)
    for finder in finders:
        if not (WORLDS.fullmatch(finder) or finder == "stories" or finder.startswith("tests/")):
            raise MutantError(f"{entry['mutant']}: found_by is '{finder}'; see docs/worlds.md")
    return Mutant(
        entry["mutant"], entry["breaks"], entry["file"], entry["old"], entry["new"] or "", finders,
        entry.get("within", ""),
    )  # fmt: skip
