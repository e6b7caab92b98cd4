"""The package as setup.py lays it out: what is needed beside the code goes along."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTEXT = "kiosk/credentials/formats/contexts/w3c-credentials-v1.json"
CARRIED = {
    "kiosk/simulator/config/demo.yaml": "config/demo.yaml",
    "kiosk/simulator/config/texts/id.yaml": "config/texts/id.yaml",
    "kiosk/simulator/config/texts/en.yaml": "config/texts/en.yaml",
    CONTEXT: CONTEXT,
    "kiosk/display/static/index.html": "kiosk/display/static/index.html",
}


def test_an_installed_kiosk_finds_the_demos_settings_words_contexts_and_page(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", reason="NOT CHECKED: setuptools is not in this environment")
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    for installed, source in CARRIED.items():
        assert (tmp_path / installed).read_bytes() == (ROOT / source).read_bytes(), installed
