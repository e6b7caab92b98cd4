"""The doctor's checks of the program: Python, the packages that it needs, and the libraries that apt installs."""

import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path

from kiosk.health.findings import DoctorFinding, HostMachine, fail, ok, warn

DISTRIBUTION = "entrance-kiosk"
INSTALL = "run 'sudo script/install' again"

SCANNER_MODULES = {"cv2": "python3-opencv", "numpy": "python3-numpy", "pyzbar": "pyzbar", "zxingcpp": "zxing-cpp"}
"""Maps each module that the scanner process imports to the package with it. The doctor only looks for their files."""

STUB_BYTES = 1024
"""An lgpio file smaller than this is the empty stub that PyPI offers for newer Pythons (joan2937/lg issue 43)."""


def python() -> DoctorFinding:
    """Report the version and the path of the Python that runs this program."""
    return ok("python", f"{sys.version.split()[0]} at {sys.executable}")


def packages(
    requires: Callable[[str], list[str] | None] = importlib.metadata.requires,
    version: Callable[[str], str] = importlib.metadata.version,
) -> DoctorFinding:
    """Check that each package of the controller is installed and not older than its minimum version."""
    found, wrong = [], []
    for requirement in requires(DISTRIBUTION) or ():
        if "extra ==" in requirement:
            continue
        name = re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0]
        wanted = re.search(r">=\s*([0-9.]+)", requirement)
        try:
            has = version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        found.append(f"{name} {has}")
        if wanted and numbers(has) < numbers(wanted[1]):
            wrong.append(f"{name} {has} is older than {wanted[1]}")
    return fail("packages", ", ".join(wrong), INSTALL) if wrong else ok("packages", ", ".join(found))


def numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: (2, 0, 1) for '2.0.1.post3'."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def module_file(name: str) -> Path | None:
    """Return the file of a module, without importing it; None if the module is not installed."""
    found = importlib.util.find_spec(name)
    return Path(found.origin) if found and found.origin else None


def lgpio(find: Callable[[str], Path | None] = module_file) -> DoctorFinding:
    """Check that lgpio, which drives the pins, is installed and is no stub. Importing it here would write a file."""
    place = find("lgpio")
    remedy = f"sudo apt install python3-lgpio, then {INSTALL}; pip has no usable one"
    if place is None:
        return fail("lgpio", "not found", remedy)
    size = place.stat().st_size
    return ok("lgpio", str(place)) if size > STUB_BYTES else fail("lgpio", f"{place} has only {size} bytes", remedy)


def scanner(find: Callable[[str], Path | None] = module_file) -> DoctorFinding:
    """Check that the modules of the scanner's process are installed."""
    missing = [f"{module} ({source})" for module, source in SCANNER_MODULES.items() if find(module) is None]
    if missing:
        return fail("scanner", f"missing: {', '.join(missing)}", INSTALL)
    return ok("scanner", ", ".join(SCANNER_MODULES))


def zbar(machine: HostMachine) -> DoctorFinding:
    """Check that the C library behind pyzbar is installed."""
    found = machine.find("usr/lib/*/libzbar.so.*") or machine.find("usr/lib/libzbar.so.*")
    return ok("zbar", str(found[0])) if found else fail("zbar", "libzbar.so.0 not found", "sudo apt install libzbar0")


def picamera2(find: Callable[[str], Path | None] = module_file) -> DoctorFinding:
    """Check that the library of ribbon-cable cameras is installed; a USB camera does not need it."""
    place = find("picamera2")
    remedy = "sudo apt install python3-picamera2 --no-install-recommends; not needed with 'camera.kind: v4l2'"
    return ok("picamera2", str(place)) if place else warn("picamera2", "not found", remedy)
