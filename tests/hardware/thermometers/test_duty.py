import logging
from collections.abc import Iterator
from itertools import pairwise

import pytest

from kiosk.flow.commands import MeasureTemperature, StopMeasuring
from kiosk.flow.events import DeviceFailed, DeviceRecovered, Event, TemperatureRead, TemperatureUnsettled
from kiosk.flow.temperature import Background
from kiosk.hardware.thermometers.background import EmptySpot
from kiosk.hardware.thermometers.duty import ThermometerDuty
from kiosk.hardware.thermometers.fever_rule import LEAST_PEOPLE, FeverLimit, RelativeRule
from kiosk.hardware.thermometers.mlx90614 import Mlx90614
from kiosk.runtime.worker import InlineWorker
from kiosk.settings.schema.thermometer import Correction, ThermometerSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import BusFault, Mlx90614Bus

OFFSET = ThermometerSettings()


class Bench:
    """The duty with the real driver on a fake bus, and the events that it posted."""

    def __init__(
        self,
        clock: VirtualClock,
        settings: ThermometerSettings = OFFSET,
        forehead_c: float = 24.0,
        limit: FeverLimit | None = None,
    ) -> None:
        self.clock = clock
        self.bus = Mlx90614Bus(clock, seed=3, object_c=forehead_c)
        self.full = False
        self.is_empty = self.is_watched = True
        self.posted: list[Event] = []
        sensor = Mlx90614(self.bus, settings)
        duty = ThermometerDuty(
            sensor,
            settings,
            12.0,
            clock,
            self.post,
            lambda: self.is_empty,
            limit,
            is_watched=lambda: self.is_watched,
        )
        self.worker = InlineWorker(duty, clock)
        self.worker.start()

    def post(self, event: Event) -> bool:
        if not self.full:
            self.posted.append(event)
        return not self.full

    def after(self, seconds: float) -> list[Event]:
        self.clock.advance(seconds)
        posted, self.posted = self.posted, []
        return posted

    def measure(self, visit: int = 1, request: int = 1) -> None:
        self.worker.put(MeasureTemperature(visit, request))


@pytest.fixture
def bench(clock: VirtualClock) -> Iterator[Bench]:
    bench = Bench(clock)
    yield bench
    bench.worker.stop(0.0)
    assert bench.bus.closed


@pytest.fixture
def ready(bench: Bench) -> Bench:
    assert bench.after(10.0) == [DeviceRecovered(1000.0, "thermometer")]
    return bench


def answers(events: list[Event]) -> list[Event]:
    """Return the answers among the events."""
    return [event for event in events if isinstance(event, TemperatureRead | TemperatureUnsettled)]


def spot_faults(events: list[Event]) -> list[str]:
    """Return the faults of the spot that were reported; "" for the end of one."""
    reports = [event for event in events if isinstance(event, DeviceFailed | DeviceRecovered)]
    return [event.fault if isinstance(event, DeviceFailed) else "" for event in reports if event.device == "spot"]


def test_a_forehead_is_measured_corrected_and_answered_once(ready: Bench) -> None:
    ready.is_empty = False
    ready.bus.look_at(34.5, 25.0)
    ready.measure(visit=7, request=9)
    [reading] = ready.after(60.0)
    assert isinstance(reading, TemperatureRead)
    assert (reading.visit, reading.request) == (7, 9)
    assert reading.skin_c == pytest.approx(34.5, abs=0.1)
    assert reading.body_c == pytest.approx(reading.skin_c + 2.0)
    assert reading.ambient_c == pytest.approx(24.0, abs=1.0)
    assert reading.at_s - 1010.0 < 2.0


def test_the_samples_of_one_visit_do_not_count_for_the_next(ready: Bench) -> None:
    """A second forehead of nearly the same warmth is measured anew, sample by sample."""
    ready.is_empty = False
    ready.bus.look_at(34.5, 25.0)
    ready.after(10.0)
    ready.measure(visit=1, request=1)
    assert ready.after((OFFSET.settle_samples - 1.5) * OFFSET.sample_s) == []
    ready.measure(visit=2, request=2)
    begins_s = ready.clock.now_s()
    [reading] = ready.after(60.0)
    assert isinstance(reading, TemperatureRead)
    assert reading.visit == 2
    assert reading.at_s - begins_s >= (OFFSET.settle_samples - 1) * OFFSET.sample_s


