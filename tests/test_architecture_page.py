"""docs/architecture.md names functions and files that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
HOPS = sorted(set(re.findall(r"`([A-Za-z_.0-9]+)`\s+\(`([a-z_0-9/]+\.py)`\)", PAGE)))


def test_the_walks_name_a_function_and_a_file_at_each_hop() -> None:
    assert len(HOPS) > 25


@pytest.mark.parametrize(("name", "file"), HOPS, ids=lambda value: value)
def test_a_hop_exists(name: str, file: str) -> None:
    tree = ast.parse((ROOT / "kiosk" / file).read_text(encoding="utf-8"))
    body: list[ast.stmt] = tree.body
    for part in name.split("."):
        found = [node for node in body if part in names_of(node)]
        assert found, f"{file} has no {name}"
        body = getattr(found[0], "body", [])


def names_of(node: ast.stmt) -> set[str]:
    """The names that a statement defines."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            return {target.id for target in node.targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()


@pytest.mark.parametrize("file", sorted(set(re.findall(r"`([a-z_0-9/]+\.py)`", PAGE))))
def test_a_file_that_is_named_exists(file: str) -> None:
    assert (ROOT / "kiosk" / file).is_file() or (ROOT / file).is_file()
