"""The connections of a site: for each pin what is wired to it, with which resistor, and what a cut wire does.

docs/wiring.md explains each of them; its tables and this module say the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.settings.schema.doors import LockKind
from kiosk.settings.schema.header import PLACE_OF
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.wiring import InputSettings, Pull

SERIES = "330 ohm in series (LED), or a transistor"


@dataclass(frozen=True, slots=True)
class Connection:
    """One pin: the setting's name, the GPIO number, and short words for a person at the cabinet."""

    setting: str
    gpio: int
    wire: str
    resistor: str = ""
    cut: str = ""

    @property
    def place(self) -> int:
        """Return the place on the 40-pin header, 1 to 40."""
        return PLACE_OF[self.gpio]


def connections(settings: Settings) -> list[Connection]:
    """Return the connections of a site, in the order of the header."""
    return sorted(_all(settings), key=lambda found: found.place)


def config_lines(settings: Settings) -> list[str]:
    """Return the lines of config.txt that this wiring needs."""
    lines = ["dtparam=strict_gpiod"]
    if settings.thermometer:
        lines.insert(0, "dtparam=i2c_arm=on")
    low: set[int] = set()
    high: set[int] = set()
    for relay in (settings.door, settings.street_door, settings.sprayer):
        if relay:
            (high if relay.active_high else low).add(relay.relay_pin)
    if settings.buzzer:
        (high if settings.buzzer.active_high else low).add(settings.buzzer.pin)
    if lights := settings.lights:
        lamps = (lights.single_pin, lights.red_pin, lights.green_pin, lights.blue_pin)
        (high if lights.active_high else low).update(pin for pin in lamps if pin is not None)
    for pins, pull in ((low, "pu"), (high, "pd")):
        if pins:
            lines.append(f"gpio={','.join(map(str, sorted(pins)))}=ip,{pull}")
    return lines


def _all(settings: Settings) -> Iterator[Connection]:
    yield from _relays(settings)
    if lights := settings.lights:
        for part in ("single", "red", "green", "blue"):
            pin = getattr(lights, f"{part}_pin")
            if pin is not None:
                yield Connection(f"lights.{part}_pin", pin, f"status light, {part}", SERIES, "this lamp stays dark")
    if settings.buzzer:
        yield Connection("buzzer.pin", settings.buzzer.pin, "buzzer", "through a transistor", "no sound")
    for name, wired in settings.inputs:
        if isinstance(wired, InputSettings):
            yield _input(name, wired)
    if settings.thermometer and settings.thermometer.bus == 1:
        cut = "thermometer_silent; out of service"
        yield Connection("thermometer", 2, "thermometer SDA", "none (on the Pi)", cut)
        yield Connection("thermometer", 3, "thermometer SCL", "none (on the Pi)", cut)


def _relays(settings: Settings) -> Iterator[Connection]:
    doors = (("door", settings.door, "building door"), ("street_door", settings.street_door, "street door"))
    for name, door, words in doors:
        if door:
            rest = "locked" if door.lock is LockKind.FAIL_SECURE else "open"
            lock = "strike" if door.lock is LockKind.FAIL_SECURE else "magnet"
            wire = f"relay of the {words} ({lock}, C and NO)"
            yield Connection(
                f"{name}.relay_pin", door.relay_pin, wire, _rest_resistor(door.active_high), f"door {rest}"
            )
    if settings.sprayer:
        sprayer = settings.sprayer
        resistor = _rest_resistor(sprayer.active_high)
        yield Connection("sprayer.relay_pin", sprayer.relay_pin, "relay of the pump (C and NO)", resistor, "pump off")


def _rest_resistor(active_high: bool) -> str:
    return "4.7 kohm to ground" if active_high else "4.7 kohm to 3.3 V; VCC of the board at 3.3 V"


_INPUTS = {
    "presence": ("presence sensor", "nobody is seen", "somebody is seen: no spray"),
    "passage": ("light barrier behind the door", "not noticed", "one passage"),
    "door_contact": ("contact of the building door", "reads as closed: NOT NOTICED", "reads as open: no spray"),
    "street_contact": ("contact of the street door", "reads as closed: NOT NOTICED", "reads as open: no spray"),
    "exit": ("exit handle of the building door", "not noticed", "in use all the time"),
    "officer": ("officer's button", "not noticed", "one press"),
    "stop": ("stop button", "NOT NOTICED: test it weekly", "stopped"),
    "skip": ("skip button of the visitor", "NOT NOTICED: test it weekly", "one press"),
    "service": ("technician's key switch", "not noticed", "maintenance"),
    "emergency": ("fire panel or break-glass", "NOT NOTICED", "emergency: the door is free"),
    "tamper": ("switch of the enclosure", "reads as closed: NOT NOTICED", "enclosure_opened"),
    "street_exit": ("exit button of the street door", "not noticed", "in use: a visit ends"),
    "street_bolt": ("contact of the street door's bolt", "reads as locked", "street_lock_stuck"),
}
"""For each input: what it is, what a cut wire does if it reads as inactive, and what if it reads as active."""


def _input(name: str, wired: InputSettings) -> Connection:
    what, inactive, active = _INPUTS.get(name, (name, "reads as inactive", "reads as active"))
    if wired.pull is Pull.NONE:
        cut = "undefined: fit a resistor"
    else:
        cut = active if (wired.pull is Pull.UP) is not wired.active_low else inactive
    other = {Pull.UP: "to ground", Pull.DOWN: "to 3.3 V", Pull.NONE: "with its own resistor"}[wired.pull]
    closes = "closed when active" if (wired.pull is Pull.UP) is wired.active_low else "closed at rest"
    resistor = "wire over 1 m: 1 kohm in series, 100 nF"
    return Connection(f"inputs.{name}.pin", wired.pin, f"{what}: {other}, {closes}", resistor, cut)
