import logging
from typing import Any

import pytest
from smbus2 import i2c_msg

from kiosk.errors import DeviceError
from kiosk.hardware.buses import open_i2c
from kiosk.hardware.thermometers.mlx90614 import Mlx90614, crc8
from kiosk.settings.schema.thermometer import ThermometerSettings

SETTINGS = ThermometerSettings()


class Wire:
    """A bus that returns the prepared answers, one for each transfer, and records the questions."""

    def __init__(self, *answers: bytes | OSError) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int, bytes, int]] = []
        self.closed = 0

    def i2c_rdwr(self, *messages: i2c_msg) -> None:
        question, answer = messages
        assert (question.flags, answer.flags) == (0, 1)
        self.asked.append((question.addr, bytes(question), answer.len))
        data = self.answers.pop(0)
        if isinstance(data, OSError):
            raise data
        for place, byte in enumerate(data):
            answer.buf[place] = byte

    def close(self) -> None:
        self.closed += 1


def answer(command: int, word: int, address: int = 0x5A) -> bytes:
    low_high = word.to_bytes(2, "little")
    return low_high + bytes([crc8(bytes([address << 1, command, address << 1 | 1]) + low_high)])


def with_wrong_checksum(command: int, word: int) -> bytes:
    low, high, pec = answer(command, word)
    return bytes([low, high, pec ^ 1])


def thermometer(*answers: bytes | OSError, **changes: Any) -> tuple[Mlx90614, Wire]:
    wire = Wire(*answers)
    return Mlx90614(wire, ThermometerSettings(**changes)), wire


GOOD = (answer(0x06, 0x3AF7), answer(0x07, 0x3C8F))


@pytest.mark.parametrize(
    ("sent", "pec"),
    [
        # from Melexis' application note and captures of users: erase and write of the address, and sleep
        (bytes([0x00, 0x2E, 0x00, 0x00]), 0x6F),
        (bytes([0x00, 0x2E, 0x5A, 0x00]), 0xE1),
        (bytes([0xB4, 0xFF]), 0xE8),
        # the datasheet's example of Read Word: To is 0x3AD2
        (bytes([0xB4, 0x07, 0xB5, 0xD2, 0x3A]), 0x30),
        (b"123456789", 0xF4),  # the check value of CRC-8/SMBUS
        (b"", 0x00),
    ],
)
def test_crc8_is_the_checksum_of_the_smbus(sent: bytes, pec: int) -> None:
    assert crc8(sent) == pec


def test_a_sample_reads_ambient_and_object_with_three_bytes_each() -> None:
    sensor, wire = thermometer(*GOOD)
    sample = sensor.sample()
    assert sample.ambient_c == pytest.approx(28.75)
    assert sample.object_c == pytest.approx(36.91)
    assert wire.asked == [(0x5A, b"\x06", 3), (0x5A, b"\x07", 3)]


def test_the_datasheets_example_of_read_word_is_decoded() -> None:
    sensor, _ = thermometer(GOOD[0], bytes([0xD2, 0x3A, 0x30]))
    assert sensor.sample().object_c == pytest.approx(28.01)


def test_the_address_of_the_settings_is_used() -> None:
    sensor, wire = thermometer(answer(0x06, 0x3AF7, 0x5B), answer(0x07, 0x3C8F, 0x5B), address=0x5B)
    sensor.sample()
    assert [address for address, *_ in wire.asked] == [0x5B, 0x5B]


def test_the_ambient_is_read_with_every_fourth_sample() -> None:
    sensor, wire = thermometer(*GOOD, *[GOOD[1]] * 3, *GOOD)
    for _ in range(5):
        sensor.sample()
    assert b"".join(command for _, command, _ in wire.asked) == b"\x06\x07\x07\x07\x07\x06\x07"


def test_a_sensor_that_cannot_answer_twice_in_a_row_is_read_at_the_next_sample() -> None:
    sensor, wire = thermometer(GOOD[0], OSError(121, "Remote I/O error"), GOOD[1])
    with pytest.raises(DeviceError):
        sensor.sample()
    assert sensor.sample().object_c == pytest.approx(36.91)
    assert [command for _, command, _ in wire.asked] == [b"\x06", b"\x07", b"\x07"]


def units(*words: int) -> list[bytes]:
    return [answer(0x3C + number, word) for number, word in enumerate(words)]


def test_the_number_of_the_unit_is_read_one_word_at_a_time() -> None:
    sensor, wire = thermometer(*units(0x1A2B, 0xFFFF, 0x5E6F, 0x8001), *units(0, 0, 0, 2))
    assert [sensor.unit() for _ in range(4)] == [None, None, None, "1A2BFFFF5E6F8001"]
    assert [command for _, command, _ in wire.asked] == [b"\x3c", b"\x3d", b"\x3e", b"\x3f"]
    assert [sensor.unit() for _ in range(4)][3] == "0000000000000002"  # another sensor


@pytest.mark.parametrize("word", [0x0000, 0xFFFF])
def test_an_eeprom_without_a_number_is_no_number(word: int) -> None:
    sensor, _ = thermometer(*units(*[word] * 4))
    assert [sensor.unit() for _ in range(4)][3] == ""


