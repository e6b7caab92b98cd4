"""A fake SMBus with an MLX90614 on it: the bytes that smbus2 would see, with noise, lag and every fault there is.

Rule 1: it speaks in registers and checksums, so that the real driver runs on it unchanged.
Rule 2: whoever stands before it is told to it by `look_at`; it reads no clock but the one it was given.
"""

import ctypes
import math
import random
from enum import Enum

from smbus2 import i2c_msg

from kiosk.hardware.thermometers.mlx90614 import crc8
from kiosk.model import Clock

NO_ANSWER = 121
"""EREMOTEIO: what the Pi's I2C driver says when no device acknowledges."""

EEPROM = {
    0x20: 0x9993,  # highest and lowest temperature of the PWM output
    0x21: 0x62E3,
    0x22: 0x0201,
    0x23: 0xF71C,
    0x24: 0xFAE0,  # emissivity 0.98
    0x25: 0x9FB4,  # filters, one sensor, gain
    0x2E: 0xBE5A,  # address
    0x3C: 0x1A2B,  # serial number
    0x3D: 0x3C4D,
    0x3E: 0x5E6F,
    0x3F: 0x7081,
}

OBJECT_LAG_S = 0.15
AMBIENT_LAG_S = 20.0
"""Time constants with which a step is followed: the sensor's filter, and the warmth of its housing."""

NOISE_C = 0.03


class BusFault(Enum):
    """What can be wrong on the wires."""

    SILENT = "silent"
    ALL_ONES = "all_ones"
    ERROR_FLAG = "error_flag"
    WRONG_CHECKSUM = "wrong_checksum"


class Mlx90614Bus:
    """The bus, whose sensor looks at `object_c` in a room of 24 degrees; seeded, so that a run can be repeated.

    `fault` and `sends_checksum` may be changed at any time.
    """

    def __init__(self, clock: Clock, seed: int = 1, address: int = 0x5A, object_c: float = 24.0) -> None:
        self._clock = clock
        self._address = address
        self._random = random.Random(seed)  # noqa: S311 - noise, not secrets
        self._at_s = clock.now_s()
        self._object_c, self._ambient_c = self._target_c = (object_c, 24.0)
        self.fault: BusFault | None = None
        self.sends_checksum = True
        self.closed = False

    def look_at(self, object_c: float, ambient_c: float) -> None:
        """From now on this is before the sensor and around it, in degrees Celsius; it follows with its lag."""
        self._drift()
        self._target_c = (object_c, ambient_c)

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Do a Read Word: a written command, a repeated start, up to three bytes read. `OSError` for all else."""
        question, answer = i2c_msgs
        command = bytes(question)
        if self.closed or self.fault is BusFault.SILENT or question.addr != self._address or len(command) != 1:
            raise OSError(NO_ANSWER, "Remote I/O error")
        data = self._answer(command[0])[: answer.len]
        ctypes.memmove(answer.buf, data, len(data))

    def close(self) -> None:
        """Let the bus go."""
        self.closed = True

    def _answer(self, command: int) -> bytes:
        if self.fault is BusFault.ALL_ONES:
            return b"\xff\xff\xff"
        word = self._word(command)
        if self.fault is BusFault.ERROR_FLAG:
            word |= 0x8000
        low_high = word.to_bytes(2, "little")
        checksum = crc8(bytes((self._address << 1, command, self._address << 1 | 1)) + low_high)
        if self.fault is BusFault.WRONG_CHECKSUM:
            checksum ^= 0x55
        return low_high + bytes((checksum if self.sends_checksum else 0xFF,))

    def _word(self, command: int) -> int:
        self._drift()
        match command:
            case 0x06:  # ambient
                return _raw(self._ambient_c + self._random.gauss(0.0, NOISE_C / 3))
            case 0x07 | 0x08:  # object
                return _raw(self._object_c + self._random.gauss(0.0, NOISE_C))
            case 0x04 | 0x05:  # raw infrared
                return max(round((self._object_c - self._ambient_c) * 40), 0)
            case _ if command in EEPROM:
                return EEPROM[command]
            case _:
                raise OSError(NO_ANSWER, "Remote I/O error")

    def _drift(self) -> None:
        """Follow the targets for the time that has passed."""
        now_s = self._clock.now_s()
        passed_s, self._at_s = now_s - self._at_s, now_s
        object_c, ambient_c = self._target_c
        self._object_c += (object_c - self._object_c) * -math.expm1(-passed_s / OBJECT_LAG_S)
        self._ambient_c += (ambient_c - self._ambient_c) * -math.expm1(-passed_s / AMBIENT_LAG_S)


def _raw(celsius: float) -> int:
    """The sensor's word for a temperature: kelvin in steps of 0.02."""
    return round((celsius + 273.15) / 0.02)
