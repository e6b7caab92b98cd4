"""Completion, man page, and how little the help loads."""

import os
import pty
import select
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

PATIENCE_S = 60.0

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="NOT CHECKED: bash is not installed")
needs_zsh = pytest.mark.skipif(shutil.which("zsh") is None, reason="NOT CHECKED: zsh is not installed; apt install zsh")


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


@needs_zsh
def test_zsh_completes_commands_parts_options_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line editor alone completes, so zsh is interactive, in a terminal; the tab ends each typed word."""
    assert kiosk("completion", "zsh") == 0
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "_kiosk").write_text(capsys.readouterr().out)
    (tmp_path / "kiosk.yaml").touch()
    ours, theirs = pty.openpty()
    command = ["setsid", "--ctty", "zsh", "-f", "-i"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path) as shell:
        os.close(theirs)
        setting_up = "fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D; kiosk() print -r '{'$*'}'"
        os.write(ours, f"{setting_up}; print rea''dy\n".encode())
        hear(ours, "ready\r\n")
        completed = []
        for typed in ("chec", "trust im", "test spr", "journal --fol", "wiring --config kio"):
            os.write(ours, f"kiosk {typed}\t\n".encode())
            completed.append(hear(ours, "}\r\n").rpartition("{")[2].partition("}")[0].strip())
        shell.kill()
    os.close(ours)
    assert completed == ["check", "trust import", "test sprayer", "journal --follow", "wiring --config kiosk.yaml"]


def hear(terminal: int, end: str) -> str:
    """Return what the terminal shows until `end`."""
    heard = ""
    while not heard.endswith(end) and end not in heard:
        ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
        assert ready, f"the shell is silent; it said: {heard}"
        heard += os.read(terminal, 4096).decode(errors="replace")
    return heard


def test_the_man_page_names_every_command_and_has_no_raw_minus(capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("manual") == 0
    page = capsys.readouterr().out
    for name in ("run", "check", "init", "wiring", "test", "doctor", "journal", "trust import", "completion"):
        assert f".B kiosk {name}\n" in page
    assert page.startswith(".TH KIOSK 1 ")
    assert "%(default)s" not in page
    assert not [line for line in page.splitlines() if " --" in line]
