"""The computer's I2C buses."""

from collections.abc import Callable

from smbus2 import SMBus, i2c_msg

from kiosk.errors import DeviceError

FAULT = "thermometer_silent"


class LateBus:
    """The bus `/dev/i2c-{number}`, which is opened when it is used: its driver may be loaded after the program's start.

    Its methods raise `DeviceError` (thermometer_silent) with the remedy while it cannot be opened.
    """

    def __init__(self, number: int, open_bus: Callable[[int], SMBus] | None = None) -> None:
        self._number = number
        self._open = open_bus or open_i2c
        self._bus: SMBus | None = None

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Perform the messages in one transfer, as smbus2 does. Raises `OSError` if it fails."""
        if self._bus is None:
            self._bus = self._open(self._number)
        self._bus.i2c_rdwr(*i2c_msgs)

    def close(self) -> None:
        """Close the bus, if it is open."""
        if self._bus is not None:
            self._bus.close()
            self._bus = None


def open_i2c(number: int) -> SMBus:
    """Open `/dev/i2c-{number}`. Raises `DeviceError` (thermometer_silent) with the remedy if that fails."""
    try:
        return SMBus(number)
    except FileNotFoundError as error:
        remedy = "put 'dtparam=i2c_arm=on' into config.txt and restart, or correct 'thermometer.bus'"
        raise DeviceError("thermometer", f"/dev/i2c-{number} does not exist; {remedy}", FAULT) from error
    except PermissionError as error:
        remedy = "use sudo, or add this user to the group 'i2c'"
        raise DeviceError(
            "thermometer", f"/dev/i2c-{number} cannot be opened: permission denied; {remedy}", FAULT
        ) from error
    except OSError as error:
        raise DeviceError("thermometer", f"/dev/i2c-{number} is not an I2C bus ({error})", FAULT) from error
