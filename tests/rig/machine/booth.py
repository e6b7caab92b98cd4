"""The kiosk on the rig's machine, with the access that a technician has with a meter and a screwdriver."""

import csv
import io

from tests.rig.machine.machine import FIRST_LINE, Machine, Trace, read_trace

DOOR, PUMP = 5, 6
LAMPS = (17, 22, 23, 27)
PRESENCE, DOOR_CONTACT, OFFICER, EMERGENCY = 24, 16, 21, 13
"""The pins of kiosk.yaml beside this file. Both relays are active-low: 1 is rest."""

SIM = "/sys/devices/platform/gpio/gpiochip0/sim_gpio"
TRACING = "/sys/kernel/tracing"
THERMOMETER = "/sys/module/thermometer/parameters"

WATCH = """
exec 9<> <(:); mark() { echo "$*" >/sys/kernel/tracing/trace_marker; }
watch() {
    local now last; read -r last <$1
    while :; do read -r now <$1; [ $now = $last ] || mark level $2 $now; last=$now; read -rt 0.002 -u 9; done
}
"""
"""`watch FILE PIN` marks each change of a line's level in the trace; the kernel's trace lacks it for a freed line."""


KIOSK = "/opt/kiosk/venv/bin/kiosk"
ACTIVE = "systemctl is-active --quiet kiosk"
MAIN_PID = "systemctl show --value --property=MainPID kiosk"

ENERGISED = "gpio_value: {} set 0"
"""The trace's text for a relay that the kiosk energises; the trace has it also if the pulse is over."""

KNOWS_EMPTY_SPOT = """
import json, socket
feed = socket.socket(socket.AF_UNIX)
feed.connect("/run/kiosk/technician.sock")
for line in feed.makefile():
    if (json.loads(line)["thermometer"] or {}).get("empty_c"): break
"""
"""It ends when the kiosk knows what the thermometer reads while nobody is there; without that nobody is measured."""


class Booth:
    """A booth whose service is active when the constructor returns."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.run = machine.run
        self.until = machine.until
        self.run(f"export SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0; {WATCH}")
        self.until(ACTIVE)

    def level(self, pin: int) -> int:
        """Return the level of a pin, 0 or 1, as a meter shows it."""
        return int(self.run(f"cat {SIM}{pin}/value"))

    def wire(self, pin: int, level: int) -> None:
        """Set the level of the wire at an input."""
        self.run(f"echo pull-{'up' if level else 'down'} >{SIM}{pin}/pull")

    def await_pulse(self, pin: int) -> None:
        """Wait until the kiosk has energised a relay at least once."""
        self.until(f"grep -q '{ENERGISED.format(FIRST_LINE + pin)}' {TRACING}/trace")

    def press_officer(self) -> None:
        """Press the officer's button; return when the door's relay has moved."""
        pushed = f"{SIM}{OFFICER}/pull"
        moved = f"grep -c '{ENERGISED.format(FIRST_LINE + DOOR)}' {TRACING}/trace"
        self.run(
            f"before=$({moved}); mark pressed; echo pull-down >{pushed}; sleep 0.1; echo pull-up >{pushed};"
            f"until [ $({moved}) -gt $before ]; do sleep 0.01; done"
        )

    def come_in(self, skin_c: float) -> None:
        """Let somebody with this skin temperature step in, once the kiosk knows the empty spot."""
        self.run(f"python3 - <<'END'{KNOWS_EMPTY_SPOT}END")
        self.wire(PRESENCE, 0)
        self.face(skin_c)

    def face(self, skin_c: float) -> None:
        """Put an object of this temperature in front of the thermometer."""
        self.run(f"echo {round((skin_c + 273.15) / 0.02)} >{THERMOMETER}/object")

    def watch(self, *pins: int) -> None:
        """Mark each change of these levels in the trace from now on."""
        for pin in pins:
            self.run(f"watch {SIM}{pin}/value {pin} &>/dev/null &")

    def trace(self, pin: int | None = None) -> list[Trace]:
        """Return all entries since the start, or those of one pin."""
        everything = read_trace(self.run(f"cat {TRACING}/trace"))
        return [entry for entry in everything if pin is None or entry.pin == pin]

    def when(self, mark: str) -> float:
        """Return the time of the first mark with this text, in the machine's monotonic seconds."""
        return next(entry.at_s for entry in self.trace() if entry.what == mark)

    def show(self, name: str) -> str:
        """Return a property of the service."""
        return self.run(f"systemctl show --value --property={name} kiosk")

    def drop_in(self, unit: str, lines: str) -> None:
        """Let these lines of the section Service hold for a unit from its next start on, as `systemctl edit` does."""
        folder = f"/run/systemd/system/{unit}.d"
        self.run(f"mkdir -p {folder}; cat >{folder}/rig.conf <<'END'\n[Service]\n{lines}\nEND\nsystemctl daemon-reload")

    def kill(self, name: str = "KILL") -> None:
        """Send a signal to the service's process; return when systemd has started the next one and it is ready."""
        self.run(f"pid=$({MAIN_PID}); kill -{name} $pid")
        self.await_restart()

    def await_restart(self) -> None:
        """Wait until systemd has replaced the process `$pid` of the shell, and the service is active again."""
        self.until(f"[ $({MAIN_PID}) != $pid ] && {ACTIVE}")

    def log(self) -> str:
        """Return the log of the service, with systemd's messages about it."""
        return self.run("journalctl --no-pager --output=cat --unit=kiosk")

    def rows(self) -> list[dict[str, str]]:
        """Return the rows of the kiosk's journal, as `kiosk journal export` writes them."""
        return list(csv.DictReader(io.StringIO(self.run(f"{KIOSK} journal export"))))

    def outcome(self) -> tuple[str, str]:
        """Return the number and the outcome of the last visit in the journal."""
        return [(row["visit"], row["outcome"]) for row in self.rows() if row["outcome"]][-1]
