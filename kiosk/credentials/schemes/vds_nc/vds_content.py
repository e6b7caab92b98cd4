"""Reads the vaccinations and tests in an ICAO seal.

Source: ICAO technical report VDS-NC 1.1, annexes A (vaccination, by the WHO) and B (test, by CAPSCA).
"""

from collections.abc import Iterator
from typing import Any

from kiosk.credentials.content.credential import Dose, HealthContent, Holder, TestResult
from kiosk.credentials.content.diseases import COVID_19_CODES
from kiosk.credentials.content.vaccines import OTHER_CODES, is_icd11
from kiosk.credentials.formats.safe_parsing import as_day, as_list, as_moment, as_object, as_text
from kiosk.errors import BadCredential

NEGATIVE, POSITIVE = frozenset({"negative", "normal", "not detected"}), frozenset({"positive", "abnormal", "detected"})
"""The words for a negative and for a positive result; the older issue of annex B calls a negative result "Normal"."""

MAX_EVENTS = 20


def read_content(message: dict[str, Any], is_test: bool) -> HealthContent:
    """Return the content of a seal's message; entries that are not about COVID-19 are left out.

    Raises:
        BadCredential: a member on which the verdict depends has a wrong shape.
    """
    person = message.get("pid")
    known = person if isinstance(person, dict) else {}
    holder = Holder(str(known.get("n", ""))[:80], str(known.get("dob", ""))[:10])
    if is_test:
        return HealthContent(tests=tuple(_tests(message)), holder=holder)
    events = as_list(message.get("ve"), "msg.ve", MAX_EVENTS)
    doses = tuple(dose for event in events for dose in _doses(as_object(event, "ve")))
    return HealthContent(doses=doses, holder=holder)


def _doses(event: dict[str, Any]) -> Iterator[Dose]:
    kind, disease = (as_text(event.get(name, ""), f"ve.{name}", 40) for name in ("des", "dis"))
    if kind not in OTHER_CODES and not is_icd11(kind) and disease not in COVID_19_CODES:
        return
    product = as_text(event.get("nam", ""), "ve.nam", 200) or kind
    for given in as_list(event.get("vd"), "ve.vd", MAX_EVENTS):
        details = as_object(given, "vd")
        yield Dose(_dose_number(details.get("seq")), None, as_day(details.get("dvc"), "vd.dvc"), product)


def _dose_number(value: object) -> int:
    """Return the number of a dose, which some issuers write as a text."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 2 and int(text) > 0):
        raise BadCredential("vd.seq is not a number of doses from 1 to 99")
    return int(text)


def _tests(message: dict[str, Any]) -> Iterator[TestResult]:
    result = as_object(message.get("tr"), "msg.tr")
    kind, found = (as_text(result.get(name), f"tr.{name}", 80).casefold() for name in ("tc", "r"))
    if not kind.startswith(("molecular", "antigen")) or found not in NEGATIVE | POSITIVE:
        return
    sampled_at = as_moment(as_object(message.get("dat"), "msg.dat").get("sc"), "dat.sc")
    yield TestResult(found in POSITIVE, kind.startswith("molecular"), sampled_at)
