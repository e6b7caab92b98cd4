"""Every import in the tree keeps to the table of layers (docs/architecture.md)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "kiosk").rglob("*.py"))

WORDS, PURE, SUPPORT, EDGES, WIRING = range(5)
LAYERS = {
    # layer 0: the words that all rooms share; standard library only
    "kiosk": WORDS,
    "kiosk.model": WORDS,
    "kiosk.errors": WORDS,
    "kiosk.faults": WORDS,
    "kiosk.fault_numbers": WORDS,
    # layer 1: pure; no thread, clock, file or network
    "kiosk.fleet.wire": PURE,
    "kiosk.flow": PURE,
    "kiosk.credentials": PURE,
    "kiosk.display.looks": PURE,
    "kiosk.display.progress": PURE,
    "kiosk.display.screens": PURE,
    "kiosk.display.keys": PURE,
    "kiosk.display.speech": PURE,
    "kiosk.health.heartbeats": PURE,
    "kiosk.journal.listing": PURE,
    "kiosk.journal.pages": PURE,
    "kiosk.journal.portions": PURE,
    "kiosk.journal.records": PURE,
    "kiosk.scanner.child.dedupe": PURE,
    "kiosk.scanner.symbol": PURE,
    "kiosk.settings.schema": PURE,
    # between the layers 1 and 2: mechanisms without a subject, with threads and files; for edges and wiring only
    "kiosk.support": SUPPORT,
    # layer 2: input and output
    "kiosk.credentials.formats.linked_data": EDGES,  # reads the bundled contexts
    "kiosk.credentials.trust.trust_files": EDGES,
    "kiosk.credentials.schemes.divoc.divoc": EDGES,  # by linked_data
    "kiosk.credentials.schemes.site_pass.pass_keys": EDGES,
    "kiosk.credentials.schemes.site_pass.pass_revocations": EDGES,
    "kiosk.credentials.schemes.online_status": EDGES,
    "kiosk.credentials.check_in": EDGES,
    "kiosk.credentials.judging": EDGES,
    "kiosk.hardware": EDGES,
    "kiosk.scanner": EDGES,
    "kiosk.journal": EDGES,
    "kiosk.display": EDGES,
    "kiosk.fleet": EDGES,
    "kiosk.technician": EDGES,
    "kiosk.health": EDGES,
    "kiosk.screen": EDGES,
    "kiosk.settings": EDGES,
    "kiosk.office": EDGES,
    # layer 3: the wiring; nothing below imports it
    "kiosk.runtime": WIRING,
    "kiosk.composition": WIRING,
    "kiosk.commands": WIRING,
    "kiosk.cli": WIRING,
    "kiosk.__main__": WIRING,
    "kiosk.simulator": WIRING,
}
"""The layer of each room; the longest name that matches decides."""

ORDER_WITHIN = {
    "kiosk.credentials": ("formats", "trust", "content", "schemes", "check_in", "judging"),
    "kiosk.fleet": ("wire", "bundles", "outbox", "enrolment", "collector", "page"),
    "kiosk.scanner": ("symbol", "wire", "cascade", "child", "host", "trial"),
    "kiosk.scanner.symbol": ("budget", "grey", "code", "sample", "locate"),
    "kiosk.settings": ("schema", "yaml", "checks", "wizard"),
}
"""Inside these rooms, a package imports only packages that stand before it. Modules of the room itself come last."""

DECIDES = ("kiosk.flow", "kiosk.runtime", "kiosk.composition")
APART = {
    "kiosk.hardware.thermometers.imager.link": (
        "kiosk.hardware.thermometers.imager.calibration",
        "kiosk.hardware.thermometers.imager.camera",
        "kiosk.hardware.thermometers.imager.child",
        "kiosk.hardware.thermometers.imager.face",
        "kiosk.hardware.thermometers.imager.reader",
    ),
    "kiosk.fleet.collector": ("kiosk.fleet.outbox",),
    "kiosk.scanner.host": ("kiosk.scanner.cascade", "kiosk.scanner.child", "kiosk.scanner.symbol"),
    "kiosk.simulator.worlds.judges.referee": DECIDES,
    "kiosk.simulator.worlds.judges.service_judge": DECIDES,
    "kiosk.simulator.worlds.judges.spray_judge": DECIDES,
    "kiosk.simulator.worlds.stay": DECIDES,
    "kiosk.simulator.worlds.bodies": DECIDES,
    "kiosk.simulator.worlds.codes": DECIDES,
}
"""The controller's side of the scanner never imports the decoders. The referee of the worlds judges the kiosk by other
knowledge than the kiosk's own."""

SCHEMES = "kiosk.credentials.schemes"
"""The packages in this room do not import each other; shared tables belong in `kiosk.credentials.content`."""

