"""What a site demands of a verified health credential; the verdict names the rule that decided.

Rule 1: pure, and it reads what was signed only; the holder decides nothing.
Rule 2: a credential passes by any one of the ways that the site allows: doses, a negative test, a recovery.
Rule 3: the rules are dated; the newest whose day has come holds, and a clock that is not sure accepts nobody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kiosk.credentials.content.credential import Credential, Dose, Recovery, TestResult
from kiosk.credentials.content.vaccines import vaccine_name
from kiosk.model import Pass, Reason, Refer, Verdict, WallTime
from kiosk.settings.schema.health import DosesRule, HealthRule, RecoveryRule, TestRule

EASTERNMOST, WESTERNMOST = timedelta(hours=14), timedelta(hours=-12)
"""A credential's days have no time zone: somewhere one began 14 hours before UTC's, and somewhere ends 12 later."""

SKEW = timedelta(minutes=5)

FIRST_DOSE = (HealthRule(doses=DosesRule()),)
"""What holds where the settings name no rules: at least one dose, as in Bekasi in 2021."""


def rule_at(rules: Sequence[HealthRule], day: date) -> HealthRule | None:
    """The newest of the rules whose first day has come by `day`, or None."""
    return max((rule for rule in rules if rule.first_day <= day), key=lambda rule: rule.first_day, default=None)


def decide(credential: Credential, rules: Sequence[HealthRule], when: WallTime) -> Verdict:
    """Judge what `credential` says by the rules that hold at `when`."""
    if not when.sure:
        return Refer(Reason.CLOCK_UNSURE, "rules.clock")
    rule = rule_at(rules or FIRST_DOSE, (when.utc + EASTERNMOST).date())
    if rule is None:
        return Refer(Reason.STATUS_UNKNOWN, "rules.none_holds_yet")
    if rule.issuers and credential.issuer not in rule.issuers:
        return Refer(Reason.UNTRUSTED_ISSUER, "rules.issuers")
    if _is_infectious(credential, rule, when):
        return Refer(Reason.STATUS_DENIED, "rules.infectious_days")
    return _best(_Judge(credential, when).verdicts(rule))


def _is_infectious(credential: Credential, rule: HealthRule, when: WallTime) -> bool:
    until = timedelta(days=rule.infectious_days)
    return any(test.detected and when.utc - test.sampled_at < until for test in credential.tests)


def _best(verdicts: list[Verdict]) -> Verdict:
    """The first pass; else the first refusal, of what the credential shows most of."""
    passes = [verdict for verdict in verdicts if isinstance(verdict, Pass)]
    return (passes or verdicts or [Refer(Reason.BELOW_MINIMUM_DOSES, "rules.nothing_that_counts")])[0]


@dataclass(frozen=True, slots=True)
class _Judge:
    """One credential at one time."""

    credential: Credential
    when: WallTime

    def verdicts(self, rule: HealthRule) -> list[Verdict]:
        """A verdict for each way that the rule allows and the credential takes."""
        found: list[Verdict] = []
        if rule.doses and self.credential.doses:
            found.append(self._by_doses(rule.doses))
        if rule.test:
            found += self._by_tests(rule.test)
        if rule.recovery:
            found += self._by_recoveries(rule.recovery)
        return found

    def _by_doses(self, rule: DosesRule) -> Verdict:
        doses = sorted(filter(_counts_under(rule), self.credential.doses), key=lambda dose: (dose.on, dose.number or 0))
        if not doses:
            return Refer(Reason.BELOW_MINIMUM_DOSES, "doses.vaccines")
        # a dose that is still to come does not lengthen what an earlier one is good for
        doses = [dose for dose in doses if self._days_since(dose.on, EASTERNMOST) >= 0] or doses
        reached = _reached(doses)
        if reached < rule.least:
            return Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")
        last = doses[-1]
        if rule.complete and last.total is not None and reached < last.total:
            return Refer(Reason.BELOW_MINIMUM_DOSES, "doses.complete")
        return self._by_dates(doses, reached, rule)

    def _by_dates(self, doses: list[Dose], reached: int, rule: DosesRule) -> Verdict:
        """A credential that shows only a later dose than the site asks for says nothing of the one that it asks for."""
        last = doses[-1]
        decisive = doses[rule.least - 1] if len(doses) >= rule.least else last
        wait_days = 0 if reached > rule.least > len(doses) else rule.since_days
        if self._days_since(decisive.latest or decisive.on, EASTERNMOST) < wait_days:
            return Refer(Reason.NOT_YET_VALID, "doses.since_days")
        if rule.lapse_days is not None and self._days_since(last.on, WESTERNMOST) > rule.lapse_days:
            return Refer(Reason.EXPIRED, "doses.lapse_days")
        return Pass("doses")

    def _by_tests(self, rule: TestRule) -> list[Verdict]:
        return [self._by_test(rule, test) for test in self.credential.tests if not test.detected]

    def _by_test(self, rule: TestRule, test: TestResult) -> Verdict:
        hours, name = (rule.naat_hours, "test.naat_hours") if test.naat else (rule.rapid_hours, "test.rapid_hours")
        age = self.when.utc - test.sampled_at
        if hours is None:
            return Refer(Reason.BELOW_MINIMUM_DOSES, name)
        if age < -SKEW:
            return Refer(Reason.NOT_YET_VALID, name)
        return Pass(name) if age <= timedelta(hours=hours) else Refer(Reason.EXPIRED, name)

    def _by_recoveries(self, rule: RecoveryRule) -> list[Verdict]:
        return [self._by_recovery(rule, recovery) for recovery in self.credential.recoveries]

    def _by_recovery(self, rule: RecoveryRule, recovery: Recovery) -> Verdict:
        positive = recovery.first_positive
        begins = max(_later(positive, rule.from_days), recovery.valid_from or positive)
        lapses = min(_later(positive, rule.until_days), recovery.valid_until or date.max)
        if self._days_since(begins, EASTERNMOST) < 0:
            return Refer(Reason.NOT_YET_VALID, "recovery.from_days")
        if self._days_since(lapses, WESTERNMOST) > 0:
            return Refer(Reason.EXPIRED, "recovery.until_days")
        return Pass("recovery")

    def _days_since(self, day: date, zone: timedelta) -> int:
        return ((self.when.utc + zone).date() - day).days


def _later(day: date, days: int) -> date:
    """The day that many days later, or the last of the calendar."""
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


def _counts_under(rule: DosesRule) -> Callable[[Dose], bool]:
    accepted = {vaccine_name(vaccine) for vaccine in rule.vaccines}
    return lambda dose: not accepted or vaccine_name(dose.product) in accepted


def _reached(doses: list[Dose]) -> int:
    """How many doses that is: a numbered one stands for those before it; without numbers all are listed."""
    return max((dose.number for dose in doses if dose.number is not None), default=len(doses))
