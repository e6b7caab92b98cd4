"""The start of the scanner's process: its score for the case that memory runs out, and a missing library."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.composition.scanner_app import raise_oom_score

ROOT = Path(__file__).parents[2]


def test_the_scanner_is_ended_before_the_controller_when_memory_runs_out(tmp_path: Path) -> None:
    score = tmp_path / "oom_score_adj"
    score.write_text("-500")
    raise_oom_score(score)
    assert -500 < int(score.read_text()) < 500


def test_a_score_that_the_kernel_refuses_is_reported_and_ends_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_oom_score(tmp_path)
    assert "cannot be written" in capsys.readouterr().err


def test_a_missing_library_is_reported_in_one_line_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "pyzbar.py").write_text("raise ImportError('Unable to find zbar shared library')\n")
    done = subprocess.run(
        [sys.executable, "-m", "kiosk.composition.scanner_app"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    message = "ERROR scanner: Unable to find zbar shared library; run 'kiosk doctor', it names the package to install"
    assert done.stderr.splitlines()[-1] == message
    assert "Traceback" not in done.stderr
