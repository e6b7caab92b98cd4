"""`kiosk calibrate`: fit the thermometer's correction to pairs of readings with a clinical thermometer."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands.options import add, positive, settings_file
from kiosk.errors import KioskError

if TYPE_CHECKING:
    from kiosk.commands.options import Commands
    from kiosk.hardware.thermometers.calibration import CalibrationPair
    from kiosk.hardware.thermometers.trial import ThermometerTrial
    from kiosk.settings.schema.settings import Settings

    OpenTrial = Callable[[Settings], AbstractContextManager[ThermometerTrial]]

DAYS = 180

CALIBRATION = "calibration.json"
"""The name of the file, beside the settings file, unless the settings name another one."""

UNIT_DIGITS = (12, 16)
"""Hexadecimal digits of the number of an MLX90640 and of an MLX90614."""

INTRODUCTION = """\
Stop the kiosk first ('sudo systemctl stop kiosk'). Measure each person with a clinical thermometer and with this sensor
within two minutes, indoors, at least ten minutes after they came in. Five people are the least, twenty are better;
people with a fever are worth the most. After the last person, press Enter instead of a temperature: this writes
the calibration. Ctrl+C ends the command and writes nothing.
"""


def add_commands(commands: "Commands") -> None:
    """Add the subcommand."""
    sub = add(commands, "calibrate", calibrate, "fit the thermometer's correction to a clinical thermometer")
    settings_file(sub)
    sub.add_argument("--pairs", type=Path, help="CSV file with skin_c and clinical_c (default: measure people now)")
    sub.add_argument("--out", type=Path, help=f"file of the calibration (default: {CALIBRATION} beside the settings)")
    sub.add_argument("--plot", type=Path, help="write the residuals to this SVG file, too")
    sub.add_argument("--unit", type=unit_number, help="number of the sensor that read the pairs")
    sub.add_argument("--days", type=positive, default=DAYS, help=f"it holds for this many days (default: {DAYS})")


@contextmanager
def sensor_at_the_booth(settings: "Settings") -> "Iterator[ThermometerTrial]":
    """Give the booth's sensor, and close it in the end. Raises `DeviceError` if its bus cannot be opened."""
    from kiosk.composition.thermometers import open_imager, open_sensor
    from kiosk.hardware.buses import open_i2c
    from kiosk.hardware.thermometers.trial import ThermometerTrial
    from kiosk.runtime.clock import RealClock

    assert settings.thermometer
    clock = RealClock()
    sensor = open_sensor(settings.thermometer, clock, open_i2c, open_imager)
    try:
        yield ThermometerTrial(sensor, settings.thermometer, settings.temperature.measure_s, clock, time.sleep)
    finally:
        sensor.close()


def calibrate(options: argparse.Namespace, open_trial: "OpenTrial" = sensor_at_the_booth) -> int:
    """Fit, print and write a calibration. Raises `KioskError` if the pairs or the settings cannot be used.

    open_trial: gives the sensor for people who are measured now.
    """
    from datetime import UTC, datetime

    from kiosk.hardware.thermometers import calibration, residual_plot
    from kiosk.settings.loader import load

    settings = load(options.config, options.config.parent / "texts", elsewhere=True)
    thermometer = settings.thermometer
    if thermometer is None:
        raise KioskError(f"{options.config}: there is no section 'thermometer' to calibrate")
    unit = options.unit or ""
    if options.pairs:
        pairs = calibration.read_pairs(options.pairs)
    else:
        with open_trial(settings) as trial:
            pairs = list(measured(trial))
            unit = unit or (trial.unit() if pairs else "")
    found = calibration.fit(pairs, thermometer.kind, options.days, datetime.now(UTC).date(), unit)
    clinical_c, left_c = [pair.clinical_c for pair in pairs], calibration.residuals(found, pairs)
    print(report(found.offset_c, found.slope, found.spread_c, len(pairs)))
    print(residual_plot.text(clinical_c, left_c))
    for number in outliers(left_c):
        print(f"pair {number + 1} is far from the others ({left_c[number]:+.1f}); measure this person again")
    file = options.out or options.config.parent / (thermometer.calibration or CALIBRATION)
    if options.plot:
        title = f"{thermometer.kind.value}: {len(pairs)} people, {found.offset_c:+.2f} °C"
        write_text(options.plot, residual_plot.picture(clinical_c, left_c, title))
    calibration.write(file, found)
    print(f"'{file}' holds until {found.ends.isoformat()}, {holds_for(unit)}")
    if thermometer.calibration is None:
        print(f"write 'calibration: {file.name}' into the section 'thermometer', then 'sudo systemctl restart kiosk'")
    return 0


