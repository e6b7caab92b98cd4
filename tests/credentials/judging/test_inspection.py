from datetime import timedelta
from pathlib import Path

from kiosk.credentials.judging.inspection import inspect, inspect_lines
from kiosk.credentials.judging.offline import OfflineScheme
from kiosk.credentials.schemes.yellow_card.yellow_card import YellowCard
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.model import WallTime
from kiosk.settings.schema.health import HealthRule, YellowCardRule
from kiosk.simulator.divoc_issuer import zipped
from kiosk.simulator.issuers import as_json
from kiosk.simulator.specimens import Specimens
from tests.credentials.judging.test_offline import GOOD, ISSUER, RULES, SCHEME
from tests.credentials.samples import NOW, RECOVERY, TEST, WHEN, changed
from tests.credentials.schemes import test_divoc, test_vds_nc


def test_the_report_lists_each_check_and_masks_the_holder() -> None:
    report, code = inspect(GOOD, [SCHEME], WHEN, show_holder=False)
    assert code == 0
    assert report.splitlines()[:4] == [
        "scheme    eu_dcc",
        "issuer    ID",
        f"key       {ISSUER.trusted.key_id}",
        "holder    masked; see --show-holder",
    ]
    assert report.splitlines()[-2:] == ["dose      1 of 2, 2021-08-01, coronavac", "verdict   pass (rule: doses)"]
    assert "CONTOH" not in report
    assert "1980" not in report


def test_the_report_shows_the_holder_on_request() -> None:
    report, _ = inspect(GOOD, [SCHEME], WHEN, show_holder=True)
    assert "holder    CONTOH<<SITI, born 1980-02-29" in report


def test_the_report_names_the_reason_of_a_referral_and_of_a_code_that_is_no_credential() -> None:
    late = WallTime(NOW + timedelta(days=400), sure=True)
    report, code = inspect(GOOD, [SCHEME], late, show_holder=True)
    assert code == 1
    assert "FAILED    expiry  2022-09-01 09:00 UTC" in report
    assert report.endswith("verdict   refer: expired (rule: eu_dcc.expiry)")
    report, code = inspect(b"HC1:nonsense", [SCHEME], WHEN, show_holder=True)
    assert code == 4
    assert report.endswith("verdict   not a credential: not base45 (RFC 9285)")
    assert inspect(b"hello", [SCHEME], WHEN, show_holder=True)[1] == 4
    assert inspect(b"hello", [], WHEN, show_holder=True)[0].startswith("verdict   not a credential of a kind")
    assert inspect_lines(b"hello", [SCHEME], WHEN, show_holder=True) == (
        [("verdict", "not a credential of a kind that this site accepts (eu_dcc); 5 bytes")],
        4,
    )


def test_the_report_lists_tests_and_recoveries() -> None:
    def sign(content: object) -> bytes:
        return ISSUER.sign(content, NOW - timedelta(days=1), timedelta(days=9))  # type: ignore[arg-type]

    assert "test      negative, laboratory, 2021-09-30 21:00 UTC" in inspect(sign(TEST), [SCHEME], WHEN, False)[0]
    rapid = changed(changed(TEST, "t.0.tt", "LP217198-3"), "t.0.tr", "260373001")
    assert "test      positive, rapid, " in inspect(sign(rapid), [SCHEME], WHEN, False)[0]
    assert "recovery  first positive 2021-06-01" in inspect(sign(RECOVERY), [SCHEME], WHEN, False)[0]


def test_the_report_on_a_yellow_card_names_disease_day_and_vaccine() -> None:
    specimens = Specimens()
    rules = (HealthRule(yellow_card=(YellowCardRule(),)),)
    scheme = OfflineScheme(YellowCard(TrustList([specimens.dcc.trusted])), rules)
    report, code = inspect(specimens.yellow_card(NOW, days_ago=9), [scheme], WHEN, show_holder=False)
    assert code == 1
    assert "FAILED    yellow_card.since_days  day 9 after the vaccination of 2021-09-22; from day 10 on" in report
    assert "vaccine   yellow_fever, 2021-09-22, YellowFeverProduct" in report
    assert report.endswith("verdict   refer: not_yet_valid (rule: yellow_card.since_days)")


def test_the_report_shows_no_holder_that_is_not_signed(tmp_path: Path) -> None:
    scheme = OfflineScheme(test_divoc.LENIENT, RULES)
    report, code = inspect(zipped(test_divoc.SIGNED_2021), [scheme], WHEN, show_holder=True)
    assert code == 0
    assert "holder    none that the signature covers" in report
    open_day = changed(test_divoc.DOCUMENT, "evidence.0.effectiveStart", "2021-07-20")
    report, _ = inspect(zipped(test_divoc.INDONESIA.sign(open_day)), [scheme], WHEN, show_holder=True)
    assert "dose      1 of 2, 2021-07-20 (or until 2021-08-01), coronavac" in report


def test_the_report_on_a_site_pass_has_its_verdict() -> None:
    from tests.credentials import passes

    report, code = inspect(passes.text(), [passes.scheme()], passes.SURE, show_holder=False)
    assert (report, code) == ("scheme    site_pass\nverdict   pass (rule: staff)", 0)


def test_control_characters_in_a_credential_do_not_reach_the_terminal() -> None:
    hostile = changed(test_vds_nc.MESSAGE, "pid.n", "\x1b[2Jgone")
    scheme = OfflineScheme(test_vds_nc.VERIFIER, RULES)
    report, _ = inspect(as_json(test_vds_nc.ISSUER.sign("icao.vacc", hostile)), [scheme], WHEN, show_holder=True)
    assert "\x1b" not in report
    assert "?[2Jgone" in report
