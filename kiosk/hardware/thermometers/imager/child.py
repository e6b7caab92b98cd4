"""The imager's process: it reads the sensor at its own pace and writes a line for each picture.

It ends when the controller closes its standard input, and when the pipe to the controller breaks. A fault of the sensor
is a line too: the process goes on, because the driver begins anew by itself. Input and output may be one and the same
socket: the unit `kiosk-imager@.service` is started with a connection to the controller.
"""

import select
import sys
from collections.abc import Callable
from typing import BinaryIO

from kiosk.errors import DeviceError
from kiosk.hardware.buses import open_i2c
from kiosk.hardware.thermometers.imager.messages import (
    MAX_LINE_BYTES,
    SensorTrouble,
    SensorUnit,
    look_line,
    parse_orders,
)
from kiosk.hardware.thermometers.imager.reader import FaceThermometer
from kiosk.hardware.thermometers.imager.registers import I2cBus

POLL_S = 0.02
"""Between two questions to the sensor; a subpage comes every 0.25 s, and the bus is idle for the rest of it."""

RETRY_S = 1.0
"""After an error."""


def serve(
    orders: BinaryIO, looks: BinaryIO, open_bus: Callable[[int], I2cBus], ends_within: Callable[[float], bool]
) -> None:
    """Read one line of orders, then write looks until `looks` is closed at its other end, or the orders end.

    ends_within: waits for some seconds, or until the orders end; then it returns True. Raises `KioskError` if the
    orders cannot be read.
    """
    wanted = parse_orders(orders.readline(MAX_LINE_BYTES))
    thermometer: FaceThermometer | None = None
    unit: str | None = None
    with looks:
        while True:
            try:
                thermometer = thermometer or FaceThermometer(open_bus(wanted.bus), wanted)
                sample = thermometer.sample()
                line = look_line(sample) if sample else b""
                if sample and unit != thermometer.unit():
                    unit = thermometer.unit()
                    line = look_line(SensorUnit(unit)) + line
                wait_s = POLL_S
            except DeviceError as error:
                line, wait_s = look_line(SensorTrouble(error.fault, str(error).removeprefix("thermometer: "))), RETRY_S
            try:
                looks.write(line)
                looks.flush()
            except ConnectionError:
                return
            if ends_within(wait_s):
                return


def main() -> None:
    """Serve on the standard streams. After the orders, the input is only waited on: its end ends the process."""
    stdin = sys.stdin.buffer
    end = select.poll()
    end.register(stdin.fileno(), select.POLLIN)
    serve(stdin, sys.stdout.buffer, open_i2c, lambda for_s: bool(end.poll(for_s * 1000.0)))