def holds_for(unit: str) -> str:
    """Return with which sensor the kiosk uses the file."""
    return f"for the sensor {unit}" if unit else "for any sensor of this type; with --unit for one, see 'kiosk doctor'"


def unit_number(text: str) -> str:
    """Return the number of a sensor as the file writes it. Raises `ArgumentTypeError` if it is none."""
    unit = text.strip().upper()
    if len(unit) in UNIT_DIGITS and set(unit) <= set("0123456789ABCDEF"):
        return unit
    raise argparse.ArgumentTypeError(f"'{text}' is no number of a sensor; copy the one that 'kiosk doctor' prints")


def calibration_problems(settings: "Settings", settings_folder: Path) -> list[str]:
    """Return why the kiosk would not start with the calibration that the settings name; an empty list: it would."""
    from kiosk.composition.thermometers import calibration_of

    thermometer = settings.thermometer
    if not (thermometer and thermometer.calibration and (settings_folder / thermometer.calibration).is_file()):
        return []  # a missing file is a mistake of the settings
    try:
        calibration_of(thermometer, settings_folder)
    except KioskError as error:
        return [f"the kiosk does not start with it: {error}"]
    return []


def report(offset_c: float, slope: float, spread_c: float, count: int) -> str:
    """Return the fit in words."""
    error_c = spread_c / count**0.5
    lines = [f"{count} people: the body is {offset_c:+.2f} C from the skin (standard error {error_c:.2f})"]
    if slope == 1.0:
        lines.append("slope 1: the pairs do not support another one")
    else:
        lines.append(f"slope {slope:.2f}: the pairs support it")
    return "\n".join((*lines, f"spread of what is left: {spread_c:.2f} C"))


def outliers(left_c: Sequence[float]) -> list[int]:
    """Return the numbers of residuals beyond 4 times the median of all, at least half a degree."""
    from statistics import median

    limit_c = max(0.5, 4 * median(map(abs, left_c)))
    return [number for number, one_c in enumerate(left_c) if abs(one_c) > limit_c]


def measured(trial: "ThermometerTrial") -> "Iterator[CalibrationPair]":
    """Yield a pair for each person who is measured at the booth now, asked for at the terminal."""
    from kiosk.hardware.thermometers.calibration import pair_of

    print(INTRODUCTION)
    while True:
        if asked("Nobody in front of the sensor? Press Enter, and wait. ") is None:
            return
        try:  # an error with one person keeps the pairs of the others
            trial.look_at_empty_spot()
            clinical = asked("Let the next person stand before the sensor; type their clinical temperature in C: ")
            if not clinical:
                return
            clinical_c = clinical_of(clinical)
            pair = pair_of(trial.skin_c(), clinical_c)
        except KioskError as error:
            print(f"not used: {error}")
            continue
        except ValueError as error:
            print(f"not used: {error}; measure this person again")
            continue
        print(f"skin {pair.skin_c:.2f}, body {pair.clinical_c:.1f}, difference {pair.clinical_c - pair.skin_c:+.2f}")
        yield pair


def clinical_of(text: str) -> float:
    """Return the temperature that was typed, with a point or a comma. Raises `KioskError` if it is no number."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise KioskError(f"'{text}' is no temperature; type it like 36.8") from None


def asked(question: str) -> str | None:
    """Return the answer at the terminal, or None at the end of the input."""
    sys.stdout.write(question)
    sys.stdout.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None


def write_text(file: Path, text: str) -> None:
    """Write the file. Raises `KioskError` if it cannot be written."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise KioskError(f"'{file}' cannot be written: {error.strerror}") from error
