"""The bench of the temperature rules: its people, its units, its lines, and the picture."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.fever import trade_off
from bench.fever.chance import held_out, worst_of_draws
from bench.fever.people import Person, people_of
from bench.fever.rules import (
    SENSORS,
    Figures,
    Sensor,
    errors_of_units,
    figures,
    margins,
    settings_of,
    shares,
)
from bench.temperature import json_of, line_of
from kiosk.errors import KioskError
from kiosk.settings.schema.policy import FeverRule

FACES = next((file for up in Path(__file__).parents if (file := up / "shared/temperature/faces.csv").is_file()), None)
BY_NAME = {sensor.name: sensor for sensor in SENSORS}
SPOT, LOOKS, RETEST, IMAGER = (BY_NAME[name] for name in ("spot", "looks", "retest", "imager"))
HEADER = "row,oral_c,ambient_c," + ",".join(
    f"{place}{look}_c" for place in ("forehead_centre", "face_max") for look in (1, 2, 3, 4)
)


def crowd(count: int, every: int, fever_c: float) -> list[Person]:
    """Return people of whom each `every`-th has a fever and reads `fever_c` more."""
    sick = [number % every == every - 1 for number in range(count)]
    return [
        Person(38.0 if ill else 36.6, 24.0, (34.5 + ill * fever_c,) * 4, (36.0 + ill * fever_c,) * 4) for ill in sick
    ]


def test_the_table_is_read_and_what_was_not_measured_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    rows = ("0,37.5,24,34.0,,34.2,,36.0,36.2,,36.4", "1,37.4,25,,34.1,,,,,,", "2,,24,34,,,,36,,,", "3,37,,34,,,,36,,,")
    file.write_text("\n".join((HEADER, *rows)), encoding="utf-8-sig")
    first, second = people_of(file)
    assert (first.has_fever, first.spot_c, first.faces_c) == (True, 34.0, (36.0, 36.2, 36.4))
    assert (second.has_fever, second.spot_c, second.faces_c) == (False, None, ())
    assert [IMAGER.read(person) for person in (first, second)] == [pytest.approx(36.2), None]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read (No such file or directory); name a CSV file of measured people"),
        (b"", "has no column oral_c; name a CSV file with commas"),
        (b"oral_c,ambient_c\n36,24\n", "has no column forehead_centre1_c; name a CSV file with commas"),
        (HEADER.replace(",", ";").encode(), "has no column oral_c; name a CSV file with commas"),
        (HEADER.encode(), "holds no person with oral_c and ambient_c"),
        (f"{HEADER}\n\n0,36".encode(), "holds no person with oral_c and ambient_c"),
        (f"{HEADER}\n0,warm,24,34".encode(), "people.csv:2: oral_c: 'warm' is no temperature of a person or a room"),
        (f"{HEADER}\n\n0,36,24,34,nan".encode(), "people.csv:3: forehead_centre2_c: 'nan' is no temperature"),
        (f"{HEADER}\n0,98.6,24,34".encode(), "people.csv:2: oral_c: '98.6' is no temperature"),
        (b"\xff\xfe\x00", "is no CSV file"),
        (HEADER.encode() + b"\n0," + b"9" * 200_000, "is no CSV file"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_the_reason(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    file = tmp_path / "people.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(KioskError) as caught:
        people_of(file)
    assert told in str(caught.value)


def test_units_differ_by_half_a_degree_and_drift() -> None:
    units = errors_of_units(200, 100)
    starts = [unit[0] for unit in units]
    assert -0.5 <= min(starts) < -0.45 < 0.45 < max(starts) <= 0.5
    steps = [after - before for unit in units for before, after in pairwise(unit)]
    assert sum(step * step for step in steps) / len(steps) == pytest.approx(0.01**2, rel=0.1)
    assert units == errors_of_units(200, 100)


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.name)
def test_the_relative_rule_finds_what_the_fixed_one_cannot_with_a_unit_that_reads_low(sensor: Sensor) -> None:
    people = crowd(200, 10, 0.9)
    for name, sensitivity in ((FeverRule.FIXED, 0.0), (FeverRule.RELATIVE, 1.0)):
        judged = list(margins(people, sensor, [-0.4] * len(people), settings_of(name, sensor)))
        assert shares(judged) == (sensitivity, 1.0)


def test_the_first_20_people_and_those_who_were_not_measured_are_not_counted() -> None:
    people = crowd(30, 2, 1.0)
    people[25] = Person(36.0, 24.0, (), (36.0,))
    judged = list(margins(people, SPOT, [0.0] * 30, settings_of(FeverRule.RELATIVE, SPOT)))
    assert len(judged) == 9


@pytest.mark.parametrize(
    ("looks_c", "hottest_c"),
    [
        ((34.0, 34.2, 34.1, 34.1), 34.2),
        ((34.0, 36.0, 34.1, 34.3), 34.3),  # 36.0 stands alone
        ((34.0, 35.0, 36.0, 37.0), 34.0),  # no two agree
        ((34.0,), 34.0),
        ((), None),
    ],
)
def test_the_hottest_look_is_one_that_another_look_confirms(
    looks_c: tuple[float, ...], hottest_c: float | None
) -> None:
    assert LOOKS.read(Person(36.5, 24.0, looks_c, ())) == hottest_c


def test_a_face_is_read_once_or_several_times() -> None:
    person = Person(36.5, 24.0, (), (35.0, 35.4, 36.0, 35.6))
    ways = {name: sensor for name, sensor in BY_NAME.items() if name.startswith("face")}
    assert {name: sensor.read(person) for name, sensor in ways.items()} == {
        "face first": 35.0,
        "face hottest": 36.0,
        "face retest": pytest.approx(35.2),
    }
    again = ways["face retest"].again
    assert again
    assert again(person) == pytest.approx(35.8)
    assert again(Person(36.5, 24.0, (), (35.0,))) is None


def test_the_reading_after_the_pause_decides_about_a_first_high_one() -> None:
    people = crowd(30, 2, 1.0)
    people[25] = Person(38.0, 24.0, (35.5, 34.5), ())
    people[27] = Person(38.0, 24.0, (34.5, 35.5), ())
    judged = list(margins(people, RETEST, [0.0] * 30, settings_of(FeverRule.RELATIVE, RETEST)))
    assert [margin_c >= 0.0 for _, margin_c in judged] == [
        False,
        True,
        False,
        True,
        False,
        False,
        False,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("shuffled", [False, True])
def test_draws_of_other_people_give_quantiles_of_the_worst_unit(shuffled: bool) -> None:
    row = worst_of_draws(crowd(120, 5, 0.9), IMAGER, draws=3, shuffled=shuffled, units=3)
    for low, middle, high in (row.sensitivity, row.specificity):
        assert low <= middle <= high
    assert row.specificity[2] == 1.0
    assert json.loads(json_of(row))["people"] == row.people
    assert line_of(row).endswith(f"drawn, order {'by chance' if shuffled else 'of the file'}")


def test_a_half_is_judged_with_the_default_distance_and_with_that_of_the_other_half() -> None:
    """One healthy person in 20 reads 0.3 degrees more; so few leave the limit where it finds all fevers."""
    people = crowd(240, 5, 0.9)
    for number in range(3, len(people), 20):
        warm = people[number]
        people[number] = Person(warm.oral_c, 24.0, warm.foreheads_c, tuple(one_c + 0.3 for one_c in warm.faces_c))
    default, chosen = held_out(people, IMAGER, splits=2, units=2)
    assert (default.people, default.distance_c) == ("held out, default distance", ())
    assert default.sensitivity == default.specificity == (1.0, 1.0, 1.0)
    assert chosen.sensitivity == (1.0, 1.0, 1.0)
    assert all(0.85 <= share <= 1.0 for share in chosen.specificity)
    low_c, middle_c, high_c = chosen.distance_c
    assert low_c <= middle_c <= high_c < IMAGER.distance_c
    assert json.loads(json_of(chosen))["distance_c"] == [round(one_c, 3) for one_c in chosen.distance_c]
    assert line_of(chosen).endswith(f"distance from the other half {low_c:.2f} {middle_c:.2f} {high_c:.2f}")


def test_halves_without_a_fever_are_refused() -> None:
    with pytest.raises(KioskError, match="with and without a fever"):
        list(held_out(crowd(100, 1000, 0.9), IMAGER, splits=2, units=2))


def test_shares_without_a_fever_are_refused() -> None:
    with pytest.raises(KioskError, match="with and without a fever"):
        shares([(False, 0.1)])


def test_a_line_has_worst_median_and_best() -> None:
    row = Figures("relative", "spot", (0.5, 0.6, 0.7), (0.8, 0.9, 1.0))
    assert line_of(row) == "relative  spot         sensitivity 0.50 0.60 0.70   specificity 0.80 0.90 1.00"
    assert json.loads(json_of(row)) == {
        "rule": "relative",
        "sensor": "spot",
        "sensitivity": [0.5, 0.6, 0.7],
        "specificity": [0.8, 0.9, 1.0],
    }


def test_the_command_prints_a_line_for_each_rule_and_sensor(tmp_path: Path) -> None:
    lines = [f"0,{person.oral_c},24,{person.spot_c},,,,{person.faces_c[0]},,," for person in crowd(40, 5, 1.0)]
    file = tmp_path / "people.csv"
    file.write_text("\n".join((HEADER, *lines)))
    command = [sys.executable, "bench/temperature.py", "--data", str(file), "--json"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    assert {(row["rule"], row["sensor"]) for row in rows} == {
        (rule, sensor) for rule in ("fixed", "relative") for sensor in BY_NAME
    }
    assert len(rows) == 2 * len(BY_NAME)


@pytest.mark.skipif(FACES is None, reason="needs shared/temperature/faces.csv, which is not here")
@pytest.mark.parametrize(("sensor", "sensitivity", "specificity"), [(SPOT, 0.56, 0.88), (IMAGER, 0.89, 0.88)])
def test_on_measured_people_the_worst_of_25_units_is_good_enough(
    sensor: Sensor, sensitivity: float, specificity: float
) -> None:
    assert FACES
    row = figures(people_of(FACES), FeverRule.RELATIVE, sensor, units=25)
    assert row.sensitivity[0] >= sensitivity
    assert row.specificity[0] >= specificity


def test_the_picture_has_a_median_and_a_worst_line_for_each_rule() -> None:
    units = [[(True, 0.5), (False, -0.5)], [(True, 0.7), (False, -0.7)]]
    one = trade_off.curve("relative", "spot", units)
    own = trade_off.SHIFTS_C.index(0.0)
    assert (one.median[own], one.worst[own]) == ((1.0, 1.0), (1.0, 1.0))
    assert one.worst[0] == (0.0, 1.0)
    assert one.worst[-1] == (1.0, 0.0)
    drawn = ET.fromstring(trade_off.picture([one, trade_off.curve("fixed", "spot", units)]))
    assert len(drawn.findall(".//{*}polyline")) == 4
    assert len(drawn.findall(".//{*}circle")) == 2
