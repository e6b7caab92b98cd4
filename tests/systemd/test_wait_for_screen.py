import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "systemd" / "wait-for-screen"


@pytest.fixture
def page() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def screen(drm: Path, status: str, modes: str) -> None:
    folder = drm / "card1-HDMI-A-1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "status").write_text(status + "\n")
    (folder / "modes").write_text(modes)


def wait(drm: Path, page: str) -> tuple[int, str]:
    environment = {"KIOSK_DRM": str(drm), "KIOSK_PAGE": page, "PATH": "/usr/bin:/bin"}
    done = subprocess.run([SCRIPT, "0"], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip()


def test_it_succeeds_with_a_monitor_and_a_page(tmp_path: Path, page: str) -> None:
    screen(tmp_path, "connected", "1920x1080\n")
    assert wait(tmp_path, page) == (0, "")


@pytest.mark.parametrize(("status", "modes"), [("disconnected", "1920x1080\n"), ("connected", "")])
def test_a_monitor_that_is_off_or_not_awake_does_not_count(tmp_path: Path, page: str, status: str, modes: str) -> None:
    screen(tmp_path, status, modes)
    code, output = wait(tmp_path, page)
    assert (code, output) == (1, "waited 0 s: no monitor is connected and awake; systemd starts the screen again")


def test_a_page_that_does_not_answer_is_reported(tmp_path: Path) -> None:
    screen(tmp_path, "connected", "1920x1080\n")
    assert wait(tmp_path, "http://127.0.0.1:1/") == (
        1,
        "waited 0 s: no answer from http://127.0.0.1:1/; systemd starts the screen again",
    )


def test_a_missing_monitor_and_a_missing_page_are_both_reported(tmp_path: Path) -> None:
    code, output = wait(tmp_path / "none", "http://127.0.0.1:1/")
    assert code == 1
    assert "no monitor is connected and awake, and no answer from" in output


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="NOT CHECKED: shellcheck is not installed")
def test_shellcheck_finds_no_problem_in_the_scripts() -> None:
    scripts = [str(SCRIPT), *map(str, (SCRIPT.parents[1] / "script").glob("install*"))]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert done.stdout == ""
