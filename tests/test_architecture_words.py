"""Docstrings and names of tests are sentences; none begins with a clause that has no subject of its own."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLAUSE = re.compile(r"(what|whatever|when|where|whether|how|who|whoever|whom|whose|which|why)[_ ]", re.IGNORECASE)


@pytest.mark.parametrize("folder", ["kiosk", "tests", "bench"])
def test_no_docstring_and_no_test_begins_with_a_bare_clause(folder: str) -> None:
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Expr(value=ast.Constant(value=str(text))):  # of a module, class, function or constant
                    begin = text.strip()
                case ast.FunctionDef(name=name) if name.startswith("test_"):
                    begin = name.removeprefix("test_")
                case _:
                    continue
            if CLAUSE.match(begin):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {begin[:60]}")
    assert found == []
