"""The simulated thermometer: its words, its lag, its noise and its faults."""

import pytest
from smbus2 import i2c_msg

from kiosk.hardware.thermometers.mlx90614 import crc8
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import BusFault, Mlx90614Bus


def read(bus: Mlx90614Bus, command: int, address: int = 0x5A, length: int = 3) -> bytes:
    question, answer = i2c_msg.write(address, [command]), i2c_msg.read(address, length)
    bus.i2c_rdwr(question, answer)
    return bytes(answer)


def celsius(data: bytes) -> float:
    return int.from_bytes(data[:2], "little") * 0.02 - 273.15


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def bus(clock: VirtualClock) -> Mlx90614Bus:
    return Mlx90614Bus(clock)


def test_a_word_is_low_byte_high_byte_and_checksum(bus: Mlx90614Bus) -> None:
    low, high, pec = read(bus, 0x07)
    assert pec == crc8(bytes([0xB4, 0x07, 0xB5, low, high]))
    assert celsius(bytes([low, high])) == pytest.approx(24.0, abs=0.2)


@pytest.mark.parametrize(("command", "word"), [(0x24, 0xFAE0), (0x25, 0x9FB4), (0x2E, 0xBE5A)])
def test_the_eeprom_can_be_read(bus: Mlx90614Bus, command: int, word: int) -> None:
    assert int.from_bytes(read(bus, command)[:2], "little") == word


@pytest.mark.parametrize("command", [0x04, 0x05, 0x06, 0x08])
def test_the_other_words_of_the_ram_can_be_read(bus: Mlx90614Bus, command: int) -> None:
    assert len(read(bus, command)) == 3


@pytest.mark.parametrize(("command", "address"), [(0x07, 0x5B), (0x55, 0x5A)])
def test_another_address_or_an_unknown_command_is_not_acknowledged(
    bus: Mlx90614Bus, command: int, address: int
) -> None:
    with pytest.raises(OSError, match="Remote I/O error") as caught:
        read(bus, command, address)
    assert caught.value.errno == 121


def test_a_write_is_refused(bus: Mlx90614Bus) -> None:
    with pytest.raises(OSError, match="Remote I/O error"):
        bus.i2c_rdwr(i2c_msg.write(0x5A, [0x24, 0, 0, 0x28]), i2c_msg.read(0x5A, 3))


def test_the_object_temperature_follows_with_the_lag_of_the_filter(bus: Mlx90614Bus, clock: VirtualClock) -> None:
    bus.look_at(36.0, 24.0)
    assert celsius(read(bus, 0x07)) < 25.0
    clock.advance(0.15)
    assert 30.0 < celsius(read(bus, 0x07)) < 33.0
    clock.advance(2.0)
    assert celsius(read(bus, 0x07)) == pytest.approx(36.0, abs=0.2)


def test_the_ambient_temperature_follows_slowly(bus: Mlx90614Bus, clock: VirtualClock) -> None:
    bus.look_at(24.0, 34.0)
    clock.advance(2.0)
    assert celsius(read(bus, 0x06)) < 26.0
    clock.advance(120.0)
    assert celsius(read(bus, 0x06)) == pytest.approx(34.0, abs=0.2)


def test_the_noise_is_determined_by_the_seed(clock: VirtualClock) -> None:
    runs = [[read(bus, 0x07) for _ in range(20)] for bus in (Mlx90614Bus(clock, seed=5), Mlx90614Bus(clock, seed=5))]
    assert runs[0] == runs[1]
    assert len(set(runs[0])) > 3


def test_each_fault_is_visible_in_the_bytes(bus: Mlx90614Bus) -> None:
    bus.fault = BusFault.ALL_ONES
    assert read(bus, 0x07) == b"\xff\xff\xff"
    bus.fault = BusFault.ERROR_FLAG
    assert read(bus, 0x07)[1] & 0x80
    bus.fault = BusFault.WRONG_CHECKSUM
    low, high, pec = read(bus, 0x07)
    assert pec != crc8(bytes([0xB4, 0x07, 0xB5, low, high]))
    bus.fault = None
    bus.sends_checksum = False
    assert read(bus, 0x07)[2] == 0xFF
    bus.fault = BusFault.SILENT
    with pytest.raises(OSError, match="Remote I/O error"):
        read(bus, 0x07)


def test_a_closed_bus_does_not_answer(bus: Mlx90614Bus) -> None:
    bus.close()
    with pytest.raises(OSError, match="Remote I/O error"):
        read(bus, 0x07)
