"""The kiosk on the rig's machine, with the access that a technician has with a meter and a screwdriver."""

import csv
import io

from tests.rig.machine.machine import Machine, Trace, read_trace

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


class Booth:
    """A booth whose service is active when the constructor returns."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.run = machine.run
        self.until = machine.until
        self.run(WATCH)
        self.until("systemctl is-active --quiet kiosk", 60.0)

    def level(self, pin: int) -> int:
        """Return the level of a pin, 0 or 1, as a meter shows it."""
        return int(self.run(f"cat {SIM}{pin}/value"))

    def wire(self, pin: int, level: int) -> None:
        """Set the level of the wire at an input."""
        self.run(f"echo pull-{'up' if level else 'down'} >{SIM}{pin}/pull")

    def press_officer(self) -> None:
        """Press the officer's button; return when the door's relay has moved."""
        self.run(
            f"mark pressed; echo pull-down >{SIM}{OFFICER}/pull; sleep 0.1; echo pull-up >{SIM}{OFFICER}/pull;"
            f"for try in {{1..500}}; do read -r level <{SIM}{DOOR}/value; [ $level = 0 ] && break; sleep 0.01; done;"
            "[ $level = 0 ]"
        )

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

    def log(self) -> str:
        """Return the log of the service, with systemd's messages about it."""
        return self.run("journalctl --no-pager --output=cat --unit=kiosk")

    def rows(self) -> list[dict[str, str]]:
        """Return the rows of the kiosk's journal, as `kiosk journal export` writes them."""
        return list(csv.DictReader(io.StringIO(self.run("/opt/kiosk/venv/bin/kiosk journal export"))))

    def outcome(self) -> tuple[str, str]:
        """Return the number and the outcome of the last visit in the journal."""
        return [(row["visit"], row["outcome"]) for row in self.rows() if row["outcome"]][-1]
