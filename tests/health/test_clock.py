import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.health.clock import WallClock, is_sure, read_floor, write_floor
from kiosk.model import WallTime

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Machine:
    """A root folder of a machine with a clock, a boot time and a synchronisation."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.utc = NOON
        self.up_s = 600.0
        self.marker = root / "run" / "systemd" / "timesync" / "synchronized"
        self.floor = root / "clock-floor"

    def synchronize(self) -> None:
        self.marker.parent.mkdir(parents=True, exist_ok=True)
        self.marker.touch()
        os.utime(self.marker, (self.utc.timestamp(), self.utc.timestamp()))

    def clock(self) -> WallClock:
        return WallClock(self.floor, self.root, lambda: self.utc, lambda: self.up_s)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_clock_that_was_never_synchronised_is_not_sure(machine: Machine) -> None:
    assert machine.clock().now() == WallTime(NOON, False)


def test_a_synchronised_clock_is_sure(machine: Machine) -> None:
    machine.synchronize()
    assert machine.clock().now() == WallTime(NOON, True)


def test_a_synchronisation_before_this_boot_does_not_count(machine: Machine) -> None:
    machine.synchronize()
    machine.utc += HOUR
    machine.up_s = 60.0
    assert not machine.clock().now().sure


def test_a_clock_that_was_set_back_is_not_sure(machine: Machine) -> None:
    machine.synchronize()
    clock = machine.clock()
    assert clock.now().sure
    clock.keep()
    machine.utc -= timedelta(days=400)
    machine.synchronize()
    assert not clock.now().sure
    assert not machine.clock().now().sure  # also not after a restart


def test_the_floor_is_stored_first_and_then_once_an_hour(machine: Machine) -> None:
    machine.synchronize()
    clock = machine.clock()
    stored = []
    for minutes in (0, 1, 59, 60, 61, 121):
        machine.utc, machine.up_s = NOON + timedelta(minutes=minutes), 600.0 + 60 * minutes
        clock.now()
        clock.keep()
        stored.append(read_floor(machine.floor))
    assert stored == [NOON, NOON, NOON, NOON + HOUR, NOON + HOUR, NOON + timedelta(minutes=121)]


def test_an_unsure_clock_stores_no_floor(machine: Machine) -> None:
    clock = machine.clock()
    clock.now()
    clock.keep()
    assert not machine.floor.exists()


def test_reading_the_time_writes_nothing(machine: Machine) -> None:
    machine.synchronize()
    machine.clock().now()
    assert not machine.floor.exists()


def test_a_floor_that_cannot_be_stored_is_logged_and_the_time_is_still_sure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(tmp_path)
    machine.floor = tmp_path / "gone" / "clock-floor"
    machine.synchronize()
    clock = machine.clock()
    assert clock.now().sure
    clock.keep()
    assert "cannot be stored: " in caplog.text


@pytest.mark.parametrize("content", [b"", b"yesterday", b"\xff\xfe", b"2026-99-99T00:00:00+00:00"])
def test_an_unreadable_floor_is_logged_and_starts_again(
    machine: Machine, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    machine.floor.write_bytes(content)
    machine.synchronize()
    with caplog.at_level(logging.WARNING):
        clock = machine.clock()
        assert clock.now().sure
    clock.keep()
    assert "cannot be read and starts again" in caplog.text
    assert read_floor(machine.floor) == NOON


def test_storing_a_floor_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "clock-floor"
    write_floor(path, NOON)
    assert path.read_text() == "2026-03-04T12:00:00+00:00\n"
    assert [file.name for file in tmp_path.iterdir()] == ["clock-floor"]


def test_a_floor_without_a_time_zone_is_utc(tmp_path: Path) -> None:
    path = tmp_path / "clock-floor"
    path.write_text("2026-03-04T12:00:00")
    assert read_floor(path) == NOON


STEPS = st.integers(-1000, 1000).map(lambda hours: NOON + hours * HOUR)


@given(STEPS, STEPS, st.none() | STEPS, st.floats(0, 1e6))
def test_no_clock_before_the_floor_or_without_a_synchronisation_is_sure(
    utc: datetime, floor_utc: datetime, synchronized_at_utc: datetime | None, up_s: float
) -> None:
    if is_sure(utc, floor_utc, synchronized_at_utc, up_s):
        assert synchronized_at_utc is not None
        assert utc >= floor_utc


def test_the_real_clock_returns_the_time(tmp_path: Path) -> None:
    now = WallClock(tmp_path / "clock-floor", tmp_path).now()
    assert abs(now.utc - datetime.now(UTC)) < timedelta(minutes=1)
    assert not now.sure
