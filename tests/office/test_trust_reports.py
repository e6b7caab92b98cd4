from datetime import timedelta
from pathlib import Path

from kiosk.credentials.trust.certificates import dcc_key
from kiosk.credentials.trust.revocations import RevokedBy, RevokedCredentials
from kiosk.credentials.trust.trust_files import KeyList, write_list
from kiosk.office.trust_reports import list_keys, verify_lists
from kiosk.simulator.issuers import certificate_for, new_ec_key
from tests.credentials.trust.published import NOW, PEM, read_keys, stored


def test_every_list_is_reported_with_its_age_and_issuers(tmp_path: Path) -> None:
    assert "no signature is trusted" in list_keys(tmp_path, NOW)[0]
    stored(tmp_path)
    assert list_keys(tmp_path, NOW)[0].splitlines() == [
        "eu_dcc 'main': 1 keys, imported 2026-01-05 (today)",
        "  ID                       1 key",
    ]
    write_list(tmp_path, KeyList("divoc", "two", NOW, tuple(read_keys(PEM["divoc"], issuer="did:x")) * 2))
    assert "3 days ago" in list_keys(tmp_path, NOW + timedelta(days=3))[0]
    assert "2 keys" in list_keys(tmp_path, NOW)[0]


def test_lists_that_are_missing_too_old_or_from_the_future_are_reported(tmp_path: Path) -> None:
    assert verify_lists(tmp_path, NOW, 30, refers=True)[1] == 1
    stored(tmp_path)
    assert verify_lists(tmp_path, NOW, 30, refers=True) == ("all lists are in order", 0)
    report, code = verify_lists(tmp_path, NOW + timedelta(days=31), 30, refers=True)
    assert (code, "refused as untrusted_issuer" in report) == (1, True)
    report, code = verify_lists(tmp_path, NOW + timedelta(days=31), 30, refers=False)
    assert (code, "still accepted" in report) == (1, True)
    assert "in the future" in verify_lists(tmp_path, NOW - timedelta(days=2), 30, refers=True)[0]


def test_keys_that_have_ended_or_end_soon_are_reported(tmp_path: Path) -> None:
    old = dcc_key(certificate_for(new_ec_key(), "SG", "x", days=(-30, -1), now=NOW), "eu_dcc")
    new = dcc_key(certificate_for(new_ec_key(), "SG", "x", days=(-30, 5), now=NOW), "eu_dcc")
    gone = dcc_key(certificate_for(new_ec_key(), "MY", "x", days=(-30, -1), now=NOW), "eu_dcc")
    write_list(tmp_path, KeyList("eu_dcc", "main", NOW, (old, new, gone)))
    report, code = verify_lists(tmp_path, NOW, 30, refers=True)
    assert report.splitlines() == [
        "eu_dcc MY: refused, all 1 keys are outside their validity",
        "eu_dcc SG: 1 of 2 keys are outside their validity",
        "eu_dcc SG: 1 of 2 keys lapse within 14 days",
    ]
    assert code == 0
    write_list(tmp_path, KeyList("eu_dcc", "main", NOW, (gone,)))
    assert verify_lists(tmp_path, NOW, 30, refers=True)[1] == 1
    report, code = verify_lists(tmp_path, NOW, 30, refers=True, accepts_expired=True)
    assert (report, code) == (
        "eu_dcc MY: accepted by trust.expired_keys, all 1 keys are outside their validity",
        0,
    )


def test_an_old_list_of_revocations_refuses_nobody_and_says_so(tmp_path: Path) -> None:
    revoked = RevokedCredentials("eu_dcc", "ID", "", RevokedBy.UCI, bytes(16))
    write_list(tmp_path, KeyList("eu_dcc", "main-revoked-id", NOW, (), (revoked,)))
    report, code = verify_lists(tmp_path, NOW + timedelta(days=31), 30, refers=True)
    assert report.splitlines() == [
        "eu_dcc 'main-revoked-id': imported 31 days ago, older than 30; what was revoked since is still accepted",
        f"no key lists in {tmp_path}: every health credential is refused as untrusted_issuer",
    ]
    assert code == 1
