"""The doctor's checks of the Raspberry Pi: pins, bus, groups, watchdog, power.

Rule: the GPIO chip is recognised by its type, never by its number, which depends on kernel and model.
"""

import os
import re

from kiosk.faults import FAULTS
from kiosk.health import config_txt
from kiosk.health.findings import DoctorFinding, HostMachine, fail, ok, warn

GPIO_CHIPS = ("brcm,bcm2835-gpio", "brcm,bcm2711-gpio", "raspberrypi,rp1-gpio")
"""The `compatible` strings of the header's GPIO controller in the device tree: Pi 0 to 3, Pi 4, Pi 5."""

GROUPS = ("gpio", "i2c", "video", "audio")
"""The groups that the systemd units of the kiosk name; systemd does not start a unit with an unknown group."""

WATCHDOG_MAX_S = 15.0
"""The longest time that a Pi's watchdog supports (systemd issue 27427); with a longer time, the watchdog may be off."""

THROTTLED = {
    0: "the voltage is too low now",
    2: "slowed down now",
    3: "too hot now",
    16: "the voltage was too low",
    18: "was slowed down",
    19: "was too hot",
}
"""Meanings of the bits in the answer to 'vcgencmd get_throttled' (raspberrypi.com/documentation, 'vcgencmd')."""


def model(machine: HostMachine) -> DoctorFinding:
    """Check that the computer is a Raspberry Pi."""
    name = machine.text("proc/device-tree/model")
    if name and "Raspberry Pi" in name:
        return ok("board", name)
    return warn("board", name or "no Raspberry Pi", "the kiosk runs on a Raspberry Pi; elsewhere try 'kiosk demo'")


def gpio_chip(machine: HostMachine) -> DoctorFinding:
    """Check that the GPIO controller of the header exists and that this process has access to it."""
    for chip in machine.find("sys/bus/gpio/devices/gpiochip*"):
        kinds = (machine.text(f"sys/bus/gpio/devices/{chip.name}/of_node/compatible") or "").split("\0")
        kind = next((kind for kind in kinds if kind in GPIO_CHIPS), None)
        if kind is None:
            continue
        device = machine.root / "dev" / chip.name
        if os.access(device, os.R_OK | os.W_OK):
            return ok("gpio", f"/dev/{chip.name} ({kind})")
        return fail("gpio", f"/dev/{chip.name} cannot be opened: permission denied", FAULTS["gpio_missing"].remedy)
    return fail("gpio", "no GPIO chip of a Raspberry Pi", FAULTS["gpio_missing"].remedy)


def released_outputs(machine: HostMachine) -> DoctorFinding:
    """Check that the kernel frees a dead program's pins (strict_gpiod): the external resistors then set their level."""
    name = "strict_gpiod"
    remedy = "add 'dtparam=strict_gpiod' to config.txt, fit the pull resistors of docs/wiring.md, and reboot"
    kept = [machine.text(str(path.relative_to(machine.root))) for path in machine.find(
        "sys/module/pinctrl_*/parameters/persist_gpio_outputs")]  # fmt: skip
    if kept and all(answer == "N" for answer in kept):
        return ok(name, "pins are freed when the program dies")
    wanted = config_txt.is_on(_config_txt(machine) or "", name)
    if kept:
        found = "set, but not yet active" if wanted else "pins stay driven when the program dies"
        return warn(name, found, "reboot" if wanted else remedy)
    return warn(
        name, "this kernel has no such parameter", "update the system (kernel of June 2024 or later); " + remedy
    )


def i2c(machine: HostMachine, bus: int) -> DoctorFinding:
    """Check that the I2C bus of the thermometer exists."""
    if machine.there(f"dev/i2c-{bus}"):
        return ok("i2c", f"/dev/i2c-{bus}")
    text = _config_txt(machine)
    if text is None:
        found = "no config.txt"
    elif config_txt.is_on(text, "i2c_arm") or config_txt.is_on(text, "i2c"):
        if not machine.there("sys/class/i2c-dev"):
            found = "'dtparam=i2c_arm=on' is set, but the driver i2c-dev is not loaded"
            return fail(
                "i2c", f"/dev/i2c-{bus} does not exist: {found}", "sudo modprobe i2c-dev; 'sudo script/install'"
            )
        found = "'dtparam=i2c_arm=on' is set, but not yet active"
    else:
        found = "'dtparam=i2c_arm=on' is not set"
    return fail("i2c", f"/dev/i2c-{bus} does not exist: {found}", "add 'dtparam=i2c_arm=on' to config.txt, and reboot")


def groups(machine: HostMachine, ours: frozenset[int] | None = None) -> DoctorFinding:
    """Check that the groups with access to the devices exist, and that the user who runs the doctor is a member.

    ours: the ids of the user's groups, by default the ids of this process's groups.
    """
    lines = [line.split(":") for line in (machine.text("etc/group") or "").splitlines()]
    known = {line[0]: int(line[2]) for line in lines if len(line) >= 3 and line[2].isdigit()}
    missing = [name for name in (*GROUPS, "kiosk") if name not in known]
    if missing:
        return fail("groups", f"missing: {', '.join(missing)}", "run 'sudo script/install' again")
    ours = frozenset(os.getgroups()) if ours is None else ours
    outside = [name for name in GROUPS if known[name] not in ours]
    if outside and 0 not in ours:
        return warn("groups", f"you are not in: {', '.join(outside)}", "run the doctor by 'sudo kiosk doctor'")
    return ok("groups", ", ".join(GROUPS))


def watchdog(machine: HostMachine) -> DoctorFinding:
    """Check that systemd uses the hardware watchdog, which restarts a Pi whose kernel or systemd hangs."""
    remedy = "install systemd/kiosk-watchdog.conf (script/install does), and reboot"
    if not machine.there("dev/watchdog0"):
        return warn("watchdog", "no hardware watchdog", "run on a Raspberry Pi")
    answer = machine.ask(["systemctl", "show", "--property=RuntimeWatchdogUSec", "--value"])
    limit_s = seconds(answer or "")
    if limit_s is None or limit_s == 0.0:
        return warn("watchdog", "systemd does not use it", remedy)
    if limit_s > WATCHDOG_MAX_S:
        return warn("watchdog", f"{limit_s:g} s is more than a Pi supports, so it may be off", remedy)
    return ok("watchdog", f"restarts the Pi after {limit_s:g} s")


def seconds(text: str) -> float | None:
    """Return systemd's '1min 30s' or '14s' in seconds; None for any other text, such as 'infinity'."""
    units = {"min": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6}
    parts = [re.fullmatch(r"([0-9.]+)(min|s|ms|us)", part) for part in text.split()]
    if text.strip() == "0":
        return 0.0
    if not parts or None in parts:
        return None
    return sum(float(part[1]) * units[part[2]] for part in parts if part)


def power(machine: HostMachine) -> DoctorFinding:
    """Check that power supply and cooling have been sufficient since the boot."""
    answer = re.search(r"throttled=0x([0-9a-fA-F]+)", machine.ask(["vcgencmd", "get_throttled"]) or "")
    if answer is None:
        return warn("power", "vcgencmd does not answer", "run on a Raspberry Pi, as root")
    bits = int(answer[1], 16)
    wrong = [text for bit, text in THROTTLED.items() if bits >> bit & 1]
    remedy = "use the official power supply and a short cable, and let air reach the board"
    return warn("power", "; ".join(wrong), remedy) if wrong else ok("power", "voltage and temperature were always good")


def _config_txt(machine: HostMachine) -> str | None:
    return next((text for place in config_txt.PLACES if (text := machine.text(place)) is not None), None)
