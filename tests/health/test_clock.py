import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.health.clock import TimePoint, WallClock, confirm, is_sure, read_point, write_point
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
        self.rtc = root / "sys" / "class" / "rtc" / "rtc0" / "since_epoch"
        self.boot()

    def boot(self, name: str = "boot-1", up_s: float = 600.0) -> None:
        """Boot again: another boot id, another uptime, and no synchronisation yet."""
        self.up_s = up_s
        self.marker.unlink(missing_ok=True)
        boot_id = self.root / "proc" / "sys" / "kernel" / "random" / "boot_id"
        boot_id.parent.mkdir(parents=True, exist_ok=True)
        boot_id.write_text(f"{name}\n")

    def set_rtc(self) -> None:
        self.rtc.parent.mkdir(parents=True, exist_ok=True)
        self.rtc.write_text(f"{self.utc.timestamp():.0f}\n")

    def wait(self, passed: timedelta) -> None:
        self.utc += passed
        self.up_s += passed.total_seconds()

    def confirm(self) -> None:
        write_point(self.floor.with_name("time-confirmed"), TimePoint(self.utc, "boot-1", self.up_s))

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
        point = read_point(machine.floor)
        stored.append(point.utc if point else None)
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
    assert read_point(machine.floor) == TimePoint(NOON, "boot-1", 600.0)


def test_storing_a_floor_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "clock-floor"
    write_point(path, TimePoint(NOON))
    assert path.read_text() == "2026-03-04T12:00:00+00:00\n"
    assert [file.name for file in tmp_path.iterdir()] == ["clock-floor"]


def test_a_floor_without_a_time_zone_is_utc(tmp_path: Path) -> None:
    path = tmp_path / "clock-floor"
    path.write_text("2026-03-04T12:00:00")
    assert read_point(path) == TimePoint(NOON)


STEPS = st.integers(-1000, 1000).map(lambda hours: NOON + hours * HOUR)


@given(STEPS, STEPS, st.none() | STEPS, st.floats(0, 1e6))
def test_a_clock_before_the_floor_or_without_a_synchronisation_is_not_sure(
    utc: datetime, floor_utc: datetime, synchronized_at_utc: datetime | None, up_s: float
) -> None:
    if is_sure(utc, floor_utc, synchronized_at_utc, up_s):
        assert synchronized_at_utc is not None
        assert utc >= floor_utc


def test_the_real_clock_returns_the_time(tmp_path: Path) -> None:
    now = WallClock(tmp_path / "clock-floor", tmp_path).now()
    assert abs(now.utc - datetime.now(UTC)) < timedelta(minutes=1)
    assert not now.sure


def known(machine: Machine) -> WallClock:
    """Return a clock whose time is sure and stored."""
    machine.synchronize()
    clock = machine.clock()
    assert clock.now().sure
    clock.keep()
    return clock


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=20_000), timedelta(hours=-1)])
def test_one_false_synchronisation_is_not_believed_and_does_not_move_the_floor(
    machine: Machine, jump: timedelta
) -> None:
    clock = known(machine)
    machine.utc += jump
    machine.synchronize()
    assert not clock.now().sure
    assert clock.fault == "clock_jumped"
    clock.keep()
    assert not machine.clock().now().sure  # also not after a restart of the program
    machine.utc -= jump
    machine.synchronize()
    assert clock.now().sure
    assert clock.fault == ""


def test_the_time_may_pass_for_months(machine: Machine) -> None:
    clock = known(machine)
    for _ in range(100):
        machine.wait(timedelta(days=1))
        machine.utc += timedelta(seconds=20)  # a crystal that drifts, corrected
        machine.synchronize()
        assert clock.now().sure
        clock.keep()
    assert machine.clock().now().sure


def test_many_small_steps_do_not_add_up_to_a_jump(machine: Machine) -> None:
    clock = known(machine)
    sure = []
    for _ in range(20):
        machine.wait(timedelta(minutes=1))
        machine.utc += timedelta(minutes=5)
        machine.synchronize()
        sure.append(clock.now().sure)
    assert sure == [True, True] + [False] * 18


@pytest.mark.parametrize(("days", "sure"), [(3, True), (30, False)])
def test_after_a_boot_a_few_days_are_believed_and_a_month_is_not(machine: Machine, days: int, sure: bool) -> None:
    known(machine)
    machine.utc += timedelta(days=days)
    machine.boot("boot-2", up_s=60.0)
    clock = machine.clock()
    machine.synchronize()
    assert clock.now().sure is sure
    assert clock.fault == ("" if sure else "clock_jumped")


def test_a_long_time_without_network_is_no_jump(machine: Machine) -> None:
    known(machine)
    machine.boot("boot-2", up_s=60.0)
    clock = machine.clock()
    machine.wait(timedelta(days=30))
    machine.synchronize()
    assert clock.now().sure


def test_an_rtc_that_was_read_before_the_synchronisation_explains_a_jump(machine: Machine) -> None:
    known(machine)
    machine.utc += timedelta(days=30)
    machine.boot("boot-2", up_s=60.0)
    machine.set_rtc()
    clock = machine.clock()
    machine.wait(timedelta(minutes=1))
    machine.synchronize()
    assert clock.now().sure


def test_an_rtc_that_the_false_time_has_set_explains_nothing(machine: Machine) -> None:
    known(machine)
    machine.utc += timedelta(days=30)
    machine.boot("boot-2", up_s=60.0)
    machine.synchronize()
    machine.set_rtc()
    assert not machine.clock().now().sure


@pytest.mark.parametrize("jump", [timedelta(days=30), timedelta(days=-30)])
def test_the_technician_confirms_a_time_also_one_before_a_false_floor(machine: Machine, jump: timedelta) -> None:
    clock = known(machine)
    machine.utc += jump
    machine.synchronize()
    assert not clock.now().sure
    machine.confirm()
    clock.keep()
    assert clock.fault == ""
    assert clock.now() == WallTime(machine.utc, True)
    clock.keep()
    assert read_point(machine.floor) == TimePoint(machine.utc, "boot-1", machine.up_s)
    assert machine.clock().now().sure
    machine.utc += timedelta(days=30)  # the confirmation is of one time only
    machine.synchronize()
    assert not clock.now().sure
    clock.keep()
    assert not clock.now().sure


def test_a_confirmation_of_another_boot_or_another_time_does_not_count(machine: Machine) -> None:
    clock = known(machine)
    machine.confirm()
    machine.utc += timedelta(days=30)
    machine.synchronize()
    clock.now()
    clock.keep()
    assert not clock.now().sure
    write_point(machine.floor.with_name("time-confirmed"), TimePoint(machine.utc, "boot-0", machine.up_s))
    clock.keep()
    assert not clock.now().sure


def test_the_command_confirms_the_time_of_this_machine(tmp_path: Path) -> None:
    utc = confirm(tmp_path / "time-floor")
    point = read_point(tmp_path / "time-confirmed")
    assert point is not None
    assert abs(point.utc - utc) < timedelta(seconds=2)
    assert abs(utc - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("second", ["boot-1", "boot-1 nan", "boot-1 1 2"])
def test_a_wrong_second_line_of_the_floor_is_no_error(machine: Machine, second: str) -> None:
    machine.floor.write_text(f"{NOON.isoformat()}\n{second}\n")
    machine.synchronize()
    assert machine.clock().now().sure
