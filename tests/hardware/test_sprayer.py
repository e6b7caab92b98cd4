from collections.abc import Callable

import pytest

from kiosk.hardware.sprayer import Sprayer
from kiosk.settings.schema.wiring import SprayerSettings
from kiosk.simulator.clock import VirtualClock

from .header import Header

PUMP = SprayerSettings(relay_pin=27, max_spray_s=10.0)


class FakeInterlock:
    """An interlock whose answer the test sets."""

    def __init__(self) -> None:
        self.allowed = True
        self.broken = False
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        if self.broken:
            raise OSError("a sensor's pin is gone")
        return self.allowed


@pytest.fixture
def interlock() -> FakeInterlock:
    return FakeInterlock()


@pytest.fixture
def sprayer(header: Header, clock: VirtualClock, interlock: FakeInterlock) -> Sprayer:
    return Sprayer(header, PUMP, clock, interlock, interlock)


def test_it_does_not_spray_at_construction(sprayer: Sprayer, header: Header) -> None:
    assert header.levels(27) == [False]


def test_a_spray_ends_by_itself(sprayer: Sprayer, header: Header, clock: VirtualClock) -> None:
    assert sprayer.spray(3.0)
    assert sprayer.spraying
    clock.advance(60.0)
    assert header.pin(27).moves == [(1000.0, True), (1003.0, False)]
    assert clock.next_at_s() is None


def test_a_spray_never_exceeds_the_limit(sprayer: Sprayer, header: Header, clock: VirtualClock) -> None:
    for _ in range(30):
        sprayer.spray(3600.0)
        clock.advance(0.4)
    assert header.pin(27).moves[:2] == [(1000.0, True), (1010.0, False)]


def test_a_forbidden_spray_does_not_start(sprayer: Sprayer, header: Header, interlock: FakeInterlock) -> None:
    interlock.allowed = False
    assert not sprayer.spray(3.0)
    assert header.levels(27) == [False]


def test_an_interlock_that_raises_an_error_forbids_the_spray(
    sprayer: Sprayer, header: Header, interlock: FakeInterlock
) -> None:
    interlock.broken = True
    with pytest.raises(OSError, match="pin is gone"):
        sprayer.spray(3.0)
    assert header.levels(27) == [False]


def test_a_refused_second_spray_ends_the_first(sprayer: Sprayer, header: Header, interlock: FakeInterlock) -> None:
    sprayer.spray(3.0)
    interlock.allowed = False
    assert not sprayer.spray(3.0)
    assert not header.high(27)


def test_check_ends_a_forbidden_spray_at_once(
    sprayer: Sprayer, header: Header, interlock: FakeInterlock, clock: VirtualClock
) -> None:
    sprayer.spray(3.0)
    clock.advance(1.0)
    interlock.allowed = False
    sprayer.check()
    assert header.pin(27).moves == [(1000.0, True), (1001.0, False)]
    assert clock.next_at_s() is None


def test_check_does_not_ask_the_interlock_while_the_pump_is_off(sprayer: Sprayer, interlock: FakeInterlock) -> None:
    sprayer.check()
    assert interlock.asked == 0


def test_after_a_missed_edge_the_poll_ends_the_spray(
    sprayer: Sprayer, header: Header, interlock: FakeInterlock, clock: VirtualClock
) -> None:
    sprayer.spray(3.0)
    clock.advance(1.05)
    interlock.allowed = False
    clock.advance(0.1)
    assert not header.high(27)
    [(_, on), (off_s, off)] = header.pin(27).moves
    assert (on, off) == (True, False)
    assert off_s == pytest.approx(1001.1)


@pytest.mark.parametrize("look", [Sprayer.check, lambda sprayer: sprayer._poll()], ids=["edge", "poll"])
def test_an_interlock_that_fails_during_a_spray_ends_it_before_the_error_is_raised(
    sprayer: Sprayer, header: Header, interlock: FakeInterlock, look: Callable[[Sprayer], None]
) -> None:
    sprayer.spray(3.0)
    interlock.broken = True
    with pytest.raises(OSError, match="pin is gone"):
        look(sprayer)
    assert header.levels(27) == [False, True, False]


def test_stop_ends_a_spray(sprayer: Sprayer, header: Header, clock: VirtualClock) -> None:
    sprayer.spray(3.0)
    sprayer.stop()
    assert header.levels(27) == [False, True, False]
    assert clock.next_at_s() is None


def test_closing_ends_a_spray_and_is_safe_twice(sprayer: Sprayer, header: Header, clock: VirtualClock) -> None:
    sprayer.spray(3.0)
    sprayer.close()
    sprayer.close()
    sprayer.check()
    clock.advance(60.0)
    assert header.levels(27) == [False, True, False]
    assert header.pin(27).function == "input"


class Cuts:
    """Records the reports of sprays that the interlock ended, if it accepts them."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.accepts = True
        self.reported_at_s: list[float] = []

    def __call__(self) -> bool:
        if self.accepts:
            self.reported_at_s.append(self.clock.now_s())
        return self.accepts


@pytest.fixture
def cuts(clock: VirtualClock) -> Cuts:
    return Cuts(clock)


@pytest.fixture
def reporting(header: Header, clock: VirtualClock, interlock: FakeInterlock, cuts: Cuts) -> Sprayer:
    return Sprayer(header, PUMP, clock, interlock, interlock, cuts)


def test_a_spray_that_the_interlock_ended_is_reported_once(
    reporting: Sprayer, interlock: FakeInterlock, clock: VirtualClock, cuts: Cuts
) -> None:
    reporting.spray(3.0)
    clock.advance(1.0)
    interlock.allowed = False
    reporting.check()
    reporting.check()
    clock.advance(60.0)
    assert cuts.reported_at_s == [1001.0]


def test_a_spray_that_ended_in_time_or_was_stopped_or_never_began_is_not_reported(
    reporting: Sprayer, interlock: FakeInterlock, clock: VirtualClock, cuts: Cuts
) -> None:
    reporting.spray(3.0)
    clock.advance(5.0)
    reporting.spray(3.0)
    reporting.stop()
    interlock.allowed = False
    reporting.spray(3.0)
    clock.advance(5.0)
    assert cuts.reported_at_s == []


def test_a_cut_is_reported_until_it_is_accepted(
    reporting: Sprayer, interlock: FakeInterlock, clock: VirtualClock, cuts: Cuts
) -> None:
    cuts.accepts = False
    reporting.spray(3.0)
    interlock.allowed = False
    reporting.check()
    clock.advance(5.0)
    cuts.accepts = True
    clock.advance(5.0)
    assert cuts.reported_at_s == [pytest.approx(1005.05, abs=0.06)]
    assert clock.next_at_s() is None


@pytest.mark.parametrize("then", [Sprayer.stop, Sprayer.close, lambda sprayer: sprayer.spray(1.0)])
def test_a_cut_is_not_reported_after_stop_close_or_a_new_spray(
    reporting: Sprayer, interlock: FakeInterlock, clock: VirtualClock, cuts: Cuts, then: Callable[[Sprayer], object]
) -> None:
    cuts.accepts = False
    reporting.spray(3.0)
    interlock.allowed = False
    reporting.check()
    interlock.allowed = cuts.accepts = True
    then(reporting)
    clock.advance(60.0)
    assert cuts.reported_at_s == []
