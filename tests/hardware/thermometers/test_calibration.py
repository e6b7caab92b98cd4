"""Fitting the site's correction, its file, its plot, and what the kiosk does with it."""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.faults import FAULTS
from kiosk.flow.events import DeviceFailed, DeviceRecovered, Event, TemperatureRead
from kiosk.hardware.thermometers import residual_plot
from kiosk.hardware.thermometers.calibration import (
    CalibrationPair,
    SiteCalibration,
    deming_slope,
    fit,
    load,
    read_pairs,
    residuals,
    slope_error,
    supports_slope,
    write,
)
from kiosk.hardware.thermometers.duty import ThermometerDuty
from kiosk.hardware.thermometers.mlx90614 import Mlx90614
from kiosk.hardware.thermometers.readout import Readout, ReadoutSample
from kiosk.hardware.thermometers.trial import ThermometerTrial
from kiosk.model import WallTime
from kiosk.runtime.worker import InlineWorker
from kiosk.settings.schema.thermometer import ThermometerKind, ThermometerSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import BusFault, Mlx90614Bus

TODAY = date(2026, 11, 28)
SPOT = ThermometerKind.MLX90614


def people(
    count: int, *, low_c: float = 36.2, high_c: float = 37.2, slope: float = 1.0, seed: int = 1
) -> list[CalibrationPair]:
    """Return people whose skin is 2.1 degrees colder at 36.5; with a slope, the difference changes."""
    chance = random.Random(seed)
    pairs = []
    for number in range(count):
        body_c = low_c + (high_c - low_c) * number / (count - 1)
        skin_c = 34.4 + (body_c - 36.5) / slope
        pairs.append(CalibrationPair(skin_c + chance.gauss(0, 0.15), body_c + chance.gauss(0, 0.1)))
    return pairs


def test_the_offset_is_the_mean_difference() -> None:
    pairs = people(20)
    found = fit(pairs, SPOT, 180, TODAY)
    assert found.offset_c == pytest.approx(2.1, abs=0.1)
    assert (found.slope, found.pairs, found.ends) == (1.0, 20, TODAY + timedelta(days=180))
    assert sum(residuals(found, pairs)) == pytest.approx(0.0, abs=1e-9)
    assert found.spread_c == pytest.approx(0.2, abs=0.1)
    assert found.body_c(34.4) == pytest.approx(36.5, abs=0.1)


@pytest.mark.parametrize(
    ("pairs", "supported"),
    [
        (people(40, low_c=36.0, high_c=39.5, slope=1.3), True),
        (people(40, low_c=36.0, high_c=39.5, slope=1.0), False),  # the difference is the same everywhere
        (people(40, slope=1.3), False),  # healthy people alone
        (people(14, low_c=36.0, high_c=39.5, slope=1.3), False),  # too few
        (people(40, low_c=36.0, high_c=39.5, slope=3.0), False),  # no sensor is like this
    ],
)
def test_a_slope_is_used_only_if_the_pairs_support_it(pairs: list[CalibrationPair], supported: bool) -> None:
    assert supports_slope(pairs) is supported
    found = fit(pairs, SPOT, 180, TODAY)
    assert found.slope == pytest.approx(1.3, abs=0.12) if supported else found.slope == 1.0


def test_the_error_of_a_slope_is_that_of_repeated_experiments() -> None:
    slopes = [deming_slope(people(30, low_c=36.0, high_c=39.0, seed=seed)) for seed in range(60)]
    middle = sum(slopes) / len(slopes)
    spread = (sum((slope - middle) ** 2 for slope in slopes) / len(slopes)) ** 0.5
    errors = [slope_error(people(30, low_c=36.0, high_c=39.0, seed=seed)) for seed in range(60)]
    assert sum(errors) / len(errors) == pytest.approx(spread, rel=0.4)
    assert middle == pytest.approx(1.0, abs=0.02)


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(KioskError, match="4 pairs are too few"):
        fit(people(4), SPOT, 180, TODAY)


@given(st.lists(st.builds(CalibrationPair, st.floats(20, 45), st.floats(34, 43)), min_size=5, max_size=30))
def test_any_pairs_give_a_calibration_that_can_be_written_and_read(pairs: list[CalibrationPair]) -> None:
    found = fit(pairs, SPOT, 180, TODAY)
    assert residual_plot.text([pair.clinical_c for pair in pairs], residuals(found, pairs)).count("\n") == 11
    assert (
        ET.fromstring(residual_plot.picture([pair.clinical_c for pair in pairs], residuals(found, pairs), "title"))
        is not None
    )
    assert 0.5 <= found.slope <= 2


