"""The doctor's checks of the disk, the memory card, the clock and the service."""

import shutil
from collections.abc import Callable
from pathlib import Path

from kiosk.health.findings import DoctorFinding, HostMachine, fail, ok, warn
from kiosk.model import WallTime

DISK_FAIL_MB = 50
DISK_WARN_MB = 500
"""Limits of the free space: below the first, the journal will soon fail; below the second, something fills the disk."""

WORN = 9
"""From this value on, an eMMC has used 80 % or more of its life (JEDEC eMMC 5.1, DEVICE_LIFE_TIME_EST)."""


def disk(folder: Path, usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage) -> DoctorFinding:
    """Check the free space on the disk of the journal."""
    remedy = f"free space on the disk of {folder}; 'sudo du -xh / | sort -h | tail' shows what is large"
    try:
        free_mb = usage(folder)[2] // 2**20
    except OSError as error:
        return fail("disk", f"{folder}: {error.strerror}", "see 'journal.path' in the settings; run 'script/install'")
    if free_mb < DISK_FAIL_MB:
        return fail("disk", f"{free_mb} MB free", remedy)
    return warn("disk", f"{free_mb} MB free", remedy) if free_mb < DISK_WARN_MB else ok("disk", f"{free_mb} MB free")


def card(machine: HostMachine) -> DoctorFinding:
    """Check for signs of a worn memory card: errors of the file system, and the used lifetime that an eMMC reports."""
    remedy = "copy the journal, and replace the card with a new one made for continuous writing"
    errors = [machine.text(str(path.relative_to(machine.root))) for path in machine.find("sys/fs/ext4/*/errors_count")]
    count = sum(int(text) for text in errors if text and text.isdigit())
    if count:
        return fail("card", f"the file system reports {count} errors", remedy)
    life = (machine.text("sys/block/mmcblk0/device/life_time") or "").split()
    used = max((int(part, 16) for part in life if part.startswith("0x")), default=0)
    if used >= WORN:
        return warn("card", f"about {used * 10} % of its life is used", remedy)
    name = machine.text("sys/block/mmcblk0/device/name")
    return ok("card", f"no errors, {name or 'no card'}" + (f", {used * 10} % used" if used else ""))


def network(machine: HostMachine) -> DoctorFinding:
    """Check that the machine has a way to other machines. The door works without, but the clock and services need
    it."""
    routes = [line.split() for line in (machine.text("proc/net/route") or "").splitlines()[1:]]
    ways = [fields[0] for fields in routes if len(fields) > 2 and fields[1] == "00000000"]
    if ways:
        return ok("network", f"by {', '.join(dict.fromkeys(ways))}")
    return warn("network", "no way to other machines", "the door works without; connect it for the clock and services")


def clock(now: WallTime, floor_path: Path) -> DoctorFinding:
    """Check that the time of day is known to be right; otherwise the kiosk does not judge dates."""
    text = f"{now.utc:%Y-%m-%d %H:%M:%S} UTC"
    if now.sure:
        return ok("clock", text)
    remedy = (
        "connect the network and see 'timedatectl'; with chrony run 'script/install' again; "
        f"if this time is right nevertheless, run 'sudo kiosk clock confirm' (the last known time is in {floor_path})"
    )
    return warn("clock", f"{text}, not known to be right", remedy)


def service(machine: HostMachine, unit: str = "kiosk.service") -> DoctorFinding:
    """Check that systemd runs the kiosk, starts it at boot, and has not restarted it since the boot."""
    properties = ("LoadState", "ActiveState", "UnitFileState", "NRestarts")
    answer = machine.ask(["systemctl", "show", unit, *[f"--property={name}" for name in properties]])
    if answer is None:
        return warn(
            "service", "systemd does not answer", "on a booth, systemd runs the kiosk: run 'sudo script/install'"
        )
    found_properties = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    restarts = found_properties.get("NRestarts", "0")
    if found_properties.get("LoadState") != "loaded":
        return warn("service", f"{unit} is not installed", "run 'sudo script/install'")
    if found_properties.get("ActiveState") != "active":
        found = f"{unit} is {found_properties.get('ActiveState', 'unknown')}"
        return fail("service", found, f"see 'journalctl -u {unit}', then 'sudo systemctl restart {unit}'")
    if found_properties.get("UnitFileState") != "enabled":
        return warn("service", f"{unit} will not start at boot", f"sudo systemctl enable {unit}")
    if restarts != "0":
        return warn("service", f"active, started again {restarts} times since boot", f"see 'journalctl -u {unit}'")
    return ok("service", "active")