def test_the_hottest_of_several_looks_counts(ready: Bench) -> None:
    """The visitor turns a little: the first look sees hair, the next ones the forehead, the last ones hair again."""
    ready.is_empty = False
    ready.bus.look_at(34.0, 24.0)
    ready.clock.advance(10.0)
    ready.measure()
    ready.clock.advance(4 * OFFSET.sample_s)
    assert ready.posted == []  # the first look is over, two more follow
    ready.bus.look_at(34.25, 24.0)
    [reading] = ready.after(60.0)
    assert isinstance(reading, TemperatureRead)
    assert 34.04 < reading.skin_c < 34.2


def test_looks_take_one_sample_more_each(clock: VirtualClock) -> None:
    took_s = []
    for looks in (1, 3, 7):
        bench = Bench(clock, ThermometerSettings(looks=looks))
        bench.clock.advance(10.0)
        bench.is_empty = False
        bench.bus.look_at(34.5, 24.0)
        bench.clock.advance(10.0)
        begins_s = clock.now_s()
        bench.measure()
        took_s.append(bench.after(12.0)[-1].at_s - begins_s)
        bench.worker.stop(0.0)
    assert took_s[1] - took_s[0] == pytest.approx(2 * OFFSET.sample_s)
    assert took_s[2] - took_s[1] == pytest.approx(4 * OFFSET.sample_s)


def test_a_visitor_who_moves_after_the_first_look_is_not_held_up(ready: Bench) -> None:
    ready.is_empty = False
    ready.bus.look_at(34.5, 24.0)
    ready.clock.advance(10.0)
    ready.measure()
    begins_s = ready.clock.now_s()
    ready.clock.advance(5 * OFFSET.sample_s)
    ready.bus.look_at(24.0, 24.0)  # turns away
    [reading] = ready.after(12.0)
    assert isinstance(reading, TemperatureRead)
    assert reading.skin_c == pytest.approx(34.5, abs=0.1)
    assert reading.at_s - begins_s < (OFFSET.settle_samples + OFFSET.looks) * OFFSET.sample_s


def test_a_look_before_an_error_of_the_bus_does_not_count(ready: Bench) -> None:
    ready.is_empty = False
    ready.bus.look_at(36.0, 24.0)
    ready.clock.advance(10.0)
    ready.measure()
    ready.clock.advance(4 * OFFSET.sample_s)
    ready.bus.fault = BusFault.SILENT
    ready.bus.look_at(34.0, 24.0)
    ready.clock.advance(2 * OFFSET.sample_s)
    ready.bus.fault = None
    [reading] = ready.after(12.0)
    assert isinstance(reading, TemperatureRead)
    assert reading.skin_c == pytest.approx(34.0, abs=0.1)


@pytest.mark.parametrize(
    ("correction", "expected_c"), [(Correction.NONE, 34.5), (Correction.OFFSET, 36.5), (Correction.HEAT_BALANCE, 35.86)]
)
def test_the_correction_of_the_settings_is_applied(
    clock: VirtualClock, correction: Correction, expected_c: float
) -> None:
    bench = Bench(clock, ThermometerSettings(correction=correction))
    bench.clock.advance(10.0)
    bench.is_empty = False
    bench.bus.look_at(34.5, 24.0)
    bench.clock.advance(10.0)
    bench.measure()
    reading = bench.after(12.0)[-1]
    assert isinstance(reading, TemperatureRead)
    assert reading.body_c == pytest.approx(expected_c, abs=0.1)
    bench.worker.stop(0.0)


@pytest.mark.parametrize(
    ("object_c", "ambient_c", "hint"),
    [(24.0, 24.0, "too_far"), (60.0, 24.0, "too_far"), (34.5, 5.0, "room_unsuitable"), (34.5, 55.0, "room_unsuitable")],
)
def test_without_a_reading_the_answer_at_the_deadline_has_a_hint(
    ready: Bench, object_c: float, ambient_c: float, hint: str
) -> None:
    ready.is_empty = False
    ready.bus.look_at(object_c, ambient_c)
    ready.clock.advance(120.0)
    ready.measure()
    assert ready.after(60.0) == [TemperatureUnsettled(1142.0, 1, 1, hint)]