IMPURE = (
    "logging",
    "os",
    "pathlib",
    "queue",
    "random",
    "requests",
    "secrets",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "time",
)
HEAVY = ("cv2", "numpy", "pyzbar", "zxingcpp", "picamera2", "libcamera")
MAY_BE_HEAVY = (
    "kiosk.scanner",
    "kiosk.simulator",
    "kiosk.hardware.cameras",
    "kiosk.hardware.thermometers.imager.calibration",
    "kiosk.hardware.thermometers.imager.camera",
    "kiosk.hardware.thermometers.imager.face",
    "kiosk.office.wiring.sheet",
)


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path) for path in FILES}


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Return all nodes of the file's syntax tree."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in submodules)


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def layer_of(name: str) -> int:
    if within(name, SCHEMES) and name.endswith(".entry"):
        return EDGES  # it builds the scheme, with files and the network where the scheme has them
    rooms = [room for room in LAYERS if name == room or (room != "kiosk" and within(name, room))]
    assert rooms, f"{name} has no layer; add it to LAYERS"
    return LAYERS[max(rooms, key=len)]


def room_of(name: str) -> str:
    return ".".join(name.split(".")[:2])


def place_within(name: str, room: str) -> int:
    order = ORDER_WITHIN[room]
    package = name.removeprefix(f"{room}.").split(".")[0]
    return order.index(package) if package in order else len(order)


def scheme_of(name: str) -> str | None:
    """Return the package of the credential scheme that the module `name` is in, or None."""
    parts = name.removeprefix(f"{SCHEMES}.").split(".")
    return parts[0] if within(name, SCHEMES) and len(parts) == 2 else None


def complaint(importer: str, imported: str) -> str | None:
    """Return why `importer` must not import `imported`, or None."""
    if not within(imported, "kiosk"):
        return None
    mine, theirs = layer_of(importer), layer_of(imported)
    same_room = room_of(importer) == room_of(imported)
    if theirs > mine:
        return "imports from a higher layer"
    if mine == SUPPORT and theirs == PURE:
        return "is a mechanism and knows no subject"
    if (
        theirs == mine == EDGES
        and not same_room
        and not (room_of(imported) == "kiosk.credentials" and within(importer, "kiosk.office"))
    ):
        return "imports another edge"
    for room in ORDER_WITHIN:
        inside = within(importer, room) and within(imported, room)
        if inside and place_within(imported, room) > place_within(importer, room):
            return f"imports against the order inside {room}"
    schemes = {scheme_of(importer), scheme_of(imported)} - {None}
    if len(schemes) == 2:
        return "imports another scheme"
    for room, others in APART.items():
        if within(importer, room) and any(within(imported, other) for other in others):
            return "must stay apart"
    return None


def test_every_import_keeps_to_the_layers() -> None:
    checked = [(name_of(path), imported) for path in FILES for imported in imports(path)]
    complaints = [(importer, imported, complaint(importer, imported)) for importer, imported in checked]
    assert [found for found in complaints if found[2]] == []


def test_a_pure_module_imports_no_input_or_output() -> None:
    pure = [path for path in FILES if layer_of(name_of(path)) <= PURE]
    assert importers(pure, IMPURE) == []


def test_the_controller_imports_no_picture_library() -> None:
    light = [path for path in FILES if not any(within(name_of(path), room) for room in MAY_BE_HEAVY)]
    assert importers(light, HEAVY) == []


def importers(paths: list[Path], packages: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return each import of one of `packages` in these files: the module, and what it imports."""
    found = [(name_of(path), imported) for path in paths for imported in imports(path)]
    return [(name, imported) for name, imported in found if any(within(imported, package) for package in packages)]


def test_the_running_controller_has_loaded_no_picture_library() -> None:
    heavy = f"import sys, kiosk.composition.service; print([m for m in {HEAVY} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_imports_form_no_circle() -> None:
    needs = {name_of(path): [name for name in imports(path) if name in MODULES] for path in FILES}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"circle: {' -> '.join((*path[path.index(name) :], name))}"
        if name not in done:
            for needed in needs[name]:
                visit(needed, (*path, name))
            done.add(name)

    for name in needs:
        visit(name, ())


def test_no_file_is_longer_than_300_lines_and_no_function_than_40() -> None:
    long_files = [path.name for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > 300]
    assert long_files == []
    assert [where for path in FILES for where in long_functions(path)] == []


def long_functions(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > 40:
                yield f"{path.name}: {node.name} has {lines} lines"


def test_a_wrong_import_is_reported() -> None:
    assert complaint("kiosk.flow.machine", "kiosk.hardware.relay")
    assert complaint("kiosk.hardware.relay", "kiosk.display.server")
    assert complaint("kiosk.journal.store", "kiosk.runtime.loop")
    assert complaint("kiosk.scanner.wire.messages", "kiosk.scanner.cascade.decode")
    assert complaint("kiosk.scanner.host.supervisor", "kiosk.scanner.child.process")
    assert complaint("kiosk.credentials.schemes.vds_nc.vds_nc", "kiosk.credentials.schemes.eu_dcc.dcc_values")
    assert complaint("kiosk.credentials.schemes.eu_dcc.eu_dcc", "kiosk.credentials.formats.linked_data")
    assert not complaint("kiosk.credentials.schemes.divoc.divoc", "kiosk.credentials.schemes.divoc.divoc_zip")
    assert complaint("kiosk.flow.machine", "kiosk.support.delivery")
    assert complaint("kiosk.support.delivery", "kiosk.flow.events")
    assert not complaint("kiosk.hardware.relay", "kiosk.support.delivery")
    assert not complaint("kiosk.display.screens", "kiosk.flow.state")
