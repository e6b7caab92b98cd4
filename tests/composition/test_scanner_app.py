"""The start of the scanner's process: it goes first when memory runs out, and says which library it lacks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.composition.scanner_app import go_before_the_controller

ROOT = Path(__file__).parents[2]


def test_the_scanner_goes_before_the_controller_when_memory_runs_out(tmp_path: Path) -> None:
    score = tmp_path / "oom_score_adj"
    score.write_text("-500")
    go_before_the_controller(score)
    assert -500 < int(score.read_text()) < 500


def test_a_kernel_that_refuses_is_told_and_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    go_before_the_controller(tmp_path)
    assert "cannot be written" in capsys.readouterr().err


def test_a_library_that_is_missing_is_told_in_one_line_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "pyzbar.py").write_text("raise ImportError('Unable to find zbar shared library')\n")
    done = subprocess.run(
        [sys.executable, "-m", "kiosk.composition.scanner_app"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    said = "ERROR scanner: Unable to find zbar shared library; run 'kiosk doctor', it tells what to install"
    assert done.stderr.splitlines()[-1] == said
    assert "Traceback" not in done.stderr
