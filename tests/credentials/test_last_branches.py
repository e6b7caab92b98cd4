"""Branches that no honest credential takes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.credentials.formats.linked_data import TYPE, Statements, read_statements
from kiosk.credentials.formats.quads import Quad
from kiosk.credentials.judging.accepted import accepted_schemes
from kiosk.credentials.judging.registry import Registry
from kiosk.credentials.schemes.divoc.divoc import _Facts
from kiosk.credentials.schemes.site_pass.pass_revocations import revoke
from kiosk.credentials.trust.certificates import is_authority
from kiosk.errors import BadCredential, KioskError
from kiosk.model import Pass, Payload, Reason, Refer, WallTime
from kiosk.settings.schema.policy import CredentialsSettings, SitePassSettings
from kiosk.simulator.issuers import new_ec_key
from tests.credentials import passes
from tests.credentials.samples import changed, outcome
from tests.credentials.schemes import test_divoc
from tests.credentials.schemes.test_eu_dcc import ISSUER, VERIFIER


def test_a_certificate_whose_extensions_cannot_be_read_may_be_an_authoritys() -> None:
    key, now = new_ec_key(), datetime(2026, 1, 1, tzinfo=UTC)
    name = x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
    broken = x509.UnrecognizedExtension(x509.OID_BASIC_CONSTRAINTS, b"\xff")
    assert is_authority(builder.add_extension(broken, critical=True).sign(key, SHA256()))


def test_claims_that_are_no_map_are_bad() -> None:
    assert outcome(VERIFIER, ISSUER.sign_claims([1, 2])) == "bad: CBOR is not a map"


def test_a_document_of_two_credentials_is_bad() -> None:
    kind = "https://www.w3.org/2018/credentials#VerifiableCredential"
    two = Statements("", "", (Quad("a:1", TYPE, kind), Quad("a:2", TYPE, kind)), frozenset(), frozenset())
    with pytest.raises(BadCredential, match="not one verifiable credential"):
        _Facts(two, set())


def test_two_dates_of_issue_are_bad() -> None:
    twice = Statements(
        "",
        "",
        (
            Quad("a:1", TYPE, "https://www.w3.org/2018/credentials#VerifiableCredential"),
            Quad("a:1", "https://www.w3.org/2018/credentials#issuanceDate", "2021-01-01T00:00:00Z"),
            Quad("a:1", "https://www.w3.org/2018/credentials#issuanceDate", "2021-01-02T00:00:00Z"),
        ),
        frozenset(),
        frozenset(),
    )
    with pytest.raises(BadCredential, match="given twice"):
        _Facts(twice, set())


def test_a_member_without_value_states_nothing() -> None:
    document = changed(test_divoc.DOCUMENT, "evidence", [None])
    assert "evidence" not in read_statements(document).canonical


def test_the_sites_own_pass_comes_first_with_its_area_and_its_list(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = passes.KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pass.pub.pem").write_bytes(pem)
    own = SitePassSettings(site="bekasi-city-hall", public_keys=("pass.pub.pem",))
    [scheme] = accepted_schemes(CredentialsSettings(site_pass=own), tmp_path)
    assert Registry([scheme]).judge(Payload(passes.text()), passes.SURE).verdict == Pass("staff")
    revoke(tmp_path / "revoked.txt", ["0001020304050607"])
    wanted = own.model_copy(update={"revoked": "revoked.txt"})
    [scheme] = accepted_schemes(CredentialsSettings(site_pass=wanted), tmp_path)
    assert scheme.judge(passes.text(), passes.SURE) == Refer(Reason.STATUS_DENIED, "revoked")
    with pytest.raises(KioskError):
        accepted_schemes(CredentialsSettings(site_pass=own.model_copy(update={"revoked": "none.txt"})), tmp_path)
    assert accepted_schemes(CredentialsSettings(), tmp_path) == []
    assert WallTime(passes.NOON, sure=True) == passes.SURE
