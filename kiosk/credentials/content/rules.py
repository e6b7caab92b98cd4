"""The site's rules for a verified health credential; the verdict names the rule that decided.

Rule 1: the functions are pure and read only the signed content. Of the holder they read the birth date, and only if a
    rule is for certain ages; the age is in no verdict and in no record.
Rule 2: a credential passes if it meets one of the conditions that the site accepts: doses, a test, a recovery, a
    yellow card.
Rule 3: each rule has a first day. Of the rules whose first day has come and that are for the holder's age, the one with
    the latest first day holds. If the age is not certain, the credential must pass the rule of every possible age.
Rule 4: days are counted in the calendar of the site.
Rule 5: while the time of day is not sure, no credential passes.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import TypeVar

from kiosk.credentials.content.ages import possible_ages
from kiosk.credentials.content.credential import (
    CheckRefused,
    Credential,
    Examination,
    Recovery,
    TestResult,
    Vaccination,
)
from kiosk.credentials.content.dose_rules import judge_doses
from kiosk.model import Pass, Reason, Verdict, WallTime
from kiosk.settings.schema.health import DosesRule, HealthRule, RecoveryRule, TestRule, YellowCardRule

Content = TypeVar("Content")
Condition = TypeVar("Condition")

SKEW = timedelta(minutes=5)
CONDITIONS = ("doses", "test", "recovery", "yellow_card")

FIRST_DOSE = (HealthRule(doses=DosesRule()),)
"""The rules of a site whose settings have no rule: at least one dose, as in Bekasi in 2021."""


def rule_at(rules: Sequence[HealthRule], day: date, age: int = 0) -> HealthRule | None:
    """Return the rule that holds on `day` for a holder of `age` years; None if there is none.

    It is the one with the latest first day up to `day` that is for this age.
    """
    begun = (rule for rule in rules if rule.first_day <= day and rule.is_for(age))
    return max(begun, key=lambda rule: rule.first_day, default=None)


def decide(
    credential: Credential, rules: Sequence[HealthRule], when: WallTime, examination: Examination | None = None
) -> Verdict:
    """Return the verdict on the content of `credential`, by the rules that hold at the time `when`.

    examination: gets a check for each condition, with what was found and what is demanded, in words.
    """
    record = examination or Examination(credential.scheme)
    try:
        part = record.part("rules")
        part.demand("clock", when.sure, Reason.CLOCK_UNSURE, "today is {} in {}", when.day, when.zone)
        holding = _holding(credential, rules or FIRST_DOSE, when, part)
        verdicts = [_by_rule(credential, rule, when, record) for rule in holding]
    except CheckRefused as refused:
        return refused.verdict
    return min(verdicts, key=lambda verdict: isinstance(verdict, Pass))


def _holding(
    credential: Credential, rules: Sequence[HealthRule], when: WallTime, part: Examination
) -> list[HealthRule]:
    """Return the rules of which each may hold for the holder of the credential, at least one."""
    today = when.day.isoformat()
    begun = [rule for rule in rules if rule.holds_from <= today]
    if not begun:
        first = min(rule.first_day for rule in rules)
        part.refuse("none_holds_yet", Reason.STATUS_UNKNOWN, f"the first rule begins on {first}")
    if not any(rule.has_ages for rule in begun):
        return begun if len(begun) == 1 else [max(begun, key=lambda rule: rule.holds_from)]
    ages = possible_ages(credential.holder.birth_date, when.day)
    found = [rule_at(begun, when.day, age) for age in ages]
    if None in found:
        part.refuse("none_for_this_age", Reason.STATUS_UNKNOWN, "no rule is for the age of the holder")
    return list({id(rule): rule for rule in found if rule}.values())


def _by_rule(credential: Credential, rule: HealthRule, when: WallTime, record: Examination) -> Verdict:
    """Return the verdict by one rule: `Pass` if one of its conditions is met.

    Raises:
        CheckRefused: the issuer is not accepted, the holder may be infectious, or nothing is there that counts.
    """
    part = record.part("rules")
    part.note("holds_from", "the rule from {} on{}", rule.holds_from, _ages_text(rule) if rule.has_ages else "")
    if rule.issuers:
        accepted = credential.issuer in rule.issuers
        listed = ", ".join(rule.issuers)
        part.demand("issuers", accepted, Reason.UNTRUSTED_ISSUER, "{}; {}", credential.issuer, listed)
    if ages_of_positive := [when.utc - test.sampled_at for test in credential.tests if test.detected]:
        infectious = timedelta(days=rule.infectious_days)
        detail = f"positive test, {_hours_text(min(ages_of_positive))} old; at least {rule.infectious_days} days"
        part.demand("infectious_days", min(ages_of_positive) >= infectious, Reason.STATUS_DENIED, detail)
    verdicts = list(_verdicts(credential, rule, when, record))
    if not verdicts:
        kinds = ", ".join(kind for kind in CONDITIONS if getattr(rule, kind)) or "nothing"
        part.refuse("nothing_that_counts", Reason.BELOW_MINIMUM_DOSES, f"accepted here: {kinds}")
    return max(verdicts, key=lambda verdict: isinstance(verdict, Pass))


def _verdicts(credential: Credential, rule: HealthRule, when: WallTime, record: Examination) -> Iterator[Verdict]:
    """Yield one verdict for each condition of `rule` for which the credential has content."""
    if rule.doses and credential.doses:
        yield _verdict(judge_doses, credential.doses, rule.doses, when, record.part("doses"))
    if rule.test:
        for test in credential.tests:
            if not test.detected:
                yield _verdict(_judge_test, test, rule.test, when, record.part("test"))
    if rule.recovery:
        for recovery in credential.recoveries:
            yield _verdict(_judge_recovery, recovery, rule.recovery, when, record.part("recovery"))
    if rule.yellow_card:
        for vaccination in credential.vaccinations:
            yield _verdict(_judge_vaccination, vaccination, rule.yellow_card, when, record.part("yellow_card"))


def _verdict(
    judge: Callable[[Content, Condition, WallTime, Examination], str],
    content: Content,
    condition: Condition,
    when: WallTime,
    part: Examination,
) -> Verdict:
    try:
        return Pass(judge(content, condition, when, part))
    except CheckRefused as refused:
        return refused.verdict


def _judge_test(test: TestResult, rule: TestRule, when: WallTime, part: Examination) -> str:
    hours, name, kind = (
        (rule.naat_hours, "naat_hours", "laboratory") if test.naat else (rule.rapid_hours, "rapid_hours", "rapid")
    )
    if not test.naat and rule.rapid_devices:
        listed = test.device.casefold() in map(str.casefold, rule.rapid_devices)
        detail = f"rapid test {test.device or 'without a name'}; one of {len(rule.rapid_devices)} that the site lists"
        part.demand("rapid_devices", listed, Reason.BELOW_MINIMUM_DOSES, detail)
    age = when.utc - test.sampled_at
    counts = "it does not count here" if hours is None else f"at most {hours} hours"
    reason = Reason.BELOW_MINIMUM_DOSES if hours is None else Reason.NOT_YET_VALID if age < -SKEW else Reason.EXPIRED
    in_time = hours is not None and -SKEW <= age <= timedelta(hours=hours)
    part.demand(name, in_time, reason, f"{kind} test, {_hours_text(age)} old; {counts}")
    return f"test.{name}"


def _judge_recovery(recovery: Recovery, rule: RecoveryRule, when: WallTime, part: Examination) -> str:
    positive = recovery.first_positive
    begins = max(_days_after(positive, rule.from_days), recovery.valid_from or positive)
    lapses = min(_days_after(positive, rule.until_days), recovery.valid_until or date.max)
    detail = f"first positive on {positive}; counts from {begins} until {lapses}"
    part.demand("from_days", when.day >= begins, Reason.NOT_YET_VALID, detail)
    part.demand("until_days", when.day <= lapses, Reason.EXPIRED, detail)
    return "recovery"


def _judge_vaccination(
    vaccination: Vaccination, rules: tuple[YellowCardRule, ...], when: WallTime, part: Examination
) -> str:
    fitting = [rule for rule in rules if rule.disease is vaccination.disease]
    listed = ", ".join(rule.disease.value for rule in rules)
    detail = f"against {vaccination.disease.value}; accepted here: {listed}"
    part.demand("disease", bool(fitting), Reason.BELOW_MINIMUM_DOSES, detail)
    rule = fitting[0]
    if rule.vaccines:
        accepted = vaccination.product in rule.vaccines
        detail = f"{vaccination.product}; one of {len(rule.vaccines)} that the site lists"
        part.demand("vaccines", accepted, Reason.BELOW_MINIMUM_DOSES, detail)
    age = (when.day - vaccination.on).days
    since = f"day {age} after the vaccination of {vaccination.on}"
    part.demand("since_days", age >= rule.since_days, Reason.NOT_YET_VALID, f"{since}; from day {rule.since_days} on")
    if rule.lapse_days is not None:
        part.demand("lapse_days", age <= rule.lapse_days, Reason.EXPIRED, f"{since}; until day {rule.lapse_days}")
    return "yellow_card"


def _ages_text(rule: HealthRule) -> str:
    return f" for ages from {rule.from_age or 0} until {'any' if rule.until_age is None else rule.until_age}"


def _hours_text(age: timedelta) -> str:
    return f"{age / timedelta(hours=1):.1f} hours"


def _days_after(day: date, days: int) -> date:
    """Return the day that is `days` after `day`, but no later than the last day of Python's calendar."""
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))
