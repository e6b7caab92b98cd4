"""If the output of `kiosk` cannot be written, it prints a message and exits with a code, without a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.test_cli import kiosk

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")


def run(command: str, output: int) -> tuple[int, str]:
    """Run one command with its output to the descriptor `output`; return the exit code and the error output."""
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *command.split()],
        stdout=output, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="NOT CHECKED: no /dev/full here")
@pytest.mark.parametrize("command", ["schema", "schema --page", "check --elsewhere config/demo.yaml"])
def test_a_full_disk_under_the_output_is_reported(command: str) -> None:
    with FULL.open("w") as full:
        code, message = run(command, full.fileno())
    assert code == 3
    assert message.splitlines() == [
        "kiosk: the output cannot be written (No space left on device); check its destination and the free space there"
    ]


def test_a_reader_that_ended_is_reported_by_the_exit_code_alone() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run("schema", writing) == (141, "")
    finally:
        os.close(writing)


@pytest.mark.parametrize(
    ("streams", "message"), [(">&-", "kiosk: the output cannot be written (Bad"), (">&- 2>&-", "")]
)
def test_an_output_that_was_closed_before_the_start_is_reported_if_possible(streams: str, message: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m kiosk schema {streams}', sys.executable],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr


def test_a_missing_package_is_reported_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "kiosk.flow.analysis.diagram", None)
    assert kiosk("flow") == 3
    message = capsys.readouterr().err
    assert "kiosk.flow.analysis.diagram" in message
    assert "sudo script/install" in message


def test_another_os_error_is_not_reported_as_an_error_of_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise OSError("a bug")

    monkeypatch.setattr("kiosk.flow.analysis.diagram.page", fail)
    with pytest.raises(OSError, match="a bug"):
        kiosk("flow")
