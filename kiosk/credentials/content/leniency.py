"""The table of leniency: breaches of a format by real issuers that are tolerated, because they decide nothing.

A strict reader refuses honest people for a mistake of their issuer. Each row is about one country and one member. The
country is that of the signer, as the signed content and the imported key state it, so that the name that a trust list
gives to an issuer does not matter. A breach that is in no row stays a refusal: a certificate in which a detail that
decides is missing goes to the officer (`Reason.INCOMPLETE`).

Source: eu-digital-green-certificates/dcc-quality-assurance, SpecialCaseHandling.md, and certificates that the countries
published as specimens. Other breaches are tolerated for everybody by the readers themselves: blanks around texts
(`DccEntry.text`), a time after a date (BG, PL: `safe_parsing.as_day`), null for an absent group (BG), doses as whole
floats, several entries in a group of schemas before 1.3.0 (RO, SK), a name in `gn` alone (ID).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leniency:
    """One tolerated breach: signers of `country` ("*": of any) write a text like `pattern` in `member`."""

    scheme: str
    country: str
    member: str
    pattern: re.Pattern[str]
    reason: str


def _row(scheme: str, country: str, member: str, pattern: str, reason: str) -> Leniency:
    return Leniency(scheme, country, member, re.compile(f"(?:{pattern})\\Z", re.DOTALL), reason)


NAME = r"[A-Za-z0-9][A-Za-z0-9 /_.,()+-]{2,79}"
"""A text that can be the name of a vaccine."""

TABLE = (
    _row("eu_dcc", "ID", "v.ma", "|Sinovac.*", "Indonesia leaves the manufacturer empty or misspells it"),
    _row("eu_dcc", "ID", "v.vp", "", "Indonesia leaves the prophylaxis empty (its specification 1.5)"),
    _row("eu_dcc", "ID", "v.mp", "", "Indonesia left the product empty in 2022; no site's list of vaccines matches"),
    _row("eu_dcc", "PY", "v.vp", NAME, "Paraguay writes the product here too; the product is given"),
    _row("eu_dcc", "SM", "v.ma", "ORG-1000[0-9]{6}", "San Marino writes a digit too many; it decides nothing"),
    _row("eu_dcc", "*", "v.ma", "ORG-1000[0-9]{5}|(?!ORG-).+", "a new code or a name; the verdict does not need it"),
    _row("eu_dcc", "*", "v.vp", "[0-9]{6,18}", "newer codes of SNOMED CT; the product is given"),
    _row("eu_dcc", "*", "v.mp", NAME, "a newer product; the site's list decides about it"),
    _row("eu_dcc", "*", "t.ma", "|[^0-9].*", "a name, not a number; the verdict does not need it"),
    _row(
        "eu_dcc",
        "*",
        "dob",
        r"\d{4}-\d{2}-\d{2}T.*|[0-9X-]{4,10}",
        "a time after it (BG), unknown parts (XX); the verdict does not need it",
    ),
    _row("eu_dcc", "*", "nam.fnt", ".*", "other characters in the standardised name; the verdict does not need it"),
    _row("smart_health_card", "CA", "payload.begin", "\ufeff", "Canada begins the payload with a byte order mark"),
    _row("smart_health_card", "SN", "payload.end", ".{8}", "Senegal leaves the trailer of gzip behind the data"),
)

ALPHA_3 = {"CAN": "CA", "IDN": "ID", "PRY": "PY", "SEN": "SN", "SMR": "SM"}
"""ISO 3166-1 alpha-3 of the countries in `TABLE`; some trust lists name an issuer by it."""


def tolerated(scheme: str, countries: Collection[str], member: str, text: str) -> Leniency | None:
    """Return the row of `TABLE` that allows a signer of one of `countries` to write `text`; None without one."""
    known = {"*", *(ALPHA_3.get(country, country) for country in countries)}
    rows = (row for row in TABLE if (row.scheme, row.member) == (scheme, member) and row.country in known)
    return next((row for row in rows if row.pattern.match(text)), None)