def test_a_word_of_the_number_with_a_wrong_checksum_is_asked_again() -> None:
    sensor, wire = thermometer(
        units(0x1A2B)[0], with_wrong_checksum(0x3D, 1), OSError(121, "gone"), *units(0, 1, 2, 3)[1:]
    )
    assert sensor.unit() is None
    for fault in ("thermometer_error", "thermometer_silent"):
        with pytest.raises(DeviceError) as caught:
            sensor.unit()
        assert caught.value.fault == fault
    assert [sensor.unit() for _ in range(3)][2] == "1A2B000100020003"
    assert [command for _, command, _ in wire.asked][1:4] == [b"\x3d"] * 3


@pytest.mark.parametrize("number", [121, 6, 110, 5])
def test_no_answer_is_the_fault_thermometer_silent(number: int) -> None:
    sensor, _ = thermometer(OSError(number, "whatever"))
    with pytest.raises(DeviceError, match="thermometer: no answer at address 0x5A") as caught:
        sensor.sample()
    assert caught.value.fault == "thermometer_silent"


@pytest.mark.parametrize(
    ("ambient", "object_", "found"),
    [
        (b"\xff\xff\xff", b"", "0xFFFF, which has its error flag set"),
        (answer(0x06, 0x3AF7 | 0x8000), b"", "0xBAF7, which has its error flag set"),
        (GOOD[0], answer(0x07, 0x8000), "0x8000, which has its error flag set"),
        (answer(0x06, 0x2DE3), b"", "0x2DE3, which is outside its range"),
        (answer(0x06, 0x4DC5), b"", "0x4DC5, which is outside its range"),
        (GOOD[0], answer(0x07, 0x27AC), "0x27AC, which is outside its range"),
        (b"\x00\x00\x00", b"", "0x0000, which is outside its range"),
        (with_wrong_checksum(0x06, 0x3AF7), b"", "checksum"),
        (GOOD[0], with_wrong_checksum(0x07, 0x3C8F), "checksum"),
    ],
)
def test_an_invalid_word_is_an_error_and_never_a_temperature(ambient: bytes, object_: bytes, found: str) -> None:
    sensor, _ = thermometer(*GOOD, *[GOOD[1]] * 3, ambient, object_)
    for _ in range(4):
        sensor.sample()
    with pytest.raises(DeviceError, match=found if "0x" in found else "the checksum is 0x.. instead of 0x..") as caught:
        sensor.sample()
    assert caught.value.fault == "thermometer_error"


@pytest.mark.parametrize(
    ("command", "word", "celsius"),
    [(0x06, 0x2DE4, -38.19), (0x06, 0x4DC4, 125.01), (0x07, 0x27AD, -70.01), (0x07, 0x7FFF, 382.19)],
)
def test_the_limits_of_the_ranges_are_temperatures(command: int, word: int, celsius: float) -> None:
    words = [answer(0x06, word), GOOD[1]] if command == 0x06 else [GOOD[0], answer(0x07, word)]
    sensor, _ = thermometer(*words)
    sample = sensor.sample()
    assert (sample.ambient_c if command == 0x06 else sample.object_c) == pytest.approx(celsius)


def test_after_one_correct_checksum_every_wrong_one_is_an_error() -> None:
    sensor, _ = thermometer(*GOOD, *[with_wrong_checksum(0x07, 0x3C8F)] * 20, GOOD[1])
    sensor.sample()
    for _ in range(3):
        with pytest.raises(DeviceError):
            sensor.sample()


def test_a_unit_without_checksums_is_detected_and_then_accepted(caplog: pytest.LogCaptureFixture) -> None:
    sensor, _ = thermometer(
        *[with_wrong_checksum(0x06, 0x3AF7)] * 5,
        with_wrong_checksum(0x07, 0x3C8F),
        GOOD[1],
        with_wrong_checksum(0x07, 0x3C8F),
    )
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            with pytest.raises(DeviceError):
                sensor.sample()
        for _ in range(3):  # a checksum that is correct by chance changes nothing
            assert sensor.sample().object_c == pytest.approx(36.91)
    assert caplog.messages == ["the thermometer sends no checksums; errors on its wires may go unnoticed"]


def test_an_idle_bus_does_not_count_as_a_unit_without_checksums() -> None:
    sensor, _ = thermometer(*[b"\xff\xff\xff"] * 20, *GOOD, with_wrong_checksum(0x07, 0x3C8F))
    for _ in range(20):
        with pytest.raises(DeviceError, match="error flag"):
            sensor.sample()
    sensor.sample()
    with pytest.raises(DeviceError, match="checksum"):
        sensor.sample()


def test_closing_closes_the_bus() -> None:
    sensor, wire = thermometer()
    sensor.close()
    assert wire.closed == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(2, "No such file or directory"), "/dev/i2c-7 does not exist; put 'dtparam=i2c_arm=on'"),
        (
            PermissionError(13, "Permission denied"),
            "/dev/i2c-7 cannot be opened: permission denied; use sudo, or add this user to the group 'i2c'",
        ),
        (OSError(25, "Inappropriate ioctl for device"), "/dev/i2c-7 is not an I2C bus"),
    ],
)
def test_a_bus_that_cannot_be_opened_is_an_error_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, error: OSError, message: str
) -> None:
    def refuse(path: str, flags: int) -> int:
        assert path == "/dev/i2c-7"
        raise error

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(DeviceError) as caught:
        open_i2c(7)
    assert message in str(caught.value)
    assert caught.value.fault == "thermometer_silent"
