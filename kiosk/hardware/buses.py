"""The real I2C buses."""

from smbus2 import SMBus

from kiosk.errors import DeviceError

FAULT = "thermometer_silent"


def open_i2c(number: int) -> SMBus:
    """`/dev/i2c-{number}`; `DeviceError` (thermometer_silent) with the remedy when it cannot be had."""
    try:
        return SMBus(number)
    except FileNotFoundError as error:
        remedy = "put 'dtparam=i2c_arm=on' into config.txt and restart, or correct 'thermometer.bus'"
        raise DeviceError("thermometer", f"/dev/i2c-{number} is not there; {remedy}", FAULT) from error
    except PermissionError as error:
        remedy = "add this user to the group 'i2c'"
        raise DeviceError("thermometer", f"/dev/i2c-{number} may not be opened; {remedy}", FAULT) from error
    except OSError as error:
        raise DeviceError("thermometer", f"/dev/i2c-{number} is no I2C bus ({error})", FAULT) from error
