import numpy as np
import pytest
from smbus2 import i2c_msg

from kiosk.errors import DeviceError
from kiosk.hardware.thermometers.imager.camera import Mlx90640, ThermalPicture
from kiosk.hardware.thermometers.imager.registers import (
    CHESS_4_HZ,
    CONTROL,
    EEPROM,
    EEPROM_WORDS,
    NEW_DATA,
    RAM,
    STATUS,
    TRANSFER_WORDS,
    RegisterFile,
)
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import BusFault
from kiosk.simulator.mlx90640 import BROKEN, NETD_C, OUTLIER, POWER_ON_CONTROL, Mlx90640Bus

SUBPAGE_S = 0.25


def pictures(camera: Mlx90640, clock: VirtualClock, count: int) -> list[ThermalPicture]:
    """Return up to `count` pictures, one question for each subpage."""
    found = []
    for _ in range(count):
        clock.advance(SUBPAGE_S)
        if picture := camera.picture():
            found.append(picture)
    return found


@pytest.fixture
def bus(clock: VirtualClock) -> Mlx90640Bus:
    return Mlx90640Bus(clock)


@pytest.fixture
def camera(bus: Mlx90640Bus) -> Mlx90640:
    camera = Mlx90640(bus, 0x33)
    assert camera.picture() is None  # sets the sensor up
    return camera


@pytest.mark.parametrize("ta_c", [18.0, 28.0, 38.0])
def test_the_driver_reads_the_scene_of_the_simulated_sensor(
    bus: Mlx90640Bus, camera: Mlx90640, clock: VirtualClock, ta_c: float
) -> None:
    scene = np.random.default_rng(5).uniform(15.0, 45.0, (24, 32))
    bus.show(scene, ta_c)
    found = pictures(camera, clock, 41)
    error = np.mean([picture.object_c for picture in found], axis=0) - scene
    error[BROKEN] = error[OUTLIER] = 0.0
    assert np.abs(error).max() < 0.35
    assert abs(error.mean()) < 0.1
    assert found[-1].ambient_c == pytest.approx(ta_c, abs=0.1)


def test_noise_is_that_of_the_datasheet(bus: Mlx90640Bus, camera: Mlx90640, clock: VirtualClock) -> None:
    bus.show(np.full((24, 32), 34.0), 28.0)
    found = np.array([picture.object_c for picture in pictures(camera, clock, 42)[::2]])
    assert np.median(found.std(axis=0)) == pytest.approx(NETD_C * 4.0**0.5, rel=0.2)


def test_a_broken_pixel_and_an_outlier_get_the_mean_of_their_neighbours(
    bus: Mlx90640Bus, camera: Mlx90640, clock: VirtualClock
) -> None:
    bus.show(np.full((24, 32), 34.0), 28.0)
    picture = pictures(camera, clock, 3)[-1]
    assert picture.object_c[BROKEN] == pytest.approx(34.0, abs=0.3)
    assert picture.object_c[OUTLIER] == pytest.approx(34.0, abs=0.3)


def test_the_sensor_is_set_to_the_chess_pattern_at_4_hz_and_its_eeprom_is_not_written(
    bus: Mlx90640Bus, clock: VirtualClock
) -> None:
    before = list(bus.eeprom)
    registers = RegisterFile(bus, 0x33)
    assert registers.read(CONTROL, 1) == [POWER_ON_CONTROL]
    Mlx90640(bus, 0x33).picture()
    clock.advance(1.0)
    assert registers.read(CONTROL, 1) == [CHESS_4_HZ]
    assert bus.eeprom == before


def test_there_is_no_picture_without_a_new_subpage(bus: Mlx90640Bus, camera: Mlx90640, clock: VirtualClock) -> None:
    assert camera.picture() is None
    clock.advance(SUBPAGE_S)
    assert camera.picture() is None  # one colour only
    clock.advance(SUBPAGE_S)
    assert camera.picture()
    assert camera.picture() is None
    clock.advance(SUBPAGE_S)
    assert camera.picture()


