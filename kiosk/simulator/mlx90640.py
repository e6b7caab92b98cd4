"""A fake I2C bus with a thermal imager MLX90640: the words that smbus2 would read, with noise, pace and faults.

The model goes from a scene (24 x 32 temperatures) to the words of the RAM: the power that an object radiates to a pixel
of a known sensitivity, with the pixel's offset, the gain, the supply voltage and the sensor's own temperature, as the
datasheet describes them (Melexis MLX90640, 3901090640, revision 12, sections 10.7 and 11.1). It is the physical
direction; the driver's formulas go the other way and approximate it. The EEPROM is made of words of the datasheet's
worked example and of pixels that are drawn; two pixels are broken.

Rule 1: it works in registers, so the real driver runs on it unchanged.
Rule 2: the scene is set by `look_at` or `show`; the only clock is the one that it was given.
"""

import ctypes
import struct

import numpy as np
from smbus2 import i2c_msg

from kiosk.hardware.thermometers.imager.calibration import (
    KELVIN_AT_0_C,
    SUBPAGE_OF,
    Floats,
    background_power,
    calibration_of,
    sensitivity,
)
from kiosk.hardware.thermometers.imager.camera import SKIN_EMISSIVITY
from kiosk.hardware.thermometers.imager.registers import (
    COLUMNS,
    CONTROL,
    CP_0,
    CP_1,
    EEPROM,
    GAIN,
    NEW_DATA,
    PTAT,
    RAM,
    RAM_WORDS,
    ROWS,
    STATUS,
    VBE,
    VDD,
)
from kiosk.model import Clock
from kiosk.simulator.mlx90614 import NO_ANSWER, BusFault

EXAMPLE = (
    "4210 FFBB 0202 F202 F2F2 E2E2 D1E1 B1D1 F10F F00F E0EF E0EF E1E1 F3F2 F404 E504 "
    "79A6 2F44 FFDD 2210 3333 2233 EF01 9ACC EEDC 10FF 2221 3333 2333 0112 EEFF BBDD "
    "18EF 2FF1 5952 9D68 5454 0994 6956 5354 2363 E446 FBB5 044B F020 9797 9797 2889"
)
"""The words 0x2410 to 0x243F of the datasheet's worked example."""

POWER_ON_CONTROL = 0x1901
"""The control register after power-on: 2 subpages a second (table "control register 1")."""

BROKEN, OUTLIER = (5, 20), (17, 9)
"""Pixels of the simulated sensor, as row and column: one without calibration, one outside the specification."""

FASTER = 1.03
"""The sensor's own clock differs from the computer's by some percent. Otherwise questions every two seconds would find
the same half of the pixels for ever."""

NETD_C = 0.1
"""Noise of a pixel at 1 Hz, root mean square (datasheet, "features"); it grows with the root of the rate."""

GAIN_WORD, VBE_WORD, CP_WORD = 0x1881, 0x4BF2, 0xFFCA
"""As in the worked example."""

EYE_C = 1.5
"""By so much the inner corners of the eyes are warmer than the forehead's centre (docs/temperature.md)."""


def eeprom_words(seed: int) -> list[int]:
    """Return the EEPROM of a sensor, whose pixels and number differ as `seed` says."""
    chance = np.random.default_rng(seed)
    fields = [chance.integers(low, high, (ROWS, COLUMNS)) for low, high in ((-20, 21), (-20, 21), (-3, 4))]
    offset, alpha, kta = fields
    pixels = (offset & 0x3F) << 10 | (alpha & 0x3F) << 4 | (kta & 0x7) << 1
    pixels = np.where(pixels == 0, 1 << 10, pixels)
    pixels[BROKEN], pixels[OUTLIER] = 0, pixels[OUTLIER] | 1
    unit = [0x1A00 | seed >> 16 & 0xFF, seed & 0xFFFF, 0x0153]
    return [0] * 7 + unit + [0] * 6 + [int(word, 16) for word in EXAMPLE.split()] + [int(word) for word in pixels.flat]


