import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "systemd" / "wait-for-screen"


def screen(drm: Path, status: str, modes: str) -> None:
    folder = drm / "card1-HDMI-A-1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "status").write_text(status + "\n")
    (folder / "modes").write_text(modes)


def wait(drm: Path) -> tuple[int, str]:
    environment = {"KIOSK_DRM": str(drm), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([SCRIPT, "0"], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip()


def test_it_succeeds_with_a_monitor(tmp_path: Path) -> None:
    screen(tmp_path, "connected", "1920x1080\n")
    assert wait(tmp_path) == (0, "")


@pytest.mark.parametrize(("status", "modes"), [("disconnected", "1920x1080\n"), ("connected", "")])
def test_a_monitor_that_is_off_or_not_awake_does_not_count(tmp_path: Path, status: str, modes: str) -> None:
    screen(tmp_path, status, modes)
    code, output = wait(tmp_path)
    assert (code, output) == (1, "waited 0 s: no monitor is connected and awake; systemd starts the screen again")


def test_without_any_output_it_says_so(tmp_path: Path) -> None:
    assert wait(tmp_path / "none")[0] == 1


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="NOT CHECKED: shellcheck is not installed")
def test_shellcheck_finds_no_problem_in_the_scripts() -> None:
    scripts = [str(SCRIPT), *map(str, (SCRIPT.parents[1] / "script").glob("install*"))]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert done.stdout == ""
