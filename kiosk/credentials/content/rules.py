"""The site's rules for a verified health credential; the verdict names the rule that decided.

Rule 1: the functions are pure and read only the signed content. They never read the holder.
Rule 2: a credential passes if it meets one of the conditions that the site accepts: doses, a test, a recovery.
Rule 3: each rule has a first day. Of the rules whose first day has come, the one with the latest first day holds.
Rule 4: while the time of day is not sure, no credential passes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kiosk.credentials.content.credential import Credential, Dose, Recovery, TestResult
from kiosk.credentials.content.vaccines import vaccine_name
from kiosk.model import Pass, Reason, Refer, Verdict, WallTime
from kiosk.settings.schema.health import DosesRule, HealthRule, RecoveryRule, TestRule

SKEW = timedelta(minutes=5)

FIRST_DOSE = (HealthRule(doses=DosesRule()),)
"""The rules of a site whose settings have no rule: at least one dose, as in Bekasi in 2021."""


def rule_at(rules: Sequence[HealthRule], day: date) -> HealthRule | None:
    """Return the rule that holds on `day`: that with the latest first day up to `day`; None if no rule holds yet."""
    return max((rule for rule in rules if rule.first_day <= day), key=lambda rule: rule.first_day, default=None)


def decide(credential: Credential, rules: Sequence[HealthRule], when: WallTime) -> Verdict:
    """Return the verdict on the content of `credential`, by the rule that holds at the time `when`."""
    if not when.sure:
        return Refer(Reason.CLOCK_UNSURE, "rules.clock")
    rule = rule_at(rules or FIRST_DOSE, when.day)
    if rule is None:
        return Refer(Reason.STATUS_UNKNOWN, "rules.none_holds_yet")
    if rule.issuers and credential.issuer not in rule.issuers:
        return Refer(Reason.UNTRUSTED_ISSUER, "rules.issuers")
    infectious = timedelta(days=rule.infectious_days)
    if any(test.detected and when.utc - test.sampled_at < infectious for test in credential.tests):
        return Refer(Reason.STATUS_DENIED, "rules.infectious_days")
    verdicts = _HealthJudge(credential, when).verdicts(rule)
    passes = [verdict for verdict in verdicts if isinstance(verdict, Pass)]
    return (passes or verdicts or [Refer(Reason.BELOW_MINIMUM_DOSES, "rules.nothing_that_counts")])[0]


@dataclass(frozen=True, slots=True)
class _HealthJudge:
    """Judges one credential at the time `when`, by one rule at a time."""

    credential: Credential
    when: WallTime

    def verdicts(self, rule: HealthRule) -> list[Verdict]:
        """Return one verdict for each condition of `rule` for which the credential has content."""
        found: list[Verdict] = []
        if rule.doses and self.credential.doses:
            found.append(self._by_doses(rule.doses))
        if rule.test:
            found += [self._by_test(rule.test, test) for test in self.credential.tests if not test.detected]
        if rule.recovery:
            found += [self._by_recovery(rule.recovery, recovery) for recovery in self.credential.recoveries]
        return found

    def _by_doses(self, rule: DosesRule) -> Verdict:
        accepted = {vaccine_name(vaccine) for vaccine in rule.vaccines}
        counted = [
            dose
            for dose in self.credential.doses
            if not accepted or accepted.issuperset(map(vaccine_name, (dose.product, *dose.other_products)))
        ]
        if not counted:
            return Refer(Reason.BELOW_MINIMUM_DOSES, "doses.vaccines")
        doses = sorted(counted, key=lambda dose: (dose.on, dose.number or 0))
        # A dose in the future does not extend the validity of an earlier one.
        doses = [dose for dose in doses if self._days_since(dose.on) >= 0] or doses
        # A numbered dose includes the doses before it; a credential without numbers lists every dose.
        reached = max((dose.number for dose in doses if dose.number is not None), default=len(doses))
        if reached < rule.least:
            return Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")
        last = doses[-1]
        if rule.complete and last.total is not None and reached < last.total:
            return Refer(Reason.BELOW_MINIMUM_DOSES, "doses.complete")
        return self._by_days_of_doses(doses, reached, rule)

    def _by_days_of_doses(self, doses: list[Dose], reached: int, rule: DosesRule) -> Verdict:
        """Judge the days since the dose with the number `rule.least`, and the age of the last dose.

        If the credential lists only a later dose, the day of dose `rule.least` is not known, but it is before the day
        of the later dose; the days since that dose are then not judged.
        """
        last = doses[-1]
        decisive = doses[rule.least - 1] if len(doses) >= rule.least else last
        wait_days = 0 if reached > rule.least > len(doses) else rule.since_days
        if self._days_since(decisive.latest or decisive.on) < wait_days:
            return Refer(Reason.NOT_YET_VALID, "doses.since_days")
        if rule.lapse_days is not None and self._days_since(last.on) > rule.lapse_days:
            return Refer(Reason.EXPIRED, "doses.lapse_days")
        return Pass("doses")

    def _by_test(self, rule: TestRule, test: TestResult) -> Verdict:
        hours, name = (rule.naat_hours, "test.naat_hours") if test.naat else (rule.rapid_hours, "test.rapid_hours")
        age = self.when.utc - test.sampled_at
        if hours is None:
            return Refer(Reason.BELOW_MINIMUM_DOSES, name)
        if age < -SKEW:
            return Refer(Reason.NOT_YET_VALID, name)
        return Pass(name) if age <= timedelta(hours=hours) else Refer(Reason.EXPIRED, name)

    def _by_recovery(self, rule: RecoveryRule, recovery: Recovery) -> Verdict:
        positive = recovery.first_positive
        begins = max(_days_after(positive, rule.from_days), recovery.valid_from or positive)
        lapses = min(_days_after(positive, rule.until_days), recovery.valid_until or date.max)
        if self._days_since(begins) < 0:
            return Refer(Reason.NOT_YET_VALID, "recovery.from_days")
        if self._days_since(lapses) > 0:
            return Refer(Reason.EXPIRED, "recovery.until_days")
        return Pass("recovery")

    def _days_since(self, day: date) -> int:
        return (self.when.day - day).days


def _days_after(day: date, days: int) -> date:
    """Return the day that is `days` after `day`, but no later than the last day of Python's calendar."""
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))
