from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.content.credential import Credential, Dose, Examination, Holder, Recovery, TestResult
from kiosk.credentials.content.rules import decide, rule_at
from kiosk.model import Pass, Reason, Refer, Verdict, WallTime
from kiosk.settings.schema.health import BoosterRule, DosesRule, HealthRule, RecoveryRule, TestRule, VaccineRule
from tests.credentials.samples import NOW, WHEN

TODAY = NOW.date()
MONTH_AGO = TODAY - timedelta(days=30)
NOTHING = Credential("eu_dcc", "ID", "key")


def dose(number: int | None, total: int | None, days_ago: int, product: str = "CoronaVac") -> Dose:
    return Dose(number, total, TODAY - timedelta(days=days_ago), product)


def judge(credential: Credential, when: WallTime = WHEN, **rule: Any) -> Verdict:
    return decide(credential, (HealthRule(**rule),), when)


def judge_doses(*doses: Dose, **rule: Any) -> Verdict:
    return judge(replace(NOTHING, doses=doses), doses=DosesRule(**rule))


LISTED = TestRule(rapid_hours=24, rapid_devices=("1232", "Own Brand"))


def judge_test(hours_ago: float, naat: bool = True, detected: bool = False, device: str = "", **rule: Any) -> Verdict:
    test = TestResult(detected, naat, NOW - timedelta(hours=hours_ago), device)
    return judge(replace(NOTHING, tests=(test,)), **{"test": TestRule(naat_hours=72), **rule})


TWO_LISTED = [dose(None, None, 90), dose(None, None, 3)]
ONE_TWICE = [dose(1, 2, 90), dose(1, 2, 90), dose(2, 2, 3)]
BY_VACCINE: dict[str, Any] = {
    "least": 2,
    "since_days": 14,
    "by_vaccine": (
        VaccineRule(vaccines=("jcovden",), least=1, since_days=28, lapse_days=90),
        VaccineRule(vaccines=("comirnaty",), lapse_days=365),
    ),
}
BOOSTER: dict[str, Any] = {
    "least": 2,
    "since_days": 14,
    "lapse_days": 270,
    "booster": BoosterRule(since_days=7, lapse_days=400),
}
EITHER = Dose(1, 1, TODAY - timedelta(days=100), "jcovden", other_products=("coronavac",))
MIXED = [dose(None, None, 90, "CVX:207"), dose(None, None, 60)]


