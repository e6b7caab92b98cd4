"""The service chooses how scanner and imager run, hides its memory, and warns of a folder of keys that it may write."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.composition import service
from kiosk.composition.environment import UnitSockets
from kiosk.composition.service import IMAGER_SOCKET, SCANNER_SOCKET, unit_sockets, warn_of_writable_trust
from kiosk.errors import KioskError
from tests.scanner.host.supervised import ROOT

PR_GET_DUMPABLE = 3


BOTH = {SCANNER_SOCKET: "/run/x", IMAGER_SOCKET: "/run/y"}


def test_the_unit_names_the_sockets_of_scanner_and_imager() -> None:
    assert unit_sockets({**BOTH, "NOTIFY_SOCKET": "/run/n"}) == UnitSockets(Path("/run/x"), Path("/run/y"))


def test_by_hand_scanner_and_imager_are_children() -> None:
    assert unit_sockets({}) == UnitSockets(None, None)


@pytest.mark.parametrize("missing", [SCANNER_SOCKET, IMAGER_SOCKET])
@pytest.mark.parametrize("empty", [True, False])
def test_under_systemd_neither_is_ever_a_child(missing: str, empty: bool) -> None:
    environ = {name: path for name, path in BOTH.items() if name != missing} | ({missing: ""} if empty else {})
    with pytest.raises(KioskError, match=rf"{missing}.*run 'sudo script/install' again"):
        unit_sockets({**environ, "NOTIFY_SOCKET": "/run/systemd/notify"})


def test_the_service_ends_before_it_reads_its_settings_if_the_unit_is_of_an_old_release(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "run", "--config", str(tmp_path / "missing.yaml")],
        env={**os.environ, "NOTIFY_SOCKET": "/nonexistent"}, capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "KIOSK_SCANNER_SOCKET" in done.stderr


@pytest.mark.parametrize(
    ("action", "dumpable"), [("service.forbid_reading_memory()", "0"), ("import kiosk.simulator.demo_command", "1")]
)
def test_the_memory_of_the_service_is_hidden_and_that_of_the_demo_is_not(action: str, dumpable: str) -> None:
    # in a process of its own: other tests run the service inside the process of the tests
    program = (
        f"import ctypes; from kiosk.composition import service\n{action}\n"
        f"print(ctypes.CDLL(None).prctl({PR_GET_DUMPABLE}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == f"{dumpable}\n"


def test_the_service_hides_its_memory_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def hide() -> None:
        raise KioskError("hidden")

    monkeypatch.setattr(service, "forbid_reading_memory", hide)
    with pytest.raises(KioskError, match="hidden"):
        service.serve(tmp_path / "missing.yaml", {})


def test_a_folder_of_keys_that_the_kiosk_may_write_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    warn_of_writable_trust(tmp_path)
    assert f"the kiosk may write '{tmp_path}'" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


def test_a_missing_folder_of_keys_is_not_writable(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    warn_of_writable_trust(tmp_path / "missing")
    assert not caplog.records
