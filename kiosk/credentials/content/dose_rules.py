"""Judges vaccinations against COVID-19 by the site's rule: their number, their vaccines and their days.

A credential either numbers its doses ("dose 2 of 2") or lists all of them (SMART Health Cards). A numbered dose
includes the doses before it, whose days and vaccines are then not known.

A dose is a booster if its number is beyond its series (dose 2 of 1), or if it is at least the third one (the EU's value
sets write "3 of 3" for a booster since 2022).
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kiosk.credentials.content.credential import Dose, Examination
from kiosk.credentials.content.vaccines import vaccine_name
from kiosk.model import Reason, WallTime
from kiosk.settings.schema.health import DosesRule

FIRST_BOOSTER = 3
"""The number from which on a dose is a booster, whatever its series is."""


class DoseTerms(NamedTuple):
    """The demands on a series of doses that ends with a certain vaccine; see `DosesRule` for the members."""

    least: int
    since_days: int
    lapse_days: int | None


def judge_doses(doses: Sequence[Dose], rule: DosesRule, when: WallTime, part: Examination) -> str:
    """Return the name of the condition that the doses meet; `part` gets a check for each demand.

    Raises:
        CheckRefused: a demand is not met.
    """
    counted = doses
    if rule.vaccines:
        accepted = {vaccine_name(vaccine) for vaccine in rule.vaccines}
        counted = [dose for dose in doses if accepted.issuperset(_names(dose))]
        found = len(counted), len(doses), ", ".join(sorted(accepted))
        part.demand("vaccines", bool(counted), Reason.BELOW_MINIMUM_DOSES, "{} of {} doses are of {}", *found)
    today, in_order = when.day, sorted(counted, key=lambda dose: (dose.on, dose.number or 0))
    # A dose in the future does not extend the validity of an earlier one.
    given = [dose for dose in in_order if dose.on <= today] or in_order
    last = given[-1]
    # A numbered dose includes the doses before it; a credential without numbers lists every dose.
    reached = max([dose.number for dose in given if dose.number is not None], default=len(given))
    terms = _terms(last, rule)
    enough = reached >= terms.least
    part.demand("least", enough, Reason.BELOW_MINIMUM_DOSES, "{} doses; at least {}", reached, terms.least)
    if rule.most is not None:
        part.demand("most", reached <= rule.most, Reason.STATUS_DENIED, "{} doses; at most {}", reached, rule.most)
    if rule.complete:
        complete = last.total is None or reached >= last.total
        detail = "{} doses of a series of {}; all of the series"
        part.demand("complete", complete, Reason.BELOW_MINIMUM_DOSES, detail, reached, last.total or "unknown length")
    _demand_days(given, reached, terms, rule, today, part)
    return "doses"


def _demand_days(
    given: list[Dose], reached: int, terms: DoseTerms, rule: DosesRule, today: date, part: Examination
) -> None:
    """Demand the days since the dose with the number `terms.least`, and the age of the last dose.

    For a booster, both are counted from the booster. If the credential lists only a later dose than `terms.least`, the
    day of that dose is not known, but it is before the day of the later dose; the days since it are then not judged.
    The number on the credential decides, because some issuers list one dose twice or leave out the first one.
    """
    last, wait_days, lapse_days = given[-1], terms.since_days, terms.lapse_days
    numbered = [(dose.number or place, dose) for place, dose in enumerate(given, start=1)]
    number, decisive = next((pair for pair in numbered if pair[0] >= terms.least), (reached, last))
    kind = ""
    is_booster = reached >= FIRST_BOOSTER or (last.total is not None and reached > last.total)
    if rule.booster and is_booster:
        decisive, kind = last, "booster_"
        wait_days, lapse_days = rule.booster.since_days, rule.booster.lapse_days
    elif number > terms.least > len(given):
        wait_days = 0
    waited = (today - (decisive.latest or decisive.on)).days
    detail = "day {} after the dose of {}; from day {} on", waited, decisive.latest or decisive.on, wait_days
    part.demand(kind + "since_days", waited >= wait_days, Reason.NOT_YET_VALID, *detail)
    if lapse_days is not None:
        age = (today - last.on).days
        detail = "day {} after the dose of {}; until day {}", age, last.on, lapse_days
        part.demand(kind + "lapse_days", age <= lapse_days, Reason.EXPIRED, *detail)


def _terms(last: Dose, rule: DosesRule) -> DoseTerms:
    """Return the terms for the vaccine of the last dose. If it may be one of several, the stricter terms count."""
    if not rule.by_vaccine:
        return DoseTerms(rule.least, rule.since_days, rule.lapse_days)
    every = [_terms_of(name, rule) for name in _names(last)]
    lapses = [terms.lapse_days for terms in every if terms.lapse_days is not None]
    return DoseTerms(
        max(terms.least for terms in every), max(terms.since_days for terms in every), min(lapses, default=None)
    )


def _terms_of(name: str, rule: DosesRule) -> DoseTerms:
    for own in rule.by_vaccine:
        if name in map(vaccine_name, own.vaccines):
            return DoseTerms(
                rule.least if own.least is None else own.least,
                rule.since_days if own.since_days is None else own.since_days,
                rule.lapse_days if own.lapse_days is None else own.lapse_days,
            )
    return DoseTerms(rule.least, rule.since_days, rule.lapse_days)


def _names(dose: Dose) -> set[str]:
    return set(map(vaccine_name, (dose.product, *dose.other_products)))