class SlowBus(Mlx90640Bus):
    """A bus on which the transfer of a RAM takes longer than a subpage."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.virtual = clock
        self.slow = False

    def i2c_rdwr(self, *i2c_msgs: object) -> None:
        super().i2c_rdwr(*i2c_msgs)  # type: ignore[arg-type]
        if self.slow and int.from_bytes(bytes(i2c_msgs[0])[:2], "big") == RAM:  # type: ignore[call-overload]
            self.virtual.advance(SUBPAGE_S)


def test_a_subpage_that_was_overwritten_while_it_was_read_does_not_count(clock: VirtualClock) -> None:
    bus = SlowBus(clock)
    camera = Mlx90640(bus, 0x33)
    camera.picture()
    assert len(pictures(camera, clock, 3)) == 2
    bus.slow = True
    assert pictures(camera, clock, 10) == []
    bus.slow = False
    assert pictures(camera, clock, 2)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (BusFault.SILENT, "thermometer_silent"),
        (BusFault.ALL_ONES, "thermometer_error"),
        (BusFault.ERROR_FLAG, "thermometer_error"),
    ],
)
def test_a_fault_on_the_bus_is_an_error_and_the_driver_begins_anew_after_it(
    bus: Mlx90640Bus, camera: Mlx90640, clock: VirtualClock, fault: BusFault, code: str
) -> None:
    bus.show(np.full((24, 32), 34.0), 28.0)
    assert len(pictures(camera, clock, 3)) == 2
    bus.fault = fault
    clock.advance(SUBPAGE_S)
    with pytest.raises(DeviceError) as caught:
        camera.picture()
    assert caught.value.fault == code
    bus.fault = None
    assert camera.picture() is None
    [picture] = pictures(camera, clock, 2)
    assert float(np.median(picture.object_c)) == pytest.approx(34.0, abs=0.2)


class LossyBus(Mlx90640Bus):
    """A bus that changes a bit in the first transfer of the EEPROM's words from `first` on."""

    def __init__(self, clock: VirtualClock, first: int) -> None:
        super().__init__(clock)
        self.first = first
        self.changed = 0

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        super().i2c_rdwr(*i2c_msgs)
        if not self.changed and bytes(i2c_msgs[0]) == self.first.to_bytes(2, "big"):
            self.changed += 1
            i2c_msgs[1].buf[101] = bytes([bytes(i2c_msgs[1])[101] ^ 0x04])


@pytest.mark.parametrize("first", range(EEPROM, EEPROM + EEPROM_WORDS, TRANSFER_WORDS))
def test_a_wrong_bit_in_the_eeprom_s_transfer_is_an_error_and_the_words_are_read_again(
    clock: VirtualClock, first: int
) -> None:
    bus = LossyBus(clock, first)
    bus.show(np.full((24, 32), 34.0), 28.0)
    camera = Mlx90640(bus, 0x33)
    with pytest.raises(DeviceError, match="not read twice alike") as caught:
        camera.picture()
    assert (bus.changed, caught.value.fault) == (1, "thermometer_error")
    assert camera.picture() is None
    [picture] = pictures(camera, clock, 2)
    assert np.abs(picture.object_c - 34.0).max() < 2.0


def test_a_sensor_that_is_not_there_is_silent_from_the_start(bus: Mlx90640Bus) -> None:
    with pytest.raises(DeviceError, match="no answer at address 0x34"):
        Mlx90640(bus, 0x34).picture()


def test_the_status_register_is_cleared_before_the_words_are_read(
    bus: Mlx90640Bus, camera: Mlx90640, clock: VirtualClock
) -> None:
    clock.advance(SUBPAGE_S)
    registers = RegisterFile(bus, 0x33)
    assert registers.read(STATUS, 1)[0] & NEW_DATA
    camera.picture()
    assert not registers.read(STATUS, 1)[0] & NEW_DATA
