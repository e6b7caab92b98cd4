from itertools import combinations

import pytest

from kiosk.hardware.lights import Buzzer, Lights
from kiosk.hardware.signals import DARK, LIGHTS, SOUNDS, Colour
from kiosk.model import Signal
from kiosk.settings.schema.wiring import BuzzerSettings, LightsSettings
from kiosk.simulator.clock import VirtualClock

from .header import Header

SINGLE = LightsSettings(single_pin=22)
RGB = LightsSettings(red_pin=22, green_pin=23, blue_pin=24)
PAIRS = [pytest.param(one, other, id=f"{one.value}-{other.value}") for one, other in combinations(Signal, 2)]


def rhythm(signal: Signal) -> list[tuple[bool, float]]:
    return [(colour != DARK, for_s) for colour, for_s in LIGHTS[signal]]


def colours(signal: Signal) -> set[Colour]:
    return {colour for colour, _ in LIGHTS[signal]} - {DARK}


def flashes_per_s(signal: Signal) -> float:
    cycle_s = sum(for_s for _, for_s in LIGHTS[signal])
    return sum(lit for lit, _ in rhythm(signal)) / cycle_s if cycle_s else 0.0


def test_every_signal_has_a_light_and_a_sound() -> None:
    assert set(LIGHTS) == set(SOUNDS) == set(Signal)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_signals_differ_in_colour_and_in_rhythm(one: Signal, other: Signal) -> None:
    assert colours(one) != colours(other)
    assert rhythm(one) != rhythm(other)


def test_no_two_audible_sounds_are_equal() -> None:
    heard = [sound for sound in SOUNDS.values() if any(on for on, _ in sound)]
    assert len(heard) == len(set(heard)) == 5


@pytest.mark.parametrize("signal", Signal)
def test_only_the_emergency_flashes_at_the_rate_for_immediate_action(signal: Signal) -> None:
    assert (1.4 <= flashes_per_s(signal) <= 2.8) is (signal is Signal.EMERGENCY)
    assert flashes_per_s(signal) <= 3.0


@pytest.mark.parametrize("signal", Signal)
def test_every_light_is_lit_and_every_sound_ends_in_silence(signal: Signal) -> None:
    assert colours(signal)
    assert SOUNDS[signal][-1] == (False, 0.0)
    assert sum(for_s for _, for_s in SOUNDS[signal]) <= 4.0


def test_the_lamp_is_dark_until_the_first_signal(header: Header, clock: VirtualClock) -> None:
    Lights(header, RGB, clock)
    clock.advance(5.0)
    assert [header.levels(pin) for pin in (22, 23, 24)] == [[False], [False], [False]]


def test_a_single_lamp_shows_the_rhythm_alone(header: Header, clock: VirtualClock) -> None:
    Lights(header, SINGLE, clock).show(Signal.EMERGENCY)
    clock.advance(0.99)
    assert header.pin(22).moves == [(1000.0, True), (1000.25, False), (1000.5, True), (1000.75, False)]


def test_an_rgb_lamp_shows_the_colours(header: Header, clock: VirtualClock) -> None:
    Lights(header, RGB, clock).show(Signal.EMERGENCY)
    seen = []
    for _ in range(4):
        seen.append(tuple(header.high(pin) for pin in (22, 23, 24)))
        clock.advance(0.25)
    assert seen == [(True, False, False), (False, False, False), (True, True, True), (False, False, False)]


def test_a_lamp_without_the_colour_shows_the_rhythm_in_all_its_colours(header: Header, clock: VirtualClock) -> None:
    Lights(header, LightsSettings(red_pin=22, green_pin=23), clock).show(Signal.COME_CLOSER)
    clock.advance(1.0)
    assert header.pin(22).moves == header.pin(23).moves
    assert [at_s for at_s, _ in header.pin(22).moves] == pytest.approx([1000.0, 1000.3, 1000.6, 1000.9])


def test_an_active_low_lamp_is_dark_at_high(header: Header, clock: VirtualClock) -> None:
    lights = Lights(header, LightsSettings(single_pin=5, active_high=False), clock)
    assert header.levels(5) == [True]
    lights.show(Signal.READY)
    assert header.levels(5) == [True, False]


def test_the_same_signal_again_does_not_restart_its_rhythm(header: Header, clock: VirtualClock) -> None:
    lights = Lights(header, SINGLE, clock)
    for _ in range(20):
        lights.show(Signal.BUSY)
        clock.advance(0.1)
    clock.advance(1.5)
    assert [at_s for at_s, _ in header.pin(22).moves] == pytest.approx([1000.0, 1001.0, 1002.0, 1003.0])


def test_another_signal_ends_the_rhythm(header: Header, clock: VirtualClock) -> None:
    lights = Lights(header, SINGLE, clock)
    lights.show(Signal.EMERGENCY)
    clock.advance(0.3)
    lights.show(Signal.READY)
    clock.advance(60.0)
    assert header.pin(22).moves == [(1000.0, True), (1000.25, False), (1000.3, True)]
    assert clock.next_at_s() is None


def test_a_rhythm_does_not_drift(header: Header, clock: VirtualClock) -> None:
    Lights(header, SINGLE, clock).show(Signal.BUSY)
    clock.advance(3600.5)
    assert header.pin(22).moves[-1] == (4600.0, True)


def test_the_buzzer_sounds_once(header: Header, clock: VirtualClock) -> None:
    buzzer = Buzzer(header, BuzzerSettings(pin=18), clock)
    buzzer.show(Signal.ENTER)
    clock.advance(1.0)
    buzzer.show(Signal.ENTER)
    clock.advance(60.0)
    assert [at_s for at_s, _ in header.pin(18).moves] == pytest.approx([1000.0, 1000.15, 1000.25, 1000.4])
    assert header.levels(18) == [False, True, False, True, False]
    assert clock.next_at_s() is None


def test_a_silent_signal_ends_the_sound(header: Header, clock: VirtualClock) -> None:
    buzzer = Buzzer(header, BuzzerSettings(pin=18), clock)
    buzzer.show(Signal.EMERGENCY)
    clock.advance(0.5)
    buzzer.show(Signal.READY)
    assert header.pin(18).moves == [(1000.0, True), (1000.5, False)]


def test_closing_turns_off_lamps_and_buzzer_and_is_safe_twice(header: Header, clock: VirtualClock) -> None:
    lights = Lights(header, RGB, clock)
    buzzer = Buzzer(header, BuzzerSettings(pin=18), clock)
    lights.show(Signal.EMERGENCY)
    buzzer.show(Signal.EMERGENCY)
    for _ in range(2):
        lights.close()
        buzzer.close()
    clock.advance(60.0)
    assert not any(header.high(pin) for pin in (22, 23, 24, 18))
    assert clock.next_at_s() is None
