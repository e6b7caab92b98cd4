"""The doctor (`kiosk doctor`): it examines the machine and its devices, and names a remedy for each problem.

Rule 1: the doctor changes nothing on the machine.
Rule 2: the doctor does not stop early: a check that cannot examine its subject reports this, and the next check runs.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.faults import FAULTS
from kiosk.health import checks_board, checks_program, checks_screen, checks_sound, checks_system
from kiosk.health.findings import DoctorFinding, HostMachine, fail, ok, warn
from kiosk.model import WallTime
from kiosk.settings.schema.screen import ScreenSettings

SERVICE_GOES_ON = ("speaker_", "calibration_foreign")
"""Beginnings of the faults with which visitors are served all the same."""

Probe = Callable[[], str]
"""A question to a device: it returns the answer as text, or raises `KioskError`."""


def examine(
    machine: HostMachine,
    journal_path: Path,
    floor_path: Path,
    wall: Callable[[], WallTime],
    i2c_bus: int | None,
    probes: Mapping[str, Probe],
    speaker: str | None = None,
    screen: ScreenSettings | None = None,
) -> list[DoctorFinding]:
    """Return all findings, in the order in which a technician would look.

    journal_path, floor_path: the files of the journal and of the time floor. wall: returns the time of day.
    i2c_bus: the number of the thermometer's bus, None if there is no thermometer.
    probes: a probe for each device to ask, by the name of the device in the settings.
    speaker, screen: the name of the ALSA device, and the settings of the screen; None if it is not looked at.
    """
    return [
        checks_program.python(),
        checks_program.packages(),
        checks_program.lgpio(),
        checks_program.scanner(),
        checks_program.zbar(machine),
        checks_program.picamera2(),
        checks_board.model(machine),
        checks_board.gpio_chip(machine),
        checks_board.released_outputs(machine),
        *([] if i2c_bus is None else [checks_board.i2c(machine, i2c_bus)]),
        *checks_sound.checks(machine, speaker),
        checks_board.groups(machine),
        checks_board.watchdog(machine),
        checks_board.power(machine),
        checks_system.disk(journal_path.parent),
        checks_system.card(machine),
        checks_system.network(machine),
        checks_system.clock(wall(), floor_path),
        checks_system.service(machine),
        *([] if screen is None else checks_screen.checks(machine, screen)),
        *[ask(name, probe) for name, probe in probes.items()],
    ]


def ask(name: str, probe: Probe) -> DoctorFinding:
    """Ask a probe and return its answer as a finding; a `KioskError` becomes a failure, or a warning if service
    goes on, with the remedy of its fault."""
    try:
        return ok(name, probe())
    except KioskError as error:
        fault = FAULTS.get(error.fault)
        report = warn if error.fault.startswith(SERVICE_GOES_ON) else fail
        return report(name, str(error), fault.remedy if fault else "")
