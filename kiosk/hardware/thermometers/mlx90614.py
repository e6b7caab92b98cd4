"""The MLX90614 infrared thermometer, word by word over SMBus.

Rule 1: it knows the wire and nothing of people: plausible for the sensor is not plausible for skin.
Rule 2: a word with the error flag, out of the sensor's range, or with a wrong checksum is no reading.
Rule 3: it never waits and never asks again by itself: whoever samples decides when to try again.
Rule 4: it writes nothing: the EEPROM (emissivity, filters, address) stays as the factory or the technician set it.

Figures: Melexis datasheet of the MLX90614 (3901090614), chapters "RAM", "SMBus communication" and "Supply and start".
"""

import logging
from typing import Protocol

from smbus2 import i2c_msg

from kiosk.errors import DeviceError
from kiosk.flow.temperature import Sample
from kiosk.settings.schema.wiring import ThermometerSettings

logger = logging.getLogger(__name__)

AMBIENT = 0x06
OBJECT = 0x07
"""RAM words: the sensor's own temperature, and that of what it looks at (datasheet, table "RAM addresses")."""

VALID = {AMBIENT: range(0x2DE4, 0x4DC4 + 1), OBJECT: range(0x27AD, 0x7FFF + 1)}
"""Words that mean a temperature: -38.2 to 125 and -70.01 to 382.19 degrees (same table)."""

ERROR_FLAG = 0x8000
"""Set by the sensor in a word that is no measurement. An idle bus reads 0xFFFF, which has it set too."""

KELVIN_PER_BIT = 0.02
KELVIN_AT_0_C = 273.15

CHECKSUM_TRIES = 4
"""Words that decide whether this unit sends checksums: sources disagree (Linux's driver: none; SparkFun's: always)."""

SAMPLES_PER_AMBIENT = 4
"""The housing changes slowly; asking twice in a row makes some sensors fail (dotnet/iot issue 832)."""


class Bus(Protocol):
    """What is used of smbus2's SMBus."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Do the messages in one transfer, with repeated starts between them."""
        ...

    def close(self) -> None:
        """Let the bus go."""
        ...


class Mlx90614:
    """The sensor at `settings.address`. `close` closes the bus."""

    def __init__(self, bus: Bus, settings: ThermometerSettings) -> None:
        self._bus = bus
        self._address = settings.address
        self._sends_checksum: bool | None = None
        self._wrong_checksums = 0
        self._ambient_c: float | None = None
        self._ambient_samples_left = 0

    def sample(self) -> Sample:
        """Look once. The ambient temperature is read with every fourth sample.

        Raises `DeviceError`: thermometer_silent when nothing answers, thermometer_error when the answer is bad.
        """
        if self._ambient_c is None or not self._ambient_samples_left:
            self._ambient_c = self._temperature_c(AMBIENT)
            self._ambient_samples_left = SAMPLES_PER_AMBIENT
        # if only this second question fails, the next sample asks it alone: the ambient is known then
        object_c = self._temperature_c(OBJECT)
        self._ambient_samples_left -= 1
        return Sample(object_c, self._ambient_c)

    def close(self) -> None:
        """Let the bus go; safe to call twice."""
        self._bus.close()

    def _temperature_c(self, command: int) -> float:
        low, high, checksum = self._read_word(command)
        word = high << 8 | low
        if word & ERROR_FLAG:
            raise _error(f"answered 0x{word:04X}, which has its error flag set")
        if word not in VALID[command]:
            raise _error(f"answered 0x{word:04X}, which is outside its range")
        sent = (self._address << 1, command, self._address << 1 | 1, low, high)
        self._judge_checksum(found=checksum, expected=crc8(bytes(sent)))
        return word * KELVIN_PER_BIT - KELVIN_AT_0_C

    def _read_word(self, command: int) -> bytes:
        """Read Word of the SMBus specification: low byte, high byte, and the checksum as a third."""
        question = i2c_msg.write(self._address, [command])
        answer = i2c_msg.read(self._address, 3)
        try:
            self._bus.i2c_rdwr(question, answer)
        except OSError as error:
            found = f"nothing answers at address 0x{self._address:02X} ({error}); check its wires"
            raise DeviceError("thermometer", found, "thermometer_silent") from error
        return bytes(answer)

    def _judge_checksum(self, found: int, expected: int) -> None:
        """The first plausible words decide whether this unit sends checksums; that is held from then on."""
        if self._sends_checksum is False:
            return
        if found == expected:
            self._sends_checksum = True
            return
        if self._sends_checksum is None:
            self._wrong_checksums += 1
            if self._wrong_checksums == CHECKSUM_TRIES:
                self._sends_checksum = False
                logger.warning("the thermometer sends no checksums; errors on its wires may go unnoticed")
        raise _error(f"the checksum is 0x{found:02X} instead of 0x{expected:02X}")


def crc8(data: bytes) -> int:
    """The packet error code of the SMBus specification: CRC-8, polynomial x^8 + x^2 + x + 1, from zero."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return crc


def _error(found: str) -> DeviceError:
    return DeviceError("thermometer", f"{found}; shorten its wires or slow the bus down", "thermometer_error")
