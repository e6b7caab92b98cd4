"""The doctor's checks of the visitor's screen: the monitor, the browser, the unit, and a desktop that is in its way.

They are made where this machine has a screen: where the unit is installed or the settings expect one. The door works
without a screen, so a problem is a warning.
"""

from kiosk.health.findings import DoctorFinding, HostMachine, ok, warn
from kiosk.settings.schema.screen import ScreenSettings

UNIT = "kiosk-display.service"
DESKTOP = "display-manager.service"
INSTALL = "run 'sudo script/install --with-screen'"


def checks(machine: HostMachine, settings: ScreenSettings) -> list[DoctorFinding]:
    """Return the findings about the screen; none for a machine without one."""
    state = _unit_state(machine, UNIT)
    installed = state.get("LoadState") == "loaded"
    if not installed and not settings.expected:
        return []
    findings = [monitor(machine), browser(machine, settings.browser[0])]
    if not installed:
        return [*findings, warn("screen", f"{UNIT} is not installed, and the settings expect a screen", INSTALL)]
    return [*findings, unit(state), *desktop(machine)]


def monitor(machine: HostMachine) -> DoctorFinding:
    """Check that a monitor is connected and awake: it then reports its modes."""
    outputs = [path.parent.relative_to(machine.root) for path in machine.find("sys/class/drm/card*-*/status")]
    connected = [output for output in outputs if machine.text(f"{output}/status") == "connected"]
    awake = [output.name.partition("-")[2] for output in connected if machine.text(f"{output}/modes")]
    if awake:
        return ok("monitor", ", ".join(awake))
    found = "connected, but it reports no modes" if connected else "none is connected"
    return warn("monitor", found, "check its cable and its power; on a Pi 4 use the socket beside the power supply")


def browser(machine: HostMachine, program: str) -> DoctorFinding:
    """Check that the browser is installed and starts."""
    version = machine.ask([program, "--version"])
    remedy = f"{INSTALL}, or name another program in 'display.screen.browser'"
    return ok("browser", version.strip()) if version else warn("browser", f"'{program}' does not answer", remedy)


def unit(state: dict[str, str]) -> DoctorFinding:
    """Check that systemd runs the screen, starts it at boot, and has not restarted it since the boot."""
    restarts = state.get("NRestarts", "0")
    if state.get("ActiveState") != "active":
        found = f"{UNIT} is {state.get('ActiveState', 'unknown')}"
        return warn("screen", found, f"see 'journalctl -u {UNIT}', then 'sudo systemctl restart {UNIT}'")
    if state.get("UnitFileState") != "enabled":
        return warn("screen", f"{UNIT} will not start at boot", f"sudo systemctl enable {UNIT}")
    if restarts != "0":
        return warn("screen", f"active, started again {restarts} times since boot", f"see 'journalctl -u {UNIT}'")
    return ok("screen", "active")


def desktop(machine: HostMachine) -> list[DoctorFinding]:
    """Report a desktop that holds the monitor, which the unit needs for itself."""
    if _unit_state(machine, DESKTOP).get("ActiveState") != "active":
        return []
    remedy = (
        f"sudo systemctl disable --now {DESKTOP}, and reboot; docs/technician/screen.md tells how to keep the desktop"
    )
    return [warn("desktop", f"{DESKTOP} holds the monitor", remedy)]


def _unit_state(machine: HostMachine, name: str) -> dict[str, str]:
    """Return the properties of a unit; an empty dictionary if systemd does not answer."""
    properties = ("LoadState", "ActiveState", "UnitFileState", "NRestarts")
    answer = machine.ask(["systemctl", "show", name, *[f"--property={key}" for key in properties]])
    return dict(line.split("=", 1) for line in (answer or "").splitlines() if "=" in line)
