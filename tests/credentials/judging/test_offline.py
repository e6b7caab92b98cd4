import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.credentials.content.credential import Examination
from kiosk.credentials.judging.accepted import accepted_schemes
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
    ExpiredKeys,
    HealthRule,
    RecoveryRule,
    TestRule,
    TooOld,
)
from kiosk.settings.schema.health import TrustSettings as Trust
from kiosk.settings.schema.policy import CredentialsSettings
from kiosk.simulator.issuers import DccIssuer
from tests.credentials.samples import NOW, VACCINATION, WHEN
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


def import_keys(folder: Path) -> None:
    for key in (
        ISSUER.trusted,
        test_smart_health_card.ISSUER.trusted,
        test_divoc.INDONESIA.trusted,
        test_vds_nc.ISSUER.trusted,
    ):
        write_list(folder / "trust", KeyList(key.scheme, "main", NOW, (key,)))


def test_an_imported_list_is_used_from_the_next_code_on(tmp_path: Path) -> None:
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    assert registry.judge(Payload(GOOD), WHEN).verdict == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.key")
    import_keys(tmp_path)
    assert registry.judge(Payload(GOOD), WHEN).verdict == Pass("doses")
    assert registry.judge(Payload(test_divoc.GOOD), WHEN).verdict == Pass("doses")
    (tmp_path / "trust" / "eu_dcc.main.json").unlink()
    assert registry.judge(Payload(GOOD), WHEN).verdict == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.key")


def test_while_a_list_cannot_be_read_no_key_is_trusted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    import_keys(tmp_path)
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    (tmp_path / "trust" / "divoc.main.json").write_text("spoilt")
    assert registry.judge(Payload(GOOD), WHEN).verdict == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.key")
    assert "every health credential is refused" in caplog.text
    import_keys(tmp_path)
    assert registry.judge(Payload(GOOD), WHEN).verdict == Pass("doses")


def test_unchanged_lists_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_keys(tmp_path)
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    monkeypatch.setattr("kiosk.credentials.judging.offline.load_trust", None)
    assert registry.judge(Payload(GOOD), WHEN).verdict == Pass("doses")


def test_a_file_that_disappears_during_the_look_is_a_change(tmp_path: Path) -> None:
    import_keys(tmp_path)
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    (tmp_path / "trust" / "gone.json").symlink_to("nowhere")
    assert registry.judge(Payload(GOOD), WHEN).verdict == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.key")


def test_every_health_credential_passes_with_the_sites_keys_and_rules(tmp_path: Path) -> None:
    import_keys(tmp_path)
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


def test_only_the_schemes_in_the_settings_are_accepted(tmp_path: Path) -> None:
    assert accepted_schemes(CredentialsSettings(), tmp_path) == []
    one = CredentialsSettings(vds_nc=AcceptedScheme(), trust=Trust(folder="trust"))
    assert [scheme.name for scheme in accepted_schemes(one, tmp_path)] == ["vds_nc"]
    other = CredentialsSettings(eu_dcc=AcceptedScheme(), trust=Trust(folder="trust"))
    assert [scheme.name for scheme in accepted_schemes(other, tmp_path)] == ["eu_dcc"]


def test_a_list_that_is_too_old_refers_only_if_the_site_says_so(tmp_path: Path) -> None:
    import_keys(tmp_path)
    late = WallTime(NOW + timedelta(days=31), sure=True)
    [dcc, *_] = accepted_schemes(EVERYTHING, tmp_path)
    assert dcc.judge(GOOD, late) == Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.list_age")
    trust = load_trust(Trust(folder="trust", max_age_days=30, too_old=TooOld.ACCEPT), tmp_path)
    assert OfflineScheme(EuDcc(trust), RULES).judge(GOOD, late) == Pass("doses")


def test_an_expired_key_that_is_still_listed_is_accepted_only_if_the_site_says_so(tmp_path: Path) -> None:
    ended = replace(ISSUER.trusted, not_after=NOW - timedelta(days=1))
    write_list(tmp_path / "trust", KeyList("eu_dcc", "main", NOW, (ended,)))
    strict = load_trust(Trust(folder="trust"), tmp_path)
    lenient = load_trust(Trust(folder="trust", expired_keys=ExpiredKeys.ACCEPT), tmp_path)
    refusal = Refer(Reason.UNTRUSTED_ISSUER, "eu_dcc.key_dates")
    assert OfflineScheme(EuDcc(strict), RULES).judge(GOOD, WHEN) == refusal
    assert OfflineScheme(EuDcc(lenient), RULES).judge(GOOD, WHEN) == Pass("doses")
    renewed = TrustList(())
    renewed.renew(lenient)
    assert OfflineScheme(EuDcc(renewed), RULES).judge(GOOD, WHEN) == Pass("doses")


def test_a_key_that_is_not_valid_yet_is_never_accepted() -> None:
    early = replace(ISSUER.trusted, not_before=NOW + timedelta(days=1))
    trust = TrustList([early], accept_expired=True)
    assert not trust.accepts(early, NOW)
    assert trust.accepts(replace(early, not_before=None), NOW)


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
        "certificate",
        "schema",
        "key_purpose",
        "clock",
        "not_before",
        "expiry",
        "key_dates",
        "list_age",
        "revocation",
        "rules.clock",
        "rules.holds_from",
        "doses.least",
        "doses.since_days",
    ]


def test_nothing_of_a_credential_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    import_keys(tmp_path)
    caplog.set_level(logging.DEBUG)
    registry = Registry(accepted_schemes(EVERYTHING, tmp_path))
    for code in (GOOD, GOOD[:-2] + b"00", test_divoc.GOOD, test_smart_health_card.GOOD, test_vds_nc.GOOD):
        registry.judge(Payload(code), WHEN)
    assert caplog.text == ""
