"""Where the output of `kiosk` goes nowhere: a plain message and an exit code, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.test_cli import kiosk

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")


def run(command: str, output: int) -> tuple[int, str]:
    """Exit code and what was said of errors, of one command whose output goes to `output`."""
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *command.split()],
        stdout=output, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="NOT CHECKED: no /dev/full here")
@pytest.mark.parametrize("command", ["schema", "flow", "check --elsewhere config/demo.yaml"])
def test_a_full_disk_under_the_output_is_told(command: str) -> None:
    with FULL.open("w") as full:
        code, said = run(command, full.fileno())
    assert code == 3
    assert said.splitlines() == [
        "kiosk: the output cannot be written (No space left on device); see where it goes, and the room there"
    ]


def test_a_reader_that_went_away_is_told_by_the_exit_code_alone() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run("schema", writing) == (141, "")
    finally:
        os.close(writing)


@pytest.mark.parametrize(("streams", "said"), [(">&-", "kiosk: the output cannot be written (Bad"), (">&- 2>&-", "")])
def test_an_output_that_was_closed_before_the_start_is_told_where_that_is_possible(streams: str, said: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m kiosk flow {streams}', sys.executable],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr


def test_a_package_that_is_missing_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "kiosk.flow.diagram", None)
    assert kiosk("flow") == 3
    said = capsys.readouterr().err
    assert "kiosk.flow.diagram" in said
    assert "sudo script/install" in said


def test_an_error_that_is_not_the_outputs_is_not_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise OSError("a bug")

    monkeypatch.setattr("kiosk.flow.diagram.page", broken)
    with pytest.raises(OSError, match="a bug"):
        kiosk("flow")
