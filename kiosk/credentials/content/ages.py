"""The age of a holder on a day, from the birth date that the credential states; it may state only a year or a month."""

import calendar
import re
from datetime import date

GREATEST_AGE = 150

_BIRTH_DATE = re.compile(r"(\d{4})(?:-(?:(\d{2})|XX)(?:-(?:(\d{2})|XX))?)?(?:T.*)?\Z")


def possible_ages(birth_date: str, day: date) -> range:
    """Return the ages in years that the holder may have on `day`; every age if the birth date is not known.

    birth_date: YYYY-MM-DD, YYYY-MM or YYYY; "XX" stands for an unknown month or day.
    """
    match = _BIRTH_DATE.match(birth_date)
    every = range(GREATEST_AGE + 1)
    if match is None:
        return every
    year, month, day_of_month = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        first = date(year, month or 1, day_of_month or 1)
        last_month = month or 12
        last = date(year, last_month, day_of_month or calendar.monthrange(year, last_month)[1])
    except ValueError:  # no such day
        return every
    youngest, oldest = _age(last, day), _age(first, day)
    return range(max(youngest, 0), oldest + 1) if 0 <= oldest <= GREATEST_AGE else every


def _age(born: date, day: date) -> int:
    """Return the completed years; a negative number if `born` is after `day`."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
