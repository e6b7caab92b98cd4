"""Compare the rules for a high temperature on measured people: how many fevers they find, and how many healthy people
they refer.

    python bench/temperature.py --data FILE [--json]         one line for each rule and sensor
    python bench/temperature.py --data FILE --draws 100      the relative rule's worst units on other people and orders
    python bench/temperature.py --data FILE --plot PAGE.svg  the trade-off over all limits, as a picture

FILE holds one person a line, such as those of the FDA's "Facial and oral temperature data" (PhysioNet
face-oral-temp-data 1.0.0): `oral_c`, `ambient_c`, and for each of four looks `forehead_centre1_c` and `face_max1_c`, in
degrees Celsius; empty where it was not measured.

The people come in the order of the file to 200 thermometers. Each is off by up to half a degree and drifts by 0.01
degrees a visit, as a random walk. The project's own rule (`kiosk.hardware.thermometers.fever_rule`) judges the
estimates of the body temperature. The first 20 people are not counted.

`--draws N` shows how much of a figure is chance. Each draw has as many people, taken with repetition from FILE
(bootstrap), and new units: once in the order of the file, once in an order by chance, in which the people of one hour
are no longer neighbours. A line gives the shares of the worst unit: 5 % of the draws are below the first figure, half
below the second, and 5 % above the third.
"""

import argparse
import csv
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations
from pathlib import Path
from statistics import fmean, median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import trade_off
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
FEVER_C = 37.5
LOOKS = (1, 2, 3, 4)
SPREAD_C: float = ThermometerSettings.model_fields["settle_spread_c"].default


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the file, in degrees Celsius.

    foreheads_c: the looks at the forehead's centre; empty without the first one. face_c: the hottest of the face, mean
    of the looks; None if nothing was measured.
    """

    oral_c: float
    ambient_c: float
    foreheads_c: tuple[float, ...]
    face_c: float | None

    @property
    def has_fever(self) -> bool:
        """True if the reference says so."""
        return self.oral_c >= FEVER_C

    @property
    def spot_c(self) -> float | None:
        """The first look at the forehead."""
        return self.foreheads_c[0] if self.foreheads_c else None

    @property
    def second_c(self) -> float | None:
        """The second look at the forehead, or the first if it is the only one."""
        return self.foreheads_c[:2][-1] if self.foreheads_c else None

    @property
    def hottest_c(self) -> float | None:
        """The hottest look at the forehead that another look confirms; without one, the first look."""
        looks_c = self.foreheads_c
        steady_c = [max(pair) for pair in combinations(looks_c, 2) if max(pair) - min(pair) <= SPREAD_C]
        return max(steady_c, default=self.spot_c)


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

    order: of the people in draws, whose shares are three quantiles of the worst unit; "": they are no draws.
    """

    rule: str
    sensor: str
    sensitivity: tuple[float, float, float]
    specificity: tuple[float, float, float]
    order: str = ""


SPOT_OFFSET_C: float = ThermometerSettings.model_fields["offset_c"].default
SPOT_DISTANCE_C = TemperatureSettings().relative.distance_c

SENSORS = (
    Sensor("spot", lambda person: person.spot_c, SPOT_OFFSET_C, SPOT_DISTANCE_C),
    Sensor("looks", lambda person: person.hottest_c, SPOT_OFFSET_C, SPOT_DISTANCE_C),
    Sensor("retest", lambda person: person.spot_c, SPOT_OFFSET_C, SPOT_DISTANCE_C, lambda person: person.second_c),
    # the hottest of the face reads 1.5 degrees more than the forehead's centre; it varies less from person to person
    Sensor("imager", lambda person: person.face_c, offset_c=0.5, distance_c=0.36),
)
"""spot: the first look at the forehead's centre. looks: its hottest steady look of four. retest: the first look, and if
it is high, the second look decides. imager: the hottest of the face, mean of four looks."""


def people_of(file: Path) -> list[Person]:
    """Return the people of `file` in its order. Raises `KioskError` if it is no such file."""
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            return [_person(line) for line in csv.DictReader(lines)]
    except (OSError, ValueError, KeyError) as error:
        remedy = "name a CSV file with oral_c, ambient_c, and forehead_centre1_c and face_max1_c to those of look 4"
        raise KioskError(f"{file}: not a table of people ({error!r}); {remedy}") from error