class Mlx90640Bus:
    """The bus with its sensor in a room of 24 degrees Celsius.

    `seed` determines noise and calibration. The attribute `fault` may be changed at any time; WRONG_CHECKSUM has no
    effect, as this sensor sends none, and ERROR_FLAG sets a subpage that does not exist.
    """

    def __init__(self, clock: Clock, seed: int = 1, address: int = 0x33) -> None:
        self._clock = clock
        self._address = address
        self._chance = np.random.default_rng(seed)
        self.eeprom = eeprom_words(seed)
        self._calibration = calibration_of(self.eeprom)
        self._ram = [0] * RAM_WORDS
        self._control = POWER_ON_CONTROL
        self._status = 0
        self._begun_s = clock.now_s()
        self._finished = 0
        self._scene: Floats = np.full((ROWS, COLUMNS), 24.0)
        self._ta_c = 24.0
        self.fault: BusFault | None = None
        self.closed = False

    def show(self, scene: Floats, ta_c: float) -> None:
        """Put a scene in front of the sensor (24 x 32 temperatures in degrees Celsius); `ta_c`: its own temperature."""
        self._measure()
        self._scene, self._ta_c = scene, ta_c

    def look_at(self, object_c: float, ambient_c: float) -> None:
        """Put a face with a forehead of `object_c` degrees Celsius in a room of `ambient_c`; equal: no face."""
        self.show(face_in_room(object_c, ambient_c) if object_c != ambient_c else room(ambient_c), ambient_c)

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Do a read (address, repeated start, words) or a write (address and one word).

        Raises `OSError` for another address, a closed bus, an address without a register, or the fault `SILENT`.
        """
        question, *answers = i2c_msgs
        sent = bytes(question)
        if self.closed or self.fault is BusFault.SILENT or question.addr != self._address:
            raise OSError(NO_ANSWER, "Remote I/O error")
        self._measure()
        [register] = struct.unpack(">H", sent[:2])
        if len(sent) == 4:
            self._write(register, *struct.unpack(">H", sent[2:]))
        for answer in answers:
            words = self._words(register, answer.len // 2)
            if self.fault is BusFault.ALL_ONES:
                words = [0xFFFF] * len(words)
            ctypes.memmove(answer.buf, struct.pack(f">{len(words)}H", *words), answer.len)

    def close(self) -> None:
        """Close the bus; later transfers fail."""
        self.closed = True

    def _words(self, register: int, count: int) -> list[int]:
        if (register, count) == (STATUS, 1):
            return [self._status | (0x0007 if self.fault is BusFault.ERROR_FLAG else 0)]
        if (register, count) == (CONTROL, 1):
            return [self._control]
        for first, words in ((RAM, self._ram), (EEPROM, self.eeprom)):
            if first <= register and register + count <= first + len(words):
                return words[register - first : register - first + count]
        raise OSError(NO_ANSWER, "Remote I/O error")

    def _write(self, register: int, word: int) -> None:
        if register == STATUS:
            self._status = word & ~0x0007 | self._status & 0x0007
        elif register == CONTROL:
            self._control, self._begun_s, self._finished = word, self._clock.now_s(), 0
        else:
            raise OSError(NO_ANSWER, "Remote I/O error")  # the driver never writes the EEPROM

    def _measure(self) -> None:
        """Finish the subpages that are due: the newest of each colour goes to the RAM."""
        rate_hz = 0.5 * 2 ** (self._control >> 7 & 0x7)
        due = int((self._clock.now_s() - self._begun_s) * rate_hz * FASTER + 1e-6)
        for number in range(max(self._finished, due - 2), due):
            self._finish(number % 2, rate_hz)
        self._finished = due

    def _finish(self, subpage: int, rate_hz: float) -> None:
        calibration, delta = self._calibration, 0.01
        vdd_word = round(calibration.vdd_25 + delta * calibration.k_vdd)
        warmer = self._ta_c - 25.0
        art = (calibration.kt_ptat * warmer + calibration.ptat_25) * (1 + calibration.kv_ptat * delta)
        ptat = art * VBE_WORD / (2**18 - art * calibration.alpha_ptat)
        gain = calibration.gain / GAIN_WORD
        cp_offset = calibration.cp_offset[subpage] * (1 + calibration.cp_kta * warmer) * (1 + calibration.cp_kv * delta)
        cp_signal = (CP_WORD - 0x10000) * gain - cp_offset
        noise_c = self._chance.normal(0.0, NETD_C * rate_hz**0.5, (ROWS, COLUMNS))
        seen_c = self._scene + noise_c
        alpha = sensitivity(calibration, self._ta_c, subpage)
        power = (seen_c + KELVIN_AT_0_C) ** 4 - background_power(self._ta_c, SKIN_EMISSIVITY)
        signal = alpha * (1 + calibration.ks_to * seen_c) * power + calibration.tgc * cp_signal
        offset = calibration.offset * (1 + calibration.kta * warmer) * (1 + calibration.kv * delta)
        raw = np.clip(np.round((signal * SKIN_EMISSIVITY + offset) / gain), -32768, 32767).astype(np.int64) & 0xFFFF
        before = np.reshape(self._ram[: ROWS * COLUMNS], (ROWS, COLUMNS))
        self._ram[: ROWS * COLUMNS] = np.where(subpage == SUBPAGE_OF, raw, before).ravel().tolist()
        own = {GAIN: GAIN_WORD, VBE: VBE_WORD, CP_0: CP_WORD, CP_1: CP_WORD, PTAT: round(ptat), VDD: vdd_word & 0xFFFF}
        for register, word in own.items():
            self._ram[register - RAM] = word
        self._status = self._status & ~0x0007 | NEW_DATA | subpage


def room(ambient_c: float) -> Floats:
    """Return the scene of an empty room, a little warmer at the ceiling."""
    return np.full((ROWS, COLUMNS), ambient_c) + np.linspace(0.3, -0.3, ROWS)[:, None]


def face_in_room(
    forehead_c: float, ambient_c: float, *, centre: tuple[float, float] = (11.5, 15.5), height: float = 15.0
) -> Floats:
    """Return the scene of a face: an ellipse with warm inner corners of the eyes, a colder nose, and a neck.

    centre: row and column. height: of the ellipse in pixels; it is 0.75 times as wide.
    """
    scene = room(ambient_c)
    rows, columns = np.arange(ROWS)[:, None] - centre[0], np.arange(COLUMNS)[None, :] - centre[1]
    half_height, half_width = height / 2, 0.75 * height / 2
    face = (rows / half_height) ** 2 + (columns / half_width) ** 2 <= 1.0
    neck = (np.abs(columns) <= 0.5 * half_width) & (rows > 0) & (rows <= 1.25 * half_height)
    shirt = (rows > 1.25 * half_height) & (np.abs(columns) <= 2.2 * half_width)
    scene[shirt] = ambient_c + 0.35 * (forehead_c - ambient_c)
    scene[neck | face] = forehead_c
    nose = face & (np.abs(columns) <= 0.2 * half_width) & (rows > 0) & (rows < 0.4 * half_height)
    scene[nose] = forehead_c - 1.5
    for side in (-1, 1):
        eye = (np.abs(columns - side * 0.3 * half_width) <= 1.6) & (np.abs(rows + 0.1 * half_height) <= 1.6)
        scene[eye] = forehead_c + EYE_C
    return scene
