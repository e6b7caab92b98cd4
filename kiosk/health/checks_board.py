"""The doctor looks at the Raspberry Pi: pins, bus, groups, watchdog, power.

Rule 1: the GPIO chip is known by what it is, never by its number, which changes with kernels and models.
"""

import os
import re

from kiosk.errors import FAULTS
from kiosk.health import config_txt
from kiosk.health.findings import DoctorFinding, HostMachine, fail, ok, warn

GPIO_CHIPS = ("brcm,bcm2835-gpio", "brcm,bcm2711-gpio", "raspberrypi,rp1-gpio")
"""What the header's GPIO controller calls itself in the device tree: Pi 0 to 3, Pi 4, Pi 5."""

GROUPS = ("gpio", "i2c", "video")
"""Groups that the unit names; systemd does not start a unit with an unknown group."""

WATCHDOG_MAX_S = 15.0
"""A Pi's watchdog takes no longer times (systemd issue 27427); a longer one means none."""

THROTTLED = {
    0: "the voltage is too low now",
    2: "slowed down now",
    3: "too hot now",
    16: "the voltage was too low",
    18: "was slowed down",
    19: "was too hot",
}
"""Bits of 'vcgencmd get_throttled' (raspberrypi.com/documentation, 'vcgencmd')."""


def model(machine: HostMachine) -> DoctorFinding:
    """Which board this is."""
    name = machine.text("proc/device-tree/model")
    if name and "Raspberry Pi" in name:
        return ok("board", name)
    return warn("board", name or "no Raspberry Pi", "the kiosk runs on a Raspberry Pi; elsewhere try 'kiosk demo'")


def gpio_chip(machine: HostMachine) -> DoctorFinding:
    """The GPIO controller of the header, and whether we may use it."""
    for chip in machine.find("sys/bus/gpio/devices/gpiochip*"):
        kinds = (machine.text(f"sys/bus/gpio/devices/{chip.name}/of_node/compatible") or "").split("\0")
        kind = next((kind for kind in kinds if kind in GPIO_CHIPS), None)
        if kind is None:
            continue
        device = machine.root / "dev" / chip.name
        if os.access(device, os.R_OK | os.W_OK):
            return ok("gpio", f"/dev/{chip.name} ({kind})")
        return fail("gpio", f"/dev/{chip.name} may not be opened", FAULTS["gpio_missing"].remedy)
    return fail("gpio", "no GPIO chip of a Raspberry Pi", FAULTS["gpio_missing"].remedy)


def released_outputs(machine: HostMachine) -> DoctorFinding:
    """Whether a pin is let go when the program dies, so that the external resistor decides (strict_gpiod)."""
    name = "strict_gpiod"
    remedy = "add 'dtparam=strict_gpiod' to config.txt, fit the pull resistors of docs/wiring.md, and reboot"
    kept = [machine.text(str(path.relative_to(machine.root))) for path in machine.find(
        "sys/module/pinctrl_*/parameters/persist_gpio_outputs")]  # fmt: skip
    if kept and all(answer == "N" for answer in kept):
        return ok(name, "pins are let go when the program dies")
    wanted = config_txt.is_on(_config_txt(machine) or "", name)
    if kept:
        found = "set, but not yet in force" if wanted else "pins stay driven when the program dies"
        return warn(name, found, "reboot" if wanted else remedy)
    return warn(name, "this kernel does not say", "update the system (kernel of June 2024 or later); " + remedy)


def i2c(machine: HostMachine, bus: int) -> DoctorFinding:
    """The bus that the thermometer is on."""
    if machine.there(f"dev/i2c-{bus}"):
        return ok("i2c", f"/dev/i2c-{bus}")
    text = _config_txt(machine)
    if text is None:
        found = "no config.txt"
    elif config_txt.is_on(text, "i2c_arm") or config_txt.is_on(text, "i2c"):
        found = "'dtparam=i2c_arm=on' is set, but not yet in force"
    else:
        found = "'dtparam=i2c_arm=on' is not set"
    return fail("i2c", f"/dev/i2c-{bus} is not there: {found}", "add 'dtparam=i2c_arm=on' to config.txt, and reboot")


def groups(machine: HostMachine, ours: frozenset[int] | None = None) -> DoctorFinding:
    """The groups that may use the devices; `ours` are this process's own, by number."""
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
    """The hardware watchdog, which restarts a Pi whose kernel or systemd hangs."""
    remedy = "install systemd/kiosk-watchdog.conf (script/install does), and reboot"
    if not machine.there("dev/watchdog0"):
        return warn("watchdog", "no hardware watchdog", "run on a Raspberry Pi")
    answer = machine.ask(["systemctl", "show", "--property=RuntimeWatchdogUSec", "--value"])
    limit_s = seconds(answer or "")
    if limit_s is None or limit_s == 0.0:
        return warn("watchdog", "systemd does not use it", remedy)
    if limit_s > WATCHDOG_MAX_S:
        return warn("watchdog", f"{limit_s:g} s is more than a Pi takes, so there may be none", remedy)
    return ok("watchdog", f"restarts the Pi after {limit_s:g} s")


def seconds(text: str) -> float | None:
    """systemd's '1min 30s' or '14s' in seconds; None for anything else, 'infinity' too."""
    units = {"min": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6}
    parts = [re.fullmatch(r"([0-9.]+)(min|s|ms|us)", part) for part in text.split()]
    if text.strip() == "0":
        return 0.0
    if not parts or None in parts:
        return None
    return sum(float(part[1]) * units[part[2]] for part in parts if part)


def power(machine: HostMachine) -> DoctorFinding:
    """Whether the supply and the cooling are enough, since the boot."""
    answer = re.search(r"throttled=0x([0-9a-fA-F]+)", machine.ask(["vcgencmd", "get_throttled"]) or "")
    if answer is None:
        return warn("power", "vcgencmd does not answer", "run on a Raspberry Pi, as root")
    bits = int(answer[1], 16)
    wrong = [text for bit, text in THROTTLED.items() if bits >> bit & 1]
    remedy = "use the official power supply and a short cable, and let air to the board"
    return warn("power", "; ".join(wrong), remedy) if wrong else ok("power", "voltage and temperature were always well")


def _config_txt(machine: HostMachine) -> str | None:
    return next((text for place in config_txt.PLACES if (text := machine.text(place)) is not None), None)
