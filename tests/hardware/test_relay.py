from collections.abc import Callable

import pytest

from kiosk.errors import DeviceError
from kiosk.hardware.relay import Relay
from kiosk.hardware.timed import BREAK_S, TimedSwitch
from kiosk.simulator.clock import VirtualClock

from .header import Header


@pytest.fixture
def make(header: Header, clock: VirtualClock) -> Callable[..., Relay]:
    def make(pin: int = 17, *, active_high: bool = True, max_s: float = 10.0) -> Relay:
        return Relay(header, "door", pin, active_high, clock, max_s)

    return make


def test_an_active_high_relay_does_not_move_at_construction(make: Callable[..., Relay], header: Header) -> None:
    relay = make(17)
    assert header.levels(17) == [False]
    assert header.pin(17).function == "output"
    assert not relay.energised


def test_an_active_low_relay_on_a_pulled_up_pin_does_not_move_at_construction(
    make: Callable[..., Relay], header: Header
) -> None:
    relay = make(5, active_high=False)
    assert header.levels(5) == [True]
    assert not relay.energised


@pytest.mark.parametrize(("pin", "active_high"), [(17, True), (5, False)])
def test_a_pulse_ends_by_itself(
    make: Callable[..., Relay], header: Header, clock: VirtualClock, pin: int, active_high: bool
) -> None:
    relay = make(pin, active_high=active_high)
    assert relay.pulse(3.0)
    assert header.high(pin) is active_high
    clock.advance(2.999)
    assert relay.energised
    clock.advance(0.001)
    assert not relay.energised
    assert header.levels(pin) == [not active_high, active_high, not active_high]


def test_a_pulse_is_clamped_to_the_limit(make: Callable[..., Relay], header: Header, clock: VirtualClock) -> None:
    make(max_s=10.0).pulse(3600.0)
    clock.advance(3600.0)
    assert header.pin(17).moves == [(1000.0, True), (1010.0, False)]


@pytest.mark.parametrize("for_s", [0.0, -1.0, float("nan"), float("-inf")])
def test_a_pulse_without_a_valid_duration_does_not_energise(
    make: Callable[..., Relay], header: Header, for_s: float
) -> None:
    assert not make().pulse(for_s)
    assert header.levels(17) == [False]


def test_an_infinite_pulse_ends_at_the_limit(make: Callable[..., Relay], header: Header, clock: VirtualClock) -> None:
    make(max_s=10.0).pulse(float("inf"))
    clock.advance(60.0)
    assert header.pin(17).moves == [(1000.0, True), (1010.0, False)]


def test_a_new_pulse_replaces_the_running_one(make: Callable[..., Relay], header: Header, clock: VirtualClock) -> None:
    relay = make()
    relay.pulse(5.0)
    clock.advance(4.0)
    relay.pulse(3.0)
    clock.advance(60.0)
    assert header.pin(17).moves == [(1000.0, True), (1007.0, False)]


def test_a_new_pulse_may_also_be_shorter(make: Callable[..., Relay], header: Header, clock: VirtualClock) -> None:
    relay = make()
    relay.pulse(5.0)
    relay.pulse(1.0)
    clock.advance(60.0)
    assert header.pin(17).moves == [(1000.0, True), (1001.0, False)]


def test_repeated_pulses_do_not_exceed_the_limit(
    make: Callable[..., Relay], header: Header, clock: VirtualClock
) -> None:
    relay = make(max_s=10.0)
    for _ in range(100):
        relay.pulse(5.0)
        clock.advance(0.1)
    assert header.pin(17).moves == [(1000.0, True), (pytest.approx(1010.0), False)]


def test_a_rest_shorter_than_the_break_does_not_renew_the_limit(
    make: Callable[..., Relay], header: Header, clock: VirtualClock
) -> None:
    relay = make(max_s=10.0)
    relay.pulse(10.0)
    clock.advance(9.9)
    relay.rest()
    clock.advance(0.05)
    assert relay.pulse(10.0)
    clock.advance(0.06)
    assert not relay.energised
    assert not relay.pulse(10.0)
    clock.advance(BREAK_S)
    assert relay.pulse(10.0)
    assert [level for _, level in header.pin(17).moves] == [True, False, True, False, True]


def test_rest_ends_a_pulse_and_its_alarm(make: Callable[..., Relay], header: Header, clock: VirtualClock) -> None:
    relay = make()
    relay.pulse(5.0)
    relay.rest()
    assert not header.high(17)
    assert clock.next_at_s() is None


def test_a_late_alarm_of_a_replaced_pulse_does_not_end_the_new_one(header: Header) -> None:
    ringing: list[Callable[[], None]] = []

    class LateClock(VirtualClock):
        """Keeps the actions of cancelled alarms, to call them as a thread does that was already ringing."""

        def call_at(self, at_s: float, action: Callable[[], None]):  # type: ignore[no-untyped-def]
            ringing.append(action)
            return super().call_at(at_s, action)

    relay = Relay(header, "door", 17, True, LateClock(), 10.0)
    relay.pulse(5.0)
    relay.pulse(5.0)
    ringing[0]()
    assert relay.energised
    ringing[1]()
    assert not relay.energised


def test_a_hold_has_no_end_and_no_pulse_shortens_it(
    make: Callable[..., Relay], header: Header, clock: VirtualClock
) -> None:
    relay = make(max_s=10.0)
    relay.pulse(1.0)
    relay.hold()
    assert relay.pulse(1.0)
    clock.advance(7200.0)
    assert header.high(17)
    relay.rest()
    assert not header.high(17)


def test_the_end_is_scheduled_before_the_relay_moves(header: Header) -> None:
    class BrokenClock(VirtualClock):
        def call_at(self, at_s: float, action: Callable[[], None]):  # type: ignore[no-untyped-def]
            raise MemoryError

    relay = Relay(header, "door", 17, True, BrokenClock(), 10.0)
    with pytest.raises(MemoryError):
        relay.pulse(1.0)
    assert header.levels(17) == [False]


def test_an_error_while_switching_on_switches_off_first(clock: VirtualClock) -> None:
    written: list[bool] = []

    def switch(on: bool) -> None:
        written.append(on)
        if on:
            raise OSError("no such line")

    timed = TimedSwitch("door", switch, clock, 10.0)
    with pytest.raises(OSError, match="no such line"):
        timed.pulse(1.0)
    assert written == [True, False]
    assert not timed.on
    assert clock.next_at_s() is None


def test_closing_rests_first_and_is_safe_twice(make: Callable[..., Relay], header: Header, clock: VirtualClock) -> None:
    relay = make(5, active_high=False)
    relay.pulse(5.0)
    relay.close()
    relay.close()
    assert header.levels(5) == [True, False, True]
    assert header.pin(5).function == "input"
    clock.advance(60.0)
    assert header.levels(5) == [True, False, True]


def test_a_pin_in_use_is_an_error_with_its_setting(make: Callable[..., Relay]) -> None:
    first = make(17)
    with pytest.raises(DeviceError, match=r"door: GPIO17 is in use .* choose another 'door.relay_pin'") as caught:
        make(17)
    assert caught.value.fault == "pin_taken"
    first.close()


def test_the_switch_callback_may_call_back(clock: VirtualClock) -> None:
    written: list[bool] = []

    def switch(on: bool) -> None:
        written.append(on)
        if on:
            timed.rest()  # as an interlock does that is asked at the new level

    timed = TimedSwitch("sprayer", switch, clock, 10.0)
    timed.pulse(1.0)
    assert written == [True, False]
    assert not timed.on
    assert clock.next_at_s() is None
