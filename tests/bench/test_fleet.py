"""The bench of the fleet, small: what it prints, and that it finds a lost, a doubled and a disordered row."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from bench.city import engines as fleet_engines
from bench.city.kiosks import Loop, SimulatedKiosk, make_template
from bench.city.office import Office, compare
from tests.samples import WHOLE

ROOT = Path(__file__).parents[2]
OUTAGES = "200" if WHOLE else "6"


class Stored:
    """Rows as a database would give them, in place of the office."""

    def __init__(self, rows: list[tuple[str, str, int]]) -> None:
        self.rows = rows

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        return [(len(self.rows),)] if "hourly" in question else list(self.rows)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([1, 2, 3, 4], (0, 0, 0)),
        ([1, 2, 4], (1, 0, 0)),
        ([1, 2, 2, 3, 4], (0, 1, 0)),
        ([1, 3, 2, 4], (0, 0, 1)),
        ([], (4, 0, 0)),
    ],
)
def test_the_comparison_finds_what_is_wrong(tmp_path: Path, order: list[int], expected: tuple[int, int, int]) -> None:
    (tmp_path / "north").mkdir()
    make_template(tmp_path / "north/journal.db", 4)
    kiosk = SimulatedKiosk("north", tmp_path / "north", Loop(), lambda: 1, Random(1), None)
    boot = "00000000-0000-0000-0000-000000000001"
    found = compare(cast("Office", Stored([("north", boot, seq) for seq in order])), [kiosk])
    assert (found["lost"], found["doubled"], found["disordered"]) == expected
    assert found["rows"] == 4


def test_no_row_is_lost_doubled_or_disordered_by_outages() -> None:
    if absent := fleet_engines.missing():
        pytest.skip(f"NOT CHECKED: {absent} not installed (sudo apt-get install mosquitto postgresql)")
    command = [
        sys.executable,
        "-m",
        "bench.fleet",
        "--kiosks",
        "6",
        "--outages",
        OUTAGES,
        "--only",
        "outages",
        "--json",
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(run.stdout)
    assert (found["lost"], found["doubled"], found["disordered"]) == (0, 0, 0)
    assert found["outages"] == int(OUTAGES)
    assert found["rows"] > 6
