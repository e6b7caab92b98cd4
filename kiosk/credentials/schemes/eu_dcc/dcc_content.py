"""Reads the certificate inside an EU DCC: schema 1.0.0 to 1.3.x, value sets, and the breaches that are tolerated.

Source: ehn-dcc-development/eu-dcc-schema, DCC.combined-schema.json 1.3.0; `dcc_values` for the codes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kiosk.credentials.content.credential import Dose, HealthContent, Holder, Recovery, TestResult
from kiosk.credentials.content.diseases import COVID_19
from kiosk.credentials.content.leniency import tolerated
from kiosk.credentials.formats.safe_parsing import as_day, as_list, as_moment, as_object, as_text
from kiosk.credentials.schemes.eu_dcc import dcc_values as values
from kiosk.credentials.trust.trust_list import Purpose
from kiosk.errors import BadCredential

_VERSION = re.compile(r"1\.[0-3]\.\d{1,3}\Z")
_BIRTH_DATE = re.compile(r"((19|20)\d\d(-\d\d){0,2})?\Z")
_STANDARD_NAME = re.compile(r"[A-Z<]*\Z")
_LONG_COUNTRY = re.compile(r"[A-Z]{3,10}\Z")

_PURPOSES = {"v": Purpose.VACCINATION, "t": Purpose.TEST, "r": Purpose.RECOVERY}

MAX_ENTRIES = 10
"""Greatest number of entries in a group of a schema before 1.3.0, which has no limit. Romania and Slovakia issued 2."""


@dataclass(frozen=True, slots=True)
class DccContent(HealthContent):
    """The content of one certificate.

    purpose: the purpose that the key must have to sign such a certificate. tolerances: a description of each breach of
    the schema that was tolerated. valid_from, valid_until: the validity that the certificate states; only certificates
    of the WHO state one. identifiers: country and identifier (UCI) of each entry.
    """

    purpose: Purpose
    tolerances: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    identifiers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class DccEntry:
    """One map of the certificate; its methods read one member each, as the type that the schema demands.

    content: the map. group: the name of the map in messages and in the table of tolerances, "" for the outermost map.
    signers: the countries that the signer claims: in the trust list, in the signed claims, and in the entry itself.
    tolerances: a list to which the reason of each tolerated breach is added.

    Raises:
        BadCredential: `content` is not a map.
    """

    def __init__(self, content: object, group: str, signers: frozenset[str], tolerances: list[str]) -> None:
        self._content = as_object(content, group)
        self._group = group
        self._signers = signers
        self._tolerances = tolerances

    def text(self, name: str, max_characters: int = 80) -> str:
        """Return a text without blanks around it, which some issuers add; raises `BadCredential` for other types."""
        value = self._content.get(name)
        if isinstance(value, str) and len(value) <= max_characters + 40:
            return value.strip()[:max_characters]
        return as_text(value, self._path(name), max_characters + 40)  # refuses it

    def code(self, name: str, allowed: Callable[[str], bool]) -> str:
        """Return a member that must be in its value set (`allowed`), or in the table of leniency.

        Raises:
            BadCredential: the member is not a text, or it is neither allowed nor tolerated.
        """
        code = self.text(name)
        if allowed(code):
            return code
        country = self._content.get("co")
        signers = self._signers | {country} if isinstance(country, str) else self._signers
        tolerance = tolerated("eu_dcc", signers, self._path(name), code)
        if tolerance is None:
            raise BadCredential(f"{self._path(name)} is not in its value set")
        self._tolerances.append(f"{self._path(name)}: {tolerance.reason}")
        return code

    def optional_code(self, name: str, allowed: Callable[[str], bool]) -> str:
        """Return the code as `code` does, or "" if the member is absent or null."""
        return "" if self._content.get(name) is None else self.code(name, allowed)

    def dose(self, name: str) -> int:
        """Return a number of doses. A float such as 2.0 is accepted, because some countries write it so.

        Raises `BadCredential` if it is not a whole number from 1 to 99.
        """
        number = self._content.get(name)
        if isinstance(number, int | float) and not isinstance(number, bool) and number in range(1, 100):
            return int(number)
        raise BadCredential(f"{self._path(name)} is not a number of doses from 1 to 99")

    def raw(self, name: str) -> object:
        """Return the member as it is, but a text without blanks around it; None if the member is absent."""
        value = self._content.get(name)
        return value.strip() if isinstance(value, str) else value

    def check_common_members(self) -> tuple[str, str]:
        """Check the members that every entry has: disease, country, issuer, identifier; return country and identifier.

        Raises:
            BadCredential: one of them is missing or wrong."""
        self.code("tg", COVID_19.__eq__)
        country = self.code("co", _is_country)
        self.text("is")
        return country, self.text("ci")

    def _path(self, name: str) -> str:
        return f"{self._group}.{name}" if self._group else name


def read_content(content: dict[Any, Any], signers: frozenset[str]) -> DccContent:
    """Return the content of the certificate, the map under claim -260, key 1.

    signers: the countries that the signer claims; some tolerances apply to one country only.

    Raises:
        BadCredential: the certificate breaks its schema in a way that is not tolerated.
    """
    tolerances: list[str] = []
    whole = DccEntry(content, "", signers, tolerances)
    version = whole.text("ver", 12)
    if not _VERSION.match(version):
        raise BadCredential("ver is not 1.0.0 to 1.3.x")
    holder = _holder(whole, DccEntry(whole.raw("nam"), "nam", signers, tolerances))
    groups = [name for name in ("v", "t", "r") if content.get(name) not in (None, [])]
    if len(groups) != 1:
        raise BadCredential(f"{len(groups)} groups of entries where there must be one of v, t, r")
    group = groups[0]
    limit = 1 if version.startswith("1.3.") else MAX_ENTRIES
    entries = [DccEntry(item, group, signers, tolerances) for item in as_list(content[group], group, limit)]
    identifiers = tuple([entry.check_common_members() for entry in entries])
    doses = tuple(map(_dose, entries)) if group == "v" else ()
    tests = tuple(map(_test, entries)) if group == "t" else ()
    recoveries = tuple(map(_recovery, entries)) if group == "r" else ()
    return DccContent(
        _PURPOSES[group],
        tuple(tolerances),
        identifiers=identifiers,
        doses=doses,
        tests=tests,
        recoveries=recoveries,
        holder=holder,
    )


def _is_country(code: str) -> bool:
    return code in values.COUNTRIES if len(code) <= 2 else bool(_LONG_COUNTRY.match(code))


def _holder(whole: DccEntry, name: DccEntry) -> Holder:
    surname = name.optional_code("fnt", lambda text: bool(_STANDARD_NAME.match(text)))
    given = name.raw("gnt") or ""
    # Indonesia's official specimen has `gn` alone; the verdict does not need the name
    if not any(map(name.raw, ("fnt", "gnt", "fn", "gn"))):
        raise BadCredential("nam has neither fnt, gnt, fn nor gn")
    birth_date = whole.code("dob", lambda text: bool(_BIRTH_DATE.match(text)))
    return Holder(f"{surname or name.raw('fn') or ''}<<{given}", birth_date)


def _dose(entry: DccEntry) -> Dose:
    entry.code("vp", values.PROPHYLAXES.__contains__)
    entry.code("ma", values.MANUFACTURERS.__contains__)
    product = entry.code("mp", values.PRODUCTS.__contains__)
    return Dose(entry.dose("dn"), entry.dose("sd"), as_day(entry.raw("dt"), "v.dt"), product)


def _test(entry: DccEntry) -> TestResult:
    device = entry.optional_code("ma", _is_device)
    kind = entry.code("tt", lambda code: code in (values.NAAT, values.RAPID))
    result = entry.code("tr", lambda code: code in (values.DETECTED, values.NOT_DETECTED))
    sampled_at = as_moment(entry.raw("sc"), "t.sc")
    return TestResult(result == values.DETECTED, kind == values.NAAT, sampled_at, device)


def _is_device(code: str) -> bool:
    """Return True if `code` can be the serial number of a rapid test in the EU's device database."""
    return code.isascii() and code.isdigit() and len(code) <= 4 and 0 < int(code) <= values.LAST_DEVICE


def _recovery(entry: DccEntry) -> Recovery:
    days = [as_day(entry.raw(name), f"r.{name}") for name in ("fr", "df", "du")]
    return Recovery(*days)
