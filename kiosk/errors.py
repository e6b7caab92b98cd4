"""One tree of exceptions, and the table fault code → cause → remedy that screen, journal and command line share.

Messages are lower case, without a full stop, with what was found, what is allowed, and what to do about it.
"""

from dataclasses import dataclass


class KioskError(Exception):
    """Anything that the kiosk itself reports; `fault` names a row of `FAULTS` where there is one."""

    def __init__(self, message: str, fault: str = "") -> None:
        super().__init__(message)
        self.fault = fault


class SettingsError(KioskError):
    """The settings file cannot be used; the message lists every mistake, a line each."""


class DeviceError(KioskError):
    """A device did not do what its driver asked; `device` is its name in the settings."""

    def __init__(self, device: str, message: str, fault: str) -> None:
        super().__init__(f"{device}: {message}", fault)
        self.device = device


class JournalError(KioskError):
    """A row could not be made durable; nobody may be admitted on it."""


class BadCredential(KioskError):  # noqa: N818 - it is the one exit for bad input, not a failure of ours
    """What was shown is not a credential of this scheme; the message never contains what was shown."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a fault code means: one sentence of cause, one of remedy."""

    cause: str
    remedy: str


FAULTS: dict[str, Fault] = {
    "camera_missing": Fault(
        "the camera that the settings name was not found",
        "seat its cable (blue side to the contacts), then run 'kiosk doctor'; for USB try another port",
    ),
    "camera_silent": Fault(
        "the camera delivers no pictures; the scanner was restarted and it did not help",
        "check the camera's cable and power supply, then restart the kiosk",
    ),
    "thermometer_silent": Fault(
        "the thermometer does not answer on the I2C bus",
        "check its four wires and that 'dtparam=i2c_arm=on' stands in config.txt; 'i2cdetect -y 1' shows 5a",
    ),
    "thermometer_error": Fault(
        "the thermometer answers, but with its error flag or a wrong checksum",
        "shorten its wires, add 'dtparam=i2c_arm_baudrate=50000' to config.txt, else replace it",
    ),
    "gpio_missing": Fault(
        "the GPIO chip cannot be opened",
        "run on a Raspberry Pi with python3-lgpio, as a member of the group 'gpio'",
    ),
    "pin_taken": Fault(
        "a GPIO pin is in use by another program or overlay",
        "run 'gpioinfo' to see who holds it; end that program or choose another pin",
    ),
    "journal_full": Fault(
        "the journal cannot be written, so nobody can be admitted",
        "free space on the journal's disk; if the card is read-only, replace it",
    ),
    "journal_foreign": Fault(
        "the file of the journal was written by a newer program, or by another one",
        "install the newer program, or move the file away; 'journal.path' names it",
    ),
    "display_silent": Fault(
        "the visitor's page cannot be served",
        "see that no other program uses 'display.port', then restart the kiosk",
    ),
    "status_unreachable": Fault(
        "the health-status service does not answer",
        "check the network and 'credentials.online_status.address'; visitors are handled by its rule",
    ),
    "stopped_by_officer": Fault(
        "the officer stopped the machine",
        "press the officer's button to start it again",
    ),
    "door_held_open": Fault(
        "the door stood open longer than 'door.open_alarm_s'",
        "close the door; if it is closed, check the door contact",
    ),
    "door_forced": Fault(
        "the door opened though it was locked and nobody had been let through",
        "see who went in, and that the lock holds; the officer's button clears it; where people leave by this door, "
        "wire 'inputs.exit' or set 'door.report_forced: false'",
    ),
    "presence_stuck": Fault(
        "the presence sensor sees somebody for longer than 'inputs.presence.stuck_s', or doors opened 30 times past it",
        "see what stands before it, clean it, check its wire; until it changes, nothing is sprayed, and a visit begins "
        "with a code",
    ),
    "worker_ended": Fault(
        "a part of the program ended unexpectedly",
        "the kiosk restarts by itself; send the log of 'journalctl -u kiosk' to the maintainers",
    ),
}