@pytest.mark.parametrize("wall_c", [32.5, 33.0, 34.0, 35.0])
def test_a_wall_in_a_hot_room_does_not_pass_for_a_forehead(clock: VirtualClock, wall_c: float) -> None:
    bench = Bench(clock, forehead_c=wall_c)
    bench.bus.look_at(wall_c, wall_c)
    bench.clock.advance(120.0)
    bench.is_empty = False
    bench.posted.clear()
    bench.measure()
    assert bench.after(60.0) == [TemperatureUnsettled(1132.0, 1, 1, "room_unsuitable")]
    bench.bus.look_at(wall_c + 2.0, wall_c)
    bench.measure()
    [reading] = bench.after(60.0)
    assert isinstance(reading, TemperatureRead)
    assert reading.skin_c == pytest.approx(wall_c + 2.0, abs=0.1)
    bench.worker.stop(0.0)


def test_a_wall_that_the_sun_warms_is_followed_in_the_gaps_between_visitors(clock: VirtualClock) -> None:
    bench = Bench(clock, forehead_c=30.0)
    bench.clock.advance(60.0)
    wall_c = 30.0
    for visit in range(1, 13):  # 6 degrees within 12 minutes
        wall_c += 0.5
        bench.bus.look_at(35.5, 32.0)  # somebody at the kiosk, not measured: not the background
        bench.is_empty = False
        bench.clock.advance(54.0)
        bench.bus.look_at(wall_c, 32.0)
        bench.clock.advance(1.0)
        bench.is_empty = True
        bench.clock.advance(5.0)
        bench.is_empty = False
        bench.posted.clear()
        bench.measure(visit)
        [answer] = answers(bench.after(13.0))
        assert isinstance(answer, TemperatureUnsettled)
    bench.worker.stop(0.0)


@pytest.mark.parametrize(("waits_s", "is_measured"), [(50.0, True), (110.0, True), (150.0, False)])
def test_somebody_whom_no_presence_sensor_sees_may_look_for_a_code_for_two_minutes(
    ready: Bench, waits_s: float, is_measured: bool
) -> None:
    ready.is_watched = False
    ready.bus.look_at(34.8, 24.0)
    ready.clock.advance(waits_s)
    ready.bus.look_at(24.0, 24.0)
    ready.clock.advance(0.5)
    ready.bus.look_at(34.6, 24.0)  # the next person
    ready.measure()
    assert isinstance(answers(ready.after(13.0))[0], TemperatureRead) is is_measured


def test_somebody_whom_no_presence_sensor_sees_is_measured_before_the_wall_that_was_there(ready: Bench) -> None:
    ready.is_watched = False
    ready.bus.look_at(34.8, 24.0)
    ready.clock.advance(60.0)
    ready.measure()
    assert isinstance(answers(ready.after(13.0))[0], TemperatureRead)


def test_somebody_who_stands_there_at_the_start_is_asked_to_step_back(clock: VirtualClock) -> None:
    bench = Bench(clock, forehead_c=34.5)
    bench.is_empty = False
    bench.clock.advance(10.0)
    bench.posted.clear()
    bench.measure(1)
    assert bench.after(60.0) == [TemperatureUnsettled(1022.0, 1, 1, "step_back")]
    bench.bus.look_at(24.0, 24.0)
    bench.clock.advance(2.0)
    bench.is_empty = True
    bench.clock.advance(2.0)
    bench.is_empty = False
    bench.bus.look_at(34.5, 24.0)
    bench.measure(2)
    [reading] = bench.after(12.0)
    assert isinstance(reading, TemperatureRead)
    bench.worker.stop(0.0)


