import logging
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.credentials.content.credential import Examination
from kiosk.credentials.judging.accepted import accepted_schemes
from kiosk.credentials.judging.inspection import inspect
from kiosk.credentials.judging.offline import OfflineScheme, load_trust
from kiosk.credentials.judging.registry import Judgement, Registry
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.trust.trust_files import KeyList, write_list
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.model import Pass, Payload, Reason, Refer, WallTime
from kiosk.settings.schema.health import (
    AcceptedScheme,
    DivocSettings,
    DosesRule,
    HealthRule,
    RecoveryRule,
    TestRule,
    TooOld,
)
from kiosk.settings.schema.health import TrustSettings as Trust
from kiosk.settings.schema.policy import CredentialsSettings
from kiosk.simulator.divoc_issuer import zipped
from kiosk.simulator.issuers import DccIssuer, as_json
from tests.credentials.samples import NOW, RECOVERY, TEST, VACCINATION, WHEN, changed
from tests.credentials.schemes import test_divoc, test_smart_health_card, test_vds_nc

ISSUER = DccIssuer("ID")
GOOD = ISSUER.sign(VACCINATION, NOW - timedelta(days=30), timedelta(days=365))
RULES = (HealthRule(doses=DosesRule(), test=TestRule(naat_hours=72), recovery=RecoveryRule()),)
SCHEME = OfflineScheme(EuDcc(TrustList([ISSUER.trusted])), RULES)

EVERYTHING = CredentialsSettings(
    eu_dcc=AcceptedScheme(),
    smart_health_card=AcceptedScheme(),
    divoc=DivocSettings(),
    vds_nc=AcceptedScheme(),
    trust=Trust(folder="trust", max_age_days=30),
)


def imported(folder: Path) -> None:
    for key in (
        ISSUER.trusted,
        test_smart_health_card.ISSUER.trusted,
        test_divoc.INDONESIA.trusted,
        test_vds_nc.ISSUER.trusted,
    ):
        write_list(folder / "trust", KeyList(key.scheme, "main", NOW, (key,)))


def test_a_list_that_is_imported_counts_from_the_next_code_on(tmp_path: Path) -> None:
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    assert registry.judge(Payload(GOOD), WHEN).verdict == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.key")
    imported(tmp_path)
    assert registry.judge(Payload(GOOD), WHEN).verdict == Pass("doses")
    assert registry.judge(Payload(test_divoc.GOOD), WHEN).verdict == Pass("doses")
    (tmp_path / "trust" / "eu_dcc.main.json").unlink()
    assert registry.judge(Payload(GOOD), WHEN).verdict == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.key")


def test_while_a_list_cannot_be_read_no_older_one_stands_in_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    imported(tmp_path)
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    (tmp_path / "trust" / "divoc.main.json").write_text("spoilt")
    assert registry.judge(Payload(GOOD), WHEN).verdict == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.key")
    assert "every health credential is refused" in caplog.text
    imported(tmp_path)
    assert registry.judge(Payload(GOOD), WHEN).verdict == Pass("doses")


def test_lists_that_did_not_change_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(tmp_path)
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    monkeypatch.setattr("kiosk.credentials.judging.offline.load_trust", None)
    assert registry.judge(Payload(GOOD), WHEN).verdict == Pass("doses")


def test_a_file_that_is_being_taken_away_is_a_change(tmp_path: Path) -> None:
    imported(tmp_path)
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    (tmp_path / "trust" / "gone.json").symlink_to("nowhere")
    assert registry.judge(Payload(GOOD), WHEN).verdict == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.key")


def test_every_kind_passes_with_the_sites_keys_and_rules(tmp_path: Path) -> None:
    imported(tmp_path)
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    shown = {
        "eu_dcc": GOOD,
        "smart_health_card": test_smart_health_card.GOOD,
        "divoc": test_divoc.GOOD,
        "vds_nc": test_vds_nc.GOOD,
    }
    for scheme, code in shown.items():
        assert registry.judge(Payload(code), WHEN) == Judgement(Pass("doses"), scheme)
    assert registry.judge(Payload(b"hello"), WHEN).verdict == Refer(Reason.NOT_A_CREDENTIAL)


def test_a_site_reads_only_what_its_settings_name(tmp_path: Path) -> None:
    assert accepted_schemes(CredentialsSettings(), tmp_path) == []
    one = CredentialsSettings(vds_nc=AcceptedScheme(), trust=Trust(folder="trust"))
    assert [scheme.name for scheme in accepted_schemes(one, tmp_path)] == ["vds_nc"]
    other = CredentialsSettings(eu_dcc=AcceptedScheme(), trust=Trust(folder="trust"))
    assert [scheme.name for scheme in accepted_schemes(other, tmp_path)] == ["eu_dcc"]


