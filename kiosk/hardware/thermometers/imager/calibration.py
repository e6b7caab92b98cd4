"""From the words of the MLX90640 to degrees Celsius: the calibration in its EEPROM, and the formulas that use it.

Each function names its section of the datasheet (Melexis MLX90640, 3901090640, revision 12). Numbers in the EEPROM are
small two's complements with scales of their own. Rows and columns of the datasheet count from 1; arrays count from 0.

The calibration is that of the chess pattern, which is the factory's; the driver uses no other. A pixel with the word 0
is broken, and one whose lowest bit is set is outside the specification (table "calibration parameters memory", notes 1
and 2): both get the mean of their neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.hardware.thermometers.imager.registers import (
    COLUMNS,
    CP_0,
    CP_1,
    EEPROM,
    EEPROM_WORDS,
    GAIN,
    PTAT,
    RAM,
    RAM_WORDS,
    RESOLUTION,
    ROWS,
    VBE,
    VDD,
)

Floats = NDArray[np.float64]

KELVIN_AT_0_C = 273.15
UNUSABLE_PIXELS = 4
"""The most in a sensor (table "calibration parameters memory", notes 1 and 2); with more, the EEPROM is damaged."""

TYPICAL_VDD = 3.3
REFLECTED_BELOW_C = 8.0
"""Without a measurement, what the object reflects is taken as this much colder than the sensor (section 11.2.2.9)."""


def signed(value: int, bits: int) -> int:
    """Return the two's complement number in the lowest `bits` bits of `value`."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


@dataclass(frozen=True, slots=True)
class Calibration:
    """The parameters of one sensor. Arrays have the shape (24, 32), a value for each pixel; pairs one a subpage."""

    k_vdd: int
    vdd_25: int
    kv_ptat: float
    kt_ptat: float
    ptat_25: int
    alpha_ptat: float
    gain: int
    resolution: int
    ks_ta: float
    ks_to: float
    tgc: float
    offset: Floats
    alpha: Floats
    kta: Floats
    kv: Floats
    cp_alpha: tuple[float, float]
    cp_offset: tuple[int, int]
    cp_kta: float
    cp_kv: float
    unusable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SensorState:
    """The sensor itself during a subpage: supply voltage, its own temperature in degrees Celsius, and its gain."""

    vdd: float
    ta_c: float
    gain: float


