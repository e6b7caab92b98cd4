"""The interlock of the two doors, on the pins: at most one lock is unlocked, except in an emergency."""

import itertools
import random
from dataclasses import dataclass, field

import pytest

from kiosk.hardware.airlock import SHUT_S, TRY_S, Airlock
from kiosk.hardware.lock import DoorLock
from kiosk.model import Door
from kiosk.settings.schema.doors import DoorSettings, LockKind, StreetDoorSettings
from kiosk.simulator.clock import VirtualClock

from .header import Header

BUILDING_PIN, STREET_PIN = 17, 27


@dataclass
class Levels:
    open_doors: frozenset[Door] = frozenset()
    street_exit: bool = False
    street_bolt: bool | None = None


@dataclass
class Doors:
    """An airlock on pins, with the levels that the test sets."""

    header: Header
    clock: VirtualClock
    building_kind: LockKind = LockKind.FAIL_SECURE
    street_kind: LockKind = LockKind.FAIL_SAFE
    levels: Levels = field(default_factory=Levels)
    accepts: bool = True
    refused: int = 0
    bolt: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = StreetDoorSettings(relay_pin=STREET_PIN, lock=self.street_kind, hold_s=5.0, bolt_s=0.5)
        building = DoorSettings(relay_pin=BUILDING_PIN, lock=self.building_kind, max_hold_s=10.0)
        locks = [DoorLock(self.header, one, self.clock) for one in (building, self.settings)]
        self.airlock = Airlock(
            locks[0], locks[1], self.settings, self.levels, self.clock, self.note_refused, self.note_bolt
        )
        self.airlock.check()

    def note_refused(self) -> bool:
        self.refused += self.accepts
        return self.accepts

    def note_bolt(self, fault: str) -> bool:
        self.bolt.append(fault)
        return True

    @property
    def unlocked(self) -> set[Door]:
        """The doors that the levels of the relays' pins unlock."""
        kinds = {
            Door.BUILDING: (BUILDING_PIN, self.building_kind),
            Door.STREET: (STREET_PIN, self.street_kind),
        }
        return {door for door, (pin, kind) in kinds.items() if self.header.high(pin) is (kind is LockKind.FAIL_SECURE)}

    def set(self, *open_doors: Door, leaves: bool = False) -> None:
        """Move the doors, and the exit button of the street door."""
        self.levels.open_doors, self.levels.street_exit = frozenset(open_doors), leaves
        self.airlock.check()


@pytest.fixture
def doors(header: Header, clock: VirtualClock) -> Doors:
    return Doors(header, clock)


def test_the_street_door_is_free_after_the_start_and_the_building_door_is_locked(doors: Doors) -> None:
    doors.clock.advance(0.6)
    assert doors.unlocked == {Door.STREET}
    assert doors.clock.next_at_s() is None, "nothing is polled while nothing is to come"


def test_the_building_door_is_unlocked_after_the_street_door_had_the_time_to_lock(doors: Doors) -> None:
    doors.clock.advance(1.0)
    assert doors.airlock.unlock(5.0)
    assert doors.unlocked == set()
    doors.clock.advance(0.4)
    assert doors.unlocked == set()
    doors.clock.advance(0.2)
    assert doors.unlocked == {Door.BUILDING}
    doors.clock.advance(5.0)
    assert doors.unlocked == set()
    doors.airlock.free_street(True)
    doors.clock.advance(0.6)
    assert doors.unlocked == {Door.STREET}


def test_a_street_door_that_was_locked_before_costs_no_time(doors: Doors) -> None:
    doors.airlock.free_street(False)
    doors.clock.advance(3.0)
    assert doors.airlock.unlock(5.0)
    assert doors.unlocked == {Door.BUILDING}


def test_the_building_door_stays_locked_while_the_street_door_is_open(doors: Doors) -> None:
    doors.clock.advance(1.0)
    doors.set(Door.STREET)
    assert not doors.airlock.unlock(5.0)
    doors.clock.advance(10.0)
    assert Door.BUILDING not in doors.unlocked
    assert doors.refused == 0, "the answer said it"


@pytest.mark.parametrize("after_s", [0.2, 1.0])
def test_a_street_door_that_opens_locks_the_building_door_at_once(doors: Doors, after_s: float) -> None:
    doors.clock.advance(1.0)
    assert doors.airlock.unlock(5.0)
    doors.clock.advance(after_s)
    doors.set(Door.STREET)
    assert Door.BUILDING not in doors.unlocked
    doors.set()
    doors.clock.advance(10.0)
    assert Door.BUILDING not in doors.unlocked
    assert doors.refused == 1


def test_a_refusal_is_reported_until_it_is_accepted(doors: Doors) -> None:
    doors.accepts = False
    doors.airlock.unlock(5.0)
    doors.clock.advance(1.0)
    doors.set(Door.STREET)
    doors.clock.advance(1.0)
    doors.accepts = True
    doors.clock.advance(1.0)
    assert doors.refused == 1


