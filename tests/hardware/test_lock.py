import pytest

from kiosk.hardware.lock import DoorLock
from kiosk.settings.schema.doors import DoorSettings, LockKind
from kiosk.simulator.clock import VirtualClock

from .header import Header

STRIKE = DoorSettings(relay_pin=17, lock=LockKind.FAIL_SECURE, hold_s=5.0, max_hold_s=10.0)
MAGNET = DoorSettings(relay_pin=17, lock=LockKind.FAIL_SAFE, hold_s=5.0, max_hold_s=10.0)
MAGNET_ACTIVE_LOW = DoorSettings(relay_pin=5, active_high=False, lock=LockKind.FAIL_SAFE, max_hold_s=10.0)
EITHER = pytest.mark.parametrize("settings", [STRIKE, MAGNET], ids=["strike", "magnet"])


def test_a_strike_is_locked_and_de_energised_from_the_start(header: Header, clock: VirtualClock) -> None:
    lock = DoorLock(header, STRIKE, clock)
    assert lock.locked
    assert header.levels(17) == [False]


def test_a_magnet_is_locked_and_energised_from_the_start(header: Header, clock: VirtualClock) -> None:
    lock = DoorLock(header, MAGNET, clock)
    assert lock.locked
    assert header.levels(17) == [False, True]


def test_a_strike_unlocks_energised_and_locks_by_itself(header: Header, clock: VirtualClock) -> None:
    lock = DoorLock(header, STRIKE, clock)
    assert lock.unlock(5.0)
    assert not lock.locked
    clock.advance(60.0)
    assert lock.locked
    assert header.pin(17).moves == [(1000.0, True), (1005.0, False)]


def test_a_magnet_unlocks_de_energised_and_locks_by_itself(header: Header, clock: VirtualClock) -> None:
    lock = DoorLock(header, MAGNET_ACTIVE_LOW, clock)
    clock.advance(1.0)
    assert lock.unlock(5.0)
    assert not lock.locked
    clock.advance(60.0)
    assert lock.locked
    assert header.pin(5).moves == [(1000.0, False), (1001.0, True), (1006.0, False)]


@EITHER
def test_an_unlocking_is_limited(header: Header, clock: VirtualClock, settings: DoorSettings) -> None:
    lock = DoorLock(header, settings, clock)
    for _ in range(7):
        lock.unlock(3600.0)
        clock.advance(1.5)
    assert lock.locked
    opened, closed = header.pin(17).moves[-2:]
    assert closed[0] - opened[0] == 10.0


@EITHER
def test_lock_ends_an_unlocking(header: Header, clock: VirtualClock, settings: DoorSettings) -> None:
    lock = DoorLock(header, settings, clock)
    lock.unlock(5.0)
    lock.lock()
    assert lock.locked
    clock.advance(60.0)
    assert lock.locked


@EITHER
def test_a_release_lasts_until_it_is_locked_again(header: Header, clock: VirtualClock, settings: DoorSettings) -> None:
    lock = DoorLock(header, settings, clock)
    lock.unlock(5.0)
    lock.release()
    clock.advance(7200.0)
    assert not lock.locked
    lock.unlock(1.0)
    clock.advance(7200.0)
    assert not lock.locked
    lock.lock()
    assert lock.locked


@EITHER
@pytest.mark.parametrize("action", ["none", "unlock", "release"])
def test_closing_leaves_the_relay_de_energised(
    header: Header, clock: VirtualClock, settings: DoorSettings, action: str
) -> None:
    lock = DoorLock(header, settings, clock)
    match action:
        case "unlock":
            lock.unlock(5.0)
        case "release":
            lock.release()
    moves = len(header.pin(17).moves)
    was_high = header.high(17)
    lock.close()
    lock.close()
    assert not header.high(17)
    assert (
        len(header.pin(17).moves) == moves + was_high
    )  # no extra move: a released magnet does not lock for an instant
    clock.advance(60.0)
    assert not header.high(17)