def calibration_of(words: Sequence[int]) -> Calibration:
    """Return the calibration in the 832 words of an EEPROM (section 11.1). Raises `ValueError` if there is none."""
    if len(words) != EEPROM_WORDS or not any(words[0x10:0x40]) or all(word == 0xFFFF for word in words[0x10:0x40]):
        raise ValueError("the EEPROM holds no calibration")
    eeprom = _Words(words)
    word, high, low = eeprom.word, eeprom.high, eeprom.low
    pixels = np.array(words[0x40:], dtype=np.int64).reshape(ROWS, COLUMNS)
    unusable = (pixels == 0) | (pixels & 1 == 1)
    if (count := np.count_nonzero(unusable)) > UNUSABLE_PIXELS:
        raise ValueError(f"the EEPROM names {count} unusable pixels, of which a sensor has at most {UNUSABLE_PIXELS}")
    kta_scale, kv_scale = (word(0x2438) >> 4 & 0xF) + 8, word(0x2438) >> 8 & 0xF
    kta = _by_parity(high(0x2436), low(0x2436), high(0x2437), low(0x2437))  # 11.1.6
    kta += _field(pixels, 1, 3) * 2.0 ** (word(0x2438) & 0xF)
    alpha = word(0x2421) + eeprom.spread(0x2420, 0x2422, _field(pixels, 4, 6))  # 11.1.4
    cp_alpha = (word(0x2439) & 0x3FF) / 2 ** ((word(0x2420) >> 12) + 27)  # 11.1.12
    cp_offset = signed(word(0x243A), 10)  # 11.1.13
    return Calibration(
        k_vdd=high(0x2433) * 2**5,  # 11.1.1
        vdd_25=((word(0x2433) & 0xFF) - 256) * 2**5 - 2**13,
        kv_ptat=signed(word(0x2432) >> 10, 6) / 2**12,  # 11.1.2
        kt_ptat=signed(word(0x2432), 10) / 2**3,
        ptat_25=signed(word(0x2431), 16),
        alpha_ptat=(word(0x2410) >> 12) / 4 + 8,
        gain=signed(word(0x2430), 16),  # 11.1.7
        resolution=word(0x2438) >> 12 & 0x3,  # 11.1.17
        ks_ta=high(0x243C) / 2**13,  # 11.1.8
        ks_to=high(0x243D) / 2 ** ((word(0x243F) & 0xF) + 8),  # 11.1.10, from 0 degrees to the first corner
        tgc=low(0x243C) / 2**5,  # 11.1.16
        offset=signed(word(0x2411), 16) + eeprom.spread(0x2410, 0x2412, _field(pixels, 10, 6)),  # 11.1.3
        alpha=alpha / 2.0 ** ((word(0x2420) >> 12) + 30),
        kta=kta / 2.0**kta_scale,
        kv=_by_parity(*(signed(word(0x2434) >> shift, 4) for shift in (12, 8, 4, 0))) / 2.0**kv_scale,  # 11.1.5
        cp_alpha=(cp_alpha, cp_alpha * (1 + signed(word(0x2439) >> 10, 6) / 2**7)),
        cp_offset=(cp_offset, cp_offset + signed(word(0x243A) >> 10, 6)),
        cp_kta=low(0x243B) / 2.0**kta_scale,  # 11.1.15
        cp_kv=high(0x243B) / 2.0**kv_scale,  # 11.1.14
        unusable=unusable,
    )


