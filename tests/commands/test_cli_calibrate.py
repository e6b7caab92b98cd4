"""`kiosk calibrate` as a technician runs it: from a table, and at the terminal."""

import argparse
import contextlib
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from kiosk import cli
from kiosk.commands import calibrate
from kiosk.errors import KioskError
from kiosk.hardware.thermometers.mlx90614 import Mlx90614
from kiosk.hardware.thermometers.trial import ThermometerTrial
from kiosk.settings.schema.settings import Settings
from kiosk.settings.schema.thermometer import ThermometerKind
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.mlx90614 import Mlx90614Bus

CONFIG = Path(__file__).parents[2] / "config" / "demo.yaml"
UNIT = "1A2B3C4D5E6F0005"
"""The number of the simulated sensor with the seed 5."""

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
    ("arguments", "unit", "told"),
    [
        ((), "", "for any sensor of this type"),
        (("--unit", " 1a2b3c4d5e6f0005"), UNIT, f"for the sensor {UNIT}"),
        (("--unit", "1A2B3C4D5E6F"), "1A2B3C4D5E6F", "for the sensor 1A2B3C4D5E6F"),
    ],
)
def test_pairs_of_a_table_are_of_the_sensor_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], unit: str, told: str
) -> None:
    (tmp_path / "pairs.csv").write_text(PAIRS)
    out = tmp_path / "calibration.json"
    assert run("--pairs", str(tmp_path / "pairs.csv"), "--out", str(out), *arguments) == 0
    assert json.loads(out.read_text())["unit"] == unit
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("unit", ["", "5", "0x1A2B3C4D5E", "1A2B3C4D5E6F00", "unit"])
def test_a_number_that_no_sensor_has_is_refused(tmp_path: Path, unit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--pairs", str(tmp_path / "pairs.csv"), "--unit", unit)
    assert "is no number of a sensor; copy the one that 'kiosk doctor' prints" in capsys.readouterr().err


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


@pytest.mark.parametrize(
    ("change", "told"),
    [({}, ""), ({"kind": "mlx90640"}, "is for mlx90640, not for mlx90614"), ({"slope": "steep"}, "is no calibration")],
)
def test_check_tells_a_calibration_with_which_the_kiosk_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str], told: str
) -> None:
    (tmp_path / "pairs.csv").write_text(PAIRS)
    (tmp_path / "texts").symlink_to(CONFIG.parent / "texts")
    sections = yaml.safe_load(CONFIG.read_text())
    sections["thermometer"] |= {"calibration": "calibration.json"}
    del sections["thermometer"]["offset_c"]
    (tmp_path / "kiosk.yaml").write_text(yaml.safe_dump(sections))
    (tmp_path / "site_pass.pub.pem").write_text("a key")
    out = tmp_path / "calibration.json"
    assert run("--pairs", str(tmp_path / "pairs.csv"), "--out", str(out)) == 0
    out.write_text(json.dumps(json.loads(out.read_text()) | change))
    capsys.readouterr()
    cli.run(["check", str(tmp_path / "kiosk.yaml")])
    lines = [line for line in capsys.readouterr().out.splitlines() if "thermometer.calibration" in line]
    assert len(lines) == bool(told)
    assert all("warning: thermometer.calibration: the kiosk does not start with it: " in line for line in lines)
    assert all(told in line for line in lines)


# at the terminal


class Technician:
    """The technician's keyboard beside a simulated booth: before each line that is typed, somebody moves there.

    lines: what is typed, and the forehead that is then before the sensor in degrees Celsius; None: nobody is. An
    exception in place of a text is raised, as by Ctrl+C.
    """

    def __init__(self, clock: VirtualClock, *lines: tuple[str | type[BaseException], float | None]) -> None:
        self.clock = clock
        self.bus = Mlx90614Bus(clock, seed=5)
        self._lines = list(lines)

    def readline(self) -> str:
        """Return the next line; an empty text at the end of the input."""
        if not self._lines:
            return ""
        typed, forehead_c = self._lines.pop(0)
        self.bus.look_at(24.0 if forehead_c is None else forehead_c, 24.0)
        self.clock.advance(2.0)
        if isinstance(typed, str):
            return typed + "\n"
        raise typed

    @contextmanager
    def open_trial(self, settings: Settings) -> Iterator[ThermometerTrial]:
        """Give the sensor of the simulated booth."""
        assert settings.thermometer
        sensor = Mlx90614(self.bus, settings.thermometer)
        measure_s = settings.temperature.measure_s
        yield ThermometerTrial(sensor, settings.thermometer, measure_s, self.clock, self.clock.advance)
        sensor.close()


