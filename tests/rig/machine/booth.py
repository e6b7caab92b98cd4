"""The kiosk on the rig's machine, as somebody with a meter and a screwdriver sees it."""

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
"""`watch FILE PIN` marks each change of a line's level, which the kernel's trace lacks when the line is let go."""


class Booth:
    """Ready for visitors from construction."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.run = machine.run
        self.until = machine.until
        self.run(WATCH)
        self.until("systemctl is-active --quiet kiosk", 60.0)

    def level(self, pin: int) -> int:
        """What a meter on the pin shows."""
        return int(self.run(f"cat {SIM}{pin}/value"))

    def wire(self, pin: int, level: int) -> None:
        """Move the wire at an input."""
        self.run(f"echo pull-{'up' if level else 'down'} >{SIM}{pin}/pull")

    def press_officer(self) -> None:
        """The officer lets somebody in; returns when the door's relay has moved."""
        self.run(
            f"mark pressed; echo pull-down >{SIM}{OFFICER}/pull; sleep 0.1; echo pull-up >{SIM}{OFFICER}/pull;"
            f"for try in {{1..500}}; do read -r level <{SIM}{DOOR}/value; [ $level = 0 ] && break; sleep 0.01; done;"
            "[ $level = 0 ]"
        )

    def face(self, skin_c: float) -> None:
        """What the thermometer looks at."""
        self.run(f"echo {round((skin_c + 273.15) / 0.02)} >{THERMOMETER}/object")

    def watch(self, *pins: int) -> None:
        """From now on each change of these levels is in the trace as a mark, too."""
        for pin in pins:
            self.run(f"watch {SIM}{pin}/value {pin} &>/dev/null &")

    def trace(self, pin: int | None = None) -> list[Trace]:
        """Everything since the start, or what happened to one pin."""
        everything = read_trace(self.run(f"cat {TRACING}/trace"))
        return [entry for entry in everything if pin is None or entry.pin == pin]

    def when(self, mark: str) -> float:
        """When a mark was made first."""
        return next(entry.at_s for entry in self.trace() if entry.what == mark)

    def show(self, name: str) -> str:
        """A property of the service."""
        return self.run(f"systemctl show --value --property={name} kiosk")

    def log(self) -> str:
        """What the service and systemd said about it."""
        return self.run("journalctl --no-pager --output=cat --unit=kiosk")

    def rows(self) -> list[dict[str, str]]:
        """The journal, as its reader exports it."""
        return list(csv.DictReader(io.StringIO(self.run("/opt/kiosk/venv/bin/kiosk journal export"))))