def test_the_contrast_that_is_demanded_grows_with_the_age_of_the_background() -> None:
    spot = EmptySpot(contrast_c=1.0, drift_c_per_min=0.2)
    assert spot.background(0.0) is None
    for at_s, object_c in ((-5.0, 30.1), (0.0, 30.0), (5.0, 30.2), (10.0, 30.3)):
        spot.note(at_s, object_c)
    assert spot.background(5.0) == Background(30.2, 1.0)
    assert spot.background(305.0) == Background(30.2, 2.0)


def test_a_sample_of_the_empty_spot_counts_if_it_agrees_with_the_one_before_it() -> None:
    spot = EmptySpot(contrast_c=1.0, drift_c_per_min=0.2)
    for at_s in range(10):
        spot.note(at_s, 30.0 + at_s / 2)  # the sensor cools down after a person, or warms up before one
    assert not spot.is_known
    for at_s in range(10):
        spot.interrupt()
        spot.note(at_s, 34.7)  # the first sample of each gap: the sensor still shows the person who left
    assert not spot.is_known
    for at_s in range(4):
        assert not spot.is_known
        spot.note(at_s, 30.0)
    assert spot.background(3.0) == Background(30.0, 1.0 + 0.2 / 60)


@pytest.mark.parametrize("stay_s", [4.0 + step / 10 for step in range(10)])
def test_foreheads_of_a_queue_never_become_the_empty_spot(ready: Bench, stay_s: float) -> None:
    """The presence sensor sees nobody for 1.6 s between two visitors, and the thermometer follows with its lag."""
    for _ in range(8):
        ready.is_empty = False
        ready.bus.look_at(34.7, 24.0)
        ready.measure()
        ready.clock.advance(stay_s)
        ready.is_empty = True
        ready.clock.advance(0.1)
        ready.bus.look_at(26.0, 24.0)
        ready.clock.advance(1.5)
    answers = [event for event in ready.posted if isinstance(event, TemperatureRead | TemperatureUnsettled)]
    assert [type(answer) for answer in answers] == [TemperatureRead] * 8


def test_one_gap_outvotes_foreheads_of_a_person_whom_the_presence_sensor_did_not_see(ready: Bench) -> None:
    ready.bus.look_at(34.7, 24.0)
    ready.clock.advance(60.0)
    ready.is_empty = False
    ready.clock.advance(5.0)
    ready.is_empty = True
    ready.bus.look_at(26.0, 24.0)
    ready.clock.advance(2.5)
    ready.is_empty = False
    ready.bus.look_at(34.7, 24.0)
    ready.measure()
    assert isinstance(ready.after(12.0)[-1], TemperatureRead)


def test_unsteady_samples_give_the_hint_hold_still(ready: Bench) -> None:
    ready.measure()
    for _ in range(60):
        ready.bus.look_at(33.0, 24.0)
        ready.clock.advance(0.1)
        ready.bus.look_at(36.0, 24.0)
        ready.clock.advance(0.1)
    assert ready.after(1.0) == [TemperatureUnsettled(1022.0, 1, 1, "hold_still")]


def test_a_new_request_replaces_the_one_before(ready: Bench) -> None:
    ready.measure(1, 1)
    ready.clock.advance(1.0)
    ready.is_empty = False
    ready.bus.look_at(34.5, 24.0)
    ready.measure(2, 2)
    posted = ready.after(60.0)
    assert [(type(event), getattr(event, "visit", None)) for event in posted] == [(TemperatureRead, 2)]


def test_a_stopped_measurement_has_no_answer(ready: Bench) -> None:
    ready.is_empty = False
    ready.bus.look_at(34.5, 24.0)
    ready.measure()
    ready.clock.advance(0.3)
    ready.worker.put(StopMeasuring())
    assert ready.after(60.0) == []


def test_samples_from_before_the_request_are_not_used(ready: Bench) -> None:
    ready.is_empty = False
    ready.bus.look_at(34.5, 24.0)
    ready.clock.advance(10.0)
    ready.bus.look_at(24.0, 24.0)
    ready.clock.advance(10.0)
    ready.measure()
    assert ready.after(60.0) == [TemperatureUnsettled(1042.0, 1, 1, "too_far")]