def test_a_list_that_is_too_old_refers_or_not_as_the_site_says(tmp_path: Path) -> None:
    imported(tmp_path)
    late = WallTime(NOW + timedelta(days=31), sure=True)
    [dcc, *_] = accepted_schemes(EVERYTHING, tmp_path)
    assert dcc.judge(GOOD, late) == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.list_age")
    trust = load_trust(Trust(folder="trust", max_age_days=30, too_old=TooOld.ACCEPT), tmp_path)
    assert OfflineScheme(EuDcc(trust), RULES).judge(GOOD, late) == Pass("doses")


def test_an_examination_keeps_its_checks_in_order() -> None:
    examination = Examination("eu_dcc")
    assert SCHEME.examine(GOOD, WHEN, examination) == Pass("doses")
    assert [check.name for check in examination.checks if check.passed] == [
        "prefix",
        "base45",
        "compression",
        "cose",
        "key",
        "signature",
        "claims",
        "schema",
        "key_purpose",
        "clock",
        "not_before",
        "expiry",
        "key_dates",
        "list_age",
    ]


def test_inspection_tells_each_check_and_masks_the_holder() -> None:
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


def test_inspection_shows_the_holder_on_request() -> None:
    report, _ = inspect(GOOD, [SCHEME], WHEN, show_holder=True)
    assert "holder    CONTOH<<SITI, born 1980-02-29" in report


def test_inspection_tells_a_refusal_and_a_credential_that_is_none() -> None:
    late = WallTime(NOW + timedelta(days=400), sure=True)
    report, code = inspect(GOOD, [SCHEME], late, show_holder=True)
    assert code == 1
    assert "FAILED    expiry  2022-09-01 09:00 UTC" in report
    assert report.endswith("verdict   refer: expired (rule: eu_dcc.expiry)")
    report, code = inspect(b"HC1:nonsense", [SCHEME], WHEN, show_holder=True)
    assert code == 4
    assert report.endswith("verdict   not a credential: not base45 (RFC 9285)")
    assert inspect(b"hello", [SCHEME], WHEN, show_holder=True)[1] == 4
    assert inspect(b"hello", [], WHEN, show_holder=True)[0].startswith("not a credential of a kind")


def test_inspection_tells_tests_recoveries_and_open_days() -> None:
    def sign(content: object) -> bytes:
        return ISSUER.sign(content, NOW - timedelta(days=1), timedelta(days=9))  # type: ignore[arg-type]

    assert "test      negative, laboratory, 2021-09-30 21:00 UTC" in inspect(sign(TEST), [SCHEME], WHEN, False)[0]
    rapid = changed(changed(TEST, "t.0.tt", "LP217198-3"), "t.0.tr", "260373001")
    assert "test      positive, rapid, " in inspect(sign(rapid), [SCHEME], WHEN, False)[0]
    assert "recovery  first positive 2021-06-01" in inspect(sign(RECOVERY), [SCHEME], WHEN, False)[0]


def test_inspection_of_a_holder_outside_the_signature_shows_none(tmp_path: Path) -> None:
    scheme = OfflineScheme(test_divoc.LENIENT, RULES)
    report, code = inspect(zipped(test_divoc.SIGNED_2021), [scheme], WHEN, show_holder=True)
    assert code == 0
    assert "holder    none that the signature covers" in report
    open_day = changed(test_divoc.DOCUMENT, "evidence.0.effectiveStart", "2021-07-20")
    report, _ = inspect(zipped(test_divoc.INDONESIA.sign(open_day)), [scheme], WHEN, show_holder=True)
    assert "dose      1 of 2, 2021-07-20 (or until 2021-08-01), coronavac" in report


def test_inspection_of_another_scheme_gives_its_verdict() -> None:
    from tests.credentials import passes

    report, code = inspect(passes.text(), [passes.scheme()], passes.SURE, show_holder=False)
    assert (report, code) == ("scheme    site_pass\nverdict   pass (rule: staff)", 0)


def test_a_terminal_is_safe_from_a_strangers_texts() -> None:
    nasty = changed(test_vds_nc.MESSAGE, "pid.n", "\x1b[2Jgone")
    scheme = OfflineScheme(test_vds_nc.VERIFIER, RULES)
    report, _ = inspect(as_json(test_vds_nc.ISSUER.sign("icao.vacc", nasty)), [scheme], WHEN, show_holder=True)
    assert "\x1b" not in report
    assert "?[2Jgone" in report


def test_nothing_of_a_credential_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    imported(tmp_path)
    caplog.set_level(logging.DEBUG)
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    for code in (GOOD, GOOD[:-2] + b"00", test_divoc.GOOD, test_smart_health_card.GOOD, test_vds_nc.GOOD):
        registry.judge(Payload(code), WHEN)
    assert caplog.text == ""