def test_an_edge_that_nobody_reported_locks_within_the_poll(doors: Doors) -> None:
    doors.airlock.unlock(5.0)
    doors.clock.advance(1.0)
    doors.levels.open_doors = frozenset({Door.STREET})
    doors.clock.advance(0.1)
    assert Door.BUILDING not in doors.unlocked


def test_the_street_door_waits_until_the_building_door_has_fallen_shut(doors: Doors) -> None:
    doors.airlock.unlock(5.0)
    doors.clock.advance(1.0)
    doors.set(Door.BUILDING)
    doors.airlock.lock()
    doors.airlock.free_street(True)
    doors.clock.advance(60.0)
    assert doors.unlocked == set()
    doors.set()
    assert doors.unlocked == {Door.STREET}


def test_somebody_who_comes_out_of_the_building_locks_the_street_door(doors: Doors) -> None:
    doors.clock.advance(1.0)
    doors.set(Door.BUILDING)
    assert doors.unlocked == set()


@pytest.mark.parametrize("open_doors", [(), (Door.BUILDING,)])
def test_a_person_who_uses_the_exit_of_the_street_door_gets_out_at_once(
    doors: Doors, open_doors: tuple[Door, ...]
) -> None:
    doors.airlock.unlock(8.0)
    doors.clock.advance(1.0)
    doors.set(*open_doors, leaves=True)
    assert doors.unlocked == {Door.STREET}
    doors.set(*open_doors)
    doors.clock.advance(4.5)
    assert doors.unlocked == {Door.STREET}
    assert not doors.airlock.unlock(5.0), "somebody leaves"
    doors.clock.advance(1.0)
    assert doors.unlocked == set()
    assert doors.refused == 1


def test_the_next_person_is_let_in_as_soon_as_the_door_fell_shut_behind_the_one_who_left(doors: Doors) -> None:
    doors.clock.advance(1.0)
    doors.set(leaves=True)
    doors.set(Door.STREET)
    doors.clock.advance(1.5)
    doors.set()
    assert doors.airlock.unlock(5.0), "a code can be read in the moment in which the door falls shut"
    assert doors.unlocked == {Door.STREET}, "no magnet catches a door that is still moving"
    doors.clock.advance(SHUT_S + 0.1)
    assert doors.unlocked == set()
    doors.clock.advance(doors.settings.bolt_s)
    assert doors.unlocked == {Door.BUILDING}
    assert doors.refused == 0


def test_a_door_that_bounces_while_a_person_leaves_stays_free(doors: Doors) -> None:
    doors.airlock.free_street(False)
    doors.set(leaves=True)
    for _ in range(3):
        doors.set(Door.STREET)
        doors.clock.advance(0.1)
        doors.set()
        doors.clock.advance(0.1)
        assert doors.unlocked == {Door.STREET}
    doors.set(leaves=True)
    doors.clock.advance(4.0)
    assert doors.unlocked == {Door.STREET}, "the exit was used again while the door was shut"


def test_a_person_who_uses_the_exit_just_before_an_emergency_ends_gets_out(doors: Doors) -> None:
    doors.airlock.free_street(False)
    doors.airlock.release()
    doors.set(leaves=True)
    doors.set()
    doors.clock.advance(0.3)
    doors.airlock.lock()
    assert doors.unlocked == {Door.STREET}
    doors.clock.advance(4.5)
    assert doors.unlocked == {Door.STREET}
    doors.clock.advance(1.0)
    assert doors.unlocked == set()


def test_an_emergency_frees_both_doors_until_it_ends(doors: Doors) -> None:
    doors.set(Door.STREET)
    doors.airlock.release()
    assert doors.unlocked == set(Door)
    doors.clock.advance(7200.0)
    assert doors.airlock.unlock(1.0)
    assert doors.unlocked == set(Door)
    doors.set()
    doors.airlock.free_street(False)
    doors.airlock.lock()
    assert doors.unlocked == set()
    doors.airlock.free_street(True)
    doors.clock.advance(0.6)
    assert doors.unlocked == {Door.STREET}