def _person(line: dict[str, str]) -> Person:
    faces_c = [float(text) for look in LOOKS if (text := line[f"face_max{look}_c"])]
    foreheads_c = [float(text) for look in LOOKS if (text := line[f"forehead_centre{look}_c"])]
    looks_c = tuple(foreheads_c) if line["forehead_centre1_c"] else ()
    return Person(float(line["oral_c"]), float(line["ambient_c"]), looks_c, fmean(faces_c) if faces_c else None)


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


def worst_of_draws(people: Sequence[Person], sensor: Sensor, draws: int, shuffled: bool, units: int) -> Figures:
    """Return quantiles (5, 50, 95 %) of the worst unit's shares by the relative rule, over bootstrap draws."""
    found = []
    for seed in range(draws):
        chance = random.Random(seed)
        taken = chance.choices(range(len(people)), k=len(people))
        crowd = [people[number] for number in (taken if shuffled else sorted(taken))]
        drawn = figures(crowd, FeverRule.RELATIVE, sensor, units, seed)
        found.append((drawn.sensitivity[0], drawn.specificity[0]))
    sensitivity, specificity = (
        (cuts[0], median(part), cuts[-1]) for part in zip(*found, strict=True) for cuts in [quantiles(part, n=20)]
    )
    order = "by chance" if shuffled else "of the file"
    return Figures(FeverRule.RELATIVE.value, sensor.name, sensitivity, specificity, order)


def settings_of(rule: FeverRule, sensor: Sensor) -> TemperatureSettings:
    """Return the settings of a site with this rule and sensor; all others are the defaults."""
    return TemperatureSettings(rule=rule, relative=RelativeSettings(distance_c=sensor.distance_c))


def line_of(row: Figures) -> str:
    """Return the row for people."""
    cells = (f"{low:.2f} {middle:.2f} {high:.2f}" for low, middle, high in (row.sensitivity, row.specificity))
    order = f"   order {row.order}" if row.order else ""
    return f"{row.rule:<9} {row.sensor:<7} sensitivity {next(cells)}   specificity {next(cells)}{order}"


def json_of(row: Figures) -> str:
    """Return the row as one JSON object."""
    parts = {"sensitivity": row.sensitivity, "specificity": row.specificity}
    rounded = {name: [round(share, 4) for share in part] for name, part in parts.items()}
    order = {"order": row.order} if row.order else {}
    return json.dumps({"rule": row.rule, "sensor": row.sensor, **rounded, **order})


def main() -> int:
    """Print the table, or draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="table of measured people (CSV)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--draws", type=int, help="number of draws of other people (at least 2), instead of the table")
    parser.add_argument("--plot", type=Path, help="write the trade-off to this SVG file instead")
    arguments = parser.parse_args()
    try:
        people = people_of(arguments.data)
        if arguments.plot:
            arguments.plot.write_text(trade_off.picture(list(curves(people))), encoding="utf-8")
            return 0
        if arguments.draws:
            for sensor in (SENSORS[0], SENSORS[-1]):
                for shuffled in (False, True):
                    row = worst_of_draws(people, sensor, max(arguments.draws, 2), shuffled, UNITS)
                    print(json_of(row) if arguments.json else line_of(row), flush=True)
            return 0
        if not arguments.json:
            print(f"{len(people)} people; each cell: worst, median and best of {UNITS} units")
        for sensor in SENSORS:
            for rule in FeverRule:
                row = figures(people, rule, sensor)
                print(json_of(row) if arguments.json else line_of(row), flush=True)
    except KioskError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def curves(people: Sequence[Person]) -> Iterator[trade_off.Curve]:
    """Yield for each rule and sensor the shares of the median and of the worst unit over all limits."""
    errors = errors_of_units(UNITS, len(people))
    for sensor in (sensor for sensor in SENSORS if sensor.again is None):
        for rule in FeverRule:
            settings = settings_of(rule, sensor)
            units = [list(margins(people, sensor, errors_c, settings)) for errors_c in errors]
            yield trade_off.curve(rule.value, sensor.name, units)


if __name__ == "__main__":
    sys.exit(main())
