"""The bench of the fleet, small: what it prints, and that it finds a lost, a doubled and a disordered row."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from bench.city import engines as fleet_engines
from bench.city.kiosks import Loop, SimulatedKiosk, make_template
from bench.city.office import Office, compare
from bench.fleet import main
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


def fleet(*arguments: str) -> dict[str, Any]:
    """Run the bench as a stranger does, from another folder; return its object."""
    if absent := fleet_engines.missing():
        pytest.skip(f"NOT CHECKED: {absent} not installed (sudo apt-get install mosquitto postgresql)")
    command = [sys.executable, str(ROOT / "bench/fleet.py"), *arguments, "--json"]
    stranger = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(command, cwd=ROOT.parent, env=stranger, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    assert (found["lost"], found["doubled"], found["disordered"]) == (0, 0, 0)
    return found


def test_no_row_is_lost_doubled_or_disordered_by_outages() -> None:
    found = fleet("--kiosks", "6", "--outages", OUTAGES, "--only", "outages")
    assert found["outages"] == int(OUTAGES)
    assert found["rows"] > 6


@pytest.mark.skipif(not WHOLE, reason="a week of a city takes some minutes")
def test_a_week_of_a_city_loses_no_row_and_counts_each_hour() -> None:
    found = fleet("--week", "--kiosks", "20", "--outages", "30")
    assert found["miscounted"] == 0
    assert found["rows"] > 20 * 1000


@pytest.mark.parametrize("wrong", [("--kiosks", "0"), ("--kiosks", "many"), ("--outages", "-1"), ("--seed", "")])
def test_a_wrong_argument_is_explained(
    wrong: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench/fleet.py", *wrong])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err


def test_a_program_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench/fleet.py"])
    monkeypatch.setattr(fleet_engines, "PATH", "/nowhere")
    assert main() == 2
    assert "mosquitto, initdb, postgres not installed (sudo apt-get install" in capsys.readouterr().err
