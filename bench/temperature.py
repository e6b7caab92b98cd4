"""Compare the rules for a high temperature on measured people: how many fevers they find, and how many healthy people
they refer.

    python bench/temperature.py --data FILE [--json]         one line for each rule and sensor
    python bench/temperature.py --data FILE --draws 100      the relative rule's worst units on other people and orders
    python bench/temperature.py --data FILE --halves 50      the same on halves of the people that chose nothing
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

`--halves N` splits the people N times at random, and judges each half. The first line of a sensor has the default
distance. The second one has the smallest distance with which the worst unit reached a specificity of 0.90 on the other
half; the quantiles of these distances follow.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.fever import trade_off
from bench.fever.chance import held_out, worst_of_draws
from bench.fever.people import Person, people_of
from bench.fever.rules import SENSORS, UNITS, Figures, errors_of_units, figures, margins, settings_of
from kiosk.errors import KioskError
from kiosk.settings.schema.policy import FeverRule

DRAWN = ("spot", "imager")
"""The ways to measure whose chance is shown."""


def rows(people: Sequence[Person], draws: int | None, halves: int | None) -> Iterator[Figures]:
    """Yield the rows of the table; with `draws` or `halves`, those that show how much of it is chance."""
    drawn = [sensor for sensor in SENSORS if sensor.name in DRAWN]
    if draws:
        for sensor in drawn:
            for shuffled in (False, True):
                yield worst_of_draws(people, sensor, draws, shuffled, UNITS)
    elif halves:
        for sensor in drawn:
            yield from held_out(people, sensor, halves, UNITS)
    else:
        for sensor in SENSORS:
            for rule in FeverRule:
                yield figures(people, rule, sensor)


def curves(people: Sequence[Person]) -> Iterator[trade_off.Curve]:
    """Yield for each rule and sensor the shares of the median and of the worst unit over all limits."""
    errors = errors_of_units(UNITS, len(people))
    for sensor in (sensor for sensor in SENSORS if sensor.name in trade_off.TITLES):
        for rule in FeverRule:
            settings = settings_of(rule, sensor)
            units = [list(margins(people, sensor, errors_c, settings)) for errors_c in errors]
            yield trade_off.curve(rule.value, sensor.name, units)


def line_of(row: Figures) -> str:
    """Return the row for people."""
    cells = (f"{low:.2f} {middle:.2f} {high:.2f}" for low, middle, high in (row.sensitivity, row.specificity))
    people = f"   {row.people}" if row.people else ""
    distance = "".join(f" {one_c:.2f}" for one_c in row.distance_c)
    return f"{row.rule:<9} {row.sensor:<12} sensitivity {next(cells)}   specificity {next(cells)}{people}{distance}"


def json_of(row: Figures) -> str:
    """Return the row as one JSON object."""
    parts = {"sensitivity": row.sensitivity, "specificity": row.specificity}
    rounded = {name: [round(share, 4) for share in part] for name, part in parts.items()}
    people = {"people": row.people} if row.people else {}
    distance = {"distance_c": [round(one_c, 3) for one_c in row.distance_c]} if row.distance_c else {}
    return json.dumps({"rule": row.rule, "sensor": row.sensor, **rounded, **people, **distance})


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
    parser.add_argument("--halves", type=draws_of, help="number of splits in halves (at least 2), instead of the table")
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
        if not arguments.json:
            is_of_chance = arguments.draws or arguments.halves
            cells = "5, 50 and 95 % of the worst" if is_of_chance else "worst, median and best"
            print(f"{len(people)} people; each cell: {cells} of {UNITS} units")
        for row in rows(people, arguments.draws, arguments.halves):
            print(json_of(row) if arguments.json else line_of(row), flush=True)
    except KioskError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
