"""The computer's I2C buses."""

from smbus2 import SMBus

from kiosk.errors import DeviceError

FAULT = "thermometer_silent"


def open_i2c(number: int) -> SMBus:
    """Open `/dev/i2c-{number}`. Raises `DeviceError` (thermometer_silent) with the remedy if that fails."""
    try:
        return SMBus(number)
    except FileNotFoundError as error:
        remedy = "put 'dtparam=i2c_arm=on' into config.txt and restart, or correct 'thermometer.bus'"
        raise DeviceError("thermometer", f"/dev/i2c-{number} does not exist; {remedy}", FAULT) from error
    except PermissionError as error:
        remedy = "add this user to the group 'i2c'"
        raise DeviceError(
            "thermometer", f"/dev/i2c-{number} cannot be opened: permission denied; {remedy}", FAULT
        ) from error
    except OSError as error:
        raise DeviceError("thermometer", f"/dev/i2c-{number} is not an I2C bus ({error})", FAULT) from error
