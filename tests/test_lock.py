"""The lock in lock/: it keeps the ranges of setup.py, pins everything by hash, and names no place to fetch from."""

import ast
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.13")
PROCESSORS = ("x86_64", "aarch64")
BUILD = ("setuptools",)
FROM_APT = {"numpy", "opencv-python-headless"}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def ranges() -> dict[str, list[Requirement]]:
    """The lists of setup.py by name, read without running it."""
    found = {}
    for line in ast.parse((ROOT / "setup.py").read_text()).body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.List):
            (target,) = line.targets
            assert isinstance(target, ast.Name)
            found[target.id] = [Requirement(ast.literal_eval(item)) for item in line.value.elts]
    return found


RANGES = ranges()
NEEDS = {
    "test.txt": RANGES["CONTROLLER"] + RANGES["SCANNER"] + RANGES["FLEET"] + RANGES["OFFICE"] + RANGES["TEST"],
    "scanner.txt": RANGES["CONTROLLER"] + RANGES["SCANNER"],
    "pi.txt": RANGES["CONTROLLER"] + [need for need in RANGES["SCANNER"] if need.name not in FROM_APT],
    "fleet.txt": RANGES["CONTROLLER"] + RANGES["FLEET"],
    "lowest.txt": RANGES["CONTROLLER"] + RANGES["SCANNER"] + RANGES["FLEET"] + RANGES["OFFICE"] + RANGES["TEST"],
}


def entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """Each release of a lock, with its hashes."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "lock" / name).read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(Requirement(HASH.sub("", line)), HASH.findall(line)) for line in lines]


def versions(name: str, python: str, processor: str) -> dict[str, str]:
    """The version of each package that a lock installs on this Python and processor."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": processor,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    found: dict[str, str] = {}
    for entry, _ in entries(name):
        if entry.marker is None or entry.marker.evaluate(environment):
            assert entry.name not in found, f"{name}: {entry.name} stands there twice for Python {python}"
            (pin,) = entry.specifier
            assert pin.operator == "=="
            found[canonicalize_name(entry.name)] = pin.version
    return found


def test_the_lists_of_setup_py_are_all_locked_or_from_apt() -> None:
    assert RANGES.keys() == {"CONTROLLER", "SCANNER", "PI", "FLEET", "OFFICE", "TEST"}
    assert {path.name for path in (ROOT / "lock").glob("*.txt")} == NEEDS.keys()


@pytest.mark.parametrize("name", NEEDS)
def test_every_release_of_a_lock_has_hashes_and_no_address(name: str) -> None:
    for entry, hashes in entries(name):
        assert hashes, entry
        assert entry.url is None
    text = (ROOT / "lock" / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=)", text, flags=re.MULTILINE), "an option of pip, such as an index"


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", NEEDS)
def test_a_lock_keeps_every_range_of_setup_py(name: str, python: str, processor: str) -> None:
    locked = versions(name, python, processor)
    for need in NEEDS[name]:
        assert locked[canonicalize_name(need.name)] in need.specifier, f"{need}; run script/lock"


@pytest.mark.parametrize("name", NEEDS)
def test_the_tools_that_build_the_kiosk_are_locked(name: str) -> None:
    assert Requirement((ROOT / "pyproject.toml").read_text().split('requires = ["')[1].split('"')[0]).name in BUILD
    assert versions(name, "3.13", "aarch64").keys() >= set(BUILD)


@pytest.mark.parametrize("python", PYTHONS)
def test_a_smaller_lock_has_the_releases_that_were_tested(python: str) -> None:
    tested = versions("test.txt", python, "aarch64")
    scanner, pi = versions("scanner.txt", python, "aarch64"), versions("pi.txt", python, "aarch64")
    assert scanner.items() <= tested.items()
    assert pi.items() == {name: version for name, version in scanner.items() if name not in FROM_APT}.items()


def test_a_pi_keeps_what_apt_installed() -> None:
    from_apt = FROM_APT | {need.name for need in RANGES["PI"]}
    assert not from_apt & versions("pi.txt", "3.13", "aarch64").keys()


def test_a_release_that_can_loop_for_ever_is_not_allowed() -> None:
    (need,) = (need for need in RANGES["SCANNER"] if need.name == "zxing-cpp")
    assert "3.1.1" not in need.specifier
    assert need.specifier & SpecifierSet("==3.1.0")
