"""The lines between the imager's process and the controller: orders to it, and what it saw.

The controller writes one line of orders at the start. The process writes one line for each picture, or one with the
fault of the sensor. Before the first picture of a sensor, it writes a line with the sensor's own number. Lines are
JSON, at most `MAX_LINE_BYTES` long. Any other line is an error, and the process is ended.
"""

import json
import re
from dataclasses import asdict, dataclass

from kiosk.errors import KioskError
from kiosk.flow.temperature import Sample

MAX_LINE_BYTES = 2048
MAX_FOUND = 160
"""Characters of a description, of up to 12 bytes each in JSON."""

UNIT = "unit"
UNIT_FORM = r"([0-9A-F]{12})?"

FAULTS = ("thermometer_silent", "thermometer_error")

PLAUSIBLE_C = (-60.0, 400.0)
"""No sensor of this kind reads anything outside; NaN is not within it."""


@dataclass(frozen=True, slots=True)
class ImagerOrders:
    """The settings of the imager's process: bus and address of the sensor, and what can be skin (degrees Celsius)."""

    bus: int
    address: int
    skin_min_c: float
    skin_max_c: float
    contrast_c: float


@dataclass(frozen=True, slots=True)
class SensorTrouble:
    """The sensor does not work; `fault` is one of `FAULTS`, `found` describes it for the log."""

    fault: str
    found: str


@dataclass(frozen=True, slots=True)
class SensorUnit:
    """The sensor's own number in hexadecimal digits; "" if it has none. The pictures after it are of this sensor."""

    unit: str


def orders_line(orders: ImagerOrders) -> bytes:
    """Return the orders as a line."""
    return json.dumps(asdict(orders)).encode() + b"\n"


def parse_orders(line: bytes) -> ImagerOrders:
    """Return the orders of a line. Raises `KioskError` if it is none."""
    try:
        return ImagerOrders(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise KioskError(f"imager: the orders cannot be read ({error})") from error


def look_line(seen: Sample | SensorTrouble | SensorUnit) -> bytes:
    """Return the line for what was seen."""
    match seen:
        case Sample(object_c, ambient_c, may_be_skin):
            return json.dumps([round(object_c, 3), round(ambient_c, 3), may_be_skin]).encode() + b"\n"
        case SensorTrouble(fault, found):
            return json.dumps([fault, found[:MAX_FOUND], False]).encode() + b"\n"
        case SensorUnit(unit):
            return json.dumps([UNIT, unit, False]).encode() + b"\n"


def parse_look(line: bytes) -> Sample | SensorTrouble | SensorUnit:
    """Return what a line says. Raises `KioskError` if it is not such a line."""
    try:
        first, second, may_be_skin = json.loads(line)
    except (ValueError, TypeError, RecursionError) as error:
        raise KioskError("imager: a line that is no look") from error
    if first in FAULTS and isinstance(second, str):
        return SensorTrouble(str(first), second)
    if first == UNIT and isinstance(second, str) and re.fullmatch(UNIT_FORM, second):
        return SensorUnit(second)
    values = (first, second)
    plausible = all(isinstance(value, float | int) and PLAUSIBLE_C[0] <= value <= PLAUSIBLE_C[1] for value in values)
    if plausible and isinstance(may_be_skin, bool):
        return Sample(float(first), float(second), may_be_skin)
    raise KioskError("imager: a line with values that no sensor has")
