"""The correction of this site's thermometer, fitted to pairs with a clinical thermometer, and its file.

Theory: the skin before this sensor is colder than the body by an amount that differs from site to site: by distance,
the unit's own error and the room. Readings of the same people with a clinical thermometer measure it. The offset is the
mean difference of the pairs. A slope says that the difference changes with the temperature. Both thermometers have
errors, so it is fitted by Deming regression with equal variances (an ordinary regression would flatten it), and a
jackknife gives its standard error. A slope from healthy people alone is chance: it is used only if the pairs support
it, see `supports_slope`. Nothing here makes a clinical thermometer of the sensor.

Rule 1: a calibration ends on a date, because windows get dirty and sensors drift; an expired one still holds, and is
        reported.
Rule 2: pairs are people's temperatures: the file keeps their number and spread, and none of them.
Rule 3: the file names the sensor by its own number, because another one of the same type needs another calibration.
"""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import fmean, stdev

from kiosk.errors import KioskError
from kiosk.model import WallTime
from kiosk.settings.schema.thermometer import ThermometerKind
from kiosk.support.files import replace_file

LEAST_PAIRS = 5
"""The mean of five differences has a standard error of half their spread."""

CLINICAL_C = (34.0, 43.0)
"""The temperatures that a clinical thermometer shows of a living person (range of ISO 80601-2-56)."""

SKIN_C = (20.0, 45.0)

SLOPE_PAIRS, SLOPE_RANGE_C, SLOPE_SIGMA, SLOPE_LIMITS = 15, 1.5, 2.0, (0.7, 1.4)
"""A slope needs so many pairs, over so many degrees of the clinical thermometer, must differ from 1 by so many standard
errors, and lie within these limits: beyond them the sensor is faulty or the pairs are wrong."""

MAX_FILE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class CalibrationPair:
    """One person: the skin before the kiosk's sensor, and the body by a clinical thermometer, in degrees Celsius."""

    skin_c: float = field(repr=False)
    clinical_c: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class SiteCalibration:
    """body = pivot_c + offset_c + slope x (skin - pivot_c), in degrees Celsius.

    kind: of the sensor. pairs: their number. spread_c: standard deviation of what the fit leaves. ends: the last day.
    unit: the sensor's own number in hexadecimal digits; "": it is not known.
    """

    kind: ThermometerKind
    offset_c: float
    slope: float
    pivot_c: float
    pairs: int
    spread_c: float
    ends: date
    unit: str = ""

    def is_of_another(self, unit: str) -> bool:
        """Return True if the sensor with the number `unit` is another one; without both numbers it counts as this."""
        return bool(self.unit and unit and self.unit != unit)

    def body_c(self, skin_c: float) -> float:
        """Return the estimate of the body temperature."""
        return self.pivot_c + self.offset_c + self.slope * (skin_c - self.pivot_c)

    def fault(self, now: WallTime) -> str:
        """Return the fault of an expired calibration, or "". A clock that is not sure expires nothing."""
        return "calibration_expired" if now.sure and now.utc.date() > self.ends else ""


def fit(
    pairs: Sequence[CalibrationPair], kind: ThermometerKind, days: int, today: date, unit: str = ""
) -> SiteCalibration:
    """Return the calibration of `pairs`, which holds for `days` days. Raises `KioskError` if they are too few.

    unit: the number of the sensor that read the pairs; "": it is not known.
    """
    if len(pairs) < LEAST_PAIRS:
        raise KioskError(f"{len(pairs)} pairs are too few; measure at least {LEAST_PAIRS} people, better 20")
    pivot_c = fmean(pair.skin_c for pair in pairs)
    offset_c = fmean(pair.clinical_c - pair.skin_c for pair in pairs)
    slope = deming_slope(pairs) if supports_slope(pairs) else 1.0
    made = SiteCalibration(kind, offset_c, slope, pivot_c, len(pairs), 0.0, today + timedelta(days=days), unit)
    return replace(made, spread_c=stdev(residuals(made, pairs)))


def residuals(calibration: SiteCalibration, pairs: Sequence[CalibrationPair]) -> list[float]:
    """Return by how many degrees each clinical reading lies above the estimate."""
    return [pair.clinical_c - calibration.body_c(pair.skin_c) for pair in pairs]


def supports_slope(pairs: Sequence[CalibrationPair]) -> bool:
    """Return True if the pairs tell a slope: enough of them, over a wide range, and surely different from 1."""
    clinical_c = [pair.clinical_c for pair in pairs]
    if len(pairs) < SLOPE_PAIRS or max(clinical_c) - min(clinical_c) < SLOPE_RANGE_C:
        return False
    slope, error = deming_slope(pairs), slope_error(pairs)
    return SLOPE_LIMITS[0] <= slope <= SLOPE_LIMITS[1] and abs(slope - 1.0) > SLOPE_SIGMA * error


