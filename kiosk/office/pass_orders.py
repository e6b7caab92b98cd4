"""Orders for site passes, one from the command line or many from a CSV file.

| column | content |
|---|---|
| `label` | for the office's own list and the printed caption; never part of the pass |
| `kind` | staff or invited; empty for staff |
| `from`, `until` | first and last day, YYYY-MM-DD |
| `days` | weekdays, such as "mon-fri" or "mon wed"; empty for every day |
| `areas` | names of areas, such as "lobby lab"; empty for every area |
| `use` | once_a_day, or single for one use in all; empty for no limit |

All mistakes in a file are reported together, each with its line.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path

from kiosk.credentials.schemes.site_pass.pass_text import EVERY_DAY, PassKind
from kiosk.errors import KioskError
from kiosk.model import PassUse

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AREA = re.compile(r"[a-z0-9-]{1,16}")
MAX_AREAS, MAX_ORDERS, MAX_LABEL, MAX_FILE_BYTES = 4, 2000, 60, 1_000_000
"""The number of areas is limited so that the QR code of a pass stays small."""
COLUMNS = ("label", "kind", "from", "until", "days", "areas", "use")


@dataclass(frozen=True, slots=True)
class PassOrder:
    """An order for one pass. The pass is valid from `valid_from_utc` until just before `valid_until_utc`."""

    kind: PassKind
    valid_from_utc: datetime
    valid_until_utc: datetime
    weekdays: int = EVERY_DAY
    areas: tuple[str, ...] = ()
    label: str = field(default="", repr=False)
    use: PassUse = PassUse.UNLIMITED


def read_orders(path: Path, zone: tzinfo) -> list[PassOrder]:
    """Return the orders in a CSV file with commas or semicolons; at most 2000 orders.

    zone: the time zone in which the days of the file begin and end.

    Raises:
        KioskError: the file cannot be read or has mistakes; the message has one line for each mistake.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KioskError(f"'{path}' is larger than {MAX_FILE_BYTES} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KioskError(f"'{path}' cannot be read as text: {error}") from None
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    found = [name.strip().lower() for name in rows.fieldnames or ()]
    if unknown := [name for name in found if name not in COLUMNS]:
        raise KioskError(f"{path.name}:1: unknown column '{unknown[0]}'; known: {', '.join(COLUMNS)}")
    orders, mistakes = [], []
    for number, row in enumerate(rows, start=2):
        try:
            orders.append(order_of({(name or "").strip().lower(): value for name, value in row.items()}, zone))
        except KioskError as error:
            mistakes.append(f"{path.name}:{number}: {error}")
    if mistakes or not 1 <= len(orders) <= MAX_ORDERS:
        raise KioskError("\n".join(mistakes) or f"{path.name}: {len(orders)} orders; give 1 to {MAX_ORDERS}")
    return orders


def order_of(row: Mapping[str, object], zone: tzinfo) -> PassOrder:
    """Return the order in `row`, which maps column names to cells; raises `KioskError` with the first mistake."""
    fields = {name: str(row.get(name) or "").strip() for name in COLUMNS}
    kind = fields["kind"].upper() or PassKind.STAFF.name
    if kind not in PassKind.__members__:
        raise KioskError(f"kind '{fields['kind']}' is not staff or invited")
    begins, ends = day_of("from", fields["from"]), day_of("until", fields["until"])
    if ends < begins:
        raise KioskError(f"until {ends} is before from {begins}")
    return PassOrder(
        PassKind[kind],
        datetime.combine(begins, time(), zone).astimezone(UTC),
        datetime.combine(ends + timedelta(days=1), time(), zone).astimezone(UTC),
        weekdays_of(fields["days"]),
        areas_of(fields["areas"]),
        fields["label"][:MAX_LABEL],
        use_of(fields["use"]),
    )


def day_of(name: str, text: str) -> date:
    """Return the day that `text` gives as YYYY-MM-DD; otherwise raises `KioskError`, which names the column `name`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise KioskError(f"{name} '{text}' is not a day YYYY-MM-DD") from None


def weekdays_of(text: str) -> int:
    """Return the weekdays in `text` as a bit mask, Monday in bit 0. Examples: "mon-fri", "mon wed fri", "" (every day).

    Raises:
        KioskError: a word is neither a weekday nor a range of weekdays.
    """
    words = text.lower().replace(",", " ").split()
    if not words:
        return EVERY_DAY
    found: set[int] = set()
    for word in words:
        first, _, last = word.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise KioskError(f"days '{word}' is none of {', '.join(DAYS)}, or two of them with '-' between")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return sum(1 << day for day in found)


def areas_of(text: str) -> tuple[str, ...]:
    """Return the areas in `text`, such as "lobby lab"; raises `KioskError` for a wrong name or more than 4 areas."""
    areas = tuple(dict.fromkeys(text.replace(",", " ").split()))
    if len(areas) > MAX_AREAS or not all(map(AREA.fullmatch, areas)):
        raise KioskError(f"areas '{text}' are not at most {MAX_AREAS} names of 1 to 16 of a-z, 0-9 and '-'")
    return areas


def use_of(text: str) -> PassUse:
    """Return how often a pass may be used; raises `KioskError` for another word."""
    try:
        return PassUse(text.lower().replace("-", "_") or PassUse.UNLIMITED.value)
    except ValueError:
        raise KioskError(f"use '{text}' is none of {', '.join(use.value for use in PassUse)}") from None


def weekdays_text(weekdays: int) -> str:
    """Return the weekdays of a bit mask as text, such as "mon wed"; "" for every day."""
    return "" if weekdays == EVERY_DAY else " ".join(name for at, name in enumerate(DAYS) if weekdays >> at & 1)
