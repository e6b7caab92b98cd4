"""The people of a table of measured temperatures, for the bench of the temperature rules."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.settings.schema.thermometer import ThermometerSettings

FEVER_C = 37.5
LOOKS = (1, 2, 3, 4)
PLAUSIBLE_C = (0.0, 60.0)
SPREAD_C: float = ThermometerSettings.model_fields["settle_spread_c"].default


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the file, in degrees Celsius.

    foreheads_c: the looks at the forehead's centre; empty without the first one. faces_c: the looks at the hottest of
    the face.
    """

    oral_c: float
    ambient_c: float
    foreheads_c: tuple[float, ...]
    faces_c: tuple[float, ...]

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


def people_of(file: Path) -> list[Person]:
    """Return the people of `file` in its order. Raises `KioskError` if it is no such file."""
    foreheads, faces = ([f"{place}{look}_c" for look in LOOKS] for place in ("forehead_centre", "face_max"))
    people = []
    for line, row in _rows(file, ("oral_c", "ambient_c", *foreheads, *faces)):
        values = {name: _celsius(text, f"{file}:{line}: {name}") for name, text in row.items()}
        oral_c, ambient_c = values["oral_c"], values["ambient_c"]
        if oral_c is None or ambient_c is None:
            continue
        foreheads_c, faces_c = (
            tuple(value_c for name in names if (value_c := values[name]) is not None) for names in (foreheads, faces)
        )
        people.append(Person(oral_c, ambient_c, () if values[foreheads[0]] is None else foreheads_c, faces_c))
    if not people:
        raise KioskError(f"'{file}' holds no person with oral_c and ambient_c; name a file with one person a line")
    return people


def _rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row's line and the texts of its `columns`. Raises `KioskError` if the file is no table with them."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            table = csv.DictReader(opened)
            if missing := [name for name in columns if name not in (table.fieldnames or ())]:
                raise KioskError(
                    f"'{file}' has no column {missing[0]}; name a CSV file with commas, and with the columns "
                    f"{', '.join(columns)}"
                )
            for row in table:
                yield table.line_num, {name: (row[name] or "").strip() for name in columns}
    except OSError as error:
        raise KioskError(f"'{file}' cannot be read ({error.strerror}); name a CSV file of measured people") from error
    except (ValueError, csv.Error) as error:
        raise KioskError(f"'{file}' is no CSV file ({error}); name a CSV file of measured people") from error


def _celsius(text: str, place: str) -> float | None:
    """Return the temperature, or None for an empty text. Raises `KioskError` if it is none of a person or a room."""
    if not text:
        return None
    try:
        value_c = float(text)
    except ValueError:
        value_c = math.nan
    if not PLAUSIBLE_C[0] <= value_c <= PLAUSIBLE_C[1]:
        wanted = f"write degrees Celsius from {PLAUSIBLE_C[0]:g} to {PLAUSIBLE_C[1]:g}, or nothing"
        raise KioskError(f"{place}: '{text}' is no temperature of a person or a room; {wanted}")
    return value_c