def deming_slope(pairs: Sequence[CalibrationPair]) -> float:
    """Return the slope of Deming's regression with equal variances of both errors; infinite if skin does not vary."""
    skin_c, clinical_c = fmean(pair.skin_c for pair in pairs), fmean(pair.clinical_c for pair in pairs)
    xx = sum((pair.skin_c - skin_c) ** 2 for pair in pairs)
    yy = sum((pair.clinical_c - clinical_c) ** 2 for pair in pairs)
    xy = sum((pair.skin_c - skin_c) * (pair.clinical_c - clinical_c) for pair in pairs)
    if xy == 0.0:
        return math.inf
    return (yy - xx + math.sqrt((yy - xx) ** 2 + 4 * xy**2)) / (2 * xy)


def slope_error(pairs: Sequence[CalibrationPair]) -> float:
    """Return the standard error of the slope, by leaving out one pair at a time (jackknife)."""
    count = len(pairs)
    slopes = [deming_slope([*pairs[:number], *pairs[number + 1 :]]) for number in range(count)]
    middle = fmean(slopes)
    return math.sqrt((count - 1) / count * sum((slope - middle) ** 2 for slope in slopes))


def read_pairs(file: Path) -> list[CalibrationPair]:
    """Return the pairs of a CSV file with the columns `skin_c` and `clinical_c`.

    Raises `KioskError` with the line of a value that is no number or no temperature.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, ValueError, csv.Error) as error:
        raise KioskError(f"'{file}' cannot be read ({error}); name a CSV file with skin_c and clinical_c") from error
    pairs = []
    for line, row in enumerate(rows, start=2):
        try:
            pairs.append(pair_of(float(row["skin_c"]), float(row["clinical_c"])))
        except (KeyError, TypeError, ValueError) as error:
            wanted = "the columns skin_c and clinical_c, with a decimal point, such as 34.6,36.8"
            raise KioskError(f"{file}:{line}: not a pair ({error}); write {wanted}") from error
    return pairs


def pair_of(skin_c: float, clinical_c: float) -> CalibrationPair:
    """Return the pair. Raises `ValueError` if a value is no temperature of a person."""
    for name, value_c, (low_c, high_c) in (("skin_c", skin_c, SKIN_C), ("clinical_c", clinical_c, CLINICAL_C)):
        if not low_c <= value_c <= high_c:
            raise ValueError(f"{name} {value_c:g} is outside {low_c:g} to {high_c:g}")
    return CalibrationPair(skin_c, clinical_c)


def write(file: Path, calibration: SiteCalibration, now: datetime | None = None) -> None:
    """Write the file of a calibration. Raises `KioskError` if it cannot be written."""
    made = (now or datetime.now(UTC)).date().isoformat()
    numbers = {name: round(value, 4) for name, value in asdict(calibration).items() if isinstance(value, float | int)}
    content = {
        "kind": calibration.kind.value,
        "unit": calibration.unit,
        **numbers,
        "ends": calibration.ends.isoformat(),
        "made": made,
    }
    try:
        replace_file(file, (json.dumps(content, indent=2) + "\n").encode())
    except OSError as error:
        raise KioskError(f"'{file}' cannot be written: {error.strerror}") from error


def load(file: Path, kind: ThermometerKind) -> SiteCalibration:
    """Return the calibration in `file`. Raises `KioskError` if there is none for this kind of sensor."""
    remedy = "run 'kiosk calibrate' again, or remove 'thermometer.calibration'"
    try:
        with file.open("rb") as opened:
            content = json.loads(opened.read(MAX_FILE_BYTES))
        numbers = {name: float(content[name]) for name in ("offset_c", "slope", "pivot_c", "spread_c")}
        found = SiteCalibration(
            kind=ThermometerKind(content["kind"]),
            pairs=int(content["pairs"]),
            ends=date.fromisoformat(content["ends"]),
            unit=content.get("unit", ""),
            **numbers,
        )
    except OSError as error:
        raise KioskError(f"'{file}' cannot be read ({error.strerror}); {remedy}") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise KioskError(f"'{file}' is no calibration ({error!r}); {remedy}") from error
    if found.kind is not kind:
        raise KioskError(f"'{file}' is for {found.kind.value}, not for {kind.value}; {remedy}")
    is_possible = all(map(math.isfinite, numbers.values())) and abs(found.offset_c) <= 10 and 0.5 <= found.slope <= 2
    if not is_possible or not isinstance(found.unit, str):
        raise KioskError(f"'{file}' holds values that no calibration has; {remedy}")
    return found
