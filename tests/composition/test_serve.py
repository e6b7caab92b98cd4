"""The service from its settings file, as a process: a spoilt file, its repair, and a program that crashes."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.fault_numbers import short_code
from kiosk.settings.last_good import NAME
from tests.booth import SITE_FILE, Booth

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


RUNNING: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def no_service_is_left() -> Iterator[None]:
    yield
    while RUNNING:
        process = RUNNING.pop()
        process.kill()
        process.communicate()


class Service:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.heard = ""
        address = folder / "notify"
        address.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._socket.settimeout(PATIENCE_S)
        systemd = {
            "NOTIFY_SOCKET": str(address),
            "STATE_DIRECTORY": str(folder),
            "RUNTIME_DIRECTORY": str(folder),
            "KIOSK_SCANNER_SOCKET": str(folder / "scanner"),
            "KIOSK_IMAGER_SOCKET": str(folder / "imager"),
        }
        command = [sys.executable, "-m", "tests.composition.serve_child", str(folder)]
        self.process = subprocess.Popen(command, env={**os.environ, **systemd}, cwd=ROOT, stderr=subprocess.PIPE)
        RUNNING.append(self.process)

    def wait_for(self, word: str) -> None:
        ends_at_s = time.monotonic() + PATIENCE_S
        while word not in self.heard:
            assert time.monotonic() < ends_at_s, f"the service does not send {word}: {self.heard}"
            self.heard += self._socket.recv(4096).decode() + "\n"

    def end(self) -> tuple[int, str]:
        _, log = self.process.communicate(timeout=PATIENCE_S)
        self._socket.close()
        RUNNING.remove(self.process)
        return self.process.returncode, log.decode()

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        code, log = self.end()
        assert code == 0, log
        return log


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def folder_of_a_site(folder: Path, port: int) -> Path:
    Booth.make_keys(folder)
    (folder / "texts").symlink_to(ROOT / "config" / "texts")
    (folder / "kiosk.yaml").write_text(f"{SITE_FILE}display: {{port: {port}}}\n")
    return folder


def first_screen(port: int) -> str:
    """Return the first event of the page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    text = ""
    while "data: {" not in text or not text.endswith("\n\n"):
        text += answer.read1(65536).decode()
    connection.close()
    return text


def test_a_spoilt_file_drives_no_pin_and_its_repair_starts_the_kiosk(folder_of_a_site: Path, port: int) -> None:
    good = (folder_of_a_site / "kiosk.yaml").read_text()
    (folder_of_a_site / "kiosk.yaml").write_text(good.replace("hold_s: 5", "hold_S: 5"))
    service = Service(folder_of_a_site)
    service.wait_for("settings_unusable")
    assert short_code("settings_unusable") in first_screen(port)
    assert not (folder_of_a_site / "outputs.json").exists(), "no output is noted, because none is driven"
    assert not (folder_of_a_site / "journal.db").exists()
    (folder_of_a_site / "kiosk.yaml").write_text(good)
    service.wait_for("ready for visitors")
    log = service.stop()
    assert "door.hold_S: unknown setting; did you mean 'hold_s'?" in log
    assert (folder_of_a_site / NAME).read_text() == good, "the settings that served are kept"

    (folder_of_a_site / "kiosk.yaml").write_text(good.replace("hold_s: 5", "hold_S: 5"))
    service = Service(folder_of_a_site)
    service.wait_for("STATUS=ready for visitors; faults: settings_refused; ")
    service.wait_for("door.hold_S: unknown setting; did you mean 'hold_s'?")
    assert short_code("settings_refused") in first_screen(port)
    log = service.stop()
    assert "door.hold_S: unknown setting" in log
    assert (folder_of_a_site / NAME).read_text() == good, "a refused file is not kept"


def test_a_signal_ends_the_wait_for_a_repair(folder_of_a_site: Path) -> None:
    (folder_of_a_site / "kiosk.yaml").write_text("door: {")
    service = Service(folder_of_a_site)
    service.wait_for("READY=1")
    service.stop()


def test_after_three_crashes_the_kiosk_starts_in_safe_mode_and_names_the_cause(
    folder_of_a_site: Path, port: int
) -> None:
    (folder_of_a_site / "broken").touch()
    for _ in range(3):
        code, log = Service(folder_of_a_site).end()
        assert code == 1
        assert "a bug in the bus" in log
    service = Service(folder_of_a_site)
    service.wait_for("STATUS=ready, not for visitors; faults: safe_mode")
    assert short_code("safe_mode") in first_screen(port)
    assert "the last cause of a crash: a bug in the bus" in service.stop()
    (folder_of_a_site / "broken").unlink()
    service = Service(folder_of_a_site)
    service.wait_for("ready for visitors")
    service.stop()
