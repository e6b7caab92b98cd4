"""Cross-checks of the wiring: pins that conflict, and wires whose cut would not be noticed."""

from collections.abc import Iterator

from kiosk.model import ChamberWhen
from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.schema.doors import DoorSettings, LockKind, StreetDoorSettings
from kiosk.settings.schema.wiring import InputSettings, Pull, Section, SprayerSettings
from kiosk.settings.yaml.locations import Loc
from kiosk.settings.yaml.mistakes import Severity

IDENTITY_PINS = frozenset({0, 1})
"""The pins ID_SD and ID_SC: "DO NOT USE these pins for anything other than attaching an I2C ID EEPROM"; the Pi probes
them at every start (reduced schematics of the Pi Zero 2 W; HAT design guide, "GPIO Configuration Sequencing")."""

I2C_PINS = frozenset({2, 3})
"""The pins SDA and SCL of I2C bus 1; each has a resistor of 1.8 kilohm to 3.3 V on the board (reduced schematics)."""

HIGHEST_PULLED_UP = 8
"""At reset, GPIO 0 to 8 are pulled up and GPIO 9 to 27 are pulled down (BCM2835 ARM Peripherals, table 6-31)."""


def pins_of(section: Section, loc: Loc = ()) -> Iterator[tuple[Loc, int]]:
    """Yield the loc and the number of every pin in the settings."""
    for name, value in section:
        if isinstance(value, Section):
            yield from pins_of(value, (*loc, name))
        elif isinstance(value, int) and (name == "pin" or name.endswith("_pin")):
            yield (*loc, name), value


def pins_used_twice(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that no pin is used by two settings."""
    first: dict[int, Loc] = {}
    for loc, pin in sorted(pins_of(sheet.settings), key=lambda found: sheet.locations.at(found[0])):
        if taken := first.get(pin):
            text = (
                f"GPIO{pin} is already used by {sheet.locations.name(taken)} {sheet.source(taken)}; choose another pin"
            )
            yield CheckFinding(loc, text, (taken,))
        first.setdefault(pin, loc)


def reserved_pins(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that no device uses the pins of the identity chip, nor the pins of I2C bus 1 if the thermometer uses it."""
    thermometer = sheet.settings.thermometer
    on_bus_1 = thermometer is not None and thermometer.bus == 1
    for loc, pin in pins_of(sheet.settings):
        if pin in IDENTITY_PINS:
            text = f"GPIO{pin} is reserved for the identity chip of add-on boards, and pulses at every start"
            yield CheckFinding(loc, f"{text}; choose another pin")
        elif pin in I2C_PINS and on_bus_1:
            text = f"GPIO{pin} belongs to I2C bus 1, which the thermometer uses; choose another pin"
            yield CheckFinding(loc, text, (("thermometer", "bus"),))


def relays_that_switch_at_start(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that relays are off while the Pi starts, when only the pull resistors define the level of a pin."""
    door, street_door, sprayer = sheet.settings.door, sheet.settings.street_door, sheet.settings.sprayer
    yield from _switches_at_start("door", door, f"{_effect(door.lock)} the door")
    if street_door:
        yield from _switches_at_start("street_door", street_door, f"{_effect(street_door.lock)} the street door")
    if sprayer:
        yield from _switches_at_start("sprayer", sprayer, "starts the sprayer")


def _effect(lock: LockKind) -> str:
    """Return what the energised relay of this lock does."""
    return "unlocks" if lock is LockKind.FAIL_SECURE else "locks"


def _switches_at_start(
    name: str, relay: DoorSettings | StreetDoorSettings | SprayerSettings, effect: str
) -> Iterator[CheckFinding]:
    pulled_up = relay.relay_pin <= HIGHEST_PULLED_UP
    if pulled_up == relay.active_high:
        pull, needed, pins = ("up", "down", "9 to 27") if pulled_up else ("down", "up", "4 to 8")
        yield CheckFinding(
            (name, "relay_pin"),
            f"GPIO{relay.relay_pin} is pulled {pull} while the Pi starts, which {effect};"
            f" use one of GPIO {pins}, or add a pull-{needed} resistor at the relay",
            ((name, "active_high"), (name, "lock")),
            Severity.WARNING,
        )


def cut_wires(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that a cut wire reads as the safe case: as an emergency, an open door or a person who is present."""
    inputs = sheet.settings.inputs
    dangers = [
        ("emergency", "is not noticed", Severity.ERROR),
        ("door_contact", "reads as a closed door", Severity.WARNING),
        ("street_contact", "reads as a closed door", Severity.WARNING),
        ("tamper", "reads as a closed enclosure", Severity.WARNING),
    ]
    if sheet.settings.sprayer and sheet.settings.chamber.when is ChamberWhen.EMPTY:
        dangers.append(("presence", "reads as an empty chamber, so a person in it is sprayed", Severity.ERROR))
    for name, meaning, severity in dangers:
        wired: InputSettings | None = getattr(inputs, name)
        if wired and (wired.pull, wired.active_low) in {(Pull.UP, True), (Pull.DOWN, False)}:
            active_low, pull = ("inputs", name, "active_low"), ("inputs", name, "pull")
            text = "use a contact to ground that opens when active, with 'pull: up' and 'active_low: false'"
            also = (active_low, pull)
            yield CheckFinding(sheet.first_written(*also), f"a cut wire {meaning}; {text}", also, severity)


def pulls_without_effect(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that no input uses the pull-down of an I2C pin: the pull-up resistor on the board is stronger."""
    for name, wired in sheet.settings.inputs:
        if wired and wired.pull is Pull.DOWN and wired.pin in I2C_PINS:
            text = f"GPIO{wired.pin} has a resistor to 3.3 V on the board, so 'pull: down' has no effect"
            pull = ("inputs", name, "pull")
            yield CheckFinding(pull, f"{text}; choose another pin", (("inputs", name, "pin"),))
