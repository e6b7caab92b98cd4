"""Figures of the source tree: `python -m bench.house [--json] [FOLDER ...]`.

The same script measures any checkout, so figures of two versions can be compared. It reads the files as text and runs
nothing. A FOLDER is the root of a checkout; the default is the current folder. It prints one column for each FOLDER.

* Function lines count from `def` to the last line of the body, docstring included.
* A private function counts as "named once" when its name occurs in its file at its definition and at most once more.
* "Says what is raised": of the public functions, methods and classes whose own body raises an exception, the share
  whose docstring, or whose class's docstring, contains a form of the word "raise".
* Repeats are runs of six or more equal lines in two places, without blank lines, comments and imports.
"""

import argparse
import ast
import json
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

REPEAT_LINES = 6


@dataclass
class House:
    """The counts of one tree."""

    folders: Counter[str] = field(default_factory=Counter)
    file_lines: list[int] = field(default_factory=list)
    function_lines: list[int] = field(default_factory=list)
    private_once: int = 0
    docstrings: int = 0
    one_line_docstrings: int = 0
    raising: int = 0
    raising_said: int = 0
    classes: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    runs: defaultdict[tuple[str, ...], int] = field(default_factory=lambda: defaultdict(int))


def measure(root: Path) -> House:
    """Return the figures of the package `kiosk` below `root`."""
    house = House()
    for path in sorted((root / "kiosk").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        house.folders[str(path.parent.relative_to(root))] += 1
        house.file_lines.append(len(text.splitlines()))
        words = Counter(re.findall(r"\w+", text))
        tree = ast.parse(text)
        count_docstrings(house, tree)
        for node, owner in definitions(tree, None):
            if isinstance(node, ast.ClassDef):
                house.classes[node.name].add(str(path))
            else:
                count_function(house, node, owner, words)
        count_repeats(house, text)
    return house


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(node: ast.AST, owner: ast.ClassDef | None) -> Iterator[tuple[Definition, ast.ClassDef | None]]:
    """Yield every function and class with the class that it belongs to."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield child, owner
            yield from definitions(child, child if isinstance(child, ast.ClassDef) else None)
        else:
            yield from definitions(child, owner)


def count_docstrings(house: House, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, Definition | ast.Module) and (text := ast.get_docstring(node)):
            house.docstrings += 1
            house.one_line_docstrings += "\n" not in text


def count_function(
    house: House, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef | None, words: Counter[str]
) -> None:
    house.function_lines.append((node.end_lineno or node.lineno) - node.lineno + 1)
    private = node.name.startswith("_") and not node.name.startswith("__")
    house.private_once += private and words[node.name] <= 2
    if not private and any(isinstance(part, ast.Raise) and part.exc is not None for part in ast.walk(node)):
        said = (ast.get_docstring(node) or "") + ((ast.get_docstring(owner) or "") if owner else "")
        house.raising += 1
        house.raising_said += "rais" in said.lower()


def count_repeats(house: House, text: str) -> None:
    stripped = (line.strip() for line in text.splitlines())
    lines = [line for line in stripped if line and not line.startswith(("#", "import ", "from "))]
    for start in range(len(lines) - REPEAT_LINES + 1):
        run = tuple(lines[start : start + REPEAT_LINES])
        if sum(map(len, run)) > 20 * REPEAT_LINES // 2:
            house.runs[run] += 1


def rows(house: House) -> Iterator[tuple[str, str]]:
    functions = sorted(house.function_lines)
    p90 = functions[len(functions) * 9 // 10]
    largest = ", ".join(f"{folder} {count}" for folder, count in house.folders.most_common(3))
    several = sorted(name for name, files in house.classes.items() if len(files) > 1)
    yield "files, folders", f"{len(house.file_lines)}, {len(house.folders)}"
    yield "largest folders", largest
    yield "lines a file: median, max", f"{statistics.median(house.file_lines):.0f}, {max(house.file_lines)}"
    yield "functions", str(len(functions))
    yield "lines a function: median, p90, max", f"{statistics.median(functions):.0f}, {p90}, {functions[-1]}"
    yield "private functions named once", f"{house.private_once} ({100 * house.private_once / len(functions):.0f} %)"
    share = 100 * house.one_line_docstrings / house.docstrings
    yield "docstrings of one line", f"{house.one_line_docstrings} of {house.docstrings} ({share:.0f} %)"
    yield "raising functions that say so", f"{house.raising_said} of {house.raising}"
    yield "class names with several meanings", f"{len(several)} {' '.join(several)}".strip()
    yield f"repeated runs of {REPEAT_LINES} lines", str(sum(count > 1 for count in house.runs.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[Path()])
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    folders: list[Path] = options.folders
    if missing := [str(folder) for folder in folders if not (folder / "kiosk").is_dir()]:
        parser.error(f"'{missing[0]}' has no folder 'kiosk'; give the roots of checkouts")
    if options.json:
        print(json.dumps([{"tree": str(folder), **dict(rows(measure(folder)))} for folder in folders], indent=2))
        return
    for name, *values in zip(*([("tree", str(f)), *rows(measure(f))] for f in folders), strict=True):
        cells = [name[1]] if not values else [name[1], *(value[1] for value in values)]
        print(f"{name[0]:<36} | " + " | ".join(cells))


if __name__ == "__main__":
    main()
