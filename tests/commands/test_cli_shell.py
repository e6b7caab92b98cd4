"""Completion, man page, and how little the help loads."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.test_cli import ROOT, kiosk

HEAVY = {
    "asyncio",
    "cbor2",
    "cryptography",
    "cv2",
    "gpiozero",
    "numpy",
    "pydantic",
    "segno",
    "starlette",
    "uvicorn",
    "yaml",
}
MOST_MODULES = 220
"""A bare Python loads about 60 modules, argparse and logging 60 more."""

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="NOT CHECKED: bash is not installed")


def test_the_help_loads_no_large_library() -> None:
    help_page = "import sys\nfrom kiosk.cli import main\ntry: main(['--help'])"
    code = f"{help_page}\nfinally: sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stderr.split()
    assert {name.partition(".")[0] for name in loaded}.isdisjoint(HEAVY)
    assert len(loaded) < MOST_MODULES


@needs_bash
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["chec"], ["check"]),
        (["trust", "im"], ["import"]),
        (["test", "spr"], ["sprayer"]),
        (["journal", "--fol"], ["--follow"]),
        (["wiring", "--out", "x", "--con"], ["--config"]),
    ],
)
def test_bash_completes_commands_parts_and_options(
    typed: list[str], offered: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kiosk("completion", "bash") == 0
    (tmp_path / "kiosk").write_text(capsys.readouterr().out)
    words = " ".join(f"'{word}'" for word in ("kiosk", *typed))
    code = f"source {tmp_path / 'kiosk'}; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _kiosk; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == offered


def test_zsh_gets_the_same_completion(capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("completion", "zsh") == 0
    out = capsys.readouterr().out
    assert out.startswith("#compdef kiosk\n")
    assert "bashcompinit" in out
    assert "complete -o default -F _kiosk kiosk" in out


def test_the_man_page_names_every_command_and_has_no_raw_minus(capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("manual") == 0
    page = capsys.readouterr().out
    for name in ("run", "check", "init", "wiring", "test", "doctor", "journal", "trust import", "completion"):
        assert f".B kiosk {name}\n" in page
    assert page.startswith(".TH KIOSK 1 ")
    assert "%(default)s" not in page
    assert not [line for line in page.splitlines() if " --" in line]
