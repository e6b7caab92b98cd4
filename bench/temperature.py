"""Compare the rules for a high temperature on measured people: how many fevers they find, and how many healthy people
they refer.

    python bench/temperature.py --data FILE [--json]         one line for each rule and sensor
    python bench/temperature.py --data FILE --draws 100      the relative rule's worst units on other people and orders
    python bench/temperature.py --data FILE --plot PAGE.svg  the trade-off over all limits, as a picture

FILE holds one person a line, such as those of the FDA's "Facial and oral temperature data" (PhysioNet
face-oral-temp-data 1.0.0): `oral_c`, `ambient_c`, and for each of four looks `forehead_centre1_c` and `face_max1_c`, in
degrees Celsius; empty where it was not measured. A person without `oral_c` or `ambient_c` is left out.

Each line is a rule and a way to measure:

    spot           the forehead's centre, first look
    looks          the forehead's centre, the hottest of four looks that another look confirms
    retest         the forehead's centre, first look; if it is high, the second look decides
    imager         the hottest of the face, mean of four looks
    face first     the hottest of the face, first look
    face hottest   the hottest of the face, the hottest of four looks
    face retest    the hottest of the face, mean of the first two looks; if it is high, that of the other two decides

The people come in the order of the file to 200 thermometers. Each is off by up to half a degree and drifts by 0.01
degrees a visit, as a random walk. The project's own rule (`kiosk.hardware.thermometers.fever_rule`) judges the
estimates of the body temperature. The first 20 people are not counted.

`--draws N` shows how much of a figure is chance. Each draw has as many people, taken with repetition from FILE
(bootstrap), and new units: once in the order of the file, once in an order by chance, in which the people of one hour
are no longer neighbours. A line gives the shares of the worst unit: 5 % of the draws are below the first figure, half
below the second, and 5 % above the third.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from statistics import fmean, median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import trade_off
from bench.measured_people import FEVER_C, Person, people_of
from kiosk.errors import KioskError
from kiosk.hardware.thermometers.fever_rule import fever_limit_of
from kiosk.settings.schema.policy import FeverRule, RelativeSettings, TemperatureSettings
from kiosk.settings.schema.thermometer import ThermometerSettings

UNITS = 200
SEED = 11
DRAWN = ("spot", "imager")
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

    order: of the people in draws, whose shares are three quantiles of the worst unit; "": they are no draws.
    """

    rule: str
    sensor: str
    sensitivity: tuple[float, float, float]
    specificity: tuple[float, float, float]
    order: str = ""


SPOT_OFFSET_C: float = ThermometerSettings.model_fields["offset_c"].default
SPOT_DISTANCE_C = TemperatureSettings().relative.distance_c

FACE_OFFSET_C, FACE_DISTANCE_C = 0.5, 0.36
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
    return f"{row.rule:<9} {row.sensor:<12} sensitivity {next(cells)}   specificity {next(cells)}{order}"


def json_of(row: Figures) -> str:
    """Return the row as one JSON object."""
    parts = {"sensitivity": row.sensitivity, "specificity": row.specificity}
    rounded = {name: [round(share, 4) for share in part] for name, part in parts.items()}
    order = {"order": row.order} if row.order else {}
    return json.dumps({"rule": row.rule, "sensor": row.sensor, **rounded, **order})


def draws_of(text: str) -> int:
    """Return the number of draws. Raises `ArgumentTypeError` if it is none."""
    if text.isdecimal() and int(text) >= 2:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is no number of draws; write 2 or more")


def main() -> int:
    """Print the table, or draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="table of measured people (CSV)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--draws", type=draws_of, help="number of draws of other people (at least 2), instead of the table"
    )
    parser.add_argument("--plot", type=Path, help="write the trade-off to this SVG file instead")
    arguments = parser.parse_args()
    try:
        people = people_of(arguments.data)
        if arguments.plot:
            drawn = trade_off.picture(list(curves(people)))
            try:
                arguments.plot.write_text(drawn, encoding="utf-8")
            except OSError as error:
                raise KioskError(f"'{arguments.plot}' cannot be written ({error.strerror})") from error
            return 0
        if arguments.draws:
            for sensor in (sensor for sensor in SENSORS if sensor.name in DRAWN):
                for shuffled in (False, True):
                    row = worst_of_draws(people, sensor, arguments.draws, shuffled, UNITS)
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
    for sensor in (sensor for sensor in SENSORS if sensor.name in trade_off.TITLES):
        for rule in FeverRule:
            settings = settings_of(rule, sensor)
            units = [list(margins(people, sensor, errors_c, settings)) for errors_c in errors]
            yield trade_off.curve(rule.value, sensor.name, units)


if __name__ == "__main__":
    sys.exit(main())
