"""A fake SMBus with an MLX90614 thermometer: the bytes that smbus2 would read, with noise, lag and faults.

The sensor is modelled in two steps: the temperatures follow their targets exponentially (the sensor's filter, and the
slow warming of its housing), and each reading adds Gaussian noise. The words of RAM and EEPROM, their addresses and
the checksum are those of the datasheet (Melexis MLX90614, 3901090614).

Rule 1: it works in registers and checksums, so the real driver runs on it unchanged.
Rule 2: the object in front of the sensor is set by `look_at`; the only clock is the one that it was given.
"""

import ctypes
import math
import random
from enum import Enum

from smbus2 import i2c_msg

from kiosk.hardware.thermometers.mlx90614 import crc8
from kiosk.model import Clock

NO_ANSWER = 121
"""EREMOTEIO, the error of the Raspberry Pi's I2C driver if no device acknowledges."""

EEPROM = {
    0x20: 0x9993,  # highest and lowest temperature of the PWM output
    0x21: 0x62E3,
    0x22: 0x0201,
    0x23: 0xF71C,
    0x24: 0xFAE0,  # emissivity 0.98
    0x25: 0x9FB4,  # filters, one sensor, gain
    0x2E: 0xBE5A,  # address
    0x3C: 0x1A2B,  # the unit's number; its last word is `unit_number`
    0x3D: 0x3C4D,
    0x3E: 0x5E6F,
}

OBJECT_LAG_S = 0.15
AMBIENT_LAG_S = 20.0
"""Time constants of the response to a step: the sensor's filter, and the temperature of its housing."""

NOISE_C = 0.03


class BusFault(Enum):
    """The faults on the bus."""

    SILENT = "silent"
    ALL_ONES = "all_ones"
    ERROR_FLAG = "error_flag"
    WRONG_CHECKSUM = "wrong_checksum"


class Mlx90614Bus:
    """The bus with its sensor.

    `seed` determines the noise and the unit's number. `object_c` and `ambient_c` are the first temperatures in front of
    the sensor and of its housing, in degrees Celsius. The attributes `fault`, `sends_checksum` and `unit_number` (the
    last word of the unit's number; None: it cannot be read) may be changed at any time.
    """

    def __init__(
        self, clock: Clock, seed: int = 1, address: int = 0x5A, object_c: float = 24.0, ambient_c: float = 24.0
    ) -> None:
        self._clock = clock
        self._address = address
        self.unit_number: int | None = seed & 0xFFFF
        self._random = random.Random(seed)  # noqa: S311 - noise, not secrets
        self._at_s = clock.now_s()
        self._object_c, self._ambient_c = self._target_c = (object_c, ambient_c)
        self.fault: BusFault | None = None
        self.sends_checksum = True
        self.closed = False

    def look_at(self, object_c: float, ambient_c: float) -> None:
        """Set the temperatures in front of the sensor and around it, in degrees Celsius. Readings follow with a lag."""
        self._drift()
        self._target_c = (object_c, ambient_c)

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Do the SMBus transfer Read Word: write a command, repeat the start, read up to three bytes.

        Raises `OSError` for another address, an unknown command, a write, a closed bus, or the fault `SILENT`.
        """
        question, answer = i2c_msgs
        command = bytes(question)
        if self.closed or self.fault is BusFault.SILENT or question.addr != self._address or len(command) != 1:
            raise OSError(NO_ANSWER, "Remote I/O error")
        if self.fault is BusFault.ALL_ONES:
            data = b"\xff\xff\xff"
        else:
            word = self._word(command[0]) | (0x8000 if self.fault is BusFault.ERROR_FLAG else 0)
            low_high = word.to_bytes(2, "little")
            checksum = crc8(bytes((self._address << 1, command[0], self._address << 1 | 1)) + low_high)
            if self.fault is BusFault.WRONG_CHECKSUM:
                checksum ^= 0x55
            data = low_high + bytes((checksum if self.sends_checksum else 0xFF,))
        ctypes.memmove(answer.buf, data, min(len(data), answer.len))

    def close(self) -> None:
        """Close the bus; later transfers fail."""
        self.closed = True

    def _word(self, command: int) -> int:
        """Return the word at an address of RAM or EEPROM. Raises `OSError` for an unknown address."""
        self._drift()
        match command:
            case 0x06:  # ambient
                return _raw(self._ambient_c + self._random.gauss(0.0, NOISE_C / 3))
            case 0x07 | 0x08:  # object
                return _raw(self._object_c + self._random.gauss(0.0, NOISE_C))
            case 0x04 | 0x05:  # raw infrared
                return max(round((self._object_c - self._ambient_c) * 40), 0)
            case 0x3F if self.unit_number is not None:
                return self.unit_number
            case _ if command in EEPROM:
                return EEPROM[command]
            case _:
                raise OSError(NO_ANSWER, "Remote I/O error")

    def _drift(self) -> None:
        """Move the temperatures towards their targets for the time since the last call."""
        now_s = self._clock.now_s()
        passed_s, self._at_s = now_s - self._at_s, now_s
        object_c, ambient_c = self._target_c
        self._object_c += (object_c - self._object_c) * -math.expm1(-passed_s / OBJECT_LAG_S)
        self._ambient_c += (ambient_c - self._ambient_c) * -math.expm1(-passed_s / AMBIENT_LAG_S)


def _raw(celsius: float) -> int:
    """Return the sensor's word for a temperature: kelvin in steps of 0.02."""
    return round((celsius + 273.15) / 0.02)
