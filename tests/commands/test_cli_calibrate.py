"""`kiosk calibrate` as a technician runs it: from a table, and at the terminal."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kiosk import cli
from kiosk.commands import calibrate
from kiosk.settings.schema.thermometer import ThermometerKind

CONFIG = Path(__file__).parents[2] / "config" / "demo.yaml"
PAIRS = "skin_c,clinical_c\n34.5,36.6\n34.7,36.7\n34.2,36.4\n35.0,37.1\n34.6,36.8\n34.4,37.9\n"


def run(*arguments: str) -> int:
    return cli.run(["calibrate", "--config", str(CONFIG), *arguments])


def test_pairs_of_a_table_give_a_file_a_plot_and_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pairs.csv").write_text(PAIRS)
    out, plot = tmp_path / "calibration.json", tmp_path / "left.svg"
    assert run("--pairs", str(tmp_path / "pairs.csv"), "--out", str(out), "--plot", str(plot), "--days", "30") == 0
    printed = capsys.readouterr().out
    assert "6 people: the body is +2.35 C from the skin" in printed
    assert "slope 1: the pairs do not support another one" in printed
    assert "pair 6 is far from the others (+1.1); measure this person again" in printed
    assert "write 'calibration: calibration.json' into the section 'thermometer'" in printed
    assert printed.count("o") > 6
    content = json.loads(out.read_text())
    assert (content["kind"], content["pairs"]) == (ThermometerKind.MLX90614.value, 6)
    assert len(ET.fromstring(plot.read_text()).findall(".//{*}circle")) == 6


@pytest.mark.parametrize(
    ("text", "found"),
    [("skin_c,clinical_c\n34.5,36.6\n", "1 pairs are too few"), ("a,b\n1,2\n", "pairs.csv:2: not a pair")],
)
def test_a_table_that_cannot_be_used_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, found: str
) -> None:
    (tmp_path / "pairs.csv").write_text(text)
    assert run("--pairs", str(tmp_path / "pairs.csv"), "--out", str(tmp_path / "calibration.json")) == cli.ERROR
    assert not (tmp_path / "calibration.json").exists()
    printed = capsys.readouterr()
    assert found in printed.err
    assert printed.out == ""


@pytest.mark.parametrize(("left_c", "numbers"), [([0.1, -0.1, 0.1, 0.9], [3]), ([0.1, -0.1, 0.4], []), ([0.0] * 5, [])])
def test_a_pair_far_from_the_others_is_named(left_c: list[float], numbers: list[int]) -> None:
    assert calibrate.outliers(left_c) == numbers


def test_the_report_names_a_slope_that_the_pairs_support() -> None:
    assert "slope 1.20: the pairs support it" in calibrate.report(2.0, 1.2, 0.2, 25)
