import importlib.metadata
from pathlib import Path

from kiosk.health import checks_program
from kiosk.health.findings import Condition, ok


def test_the_controllers_packages_are_installed_and_new_enough() -> None:
    finding = checks_program.packages()
    assert finding.state is Condition.OK
    assert "pydantic 2." in finding.found
    assert "opencv" not in finding.found


def test_a_missing_or_old_package_is_reported() -> None:
    def version(name: str) -> str:
        if name == "smbus2":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.6.2"

    requires = ["gpiozero<3,>=2.0.1", "smbus2", "numpy>=1.26; extra == 'scanner'", "segno>=1.6"]
    finding = checks_program.packages(lambda name: requires, version)
    assert finding.found == "gpiozero 1.6.2 is older than 2.0.1, smbus2 is missing"
    assert checks_program.numbers("2.0.1.post3") == (2, 0, 1)
    assert checks_program.numbers("unknown") == ()


def test_the_empty_lgpio_of_pypi_is_detected(tmp_path: Path) -> None:
    place = tmp_path / "lgpio.py"
    place.write_text("")
    assert checks_program.lgpio(lambda name: place).found == f"{place} has only 0 bytes"
    place.write_text("#" * 5000)
    assert checks_program.lgpio(lambda name: place) == ok("lgpio", str(place))
    assert checks_program.lgpio(lambda name: None).found == "not found"


def test_missing_modules_of_the_scanner_are_reported() -> None:
    file = Path("/here")
    finding = checks_program.scanner(lambda name: None if name == "cv2" else file)
    assert (finding.state, finding.found) == (Condition.FAIL, "missing: cv2 (python3-opencv)")
    assert checks_program.picamera2(lambda name: file).state is Condition.OK


def test_a_module_is_located_without_importing_it() -> None:
    assert checks_program.module_file("no_such_module") is None
    assert checks_program.module_file("kiosk") is not None
