"""The MLX90614 infrared thermometer, on an SMBus.

The sensor has 16-bit words in its RAM. The SMBus command Read Word fetches one: the host writes the command byte,
then, after a repeated start, reads the low byte, the high byte and a packet error code (PEC, the checksum). The PEC
is a CRC-8 over all bytes of the transfer, the two address bytes included, so that it also detects an answer to
another command or from another address. Temperatures are words of 0.02 K. An idle bus reads as ones: 0xFFFF, which
would be 1037.55 degrees; therefore the error flag and the range are checked before a word counts.

Rule 1: this driver knows the wire and no people: a valid measurement may be far from any skin temperature.
Rule 2: a word with the error flag, outside the sensor's range or with a wrong checksum is not a measurement.
Rule 3: it never waits and never repeats a question by itself; the caller decides when to try again.
Rule 4: it writes nothing: the EEPROM (emissivity, filters, address) stays as the factory or the technician set it.

Source: Melexis datasheet of the MLX90614 (3901090614), chapters "RAM", "SMBus communication" and "Supply and start".
"""

import logging
from typing import Protocol

from smbus2 import i2c_msg

from kiosk.errors import DeviceError
from kiosk.flow.temperature import Sample
from kiosk.settings.schema.thermometer import ThermometerSettings

logger = logging.getLogger(__name__)

AMBIENT = 0x06
OBJECT = 0x07
"""RAM words: the sensor's own temperature, and that of the object (datasheet, table "RAM addresses")."""

VALID = {AMBIENT: range(0x2DE4, 0x4DC4 + 1), OBJECT: range(0x27AD, 0x7FFF + 1)}
"""Words that mean a temperature: -38.2 to 125 and -70.01 to 382.19 degrees Celsius (same table)."""

ERROR_FLAG = 0x8000
"""The sensor sets it in a word that is not a measurement. It is also set in 0xFFFF, which an idle bus reads as."""

UNIT = (0x3C, 0x3D, 0x3E, 0x3F)
"""EEPROM words 0x1C to 0x1F: the number of the unit (datasheet, table "EEPROM"; commands to the EEPROM add 0x20)."""

NO_UNIT = ({0x0000}, {0xFFFF})
"""Words of an EEPROM without a number; an idle bus reads as ones."""

KELVIN_PER_BIT = 0.02
KELVIN_AT_0_C = 273.15

CHECKSUM_TRIES = 4
"""Valid words with a wrong checksum until the unit counts as one without checksums.

The sources disagree: Linux's driver says that it sends no valid one on reading, SparkFun's requires one.
"""

SAMPLES_PER_AMBIENT = 4
"""The housing's temperature changes slowly, and two questions in a row make some sensors fail (dotnet/iot #832)."""


class Bus(Protocol):
    """The part of smbus2's SMBus that is used here."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Perform the messages in one transfer, with repeated starts between them. Raises `OSError` if it fails."""
        ...

    def close(self) -> None:
        """Close the bus."""
        ...


class Mlx90614:
    """The sensor at `settings.address`. `close` also closes the bus."""

    def __init__(self, bus: Bus, settings: ThermometerSettings) -> None:
        self._bus = bus
        self._address = settings.i2c_address
        self._sends_checksum: bool | None = None
        self._wrong_checksums = 0
        self._ambient_c: float | None = None
        self._ambient_samples_left = 0
        self._unit_words: list[int] = []

    def sample(self) -> Sample:
        """Measure once. The ambient temperature is read with every fourth sample and reused in between.

        Raises `DeviceError`: thermometer_silent if the sensor does not answer, thermometer_error if its answer is not
        a measurement.
        """
        if self._ambient_c is None or not self._ambient_samples_left:
            self._ambient_c = self._temperature_c(AMBIENT)
            self._ambient_samples_left = SAMPLES_PER_AMBIENT
        # if only this second question fails, the next sample asks it alone, because the ambient is known then
        object_c = self._temperature_c(OBJECT)
        self._ambient_samples_left -= 1
        return Sample(object_c, self._ambient_c)

    def unit(self) -> str | None:
        """Return the unit's number as 16 hexadecimal digits, "" if it has none; None while words of it are missing.

        Each call asks for one of the four words, as two questions in a row make some sensors fail. A call after the
        last word begins anew: the sensor may be another one. Raises `DeviceError` like `sample`.
        """
        self._unit_words.append(self._word(UNIT[len(self._unit_words)]))
        if len(self._unit_words) < len(UNIT):
            return None
        words, self._unit_words = self._unit_words, []
        return "" if set(words) in NO_UNIT else "".join(f"{word:04X}" for word in words)

    def close(self) -> None:
        """Close the bus. Safe to call twice."""
        self._bus.close()

    def _temperature_c(self, command: int) -> float:
        return self._word(command) * KELVIN_PER_BIT - KELVIN_AT_0_C

    def _word(self, command: int) -> int:
        question = i2c_msg.write(self._address, [command])
        answer = i2c_msg.read(self._address, 3)
        try:
            self._bus.i2c_rdwr(question, answer)
        except OSError as error:
            found = f"no answer at address 0x{self._address:02X} ({error}); check its wires"
            raise DeviceError("thermometer", found, "thermometer_silent") from error
        low, high, checksum = bytes(answer)
        word = high << 8 | low
        if command in VALID and word & ERROR_FLAG:
            raise _error(f"answered 0x{word:04X}, which has its error flag set")
        if command in VALID and word not in VALID[command]:
            raise _error(f"answered 0x{word:04X}, which is outside its range")
        sent = (self._address << 1, command, self._address << 1 | 1, low, high)
        self._verify_checksum(found=checksum, expected=crc8(bytes(sent)))
        return word

    def _verify_checksum(self, found: int, expected: int) -> None:
        """Learn from the first valid words if this unit sends checksums; if it does, every wrong one is an error."""
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


def _crc8_of_byte(crc: int) -> int:
    for _ in range(8):
        crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return crc


CRC8 = bytes(map(_crc8_of_byte, range(256)))


def crc8(data: bytes) -> int:
    """Return the packet error code of the SMBus specification: CRC-8, polynomial x^8 + x^2 + x + 1, start value 0."""
    crc = 0
    for byte in data:
        crc = CRC8[crc ^ byte]
    return crc


def _error(found: str) -> DeviceError:
    return DeviceError("thermometer", f"{found}; shorten its wires or slow the bus down", "thermometer_error")
