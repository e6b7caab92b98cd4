"""The package that setup.py builds contains the data files that the code needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk import __version__

ROOT = Path(__file__).parents[1]
CONTEXT = "kiosk/credentials/formats/contexts/w3c-credentials-v1.json"
DATA_FILES = {
    "kiosk/simulator/config/demo.yaml": "config/demo.yaml",
    "kiosk/simulator/config/texts/id.yaml": "config/texts/id.yaml",
    "kiosk/simulator/config/texts/en.yaml": "config/texts/en.yaml",
    CONTEXT: CONTEXT,
    "kiosk/display/static/index.html": "kiosk/display/static/index.html",
}


def test_the_package_contains_the_settings_of_the_demo_the_texts_the_contexts_and_the_page(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", reason="NOT CHECKED: setuptools is not in this environment")
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    for installed, source in DATA_FILES.items():
        assert (tmp_path / installed).read_bytes() == (ROOT / source).read_bytes(), installed


def test_the_version_of_the_package_is_the_one_in_the_code() -> None:
    command = [sys.executable, "setup.py", "--version"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    assert told.strip() == __version__