def test_samples_are_rare_between_measurements_and_never_faster_than_the_pace(ready: Bench) -> None:
    times: list[float] = []
    transfer = ready.bus.i2c_rdwr

    def counted(*messages: object) -> None:
        times.append(ready.clock.now_s())
        transfer(*messages)  # type: ignore[arg-type]

    ready.bus.i2c_rdwr = counted  # type: ignore[method-assign]
    ready.clock.advance(60.0)
    assert len(set(times)) == 12
    times.clear()
    for request in range(100):
        ready.measure(request=request)
        ready.clock.advance(0.01)
    moments = sorted(set(times))
    assert all(later - sooner >= 0.15 - 1e-6 for sooner, later in pairwise(moments))


def test_samples_of_the_first_quarter_second_are_ignored(clock: VirtualClock) -> None:
    bench = Bench(clock, forehead_c=34.5)
    bench.clock.advance(0.2)
    bench.bus.look_at(24.0, 24.0)
    bench.clock.advance(1.0)
    bench.is_empty = False
    bench.bus.look_at(34.5, 24.0)
    bench.measure()
    *_, reading = bench.after(12.0)
    assert isinstance(reading, TemperatureRead)
    bench.worker.stop(0.0)


def test_the_background_is_learnt_anew_after_a_fault(ready: Bench) -> None:
    ready.is_empty = False
    ready.bus.fault = BusFault.SILENT
    ready.clock.advance(10.0)
    ready.bus.fault = None
    ready.bus.look_at(34.5, 24.0)
    ready.clock.advance(10.0)
    ready.posted.clear()
    ready.measure()
    assert ready.after(60.0) == [TemperatureUnsettled(1042.0, 1, 1, "step_back")]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (BusFault.SILENT, "thermometer_silent"),
        (BusFault.ALL_ONES, "thermometer_error"),
        (BusFault.ERROR_FLAG, "thermometer_error"),
        (BusFault.WRONG_CHECKSUM, "thermometer_error"),
    ],
)
def test_a_fault_of_the_sensor_and_its_recovery_are_posted_once_each(
    ready: Bench, fault: BusFault, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    ready.bus.look_at(34.5, 24.0)
    ready.bus.fault = fault
    with caplog.at_level(logging.ERROR):
        posted = ready.after(120.0)
    assert [(type(event), getattr(event, "fault", "")) for event in posted] == [(DeviceFailed, code)]
    assert len(caplog.messages) == 1
    ready.bus.fault = None
    ready.bus.look_at(24.0, 24.0)
    assert [type(event) for event in ready.after(10.0)] == [DeviceRecovered]
    ready.is_empty = False
    ready.bus.look_at(34.5, 24.0)
    ready.measure()
    assert [type(event) for event in ready.after(10.0)] == [TemperatureRead]


def test_a_sensor_that_fails_during_a_measurement_gives_the_hint_sensor(ready: Bench) -> None:
    ready.bus.look_at(34.5, 24.0)
    ready.measure()
    ready.clock.advance(0.3)
    ready.bus.fault = BusFault.SILENT
    failed, unsettled = ready.after(60.0)
    assert isinstance(failed, DeviceFailed)
    assert failed.at_s < 1012.0
    assert unsettled == TemperatureUnsettled(1022.0, 1, 1, "sensor")


def test_a_few_bad_samples_are_no_fault_but_restart_the_reading(ready: Bench) -> None:
    ready.is_empty = False
    ready.bus.look_at(34.5, 24.0)
    ready.clock.advance(2.0)
    ready.measure()
    ready.clock.advance(0.5)
    ready.bus.fault = BusFault.ERROR_FLAG
    ready.clock.advance(0.5)
    ready.bus.fault = None
    [reading] = ready.after(60.0)
    assert isinstance(reading, TemperatureRead)
    assert reading.at_s > 1013.0 + 4 * 0.15


def test_a_sensor_that_never_answered_is_a_fault(clock: VirtualClock) -> None:
    bench = Bench(clock)
    bench.bus.fault = BusFault.SILENT
    [failed] = bench.after(60.0)
    assert isinstance(failed, DeviceFailed)
    assert (failed.device, failed.fault) == ("thermometer", "thermometer_silent")
    assert failed.at_s < 1002.0
    bench.worker.stop(0.0)


def test_a_unit_without_checksums_is_no_fault(clock: VirtualClock) -> None:
    bench = Bench(clock)
    bench.bus.sends_checksum = False
    assert [type(event) for event in bench.after(60.0)] == [DeviceRecovered]
    bench.worker.stop(0.0)


def test_events_that_the_full_inbox_refused_are_offered_again(bench: Bench) -> None:
    bench.full = True
    bench.clock.advance(10.0)
    bench.is_empty = False
    bench.bus.look_at(34.5, 24.0)
    bench.measure()
    bench.clock.advance(60.0)
    bench.full = False
    posted = bench.after(1.0)
    assert [type(event) for event in posted] == [DeviceRecovered, TemperatureRead]
    assert bench.after(60.0) == []


def test_a_fault_that_ended_while_the_inbox_was_full_is_not_posted(ready: Bench) -> None:
    ready.full = True
    ready.bus.fault = BusFault.SILENT
    ready.clock.advance(60.0)
    ready.bus.fault = None
    ready.clock.advance(60.0)
    ready.full = False
    assert ready.after(60.0) == []


RELATIVE = RelativeRule(distance_c=0.5, people=40, ambient_factor=0.0, floor_c=36.0, cap_c=38.0)


@pytest.fixture
def door(clock: VirtualClock) -> Iterator[Bench]:
    """A thermometer with the relative rule, which has seen the empty spot and nobody."""
    bench = Bench(clock, limit=FeverLimit(37.5, 34.0, RELATIVE))
    bench.after(10.0)
    yield bench
    bench.worker.stop(0.0)


def comes(bench: Bench, visit: int, skin_c: float) -> list[Event]:
    """A visitor is measured and goes; return what was posted."""
    bench.is_empty = False
    bench.bus.look_at(skin_c, 25.0)
    bench.measure(visit)
    posted = bench.after(12.0)
    bench.bus.look_at(24.0, 24.0)
    bench.is_empty = True
    return posted + bench.after(30.0)


def test_after_20_visitors_a_reading_carries_the_limit_of_this_door(
    door: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for visit in range(1, LEAST_PEOPLE + 1):
        [reading] = comes(door, visit, 34.5)
        assert isinstance(reading, TemperatureRead)
        assert reading.high_c == 37.5
    told = [record.getMessage().split(" for ")[0] for record in caplog.records]
    assert told == ["thermometer: too few people yet", "thermometer: enough people"]
    [next_one] = comes(door, LEAST_PEOPLE + 1, 35.4)
    assert isinstance(next_one, TemperatureRead)
    assert next_one.high_c is not None
    assert next_one.high_c == pytest.approx(37.0, abs=0.1)
    assert next_one.body_c > next_one.high_c
    assert not next_one.few_people


def test_an_empty_spot_never_enters_the_median(door: Bench) -> None:
    posted = [event for visit in range(1, 2 * LEAST_PEOPLE) for event in comes(door, visit, 24.0)]
    assert [type(answer) for answer in answers(posted)] == [TemperatureUnsettled] * (2 * LEAST_PEOPLE - 1)
    assert spot_faults(posted) == ["nobody_measured"]
    reading, end = comes(door, 2 * LEAST_PEOPLE, 34.0)
    assert spot_faults([end]) == [""]
    [second] = comes(door, 2 * LEAST_PEOPLE + 1, 34.0)
    assert isinstance(reading, TemperatureRead)
    assert isinstance(second, TemperatureRead)
    assert (reading.high_c, second.high_c) == (37.5, 37.5)
    assert (reading.few_people, second.few_people) == (True, True)


@pytest.mark.parametrize(("skin_c", "fault", "high_c"), [(36.0, "crowd_warm", 38.0), (33.0, "crowd_cold", 36.0)])
def test_a_crowd_that_reads_warm_or_cold_is_reported_until_it_ends(
    door: Bench, skin_c: float, fault: str, high_c: float
) -> None:
    posted = [event for visit in range(1, LEAST_PEOPLE + 1) for event in comes(door, visit, skin_c)]
    reports = [(event.device, event.fault) for event in posted if isinstance(event, DeviceFailed)]
    assert reports == [("crowd", fault)]
    [reading] = comes(door, LEAST_PEOPLE + 1, skin_c)
    assert isinstance(reading, TemperatureRead)
    assert reading.high_c == high_c
    later = [event for visit in range(30, 70) for event in comes(door, visit, 34.5)]
    assert [event.device for event in later if isinstance(event, DeviceRecovered)] == ["crowd"]


@pytest.mark.parametrize(
    ("first", "second", "is_the_same"), [(3, 3, True), (3, 4, False), (None, None, False), (3, None, False)]
)
def test_another_thermometer_learns_the_crowd_anew_and_the_same_one_goes_on(
    clock: VirtualClock, first: int | None, second: int | None, is_the_same: bool
) -> None:
    """A sensor without a number may be another one after each fault."""
    door = Bench(clock, limit=FeverLimit(37.5, 34.0, RELATIVE))
    door.bus.unit_number = first
    door.after(10.0)
    for visit in range(1, LEAST_PEOPLE + 1):
        comes(door, visit, 34.0)
    door.bus.fault = BusFault.SILENT
    door.after(60.0)
    door.bus.fault, door.bus.unit_number = None, second
    door.after(60.0)
    [reading] = comes(door, LEAST_PEOPLE + 1, 34.0)
    assert isinstance(reading, TemperatureRead)
    assert reading.high_c == (pytest.approx(36.5, abs=0.1) if is_the_same else 37.5)
    door.worker.stop(0.0)


def lit(bench: Bench, visit: int, lamp_c: float, empty_s: float) -> list[Event]:
    """A visitor comes before the lit lamp, is measured and goes; the spot is then empty for some seconds."""
    bench.is_empty = False
    bench.clock.advance(2.0)
    bench.bus.look_at(lamp_c, 24.0)
    bench.measure(visit)
    posted = bench.after(14.0)
    bench.is_empty = True
    return posted + bench.after(empty_s)


def test_a_lamp_that_stays_lit_when_the_visitor_leaves_is_found_and_leaves_the_crowd(door: Bench) -> None:
    """It was switched on while the visitor stood there; nobody after them is measured by it."""
    for visit in range(1, LEAST_PEOPLE):
        comes(door, visit, 34.0 + visit % 5 / 10)
    posted = lit(door, 100, 37.0, 4.0)
    assert [type(answer) for answer in answers(posted)] == [TemperatureRead]
    assert spot_faults(posted) == ["spot_warm"]
    assert answers(lit(door, 101, 37.0, 4.0)) == [
        TemperatureUnsettled(door.clock.now_s() - 4.0 - 2.0, 101, 1, "room_unsuitable")
    ]
    door.bus.look_at(24.0, 24.0)
    assert spot_faults(door.after(30.0)) == [""]
    [reading] = comes(door, 102, 34.2)
    assert isinstance(reading, TemperatureRead)
    assert reading.high_c == 37.5  # it would be the 21st reading with that of the lamp


def test_a_lamp_in_a_queue_without_a_gap_is_found_by_readings_that_agree(clock: VirtualClock) -> None:
    bench = Bench(clock, ThermometerSettings(drift_c_per_min=0.0))
    bench.after(10.0)
    kinds = [type(answer) for visit in range(1, 9) for answer in answers(lit(bench, visit, 34.5, 0.0))]
    assert kinds == [TemperatureRead] * 5 + [TemperatureUnsettled] * 3
    assert spot_faults(bench.after(0.0)) == []
    bench.is_empty = True
    bench.bus.look_at(24.0, 24.0)
    bench.after(5.0)
    [reading, *_] = comes(bench, 10, 34.5)
    assert isinstance(reading, TemperatureRead)
    bench.worker.stop(0.0)


def test_readings_of_a_covered_sensor_are_noticed(door: Bench) -> None:
    """They are steady and too cold for a person, so the flow refers everybody."""
    posted = [event for visit in range(1, 8) for event in comes(door, visit, 31.0)]
    assert {type(answer) for answer in answers(posted)} == {TemperatureRead}
    assert spot_faults(posted) == ["nobody_measured"]