Terminal = Callable[..., int]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    def calibrated(*lines: tuple[str | type[BaseException], float | None]) -> int:
        technician = Technician(VirtualClock(), *lines)
        monkeypatch.setattr(sys, "stdin", technician)
        options = argparse.Namespace(
            config=CONFIG, pairs=None, out=tmp_path / "calibration.json", plot=None, days=180, unit=None
        )
        return calibrate.calibrate(options, technician.open_trial)

    return calibrated


def person(clinical: str, forehead_c: float) -> list[tuple[str, float | None]]:
    return [("", None), (clinical, forehead_c)]


FIVE = [line for number in range(5) for line in person(f"36.{5 + number}", 34.2 + number / 10)]
END: list[tuple[str, float | None]] = [("", None), ("", None)]


@pytest.mark.parametrize("end", [END, [("", None)], []], ids=["empty line", "end of the input later", "end"])
def test_people_are_measured_one_after_the_other_until_an_empty_line_or_the_end_of_the_input(
    terminal: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str], end: list[tuple[str, float | None]]
) -> None:
    assert terminal(*FIVE, *end) == 0
    printed = capsys.readouterr().out
    assert printed.count("difference +2.") == 5
    assert "5 people: the body is +2." in printed
    content = json.loads((tmp_path / "calibration.json").read_text())
    assert content["pairs"] == 5
    assert content["unit"] == UNIT
    assert f", for the sensor {UNIT}\n" in printed
    assert content["offset_c"] == pytest.approx(2.3, abs=0.05)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (person("warm", 34.5), "not used: 'warm' is no temperature; type it like 36.8"),
        (person("368", 34.5), "not used: clinical_c 368 is outside 34 to 43; measure this person again"),
        (person("nan", 34.5), "not used: clinical_c nan is outside 34 to 43; measure this person again"),
        ([("", None), ("36.8", None)], "not used: nothing as warm as skin is before the sensor; come closer"),
        ([("", 34.5), ("36.8", 34.5)], "not used: skin cannot be told from the empty spot"),
    ],
    ids=["word", "no point", "nan", "nobody", "somebody too early"],
)
def test_a_mistake_costs_only_the_pair_of_this_person(
    terminal: Terminal,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    wrong: list[tuple[str, float | None]],
    told: str,
) -> None:
    assert terminal(*FIVE[:4], *wrong, *FIVE[4:], *END) == 0
    assert told in capsys.readouterr().out
    assert json.loads((tmp_path / "calibration.json").read_text())["pairs"] == 5


def test_a_comma_is_a_point(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal(*[(typed.replace(".", ","), forehead_c) for typed, forehead_c in FIVE], *END) == 0
    assert (tmp_path / "calibration.json").exists()


def test_ctrl_c_and_too_few_people_write_nothing(terminal: Terminal, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        terminal(*FIVE, ("", None), (KeyboardInterrupt, None))
    with pytest.raises(KioskError, match="2 pairs are too few; measure at least 5 people"):
        terminal(*FIVE[:4], *END)
    assert not (tmp_path / "calibration.json").exists()


AT_TERMINAL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Makes standard input the terminal whose Ctrl+C reaches the command that follows, also if the tests ignore it."""


@pytest.mark.parametrize(("key", "code", "told"), [(b"\x04", 3, "0 pairs are too few"), (b"\x03", 130, "")])
def test_at_a_real_terminal_ctrl_d_ends_the_input_and_ctrl_c_the_command(
    tmp_path: Path, key: bytes, code: int, told: str
) -> None:
    """The imager's process is not started before the first measurement, so that no bus is needed here."""
    config = tmp_path / "kiosk.yaml"
    (tmp_path / "texts").symlink_to(CONFIG.parent / "texts")
    sections = yaml.safe_load(CONFIG.read_text())
    sections["thermometer"] |= {"kind": "mlx90640", "offset_c": 0.5, "looks": 1}
    config.write_text(yaml.safe_dump(sections))
    leader, follower = pty.openpty()
    command = [sys.executable, "-c", AT_TERMINAL, "-m", "kiosk", "calibrate", "--config", str(config)]
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True) as process:
        os.close(follower)
        shown = b""
        while b"Press Enter" not in shown:
            shown += os.read(leader, 4096)
        os.write(leader, key)
        with contextlib.suppress(OSError):  # EIO: the other end was closed
            while chunk := os.read(leader, 4096):
                shown += chunk
    os.close(leader)
    assert process.returncode == code
    assert told in shown.decode()
    assert "Traceback" not in shown.decode()