# files


def test_pairs_are_read_from_a_table(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("name,skin_c,clinical_c\nA,34.5,36.6\nB,34.9,37.0\n")
    assert read_pairs(file) == [CalibrationPair(34.5, 36.6), CalibrationPair(34.9, 37.0)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("skin_c,clinical_c\n34.5,36.6\nwarm,36.6\n", "pairs.csv:3: not a pair"),
        ("skin_c,clinical_c\n34.5,98.6\n", "pairs.csv:2: not a pair .clinical_c 98.6 is outside 34 to 43"),
        ("skin_c,clinical_c\n34.5\n", "pairs.csv:2: not a pair"),
        ("skin,clinical\n34.5,36.6\n", "pairs.csv:2: not a pair .'skin_c'"),
        ("skin_c,clinical_c\nnan,36.6\n", "pairs.csv:2: not a pair"),
        (None, "cannot be read"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(tmp_path: Path, text: str | None, found: str) -> None:
    file = tmp_path / "pairs.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(KioskError, match=found):
        read_pairs(file)


UNIT = "1A2B3C4D5E6F0003"
"""The number of the simulated sensor with the seed 3."""

MADE = SiteCalibration(SPOT, 2.125, 1.1, 34.5, 20, 0.21, date(2027, 5, 27), UNIT)


def test_a_calibration_is_read_as_it_was_written_and_holds_no_pair(tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    write(file, MADE, datetime(2026, 11, 28, tzinfo=UTC))
    assert load(file, SPOT) == MADE
    assert set(json.loads(file.read_text())) == {
        "kind", "unit", "offset_c", "slope", "pivot_c", "pairs", "spread_c", "ends", "made",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"kind": "mlx90640"}, "is for mlx90640, not for mlx90614"),
        ({"kind": "other"}, "is no calibration"),
        ({"ends": "soon"}, "is no calibration"),
        ({"offset_c": None}, "is no calibration"),
        ({"offset_c": 40.0}, "values that no calibration has"),
        ({"slope": float("nan")}, "values that no calibration has"),
        ({"unit": 5}, "values that no calibration has"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, change: dict[str, object], found: str) -> None:
    file = tmp_path / "calibration.json"
    write(file, MADE)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(KioskError, match=found):
        load(file, SPOT)


def test_a_file_of_an_older_version_names_no_sensor(tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    write(file, MADE)
    content = json.loads(file.read_text())
    del content["unit"]
    file.write_text(json.dumps(content))
    assert load(file, SPOT) == replace(MADE, unit="")


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"{}", b"[" * 5000, None])
def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "calibration.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(KioskError, match="kiosk calibrate"):
        load(file, SPOT)


# in the kiosk


def measured(clock: VirtualClock, calibration: SiteCalibration, wall: WallTime) -> list[object]:
    bus, posted = Mlx90614Bus(clock, seed=3), list[object]()
    config = ThermometerSettings(offset_c=0.0)

    def post(event: object) -> bool:
        posted.append(event)
        return True

    duty = ThermometerDuty(
        Mlx90614(bus, config), config, 12.0, clock, post, lambda: True, None, calibration, lambda: wall
    )
    trial = InlineWorker(duty, clock)
    trial.start()
    clock.advance(30.0)
    trial.stop(0.0)
    return posted


@pytest.mark.parametrize(
    ("day", "sure", "expired"),
    [(27, True, False), (28, True, True), (28, False, False)],
)
def test_an_expired_calibration_is_reported_by_a_clock_that_is_sure(
    clock: VirtualClock, day: int, sure: bool, expired: bool
) -> None:
    posted = measured(clock, MADE, WallTime(datetime(2027, 5, day, 12, tzinfo=UTC), sure))
    faults = [event for event in posted if isinstance(event, DeviceFailed)]
    assert [(fault.device, fault.fault) for fault in faults] == [("calibration", "calibration_expired")] * expired
    assert [event.device for event in posted if isinstance(event, DeviceRecovered)] == ["thermometer"]


class Site:
    """A kiosk's thermometer with a calibration; the estimate is the corrected value of its newest sample."""

    def __init__(self, clock: VirtualClock, calibration: SiteCalibration, seed: int = 3) -> None:
        self.bus = Mlx90614Bus(clock, seed)
        self.started_s = clock.now_s()
        self.samples: list[ReadoutSample] = []
        self.faults: list[tuple[str, str]] = []
        config = ThermometerSettings(offset_c=0.0)
        wall = WallTime(datetime(2027, 5, 1, tzinfo=UTC), sure=True)
        duty = ThermometerDuty(
            Mlx90614(self.bus, config), config, 12.0, clock, self.post, lambda: True, None, calibration, lambda: wall,
            self.samples.append,
        )  # fmt: skip
        self.worker = InlineWorker(duty, clock)
        self.worker.start()

    def post(self, event: Event) -> bool:
        if isinstance(event, DeviceFailed | DeviceRecovered) and event.device == "calibration":
            self.faults.append((type(event).__name__, event.fault if isinstance(event, DeviceFailed) else ""))
        return True

    def added_c(self) -> float:
        """Return what the estimate adds to the newest sample."""
        return round(self.samples[-1].body_c - self.samples[-1].object_c, 1)


def test_the_calibration_of_another_sensor_is_not_used_and_is_reported(clock: VirtualClock) -> None:
    made = replace(MADE, slope=1.0)
    site = Site(clock, made, seed=4)
    clock.advance(30.0)
    assert site.added_c() == 0.0
    assert site.faults == [("DeviceFailed", "calibration_foreign")]
    site.bus.fault = BusFault.SILENT  # the first sensor is connected again
    clock.advance(20.0)
    site.bus.fault, site.bus.unit_number = None, 3
    clock.advance(20.0)
    assert site.added_c() == 2.1
    assert site.faults[1:] == [("DeviceRecovered", "")]
    site.worker.stop(0.0)
    assert {"calibration_foreign", "calibration_expired"} <= FAULTS.keys()


@pytest.mark.parametrize(("unit", "number"), [(UNIT, 3), ("", 4), (UNIT, None)])
def test_a_calibration_of_this_sensor_is_used_and_one_that_cannot_be_compared(
    clock: VirtualClock, unit: str, number: int | None
) -> None:
    site = Site(clock, replace(MADE, slope=1.0, unit=unit))
    site.bus.unit_number = number
    clock.advance(30.0)
    assert site.added_c() == 2.1
    assert site.faults == []
    site.worker.stop(0.0)


def test_no_sample_counts_before_it_is_known_which_sensor_measures(clock: VirtualClock) -> None:
    site = Site(clock, replace(MADE, slope=1.0), seed=4)
    while not site.samples:
        clock.advance(0.15)
    assert site.faults == [("DeviceFailed", "calibration_foreign")]
    assert clock.now_s() - site.started_s < 1.0
    site.worker.stop(0.0)


def test_a_trial_measures_people_and_its_calibration_corrects_them(clock: VirtualClock) -> None:
    bus, config = Mlx90614Bus(clock, seed=3), ThermometerSettings()
    trial = ThermometerTrial(Mlx90614(bus, config), config, 12.0, clock, clock.advance)
    pairs = []
    for body_c in (36.2, 36.5, 36.8, 37.1, 38.4):
        bus.look_at(24.0, 24.0)
        clock.advance(2.0)
        trial.look_at_empty_spot()
        bus.look_at(body_c - 2.4, 24.0)
        pairs.append(CalibrationPair(trial.skin_c(), body_c))
    found = fit(pairs, SPOT, 180, TODAY)
    assert found.offset_c == pytest.approx(2.4, abs=0.05)
    assert found.body_c(35.0) == pytest.approx(37.4, abs=0.05)


def test_a_trial_says_why_there_is_no_reading(clock: VirtualClock) -> None:
    bus, config = Mlx90614Bus(clock, seed=3), ThermometerSettings()
    trial = ThermometerTrial(Mlx90614(bus, config), config, 4.0, clock, clock.advance)
    trial.look_at_empty_spot()
    with pytest.raises(KioskError, match="come closer"):
        trial.skin_c()
    bus.fault = BusFault.SILENT
    with pytest.raises(KioskError, match="thermometer_silent"):
        trial.look_at_empty_spot()


def test_the_values_of_a_visit_are_kept_while_it_lasts_and_no_longer() -> None:
    accepts = [False, True]
    readout = Readout(lambda _event: accepts.pop(0))
    read = TemperatureRead(1.0, 7, 3, 36.6, 34.5, 25.0, 37.1)
    assert not readout.post(read)
    assert readout.of(7) is None
    assert readout.post(read)
    assert readout.of(7) == read
    assert readout.of(8) is None
    readout.keep_only(7)
    assert readout.of(7) == read
    readout.keep_only(None)
    assert readout.of(7) is None
