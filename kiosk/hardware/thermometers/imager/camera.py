"""The driver of the MLX90640: it sets the sensor up, reads subpages, and assembles them to pictures.

The sensor measures half of its pixels at a time, those of one colour of a chess board (a subpage), 4 times a second. A
picture consists of the newest subpage of each colour, so each new subpage gives a new picture, half of it a quarter of
a second old. Pixels are not smoothed.

Rule 1: a subpage counts only if the sensor finished no other one while it was read; otherwise its rows may be of two
        moments.
Rule 2: the driver never waits and never repeats a question by itself; the caller decides when to try again.
Rule 3: it writes the status and the control register, never the EEPROM.
Rule 4: after an error it begins anew, with the EEPROM: the sensor may be another one.
Rule 5: the EEPROM is read twice, because the bus has no checksum, and a wrong bit of it would spoil every picture.

Source: Melexis datasheet of the MLX90640 (3901090640, revision 12), sections 10.3 to 10.7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kiosk.errors import DeviceError
from kiosk.hardware.thermometers.imager.calibration import (
    SUBPAGE_OF,
    Calibration,
    Floats,
    calibration_of,
    temperatures,
)
from kiosk.hardware.thermometers.imager.registers import (
    CHESS_4_HZ,
    CONTROL,
    EEPROM,
    EEPROM_WORDS,
    NEW_DATA,
    NO_UNIT,
    OVERWRITE,
    RAM,
    RAM_WORDS,
    STATUS,
    SUBPAGE_MASK,
    UNIT,
    I2cBus,
    RegisterFile,
)

SKIN_EMISSIVITY = 0.98
"""Of human skin, whatever its colour (Steketee, Phys Med Biol 1973, 18(5) 686)."""

VALID_TA_C = (-40.0, 85.0)
"""The sensor's own range of operation (datasheet, "features")."""


@dataclass(frozen=True, slots=True)
class ThermalPicture:
    """One picture: object temperatures in degrees Celsius (24 rows, 32 columns), and the sensor's own temperature."""

    object_c: Floats
    ambient_c: float


class Mlx90640:
    """The imager at `address` on `bus`. `close` also closes the bus.

    unit: its own number in hexadecimal digits; "" before the first picture, or if it has none.
    """

    def __init__(self, bus: I2cBus, address: int) -> None:
        self._registers = RegisterFile(bus, address)
        self._address = address
        self._calibration: Calibration | None = None
        self._halves: dict[int, Floats] = {}
        self.unit = ""

    def picture(self) -> ThermalPicture | None:
        """Return a new picture, or None if the sensor has not finished a new subpage, or has measured only one yet.

        The first call sets the sensor up and returns None. Raises `DeviceError`: thermometer_silent if the sensor does
        not answer, thermometer_error if its answer is not a measurement.
        """
        try:
            return self._picture()
        except OSError as error:
            self._forget()
            found = f"no answer at address 0x{self._address:02X} ({error}); check its wires"
            raise DeviceError("thermometer", found, "thermometer_silent") from error
        except ValueError as error:
            self._forget()
            raise DeviceError("thermometer", f"{error}; shorten its wires", "thermometer_error") from error

    def close(self) -> None:
        """Close the bus. Safe to call twice."""
        self._registers.close()

    def _picture(self) -> ThermalPicture | None:
        if self._calibration is None:
            words = self._registers.read(EEPROM, EEPROM_WORDS)
            if self._registers.read(EEPROM, EEPROM_WORDS) != words:
                raise ValueError("the EEPROM is not read twice alike")
            self._calibration, self.unit = calibration_of(words), unit_of(words)
            self._registers.write(CONTROL, CHESS_4_HZ)
            self._registers.write(STATUS, OVERWRITE)
            return None
        [status] = self._registers.read(STATUS, 1)
        if not status & NEW_DATA:
            return None
        subpage = status & SUBPAGE_MASK
        if subpage > 1:
            raise ValueError(f"the status is 0x{status:04X}, which names no subpage")
        self._registers.write(STATUS, OVERWRITE)
        ram = self._registers.read(RAM, RAM_WORDS)
        [after] = self._registers.read(STATUS, 1)
        if after & NEW_DATA:
            return None
        half_c, state = temperatures(self._calibration, ram, subpage, SKIN_EMISSIVITY)
        if not VALID_TA_C[0] <= state.ta_c <= VALID_TA_C[1]:
            raise ValueError(f"the sensor's own temperature is {state.ta_c:.0f} degrees, which is outside its range")
        self._halves[subpage] = half_c
        if len(self._halves) < 2:
            return None
        whole_c = np.where(SUBPAGE_OF == 0, self._halves[0], self._halves[1])
        return ThermalPicture(mended(whole_c, self._calibration), state.ta_c)

    def _forget(self) -> None:
        self._calibration = None
        self._halves.clear()


def unit_of(words: Sequence[int]) -> str:
    """Return the number of the unit in an EEPROM as 12 hexadecimal digits; "" if there is none."""
    number = [words[address - EEPROM] for address in UNIT]
    return "" if set(number) in NO_UNIT else "".join(f"{word:04X}" for word in number)


def mended(object_c: Floats, calibration: Calibration) -> Floats:
    """Return the picture with each pixel that cannot be used replaced by the mean of its usable neighbours."""
    bad = calibration.unusable | ~np.isfinite(object_c)
    if not bad.any():
        return object_c
    whole = object_c.copy()
    for row, column in zip(*np.nonzero(bad), strict=True):
        around = (slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2))
        usable = object_c[around][~bad[around]]
        whole[row, column] = usable.mean() if usable.size else np.nan
    return whole