def test_a_lock_that_cannot_be_released_does_not_stop_the_other_one(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors.airlock.free_street(False)

    def break_off() -> None:
        raise OSError("the pin is gone")

    monkeypatch.setattr(doors.airlock._building, "release", break_off)
    with pytest.raises(OSError, match="pin is gone"):
        doors.airlock.release()
    assert doors.unlocked == {Door.STREET}


def test_the_limit_of_the_building_door_holds(doors: Doors) -> None:
    doors.airlock.free_street(False)
    doors.clock.advance(1.0)
    assert doors.airlock.unlock(10.0)
    doors.clock.advance(9.99)
    doors.airlock.lock()
    doors.clock.advance(0.1)
    assert doors.airlock.unlock(5.0)
    assert doors.airlock.locked
    assert doors.refused == 1


# --- the bolt ---


def test_a_bolt_that_does_not_lock_keeps_the_building_door_locked_and_is_reported(doors: Doors) -> None:
    doors.levels.street_bolt = False
    doors.clock.advance(1.0)
    doors.airlock.check()
    assert doors.bolt == [""]
    assert doors.airlock.unlock(5.0)
    doors.clock.advance(5.0)
    assert Door.BUILDING not in doors.unlocked
    assert (doors.bolt, doors.refused) == (["", "street_lock_stuck"], 1)
    doors.levels.street_bolt = True
    doors.airlock.check()
    assert doors.bolt[-1] == ""


def test_a_bolt_that_locks_in_time_lets_the_building_door_open(doors: Doors) -> None:
    doors.airlock.unlock(5.0)
    doors.levels.street_bolt = True
    doors.clock.advance(1.0)
    assert doors.unlocked == {Door.BUILDING}


def test_a_bolt_that_does_not_unlock_is_reported_but_not_that_of_an_open_door(doors: Doors) -> None:
    doors.levels.street_bolt = True
    doors.set(Door.STREET)
    doors.clock.advance(10.0)
    assert doors.bolt == []
    doors.set()
    doors.clock.advance(10.0)
    assert doors.bolt == ["street_lock_stuck"]


def test_a_bolt_that_was_stuck_open_is_tried_while_the_street_door_is_free(doors: Doors) -> None:
    doors.levels.street_bolt = False
    doors.airlock.free_street(False)
    doors.clock.advance(3.0)
    assert doors.bolt == ["street_lock_stuck"]
    doors.airlock.free_street(True)
    locked_tenths = 0
    for _ in range(int(10 * TRY_S)):
        doors.clock.advance(0.1)
        locked_tenths += not doors.unlocked
    assert 10 <= locked_tenths <= 17, "locked for bolt_s and one second"
    while doors.unlocked:
        doors.clock.advance(0.1)
    doors.set(leaves=True)
    assert doors.unlocked == {Door.STREET}, "the exit goes on working"
    assert doors.bolt == ["street_lock_stuck"]


def test_the_fault_ends_when_a_try_moves_the_bolt(doors: Doors) -> None:
    doors.levels.street_bolt = False
    doors.airlock.free_street(False)
    doors.clock.advance(3.0)
    doors.airlock.free_street(True)
    for _ in range(int(2 * TRY_S / 0.1)):
        doors.levels.street_bolt = Door.STREET not in doors.unlocked
        doors.clock.advance(0.1)
    assert doors.bolt == ["street_lock_stuck", ""]
    assert doors.unlocked == {Door.STREET}


# --- any order of events ---

KINDS = list(itertools.product(LockKind, repeat=2))


@pytest.mark.parametrize(("building_kind", "street_kind"), KINDS)
def test_at_most_one_door_is_unlocked_and_only_while_the_other_one_is_shut(
    header: Header, clock: VirtualClock, building_kind: LockKind, street_kind: LockKind
) -> None:
    doors = Doors(header, clock, building_kind, street_kind)
    clock.advance(0.1)
    chance, released = random.Random(f"{building_kind} {street_kind}"), False
    openings = ((), (), (), (Door.STREET,), (Door.BUILDING,), (Door.BUILDING, Door.STREET))
    unlockings = 0
    for _ in range(1000):
        was_free = Door.BUILDING in doors.unlocked
        match chance.randrange(8):
            case 0 | 1:
                doors.airlock.unlock(chance.choice((1.0, 5.0)))
            case 2:
                doors.airlock.lock()
                released = False
            case 3:
                doors.airlock.free_street(chance.random() < 0.5)
            case 4 if chance.random() < 0.1:
                doors.airlock.release()
                released = True
            case 5 | 6:
                doors.set(*chance.choice(openings), leaves=chance.random() < 0.1)
            case _:
                clock.advance(chance.choice((0.05, 0.3, 0.6, 2.0)))
        unlockings += Door.BUILDING in doors.unlocked and not was_free and not released
        if released:
            assert doors.unlocked == set(Door)
        else:
            assert len(doors.unlocked) <= 1
            if Door.BUILDING in doors.unlocked:
                assert Door.STREET not in doors.levels.open_doors
    assert unlockings >= 10, "the drawn order of events unlocks the building door"


@pytest.mark.parametrize(("building_kind", "street_kind"), KINDS)
def test_closing_leaves_both_relays_de_energised(
    header: Header, clock: VirtualClock, building_kind: LockKind, street_kind: LockKind
) -> None:
    doors = Doors(header, clock, building_kind, street_kind)
    clock.advance(1.0)
    doors.airlock.unlock(5.0)
    doors.airlock.close()
    doors.airlock.close()
    doors.airlock.check()
    clock.advance(10.0)
    assert not header.high(BUILDING_PIN)
    assert not header.high(STREET_PIN)
