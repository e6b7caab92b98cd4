"""Who may import whom (the design's table of layers), read from every import in the tree."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "kiosk").rglob("*.py"))

WORDS = ("kiosk.model", "kiosk.errors")
PURE = (
    "kiosk.flow",
    "kiosk.scanner.dedupe",
    "kiosk.credentials",
    "kiosk.display.screens",
    "kiosk.display.keys",
    "kiosk.health.board",
    "kiosk.settings.schema",
    "kiosk.settings.wiring",
    "kiosk.settings.policy",
    "kiosk.settings.health",
    "kiosk.journal.records",
)
EDGES = (
    "kiosk.hardware",
    "kiosk.scanner",
    "kiosk.credentials.status",
    "kiosk.credentials.desk",
    "kiosk.journal",
    "kiosk.display",
    "kiosk.health",
    "kiosk.settings",
    "kiosk.worker",
    "kiosk.clock",
)
WIRING = (
    "kiosk.loop",
    "kiosk.dispatch",
    "kiosk.app",
    "kiosk.site",
    "kiosk.parts",
    "kiosk.service",
    "kiosk.scanner_app",
    "kiosk.cli",
    "kiosk.commands",
    "kiosk.__main__",
    "kiosk.simulator",
)
HEAVY = ("cv2", "numpy", "pyzbar", "zxingcpp", "picamera2", "libcamera")
MAY_BE_HEAVY = (
    "kiosk.scanner",
    "kiosk.simulator",
    "kiosk.hardware.cameras",
    "kiosk.hardware.picamera2_camera",
    "kiosk.hardware.v4l2_camera",
)
IMPURE = ("threading", "time", "logging", "random", "secrets", "os", "pathlib", "socket", "subprocess", "queue", "io")


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def room_of(name: str) -> str:
    return ".".join(name.split(".")[:2])


def layer_of(name: str) -> int:
    if within(name, WORDS) or name == "kiosk":
        return 0
    if within(name, ("kiosk.credentials.status", "kiosk.credentials.desk")) or name.startswith(
        "kiosk.credentials.status_"
    ):
        return 2
    if within(name, PURE):
        return 1
    if within(name, EDGES):
        return 2
    assert within(name, WIRING), f"{name} has no layer; give it one in the design's table"
    return 3


def allowed(importer: str, imported: str) -> bool:
    if not imported.startswith("kiosk.") or not (ROOT / imported.replace(".", "/")).with_suffix(".py").exists():
        return True
    mine, theirs = layer_of(importer), layer_of(imported)
    same_room = room_of(importer) == room_of(imported)
    if mine == 3:
        return True
    return theirs < mine or (theirs == mine and (same_room or mine == 1))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_import_keeps_to_the_layers(path: Path) -> None:
    name = name_of(path)
    assert [imported for imported in imports(path) if not allowed(name, imported)] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_controller_imports_no_picture_library(path: Path) -> None:
    if within(name_of(path), MAY_BE_HEAVY):
        return
    assert [imported for imported in imports(path) if within(imported, HEAVY)] == []


def test_the_running_controller_has_loaded_no_picture_library() -> None:
    heavy = f"import sys, kiosk.service; print([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_flow_imports_nothing_that_waits_writes_or_throws_dice() -> None:
    flow = [path for path in FILES if name_of(path).startswith("kiosk.flow")]
    assert [(path.name, i) for path in flow for i in imports(path) if within(i, IMPURE)] == []


def test_no_file_is_longer_than_300_lines_and_no_function_than_40() -> None:
    long_files = [path.name for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > 300]
    assert long_files == []
    assert [where for path in FILES for where in long_functions(path)] == []


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > 40:
                yield f"{path.name}: {node.name} has {lines} lines"


def test_a_wrong_import_would_be_seen() -> None:
    assert not allowed("kiosk.flow.machine", "kiosk.hardware.relay")
    assert not allowed("kiosk.hardware.relay", "kiosk.display.server")
    assert not allowed("kiosk.journal.store", "kiosk.loop")
    assert allowed("kiosk.display.screens", "kiosk.flow.state")
