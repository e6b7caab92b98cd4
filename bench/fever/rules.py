"""The project's rules for a high temperature on measured people, before drawn thermometers."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean, median

from bench.fever.people import FEVER_C, Person
from kiosk.errors import KioskError
from kiosk.hardware.thermometers.fever_rule import fever_limit_of
from kiosk.settings.schema.policy import FeverRule, RelativeSettings, TemperatureSettings
from kiosk.settings.schema.thermometer import ThermometerSettings

UNITS = 200
SEED = 11
OFFSET_C = 0.5
DRIFT_C = 0.01
NOT_COUNTED = 20
VISIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Sensor:
    """A kind of thermometer: what it reads of a person, and the settings of a site that has it.

    offset_c: from its reading to the body temperature. distance_c: of the relative rule. again: the reading after a
    first high one, which decides; None: the first one decides.
    """

    name: str
    read: Callable[[Person], float | None]
    offset_c: float
    distance_c: float
    again: Callable[[Person], float | None] | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The shares of one rule and sensor: worst, median and best unit.

    people: how they were drawn; the shares are then three quantiles of the worst unit. "": they are those of the file.
    distance_c: three quantiles of the distances that were chosen on other people; empty: nothing was chosen.
    """

    rule: str
    sensor: str
    sensitivity: tuple[float, float, float]
    specificity: tuple[float, float, float]
    people: str = ""
    distance_c: tuple[float, ...] = ()


SPOT_OFFSET_C: float = ThermometerSettings.model_fields["offset_c"].default
SPOT_DISTANCE_C = TemperatureSettings().relative.distance_c

FACE_OFFSET_C, FACE_DISTANCE_C = 0.5, 0.37
"""The hottest of the face reads 1.5 degrees more than the forehead's centre; it varies less from person to person."""


def mean_c(looks_c: Sequence[float]) -> float | None:
    """Return the mean of the looks; None without a look."""
    return fmean(looks_c) if looks_c else None


SENSORS = (
    Sensor("spot", lambda person: person.spot_c, SPOT_OFFSET_C, SPOT_DISTANCE_C),
    Sensor("looks", lambda person: person.hottest_c, SPOT_OFFSET_C, SPOT_DISTANCE_C),
    Sensor("retest", lambda person: person.spot_c, SPOT_OFFSET_C, SPOT_DISTANCE_C, lambda person: person.second_c),
    Sensor("imager", lambda person: mean_c(person.faces_c), FACE_OFFSET_C, FACE_DISTANCE_C),
    Sensor("face first", lambda person: next(iter(person.faces_c), None), FACE_OFFSET_C, FACE_DISTANCE_C),
    Sensor("face hottest", lambda person: max(person.faces_c, default=None), FACE_OFFSET_C, FACE_DISTANCE_C),
    Sensor(
        "face retest",
        lambda person: mean_c(person.faces_c[:2]),
        FACE_OFFSET_C,
        FACE_DISTANCE_C,
        lambda person: mean_c(person.faces_c[2:]),
    ),
)


def errors_of_units(count: int, visits: int, seed: int = SEED) -> list[list[float]]:
    """Return for each of `count` drawn units its error in degrees Celsius at each visit."""
    chance = random.Random(seed)
    return [
        list(
            accumulate((chance.gauss(0.0, DRIFT_C) for _ in range(visits)), initial=chance.uniform(-OFFSET_C, OFFSET_C))
        )
        for _ in range(count)
    ]


def margins(
    people: Sequence[Person], sensor: Sensor, errors_c: Sequence[float], settings: TemperatureSettings
) -> Iterator[tuple[bool, float]]:
    """Yield for each counted person if they have a fever, and by how many degrees they read above the rule's limit."""
    limit = fever_limit_of(settings, ThermometerSettings(offset_c=sensor.offset_c))
    for visit, (person, error_c) in enumerate(zip(people, errors_c, strict=False)):
        read_c = sensor.read(person)
        if read_c is None:
            continue
        body_c = read_c + error_c + sensor.offset_c
        at_s = visit * VISIT_S
        relative_c = limit.of_reading(at_s, visit, body_c, person.ambient_c)
        limit_c = settings.high_c if limit.is_fixed else relative_c
        if sensor.again and (again_c := sensor.again(person)) is not None:
            body_c = min(body_c, again_c + error_c + sensor.offset_c)
        if visit >= NOT_COUNTED:
            yield person.has_fever, body_c - limit_c


def shares(judged: Sequence[tuple[bool, float]]) -> tuple[float, float]:
    """Return sensitivity and specificity of one unit; high is what is not below the limit."""
    fevers = [margin_c >= 0.0 for has_fever, margin_c in judged if has_fever]
    healthy = [margin_c < 0.0 for has_fever, margin_c in judged if not has_fever]
    if not fevers or not healthy:
        raise KioskError(f"needs people with and without a fever of {FEVER_C:g} after the first {NOT_COUNTED}")
    return fmean(fevers), fmean(healthy)


def figures(people: Sequence[Person], rule: FeverRule, sensor: Sensor, units: int = UNITS, seed: int = SEED) -> Figures:
    """Return the worst, median and best shares of the units; worst and best of each share by itself."""
    settings = settings_of(rule, sensor)
    errors = errors_of_units(units, len(people), seed)
    found = [shares(list(margins(people, sensor, errors_c, settings))) for errors_c in errors]
    sensitivity, specificity = ((min(part), median(part), max(part)) for part in zip(*found, strict=True))
    return Figures(rule.value, sensor.name, sensitivity, specificity)


def settings_of(rule: FeverRule, sensor: Sensor) -> TemperatureSettings:
    """Return the settings of a site with this rule and sensor; all others are the defaults."""
    return TemperatureSettings(rule=rule, relative=RelativeSettings(distance_c=sensor.distance_c))
