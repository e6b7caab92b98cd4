"""Fixtures that boot a machine with a kiosk."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rig.machine.booth import Booth
from tests.rig.machine.machine import Machine

SETTINGS = (Path(__file__).parent / "kiosk.yaml").read_text()
DISK_BYTES = 64 << 20

Start = Callable[..., Booth]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """An empty card."""
    path = tmp_path / "disk"
    with path.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", path], check=True)
    return path


@pytest.fixture
def start(tmp_path: Path, disk: Path) -> Iterator[Start]:
    """Boot a machine with the card and with changed lines of the settings, and wait until its kiosk is active."""
    if "KIOSK_RIG_KERNEL" not in os.environ:
        pytest.skip("needs the kernel and the root that 'script/rig machine' builds")
    machines = []

    def boot(**changes: str) -> Booth:
        settings = SETTINGS
        for old, new in changes.items():
            assert f"{old}: " in settings
            settings = settings.replace(f"  {old}: ", f"  {old}: {new} # ", 1)
        folder = tmp_path / "booth"
        folder.mkdir(exist_ok=True)
        (folder / "kiosk.yaml").write_text(settings)
        kernel, root = (Path(os.environ[name]) for name in ("KIOSK_RIG_KERNEL", "KIOSK_RIG_ROOT"))
        machine = Machine(kernel, root, folder, disk)
        machines.append(machine)
        return Booth(machine)

    yield boot
    for machine in machines:
        machine.close()
