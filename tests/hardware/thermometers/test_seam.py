"""The room for a range sensor and for a reference: each is a thermometer around another one."""

from dataclasses import dataclass, replace

import pytest

from kiosk.flow.temperature import Background, Sample, Settled, TemperatureLimits, Unsettled, settle
from kiosk.hardware.thermometers.mlx90614 import Mlx90614
from kiosk.hardware.thermometers.thermometer import Thermometer
from kiosk.settings.schema.thermometer import ThermometerSettings
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import Mlx90614Bus

LIMITS = TemperatureLimits(count=3, spread_c=0.5, skin_min_c=30, skin_max_c=43, ambient_min_c=16, ambient_max_c=40)
PLATE_C = 30.0


@dataclass
class Ranged:
    """A thermometer beside a range sensor that reads `distance_m`."""

    inner: Thermometer
    distance_m: float

    def unit(self) -> str | None:
        return self.inner.unit()

    def sample(self) -> Sample | None:
        sample = self.inner.sample()
        return sample and replace(sample, may_be_skin=sample.may_be_skin and 0.03 <= self.distance_m <= 0.10)

    def close(self) -> None:
        self.inner.close()


@dataclass
class Referenced:
    """A thermometer that sees a plate of `PLATE_C` at `plate_c`."""

    inner: Thermometer
    plate_c: float

    def unit(self) -> str | None:
        return self.inner.unit()

    def sample(self) -> Sample | None:
        sample = self.inner.sample()
        return sample and replace(sample, object_c=sample.object_c - (self.plate_c - PLATE_C))

    def close(self) -> None:
        self.inner.close()


def steady(sensor: Thermometer) -> Settled | Unsettled:
    """Return the reading of three samples."""
    samples = tuple(sample for _ in range(3) if (sample := sensor.sample()))
    sensor.close()
    return settle(samples, LIMITS, Background(24.0, 1.0))


@pytest.fixture
def inner(clock: VirtualClock) -> Mlx90614:
    return Mlx90614(Mlx90614Bus(clock, seed=3, object_c=35.0), ThermometerSettings())


def test_a_lamp_behind_the_place_of_the_forehead_is_not_measured(inner: Mlx90614) -> None:
    assert steady(Ranged(inner, distance_m=0.4)) == Unsettled("room_unsuitable")


def test_a_forehead_at_its_place_is_measured(inner: Mlx90614) -> None:
    assert isinstance(steady(Ranged(inner, distance_m=0.06)), Settled)


def test_a_sensor_that_reads_its_reference_too_warm_reads_people_less(inner: Mlx90614) -> None:
    found = steady(Referenced(inner, plate_c=30.7))
    assert isinstance(found, Settled)
    assert found.skin_c == pytest.approx(34.3, abs=0.1)
