"""Orders for site passes: from the command line or, many at once, from a CSV file.

The columns of the file: `label` (for the office's own list and the printed caption, never in the pass), `kind` (staff,
invited), `from` and `until` (days, YYYY-MM-DD, both included), `days` (mon-fri, "mon wed"; empty for every day) and
`areas` ("lobby lab"; empty for every one). All mistakes are told at once, with their line.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from kiosk.credentials.schemes.site_pass.pass_text import EVERY_DAY, PassKind
from kiosk.errors import KioskError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AREA = re.compile(r"[a-z0-9-]{1,16}")
MAX_AREAS, MAX_ORDERS, MAX_LABEL, MAX_FILE_BYTES = 4, 2000, 60, 1_000_000
"""Four areas of sixteen letters keep a pass in its small code."""
COLUMNS = ("label", "kind", "from", "until", "days", "areas")


@dataclass(frozen=True, slots=True)
class PassOrder:
    """What the office wants issued; times in UTC, `until` excluded."""

    kind: PassKind
    valid_from_utc: datetime
    valid_until_utc: datetime
    weekdays: int = EVERY_DAY
    areas: tuple[str, ...] = ()
    label: str = field(default="", repr=False)


def read_orders(path: Path, utc_offset_h: int) -> list[PassOrder]:
    """The orders in a CSV file; raises KioskError with every mistake, a line each."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KioskError(f"'{path}' is larger than {MAX_FILE_BYTES} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as trouble:
        raise KioskError(f"'{path}' cannot be read as text: {trouble}") from None
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    found = [name.strip().lower() for name in rows.fieldnames or ()]
    if unknown := [name for name in found if name not in COLUMNS]:
        raise KioskError(f"{path.name}:1: unknown column '{unknown[0]}'; known: {', '.join(COLUMNS)}")
    orders, mistakes = [], []
    for number, row in enumerate(rows, start=2):
        try:
            orders.append(order_of({(name or "").strip().lower(): value for name, value in row.items()}, utc_offset_h))
        except KioskError as mistake:
            mistakes.append(f"{path.name}:{number}: {mistake}")
    if mistakes or not 1 <= len(orders) <= MAX_ORDERS:
        raise KioskError("\n".join(mistakes) or f"{path.name}: {len(orders)} orders; give 1 to {MAX_ORDERS}")
    return orders


def order_of(row: Mapping[str, object], utc_offset_h: int) -> PassOrder:
    """One order; raises KioskError with the first mistake."""
    told = {name: str(row.get(name) or "").strip() for name in COLUMNS}
    kind = told["kind"].upper() or PassKind.STAFF.name
    if kind not in PassKind.__members__:
        raise KioskError(f"kind '{told['kind']}' is not staff or invited")
    begins, ends = day_of("from", told["from"]), day_of("until", told["until"])
    if ends < begins:
        raise KioskError(f"until {ends} is before from {begins}")
    zone = timedelta(hours=utc_offset_h)
    return PassOrder(
        PassKind[kind],
        datetime.combine(begins, time(), UTC) - zone,
        datetime.combine(ends + timedelta(days=1), time(), UTC) - zone,
        weekdays_of(told["days"]),
        areas_of(told["areas"]),
        told["label"][:MAX_LABEL],
    )


def day_of(name: str, text: str) -> date:
    """The day in `text`; raises KioskError that says which `name` is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise KioskError(f"{name} '{text}' is not a day YYYY-MM-DD") from None


def weekdays_of(text: str) -> int:
    """Days as "mon-fri", "mon wed fri" or "" for every day; raises KioskError."""
    if not text.strip():
        return EVERY_DAY
    return sum(1 << day for day in set(_days(text.lower().replace(",", " ").split())))


def _days(words: list[str]) -> Iterator[int]:
    for word in words:
        first, _, last = word.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise KioskError(f"days '{word}' is none of {', '.join(DAYS)}, or two of them with '-' between")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        yield from (day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))


def areas_of(text: str) -> tuple[str, ...]:
    """Areas as "lobby lab" or "" for every one; raises KioskError."""
    areas = tuple(dict.fromkeys(text.replace(",", " ").split()))
    if len(areas) > MAX_AREAS or not all(map(AREA.fullmatch, areas)):
        raise KioskError(f"areas '{text}' are not at most {MAX_AREAS} names of 1 to 16 of a-z, 0-9 and '-'")
    return areas


def said_weekdays(weekdays: int) -> str:
    """The days in words, "" for every day."""
    return "" if weekdays == EVERY_DAY else " ".join(name for at, name in enumerate(DAYS) if weekdays >> at & 1)
