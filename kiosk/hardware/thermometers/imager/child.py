"""The imager's process: it reads the sensor at its own pace and writes a line for each picture.

It ends when the controller closes its standard input, and when the pipe to the controller breaks. A fault of the sensor
is a line too: the process goes on, because the driver begins anew by itself.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from kiosk.errors import DeviceError
from kiosk.hardware.buses import open_i2c
from kiosk.hardware.thermometers.imager.messages import MAX_LINE_BYTES, SensorTrouble, look_line, parse_orders
from kiosk.hardware.thermometers.imager.reader import FaceThermometer
from kiosk.hardware.thermometers.imager.registers import I2cBus

POLL_S = 0.02
"""Between two questions to the sensor; a subpage comes every 0.25 s, and the bus is idle for the rest of it."""

RETRY_S = 1.0
"""After an error."""


def serve(
    orders: BinaryIO, looks: BinaryIO, open_bus: Callable[[int], I2cBus], pause: Callable[[float], None] = time.sleep
) -> None:
    """Read one line of orders, then write looks until `looks` is closed at its other end.

    Raises `KioskError` if the orders cannot be read.
    """
    wanted = parse_orders(orders.readline(MAX_LINE_BYTES))
    thermometer: FaceThermometer | None = None
    with looks:
        while True:
            try:
                thermometer = thermometer or FaceThermometer(open_bus(wanted.bus), wanted)
                sample = thermometer.sample()
                line = look_line(sample) if sample else b""
                wait_s = POLL_S
            except DeviceError as error:
                line, wait_s = look_line(SensorTrouble(error.fault, str(error).removeprefix("thermometer: "))), RETRY_S
            try:
                looks.write(line)
                looks.flush()
            except (BrokenPipeError, ConnectionError):
                return
            pause(wait_s)


def main() -> None:
    """Serve on the standard streams; end with the standard input."""
    stdin = sys.stdin.buffer

    def end_with_input() -> None:
        stdin.read()
        os._exit(0)

    def after_the_orders(seconds: float) -> None:
        if not watcher.is_alive():
            watcher.start()
        time.sleep(seconds)

    watcher = threading.Thread(target=end_with_input, name="end of the input", daemon=True)
    serve(stdin, sys.stdout.buffer, open_i2c, after_the_orders)
