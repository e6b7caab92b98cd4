"""The datasheet's worked example (Melexis MLX90640, 3901090640, section 11.2.2): pixel (12, 16) at 39.18 degrees."""

import numpy as np
import pytest

from kiosk.hardware.thermometers.imager.calibration import (
    SUBPAGE_OF,
    background_power,
    calibration_of,
    infrared,
    object_c,
    sensitivity,
    sensor_state,
    signed,
    temperatures,
)
from kiosk.hardware.thermometers.imager.registers import RAM, RAM_WORDS
from kiosk.simulator.mlx90640 import EXAMPLE

EEPROM_WORDS = [0] * 16 + [int(word, 16) for word in EXAMPLE.split()] + [0x08A0] * 768
MEASURED = {
    0x056F: 0x0261,
    0x0700: 0x4BF2,
    0x0708: 0xFFCA,
    0x070A: 0x1881,
    0x0720: 0x06AF,
    0x0728: 0xFFC8,
    0x072A: 0xCCC5,
}
RAM_EXAMPLE = [MEASURED.get(RAM + number, 0) for number in range(RAM_WORDS)]
PIXEL = (11, 15)
EXAMPLE_CALIBRATION = calibration_of(EEPROM_WORDS)


def test_the_parameters_of_the_sensor_are_those_of_the_example() -> None:
    found = EXAMPLE_CALIBRATION
    assert (found.k_vdd, found.vdd_25) == (-3168, -13056)
    assert (found.kv_ptat, found.kt_ptat, found.ptat_25, found.alpha_ptat) == (0.00537109375, 42.25, 12273, 9.0)
    assert (found.gain, found.resolution) == (6383, 2)
    assert (found.ks_ta, found.tgc) == (-0.001953125, 1.0)
    assert found.ks_to == pytest.approx(-0.000801086426)
    assert found.cp_alpha == pytest.approx((4.07453626394272e-9, 3.85171006200835e-9))
    assert found.cp_offset == (-75, -77)
    assert (found.cp_kta, found.cp_kv) == (0.00457763671875, 0.5)


def test_the_parameters_of_the_pixel_are_those_of_the_example() -> None:
    found = EXAMPLE_CALIBRATION
    assert found.offset[PIXEL] == -75.0
    assert found.alpha[PIXEL] == pytest.approx(1.26223312690854e-7)
    assert found.kta[PIXEL] == 0.005126953125
    assert found.kv[PIXEL] == 0.5


def test_the_steps_of_the_calculation_are_those_of_the_example() -> None:
    found = EXAMPLE_CALIBRATION
    state = sensor_state(found, RAM_EXAMPLE)
    assert state.vdd == pytest.approx(3.3186237373737373)
    assert state.ta_c == pytest.approx(39.18440152, abs=1e-4)
    assert state.gain == pytest.approx(1.01753546947234)
    # the example subtracts the compensation pixel in a step of its own: 700.882495690866 and 25.66665750599
    signal = infrared(found, RAM_EXAMPLE, state, 0, 1.0)[PIXEL]
    assert signal == pytest.approx(700.882495690866 - 25.66665750599, abs=1e-6)
    assert sensitivity(found, 39.184, 0)[PIXEL] == pytest.approx(1.1876487360496e-7)
    assert background_power(39.184, 1.0) == pytest.approx(9516495632.56)


def test_the_last_step_gives_the_temperature_of_the_example() -> None:
    """The example goes on with the signal of the interleaved pattern, which the driver does not use: 679.25."""
    found = object_c(np.array(679.250909123826), np.array(1.1876487360496e-7), 9516495632.56, EXAMPLE_CALIBRATION.ks_to)
    assert float(found) == pytest.approx(80.36331, abs=1e-5)


def test_the_whole_calculation_is_near_the_example() -> None:
    """The two patterns differ by the two corrections of the interleaved one, a quarter of a degree at 80."""
    picture, state = temperatures(EXAMPLE_CALIBRATION, RAM_EXAMPLE, 0, 1.0)
    assert picture[PIXEL] == pytest.approx(80.36, abs=0.3)
    assert state.ta_c == pytest.approx(39.18, abs=0.01)


def test_rows_and_columns_of_the_calibration_are_not_swapped() -> None:
    """Row 12 is in the highest bits of the word 0x2414, column 16 in those of 0x241B."""
    words = list(EEPROM_WORDS)
    words[0x14] ^= 0x1000
    changed = calibration_of(words)
    differs = np.nonzero((changed.offset != EXAMPLE_CALIBRATION.offset).any(axis=1))[0]
    assert list(differs) == [11]
    words = list(EEPROM_WORDS)
    words[0x1B] ^= 0x1000
    differs = np.nonzero((calibration_of(words).offset != EXAMPLE_CALIBRATION.offset).any(axis=0))[0]
    assert list(differs) == [15]


def test_the_pattern_is_a_chess_board_whose_first_pixel_is_in_subpage_0() -> None:
    assert SUBPAGE_OF[0, 0] == 0
    assert SUBPAGE_OF[0, 1] == SUBPAGE_OF[1, 0] == 1
    assert np.count_nonzero(SUBPAGE_OF) == 384


@pytest.mark.parametrize("words", [[0] * 832, [0xFFFF] * 832, EEPROM_WORDS[:-1]])
def test_an_eeprom_without_a_calibration_is_refused(words: list[int]) -> None:
    with pytest.raises(ValueError, match="no calibration"):
        calibration_of(words)


@pytest.mark.parametrize(("word", "count"), [(0x0000, 768), (0x0000, 5), (0x08A1, 5)])
def test_an_eeprom_with_more_unusable_pixels_than_a_sensor_has_is_refused(word: int, count: int) -> None:
    words = [*EEPROM_WORDS[:-count], *[word] * count]
    with pytest.raises(ValueError, match=f"names {count} unusable pixels"):
        calibration_of(words)
    assert np.count_nonzero(calibration_of([*EEPROM_WORDS[:-4], *[word] * 4]).unusable) == 4


@pytest.mark.parametrize("ram", [[0] * 832, RAM_EXAMPLE[:-1]])
def test_a_ram_without_a_measurement_is_refused(ram: list[int]) -> None:
    with pytest.raises(ValueError, match="no measurement"):
        temperatures(EXAMPLE_CALIBRATION, ram, 0, 1.0)


@pytest.mark.parametrize(
    ("value", "bits", "number"), [(0x3B5, 10, -75), (0x08, 4, -8), (0x07, 4, 7), (0xFFCA, 16, -54)]
)
def test_small_twos_complements(value: int, bits: int, number: int) -> None:
    assert signed(value, bits) == number
