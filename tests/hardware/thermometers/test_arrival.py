"""A person comes within seconds; a lamp that warms up creeps: the rule, and the real worker on a simulated sensor."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.flow.events import TemperatureRead, TemperatureUnsettled
from kiosk.flow.temperature import Background
from kiosk.hardware.thermometers.arrival import Arrival
from tests.hardware.thermometers.test_never_a_person import SPOT, spot
from tests.samples import examples

EMPTY = Background(24.0, 1.0)


def rising(*samples_c: float, step_s: float = 0.5) -> Arrival:
    """Return what follows these samples, of which the first is of the empty spot."""
    arrival = Arrival()
    for number, sample_c in enumerate((24.0, *samples_c)):
        arrival.note(number * step_s, sample_c, EMPTY)
    return arrival


@pytest.mark.parametrize(
    ("samples_c", "creeps"),
    [
        ((34.0,), False),
        ((34.0, 34.0, 34.0), False),
        ((26.0, 28.0, 30.0, 32.0, 34.0), False),  # slow steps: 10 degrees in 2.5 s
        ((25.0, 26.0, 27.0, 28.0, 29.0, 30.0, 31.0, 32.0, 33.0, 34.0), True),
        ((34.0, 24.1, 25.0, 26.0, 27.0, 28.0, 29.0, 30.0, 31.0, 32.0, 33.0, 34.0), True),  # somebody went before it
        ((25.0, 26.0, 27.0, 28.0, 29.0, 30.0, 31.0, 28.0, 33.0, 34.0), False),  # stepped back, and came again
        ((25.0, 25.8), False),  # a small difference from a warm wall
        ((24.6, 24.9, 25.2, 25.5, 25.8, 26.1), True),
        ((14.0,), False),  # colder than a hot wall
    ],
)
def test_a_change_within_a_second_is_an_arrival(samples_c: tuple[float, ...], creeps: bool) -> None:
    assert rising(*samples_c).creeps(samples_c[-1], EMPTY) is creeps


def test_a_change_between_samples_far_apart_counts() -> None:
    assert not rising(34.0, step_s=5.0).creeps(34.0, EMPTY)


def test_changes_add_up_within_the_window_only() -> None:
    steps = tuple(24.0 + number * 0.4 for number in range(1, 26))
    assert not rising(*steps, step_s=0.15).creeps(34.0, EMPTY)  # 2 degrees within 0.75 s
    assert rising(*steps, step_s=0.3).creeps(34.0, EMPTY)


@given(
    ends_c=st.floats(33.0, 200.0),
    time_constant_s=st.floats(10.0, 120.0),
    wait_s=st.floats(0.0, 60.0),
    phase_s=st.floats(0.0, 5.0),
    ambient_c=st.floats(16.0, 30.0),
    seed=st.integers(0, 1000),
)
@settings(deadline=None, max_examples=examples(20))
def test_a_lamp_that_warms_up_while_somebody_stands_there_is_never_a_person(
    ends_c: float, time_constant_s: float, wait_s: float, phase_s: float, ambient_c: float, seed: int
) -> None:
    """It hides the forehead from the start. Its temperature may be anything when the measurement begins."""
    with spot(SPOT, seed, ambient_c) as made:
        made.bus.look_at(ambient_c, ambient_c)
        made.clock.advance(40.0 + phase_s)
        made.is_empty = False
        lit_s = made.clock.now_s()

        def warm() -> None:
            passed_s = made.clock.now_s() - lit_s
            made.bus.look_at(ends_c + (ambient_c - ends_c) * math.exp(-passed_s / time_constant_s), ambient_c)
            made.clock.call_at(made.clock.now_s() + 0.1, warm)

        warm()
        made.clock.advance(wait_s)
        assert isinstance(made.answer(), TemperatureUnsettled)


@pytest.mark.parametrize("takes_s", [0.0, 1.0, 2.0, 3.0])
@pytest.mark.parametrize(("is_seen", "waits_s"), [(True, 0.0), (True, 7.0), (True, 30.0), (False, 0.0)])
def test_a_person_who_comes_slowly_or_waits_before_the_visit_is_measured(
    takes_s: float, waits_s: float, is_seen: bool
) -> None:
    """is_seen: by the presence sensor. Without one, somebody who waits is taken for the empty spot."""
    with spot(SPOT, 3, 24.0) as made:
        made.clock.advance(42.0)
        made.is_empty = not is_seen
        for step in range(1, 31):
            made.bus.look_at(24.0 + 10.5 * step / 30, 24.0)
            made.clock.advance(takes_s / 30)
        made.clock.advance(waits_s)
        answer = made.answer()
        assert isinstance(answer, TemperatureRead)
