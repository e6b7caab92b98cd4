"""Reading the certificate inside an EU DCC: schema 1.0.0 to 1.3.x, value sets, and the breaches that are let pass.

Source: ehn-dcc-development/eu-dcc-schema, DCC.combined-schema.json 1.3.0; `dcc_values` for the codes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kiosk.credentials.content.credential import Dose, Holder, Recovery, TestResult
from kiosk.credentials.content.diseases import COVID_19
from kiosk.credentials.formats.safe_parsing import as_day, as_list, as_moment, as_object, as_text
from kiosk.credentials.schemes.eu_dcc import dcc_values as values
from kiosk.credentials.trust.trust_list import Purpose
from kiosk.errors import BadCredential

_VERSION = re.compile(r"1\.[0-3]\.\d{1,3}\Z")
_BIRTH_DATE = re.compile(r"((19|20)\d\d(-\d\d){0,2})?\Z")
_STANDARD_NAME = re.compile(r"[A-Z<]*\Z")

MAX_ENTRIES = 10
"""The schema of 1.3.0 allows one entry in a group; earlier ones more, and RO used two."""


@dataclass(frozen=True, slots=True)
class DccContent:
    """What one certificate says, of which purpose it is, which tolerances it needed, and its own validity if any."""

    purpose: Purpose
    doses: tuple[Dose, ...] = ()
    tests: tuple[TestResult, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    holder: Holder = field(default=Holder(), repr=False)
    tolerances: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class DccEntry:
    """One map of the certificate; its members are taken out one by one, by the schema's kinds."""

    def __init__(self, content: object, group: str, issuer: str, noted: list[str]) -> None:
        self._content = as_object(content, group)
        self._group = group
        self._issuer = issuer
        self._noted = noted

    def text(self, name: str, max_characters: int = 80) -> str:
        """A text, without the blanks that some issuers put around it."""
        return as_text(self._content.get(name), self._path(name), max_characters + 40).strip()[:max_characters]

    def code(self, name: str, allowed: Callable[[str], bool]) -> str:
        """A text of a value set, or one that `dcc_values.TOLERATED` lets pass."""
        found = self.text(name)
        if allowed(found):
            return found
        row = values.tolerated(self._issuer, self._path(name), found)
        if row is None:
            raise BadCredential(f"{self._path(name)} is not in its value set")
        self._noted.append(f"{self._path(name)}: {row.reason}")
        return found

    def optional_code(self, name: str, allowed: Callable[[str], bool]) -> str:
        """As `code`, "" where the member is absent or null."""
        return "" if self._content.get(name) is None else self.code(name, allowed)

    def dose(self, name: str) -> int:
        """A positive whole number of doses; FR and others write it as a float."""
        found = self._content.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 1 <= found <= 99 or found != int(found):
            raise BadCredential(f"{self._path(name)} is not a number of doses from 1 to 99")
        return int(found)

    def raw(self, name: str) -> object:
        """The member as it stands, without blanks around a text."""
        found = self._content.get(name)
        return found.strip() if isinstance(found, str) else found

    def common(self) -> None:
        """What every entry must have: disease, country, issuer, identifier."""
        self.code("tg", COVID_19.__eq__)
        self.code("co", _is_country)
        self.text("is")
        self.text("ci")

    def _path(self, name: str) -> str:
        return f"{self._group}.{name}" if self._group else name


def _is_country(code: str) -> bool:
    return code in values.COUNTRIES if len(code) <= 2 else bool(re.fullmatch(r"[A-Z]{3,10}", code))


def _is_device(code: str) -> bool:
    return code.isascii() and code.isdigit() and len(code) <= 4 and 0 < int(code) <= values.LAST_DEVICE


def read_content(content: dict[Any, Any], issuer: str) -> DccContent:
    """Read the map under claim -260, 1; `issuer` is claim 1. Raises BadCredential where the schema is broken."""
    noted: list[str] = []
    whole = DccEntry(content, "", issuer, noted)
    if not _VERSION.match(whole.text("ver", 12)):
        raise BadCredential("ver is not 1.0.0 to 1.3.x")
    holder = _holder(whole, DccEntry(whole.raw("nam"), "nam", issuer, noted))
    groups = [name for name in ("v", "t", "r") if content.get(name)]
    if len(groups) != 1:
        raise BadCredential(f"{len(groups)} groups of entries where there must be one of v, t, r")
    group = groups[0]
    entries = [DccEntry(item, group, issuer, noted) for item in as_list(content[group], group, MAX_ENTRIES)]
    match group:
        case "v":
            doses = tuple(map(_dose, entries))
            return DccContent(Purpose.VACCINATION, doses=doses, holder=holder, tolerances=tuple(noted))
        case "t":
            tests = tuple(map(_test, entries))
            return DccContent(Purpose.TEST, tests=tests, holder=holder, tolerances=tuple(noted))
        case _:
            recoveries = tuple(map(_recovery, entries))
            return DccContent(Purpose.RECOVERY, recoveries=recoveries, holder=holder, tolerances=tuple(noted))


def _holder(whole: DccEntry, name: DccEntry) -> Holder:
    standard = [name.optional_code(part, lambda text: bool(_STANDARD_NAME.match(text))) for part in ("fnt",)]
    given = name.raw("gnt") or ""
    if not standard[0] and not given and not name.raw("fn"):
        raise BadCredential("nam has neither fnt nor gnt")
    birth_date = whole.code("dob", lambda text: bool(_BIRTH_DATE.match(text)))
    return Holder(f"{standard[0] or name.raw('fn') or ''}<<{given}", birth_date)


def _dose(entry: DccEntry) -> Dose:
    entry.common()
    entry.code("vp", values.PROPHYLAXES.__contains__)
    entry.code("ma", values.MANUFACTURERS.__contains__)
    product = entry.code("mp", values.PRODUCTS.__contains__)
    return Dose(entry.dose("dn"), entry.dose("sd"), as_day(entry.raw("dt"), "v.dt"), product)


def _test(entry: DccEntry) -> TestResult:
    entry.common()
    entry.optional_code("ma", _is_device)
    kind = entry.code("tt", lambda code: code in (values.NAAT, values.RAPID))
    result = entry.code("tr", lambda code: code in (values.DETECTED, values.NOT_DETECTED))
    sampled_at = as_moment(entry.raw("sc"), "t.sc")
    return TestResult(result == values.DETECTED, kind == values.NAAT, sampled_at)


def _recovery(entry: DccEntry) -> Recovery:
    entry.common()
    days = [as_day(entry.raw(name), f"r.{name}") for name in ("fr", "df", "du")]
    return Recovery(*days)
