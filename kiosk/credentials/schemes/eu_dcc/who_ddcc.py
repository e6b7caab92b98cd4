"""Reads the WHO's flat map (DDCC:VS and DDCC:TR), which issuers put into the EU's wrapping.

Source: WHO, "Digital Documentation of COVID-19 Certificates: Vaccination Status" (27 August 2021), annex 1 core data
set; "…: Test Result" (31 March 2022); names of the members as in WorldHealthOrganization/ddcc.
"""

from datetime import UTC, datetime, time, tzinfo
from typing import Any

from kiosk.credentials.content.credential import Dose, Holder, TestResult
from kiosk.credentials.content.diseases import COVID_19_CODES
from kiosk.credentials.formats.safe_parsing import as_day, as_moment, as_object, as_text
from kiosk.credentials.schemes.eu_dcc.dcc_content import DccContent
from kiosk.credentials.schemes.eu_dcc.dcc_values import DETECTED, NAAT, NOT_DETECTED, RAPID
from kiosk.credentials.trust.trust_list import Purpose
from kiosk.errors import BadCredential


def is_ddcc(content: dict[Any, Any]) -> bool:
    """Return True if `content` is the WHO's map and not the EU's."""
    return "ver" not in content and ("vaccine" in content or "test" in content)


def read_ddcc(content: dict[Any, Any], zone: tzinfo) -> DccContent:
    """Return the content of the WHO's map. The days of its validity begin and end in the site's time zone, `zone`.

    Raises:
        BadCredential: a member on which the verdict depends is missing or wrong.
    """
    holder = Holder(str(content.get("name") or "")[:160], str(content.get("birthDate") or "")[:10])
    if "vaccine" in content:
        starts = _validity_limit(content, "valid_from", time.min, zone)
        ends = _validity_limit(content, "valid_until", time.max, zone)
        doses = (_dose(content),)
        return DccContent(Purpose.VACCINATION, doses=doses, holder=holder, valid_from=starts, valid_until=ends)
    return DccContent(Purpose.TEST, tests=(_test(as_object(content.get("test"), "test")),), holder=holder)


def _validity_limit(content: dict[Any, Any], name: str, at: time, zone: tzinfo) -> datetime | None:
    """Return a limit of the validity that the certificate states; None if it does not state this limit.

    The WHO gives whole days without a time zone.
    """
    day = content.get(name)
    if day is None:
        return None
    moment = datetime.combine(as_day(day, name), at, zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or the last day of the calendar
        return moment.replace(tzinfo=UTC)


def _dose(content: dict[Any, Any]) -> Dose:
    if "disease" in content and _code(content, "disease") not in COVID_19_CODES:
        raise BadCredential("disease is not COVID-19")
    total = None if content.get("total_doses") is None else _dose_number(content, "total_doses")
    product = _code(content, "brand") if content.get("brand") else _code(content, "vaccine")
    return Dose(_dose_number(content, "dose"), total, as_day(content.get("date"), "date"), product)


def _test(test: dict[Any, Any]) -> TestResult:
    if _code(test, "pathogen") not in COVID_19_CODES:
        raise BadCredential("test.pathogen is not SARS-CoV-2")
    kind, result = _code(test, "type"), _code(test, "result")
    if kind not in (NAAT, RAPID) or result not in (DETECTED, NOT_DETECTED):
        raise BadCredential("test.type or test.result is not in its value set")
    device = _code(test, "brand") if test.get("brand") else ""
    return TestResult(result == DETECTED, kind == NAAT, as_moment(test.get("date"), "test.date"), device)


def _code(content: dict[Any, Any], name: str) -> str:
    """Return a coded member, which is a text or an object with a member `code`."""
    value = content.get(name)
    code = value.get("code") if isinstance(value, dict) else value
    return as_text(code, name, 80).strip()


def _dose_number(content: dict[Any, Any], name: str) -> int:
    number = content.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 99:
        raise BadCredential(f"{name} is not a number of doses from 1 to 99")
    return number
