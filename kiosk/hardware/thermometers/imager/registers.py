"""The registers of the MLX90640, and the transfers that read and write them.

The sensor has 16-bit words at 16-bit addresses; both travel with the high byte first. A read writes the address and,
after a repeated start, reads as many words as wanted; the address counts up by itself. A write sends the address and
one word. There is no checksum.

Source: Melexis datasheet of the MLX90640 (3901090640, revision 12), sections 10.2 "communication protocol" and 10.7
"address map".
"""

import struct
from typing import Protocol

from smbus2 import i2c_msg

ROWS, COLUMNS = 24, 32

RAM = 0x0400
RAM_WORDS = 832
"""768 words of pixels, then 64 words of which some are measurements of the sensor itself (table "RAM")."""

VBE, CP_0, GAIN, PTAT, CP_1, VDD = 0x0700, 0x0708, 0x070A, 0x0720, 0x0728, 0x072A
"""Words after the pixels: two of the sensor's own temperature, the compensation pixel of each subpage, gain, supply."""

EEPROM = 0x2400
EEPROM_WORDS = 832

UNIT = (0x2407, 0x2408, 0x2409)
"""Words of the EEPROM with the number of the unit (table "EEPROM overview", ID1 to ID3)."""

NO_UNIT = ({0x0000}, {0xFFFF})
"""Words of an EEPROM without a number."""

STATUS = 0x8000
NEW_DATA = 0x0008
OVERWRITE = 0x0010
SUBPAGE_MASK = 0x0007
"""Bits of the status register: a subpage is complete (the host clears it); the RAM may be overwritten; the subpage."""

CONTROL = 0x800D
CHESS_4_HZ = 0x1981
"""Chess pattern, 18-bit converter, 4 subpages a second, alternating (table "control register 1").

A subpage takes 150 ms at 100 kHz, so 4 Hz is the fastest rate that such a bus allows. The calibration in the EEPROM is
that of the chess pattern.
"""

REFRESH_HZ = 4.0
RESOLUTION = 2
"""The values that `CHESS_4_HZ` sets: subpages a second, and the code of the converter's resolution."""

TRANSFER_WORDS = 208
"""Words of one transfer, 40 ms at 100 kHz, so that another device on the bus need not wait for a whole subpage."""


class I2cBus(Protocol):
    """The part of smbus2's SMBus that is used here."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Perform the messages in one transfer, with repeated starts between them. Raises `OSError` if it fails."""
        ...

    def close(self) -> None:
        """Close the bus."""
        ...


class RegisterFile:
    """The registers of the sensor at `address` on `bus`. Each method raises `OSError` if the sensor does not answer."""

    def __init__(self, bus: I2cBus, address: int) -> None:
        self._bus = bus
        self._address = address

    def read(self, first: int, count: int) -> list[int]:
        """Return `count` words from the address `first` on, unsigned."""
        words: list[int] = []
        while len(words) < count:
            part = min(count - len(words), TRANSFER_WORDS)
            answer = i2c_msg.read(self._address, 2 * part)
            self._bus.i2c_rdwr(i2c_msg.write(self._address, struct.pack(">H", first + len(words))), answer)
            words += struct.unpack(f">{part}H", bytes(answer))
        return words

    def write(self, address: int, word: int) -> None:
        """Write one word."""
        self._bus.i2c_rdwr(i2c_msg.write(self._address, struct.pack(">HH", address, word)))

    def close(self) -> None:
        """Close the bus."""
        self._bus.close()