@pytest.mark.parametrize(
    ("doses", "rule", "expected"),
    [
        ([dose(1, 2, 30)], {}, Pass("doses")),
        ([dose(1, 2, 0)], {}, Pass("doses")),
        ([dose(1, 2, 30)], {"least": 2}, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")),
        ([dose(2, 2, 30)], {"least": 2}, Pass("doses")),
        ([dose(1, 2, 30)], {"complete": True}, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.complete")),
        ([dose(1, 1, 30)], {"complete": True}, Pass("doses")),
        ([dose(None, None, 30)], {"complete": True}, Pass("doses")),
        ([dose(1, 2, 30)], {"most": 1}, Pass("doses")),
        ([dose(2, 2, 30)], {"most": 1}, Refer(Reason.STATUS_DENIED, "doses.most")),
        ([dose(None, None, 90), dose(None, None, 60)], {"most": 1}, Refer(Reason.STATUS_DENIED, "doses.most")),
        ([dose(1, 1, 20, "CVX:212")], BY_VACCINE, Refer(Reason.NOT_YET_VALID, "doses.since_days")),
        ([dose(1, 1, 28, "CVX:212")], BY_VACCINE, Pass("doses")),
        ([dose(1, 1, 91, "CVX:212")], BY_VACCINE, Refer(Reason.EXPIRED, "doses.lapse_days")),
        ([dose(1, 2, 28)], BY_VACCINE, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")),
        ([dose(2, 2, 14)], BY_VACCINE, Pass("doses")),
        ([dose(2, 2, 14, "comirnaty")], BY_VACCINE, Pass("doses")),
        ([dose(2, 2, 366, "comirnaty")], BY_VACCINE, Refer(Reason.EXPIRED, "doses.lapse_days")),
        ([EITHER], BY_VACCINE, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")),
        ([replace(EITHER, number=2)], BY_VACCINE, Refer(Reason.EXPIRED, "doses.lapse_days")),
        ([dose(2, 2, 10)], BOOSTER, Refer(Reason.NOT_YET_VALID, "doses.since_days")),
        ([dose(2, 1, 10)], BOOSTER, Pass("doses")),
        ([dose(3, 3, 10)], BOOSTER, Pass("doses")),
        ([dose(3, 3, 6)], BOOSTER, Refer(Reason.NOT_YET_VALID, "doses.booster_since_days")),
        ([dose(3, 2, 401)], BOOSTER, Refer(Reason.EXPIRED, "doses.booster_lapse_days")),
        ([dose(3, 2, 271)], BOOSTER, Pass("doses")),
        ([dose(2, 2, 271)], BOOSTER, Refer(Reason.EXPIRED, "doses.lapse_days")),
        ([dose(None, None, days) for days in (300, 280, 10)], BOOSTER, Pass("doses")),
        ([dose(3, 3, 500)], {**BOOSTER, "booster": BoosterRule()}, Pass("doses")),
        ([dose(2, 2, 13)], {"least": 2, "since_days": 14}, Refer(Reason.NOT_YET_VALID, "doses.since_days")),
        ([dose(2, 2, 14)], {"least": 2, "since_days": 14}, Pass("doses")),
        ([dose(3, 3, 1)], {"least": 2, "since_days": 14}, Pass("doses")),
        ([dose(2, 2, -2)], {}, Refer(Reason.NOT_YET_VALID, "doses.since_days")),
        ([dose(2, 2, 270)], {"lapse_days": 270}, Pass("doses")),
        ([dose(2, 2, 271)], {"lapse_days": 270}, Refer(Reason.EXPIRED, "doses.lapse_days")),
        ([dose(1, 3, 272), dose(2, 3, -9)], {"lapse_days": 270}, Refer(Reason.EXPIRED, "doses.lapse_days")),
        ([dose(None, None, 90), dose(None, None, 60)], {"least": 2}, Pass("doses")),
        (TWO_LISTED, {"least": 1, "since_days": 14}, Pass("doses")),
        (TWO_LISTED, {"least": 2, "since_days": 14}, Refer(Reason.NOT_YET_VALID, "doses.since_days")),
        (ONE_TWICE, {"least": 2, "since_days": 14}, Refer(Reason.NOT_YET_VALID, "doses.since_days")),
        ([dose(2, 2, 60), dose(3, 3, 1)], {"least": 2, "since_days": 14}, Pass("doses")),
        (MIXED, {"least": 2, "vaccines": ("coronavac",)}, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")),
        ([dose(1, 2, 30)], {"vaccines": ("CoronaVac",)}, Pass("doses")),
        ([dose(1, 2, 30, "CVX:511")], {"vaccines": ("Sinovac",)}, Pass("doses")),
        ([dose(1, 2, 30, "Own Brand")], {"vaccines": ("own  brand",)}, Pass("doses")),
        ([dose(1, 2, 30)], {"vaccines": ("comirnaty",)}, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.vaccines")),
    ],
)  # fmt: skip
def test_doses_are_judged_by_number_days_and_vaccine(
    doses: list[Dose], rule: dict[str, Any], expected: Verdict
) -> None:
    assert judge_doses(*doses, **rule) == expected


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        ("2021-09-14T16:59", Refer(Reason.NOT_YET_VALID, "doses.since_days")),  # the 14th in Bekasi, until midnight
        ("2021-09-14T17:00", Pass("doses")),
        ("2022-05-28T16:59", Pass("doses")),
        ("2022-05-28T17:00", Refer(Reason.EXPIRED, "doses.lapse_days")),
    ],
)
def test_days_are_counted_in_the_calendar_of_the_site(utc: str, expected: Verdict) -> None:
    when = WallTime(datetime.fromisoformat(f"{utc}+00:00"), sure=True, zone=ZoneInfo("Asia/Jakarta"))
    second = replace(NOTHING, doses=(Dose(2, 2, date(2021, 9, 1), "CoronaVac"),))
    assert judge(second, when, doses=DosesRule(least=2, since_days=14, lapse_days=269)) == expected


def test_a_rule_begins_at_midnight_of_the_site() -> None:
    rules = (HealthRule(holds_from="2021-09-01", doses=DosesRule(least=1)),)
    before = datetime.fromisoformat("2021-08-31T16:59+00:00")
    for at, rule in ((before, "rules.none_holds_yet"), (before + timedelta(minutes=1), "rules.nothing_that_counts")):
        assert decide(NOTHING, rules, WallTime(at, True, ZoneInfo("Asia/Jakarta"))).rule == rule


def test_the_less_favourable_day_counts_if_the_day_of_a_dose_is_open() -> None:
    open_day = Dose(2, 2, TODAY - timedelta(days=100), "CoronaVac", latest=TODAY - timedelta(days=3))
    assert judge_doses(open_day, since_days=14) == Refer(Reason.NOT_YET_VALID, "doses.since_days")
    assert judge_doses(open_day, lapse_days=50) == Refer(Reason.EXPIRED, "doses.lapse_days")


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (judge_test(12), Pass("test.naat_hours")),
        (judge_test(72), Pass("test.naat_hours")),
        (judge_test(73), Refer(Reason.EXPIRED, "test.naat_hours")),
        (judge_test(-1), Refer(Reason.NOT_YET_VALID, "test.naat_hours")),
        (judge_test(12, naat=False), Refer(Reason.BELOW_MINIMUM_DOSES, "test.rapid_hours")),
        (judge_test(12, naat=False, test=TestRule(rapid_hours=24)), Pass("test.rapid_hours")),
        (judge_test(12, naat=False, device="1232", test=LISTED), Pass("test.rapid_hours")),
        (judge_test(12, naat=False, device="own brand", test=LISTED), Pass("test.rapid_hours")),
        (judge_test(12, naat=False, device="1", test=LISTED), Refer(Reason.BELOW_MINIMUM_DOSES, "test.rapid_devices")),
        (judge_test(12, naat=False, test=LISTED), Refer(Reason.BELOW_MINIMUM_DOSES, "test.rapid_devices")),
        (judge_test(12, test=LISTED), Refer(Reason.BELOW_MINIMUM_DOSES, "test.naat_hours")),
        (judge_test(12, test=None), Refer(Reason.BELOW_MINIMUM_DOSES, "rules.nothing_that_counts")),
        (judge_test(12, detected=True), Refer(Reason.STATUS_DENIED, "rules.infectious_days")),
        (judge_test(24 * 11, detected=True), Refer(Reason.BELOW_MINIMUM_DOSES, "rules.nothing_that_counts")),
    ],
)
def test_tests_are_judged_by_result_kind_and_age(verdict: Verdict, expected: Verdict) -> None:
    assert verdict == expected


@pytest.mark.parametrize(
    ("recovery", "expected"),
    [
        (Recovery(TODAY - timedelta(days=11)), Pass("recovery")),
        (Recovery(TODAY - timedelta(days=9)), Refer(Reason.NOT_YET_VALID, "recovery.from_days")),
        (Recovery(TODAY - timedelta(days=180)), Pass("recovery")),
        (Recovery(TODAY - timedelta(days=182)), Refer(Reason.EXPIRED, "recovery.until_days")),
        (Recovery(MONTH_AGO, TODAY + timedelta(days=2)), Refer(Reason.NOT_YET_VALID, "recovery.from_days")),
        (Recovery(MONTH_AGO, None, TODAY - timedelta(days=2)), Refer(Reason.EXPIRED, "recovery.until_days")),
    ],
)  # fmt: skip
def test_recoveries_are_judged_by_their_window(recovery: Recovery, expected: Verdict) -> None:
    assert judge(replace(NOTHING, recoveries=(recovery,)), recovery=RecoveryRule()) == expected


def test_one_satisfied_way_is_enough() -> None:
    both = replace(NOTHING, doses=(dose(1, 2, 30),), recoveries=(Recovery(TODAY - timedelta(days=30)),))
    assert judge(both, doses=DosesRule(least=2), recovery=RecoveryRule()) == Pass("recovery")
    assert judge(both, doses=DosesRule(least=2)) == Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")


def test_the_newest_rule_whose_day_has_come_holds() -> None:
    rules = (
        HealthRule(holds_from="2022-07-17", doses=DosesRule(least=3)),
        HealthRule(holds_from="2021-09-01", doses=DosesRule(least=1)),
    )
    first = replace(NOTHING, doses=(dose(1, 2, 30),))
    assert decide(first, rules, WHEN) == Pass("doses")
    later = WallTime(datetime.fromisoformat("2022-07-20T00:00:00+00:00"), sure=True)
    assert decide(first, rules, later) == Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")
    earlier = WallTime(datetime.fromisoformat("2021-08-01T00:00:00+00:00"), sure=True)
    assert decide(first, rules, earlier) == Refer(Reason.STATUS_UNKNOWN, "rules.none_holds_yet")
    assert rule_at(rules, date(2021, 9, 1)) is rules[1]


def test_only_the_sites_issuers_are_accepted() -> None:
    first = replace(NOTHING, doses=(dose(1, 2, 30),))
    assert judge(first, doses=DosesRule(), issuers=("ID", "SG")) == Pass("doses")
    assert judge(first, doses=DosesRule(), issuers=("SG",)) == Refer(Reason.UNTRUSTED_ISSUER, "rules.issuers")


def test_nobody_passes_while_the_clock_is_not_sure() -> None:
    first = replace(NOTHING, doses=(dose(1, 2, 30),))
    assert judge(first, WallTime(NOW, sure=False), doses=DosesRule()) == Refer(Reason.CLOCK_UNSURE, "rules.clock")


ADULTS = HealthRule(from_age=18, doses=DosesRule(least=3))
CHILDREN = HealthRule(from_age=6, until_age=17, doses=DosesRule(least=2))


@pytest.mark.parametrize(
    ("birth_date", "number", "expected"),
    [
        ("2003-10-01", 3, Pass("doses")),  # 18 years old today
        ("2003-10-01", 2, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")),
        ("2003-10-02", 2, Pass("doses")),
        ("2003-10-02", 1, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")),
        ("2003", 2, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")),  # 17 or 18
        ("2003", 3, Pass("doses")),
        ("2003-10", 2, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")),
        ("2003-11", 2, Pass("doses")),
        ("2016-01-01", 3, Refer(Reason.STATUS_UNKNOWN, "rules.none_for_this_age")),
        ("", 3, Refer(Reason.STATUS_UNKNOWN, "rules.none_for_this_age")),
    ],
)
def test_a_rule_for_certain_ages_is_for_them_only(birth_date: str, number: int, expected: Verdict) -> None:
    held = replace(NOTHING, doses=(dose(number, number, 30),), holder=Holder("", birth_date))
    assert decide(held, (ADULTS, CHILDREN), WHEN) == expected


def test_a_holder_of_unknown_age_must_pass_the_rule_of_every_age() -> None:
    rules = (HealthRule(doses=DosesRule()), HealthRule(holds_from="2021-01-01", from_age=18, doses=DosesRule(least=2)))
    for number, expected in ((1, Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")), (2, Pass("doses"))):
        assert decide(replace(NOTHING, doses=(dose(number, 2, 30),)), rules, WHEN) == expected


def test_the_age_is_in_no_check_and_in_no_verdict() -> None:
    held = replace(NOTHING, doses=(dose(3, 3, 30),), holder=Holder("SITI", "1950-03-04"))
    examination = Examination("eu_dcc")
    verdict = decide(held, (ADULTS, CHILDREN), WHEN, examination)
    written = f"{verdict} {held} {[(check.name, check.detail) for check in examination.checks]}"
    assert not any(secret in written for secret in ("SITI", "1950", "71"))


def test_each_rule_is_explained_in_words() -> None:
    rule = HealthRule(
        holds_from="2021-09-27",
        until_age=80,
        issuers=("ID",),
        doses=DosesRule(least=2, most=2, complete=True, since_days=14, lapse_days=270, vaccines=("coronavac",)),
        test=TestRule(rapid_hours=24, rapid_devices=("1232",)),
        recovery=RecoveryRule(),
    )
    held = replace(
        NOTHING,
        doses=(dose(2, 2, 5),),
        tests=(TestResult(True, True, NOW - timedelta(days=20)), TestResult(False, False, NOW, "1232")),
        recoveries=(Recovery(date(2021, 1, 1)),),
        holder=Holder("", "1950-03-04"),
    )
    examination = Examination("eu_dcc")
    assert decide(held, (rule,), WHEN, examination) == Pass("test.rapid_hours")
    lines = [f"{'ok' if check.passed else 'FAILED'} {check.name}: {check.detail}" for check in examination.checks]
    assert lines == [
        "ok rules.clock: today is 2021-10-01 in UTC",
        "ok rules.holds_from: the rule from 2021-09-27 on for ages from 0 until 80",
        "ok rules.issuers: ID; ID",
        "ok rules.infectious_days: positive test, 480.0 hours old; at least 10 days",
        "ok doses.vaccines: 1 of 1 doses are of coronavac",
        "ok doses.least: 2 doses; at least 2",
        "ok doses.most: 2 doses; at most 2",
        "ok doses.complete: 2 doses of a series of 2; all of the series",
        "FAILED doses.since_days: day 5 after the dose of 2021-09-26; from day 14 on",
        "ok test.rapid_devices: rapid test 1232; one of 1 that the site lists",
        "ok test.rapid_hours: rapid test, 0.0 hours old; at most 24 hours",
        "ok recovery.from_days: first positive on 2021-01-01; counts from 2021-01-12 until 2021-06-30",
        "FAILED recovery.until_days: first positive on 2021-01-01; counts from 2021-01-12 until 2021-06-30",
    ]


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 400), st.integers(0, 60), st.integers(1, 300))
def test_a_credential_that_passes_a_strict_rule_passes_a_weaker_one(
    number: int, least: int, ago: int, wait: int, lapse: int
) -> None:
    strict = judge_doses(dose(number, 5, ago), least=least, since_days=wait, lapse_days=lapse)
    if isinstance(strict, Pass):
        assert isinstance(judge_doses(dose(number, 5, ago), least=max(1, least - 1)), Pass)


def test_a_recovery_at_the_end_of_the_calendar_is_not_yet_valid() -> None:
    rule = HealthRule(recovery=RecoveryRule())
    far = Credential("eu_dcc", "ID", "k", recoveries=(Recovery(date.max),))
    assert decide(far, (rule,), WHEN) == Refer(Reason.NOT_YET_VALID, "recovery.from_days")