class _Words:
    """The words of an EEPROM, by address."""

    def __init__(self, words: Sequence[int]) -> None:
        self._words = words

    def word(self, address: int) -> int:
        return self._words[address - EEPROM]

    def high(self, address: int) -> int:
        return signed(self.word(address) >> 8, 8)

    def low(self, address: int) -> int:
        return signed(self.word(address), 8)

    def spread(self, scales_at: int, rows_at: int, remainder: Floats) -> Floats:
        """Return for each pixel the scaled sum of its row's, its column's and its own deviation from the average.

        The words from `rows_at` on hold four signed rows each, the lowest bits first, and after the rows the columns.
        """
        nibbles = [signed(self.word(rows_at + number // 4) >> 4 * (number % 4), 4) for number in range(ROWS + COLUMNS)]
        row_scale, column_scale, own_scale = (2.0 ** (self.word(scales_at) >> shift & 0xF) for shift in (8, 4, 0))
        rows, columns = np.array(nibbles[:ROWS]), np.array(nibbles[ROWS:])
        together: Floats = rows[:, None] * row_scale + columns[None, :] * column_scale + remainder * own_scale
        return together


def _by_parity(odd_odd: int, even_odd: int, odd_even: int, even_even: int) -> Floats:
    """Return an array with the value of each pixel's row and column, in this order of (row, column), counted from 1."""
    pattern = np.array([[odd_odd, odd_even], [even_odd, even_even]], dtype=np.float64)
    return np.tile(pattern, (ROWS // 2, COLUMNS // 2))


def _field(pixels: NDArray[np.int64], shift: int, bits: int) -> Floats:
    """Return the signed field of `bits` bits in each pixel's word."""
    value = (pixels >> shift) & ((1 << bits) - 1)
    return np.where(value >> (bits - 1), value - (1 << bits), value).astype(np.float64)


SUBPAGE_OF = np.add.outer(np.arange(ROWS), np.arange(COLUMNS)) % 2
"""The subpage that measures each pixel in the chess pattern (section 10.6)."""


def sensor_state(calibration: Calibration, ram: Sequence[int]) -> SensorState:
    """Return the state of the sensor during the subpage whose 832 words are `ram` (sections 11.2.2.1 to 11.2.2.4)."""
    vdd_word = signed(ram[VDD - RAM], 16)
    supply = vdd_word * 2**calibration.resolution / 2**RESOLUTION
    vdd = (supply - calibration.vdd_25) / calibration.k_vdd + TYPICAL_VDD
    ptat, vbe = signed(ram[PTAT - RAM], 16), signed(ram[VBE - RAM], 16)
    art = ptat / (ptat * calibration.alpha_ptat + vbe) * 2**18
    delta = (vdd_word - calibration.vdd_25) / calibration.k_vdd
    ta_c = (art / (1 + calibration.kv_ptat * delta) - calibration.ptat_25) / calibration.kt_ptat + 25.0
    return SensorState(vdd, ta_c, calibration.gain / signed(ram[GAIN - RAM], 16))


def infrared(
    calibration: Calibration, ram: Sequence[int], state: SensorState, subpage: int, emissivity: float
) -> Floats:
    """Return the compensated infrared signal of all pixels (sections 11.2.2.5 to 11.2.2.7); valid for the subpage's."""
    raw = np.array(ram[: ROWS * COLUMNS], dtype=np.uint16).view(np.int16).reshape(ROWS, COLUMNS)
    warmer, higher = state.ta_c - 25.0, state.vdd - TYPICAL_VDD
    offset = calibration.offset * (1 + calibration.kta * warmer) * (1 + calibration.kv * higher)
    pixel = (raw * state.gain - offset) / emissivity
    cp_raw = signed(ram[(CP_1 if subpage else CP_0) - RAM], 16) * state.gain
    cp_offset = calibration.cp_offset[subpage] * (1 + calibration.cp_kta * warmer) * (1 + calibration.cp_kv * higher)
    compensated: Floats = pixel - calibration.tgc * (cp_raw - cp_offset)
    return compensated


def sensitivity(calibration: Calibration, ta_c: float, subpage: int) -> Floats:
    """Return the sensitivity of all pixels at the sensor's own temperature (section 11.2.2.8)."""
    own = calibration.alpha - calibration.tgc * calibration.cp_alpha[subpage]
    at_ta: Floats = own * (1 + calibration.ks_ta * (ta_c - 25.0))
    return at_ta


def background_power(ta_c: float, emissivity: float) -> float:
    """Return the fourth power of kelvins to which the signal of an object adds (section 11.2.2.9, "Ta-r")."""
    sensor, reflected = (ta_c + KELVIN_AT_0_C) ** 4, (ta_c - REFLECTED_BELOW_C + KELVIN_AT_0_C) ** 4
    return reflected - (reflected - sensor) / emissivity


def object_c(signal: Floats, alpha: Floats, background: float, ks_to: float) -> Floats:
    """Return the object's temperature in degrees Celsius for 0 degrees to the first corner (section 11.2.2.9).

    A signal that no object can give is NaN.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = ks_to * (alpha**3 * signal + alpha**4 * background) ** 0.25
        fourth = signal / (alpha * (1 - ks_to * KELVIN_AT_0_C) + slope) + background
        celsius: Floats = np.sqrt(np.sqrt(fourth)) - KELVIN_AT_0_C
    return celsius


def temperatures(
    calibration: Calibration, ram: Sequence[int], subpage: int, emissivity: float
) -> tuple[Floats, SensorState]:
    """Return the temperature of all pixels in degrees Celsius, valid for those of `subpage`, and the sensor's state.

    ram: the 832 words of the RAM. Raises `ValueError` if the words cannot be a measurement.
    """
    if len(ram) != RAM_WORDS or not ram[GAIN - RAM] or not ram[PTAT - RAM]:
        raise ValueError("the RAM holds no measurement")
    state = sensor_state(calibration, ram)
    signal = infrared(calibration, ram, state, subpage, emissivity)
    alpha = sensitivity(calibration, state.ta_c, subpage)
    return object_c(signal, alpha, background_power(state.ta_c, emissivity), calibration.ks_to), state
