"""Texts made to cost time, to break an encoding or to choose how they are unpacked; and lists that overlap."""

import json
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from kiosk.credentials.content.credential import Credential, Dose, Recovery
from kiosk.credentials.content.rules import decide
from kiosk.credentials.formats.linked_data import read_statements
from kiosk.credentials.formats.safe_parsing import json_object
from kiosk.credentials.schemes.divoc.divoc import Divoc
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.schemes.smart_health_card.smart_health_card import SmartHealthCard
from kiosk.credentials.trust.certificates import root_key
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential, KioskError
from kiosk.model import Reason, Refer
from kiosk.settings.schema.health import HealthRule, RecoveryRule, UnsignedHolder
from kiosk.simulator.divoc_issuer import DivocIssuer
from kiosk.simulator.issuers import CardIssuer, DccIssuer, SealIssuer
from tests.credentials.samples import NOW, VACCINATION, WHEN, changed, outcome, verify
from tests.credentials.schemes.test_divoc import DOCUMENT

ISSUER = DivocIssuer("did:demo-indonesia")
VERIFIER = Divoc(TrustList([ISSUER.trusted]), UnsignedHolder.REFER)
SIGNED = ISSUER.sign(DOCUMENT)


def packed(tmp_path: Path, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("certificate.json", data)
    return path.read_bytes()


@pytest.mark.parametrize("text", [b'{"' + rb"\"" * 16_000, b'"' + rb"\\" * 16_000 + b"\\", b'{"a' * 10_000])
def test_a_text_without_an_end_costs_no_time(tmp_path: Path, text: bytes) -> None:
    code = packed(tmp_path, text)
    began = process_time()
    assert outcome(VERIFIER, code).startswith("bad: ")
    assert process_time() - began < 1.0


@pytest.mark.parametrize("path", ["credentialSubject.name", "proof.jws", "issuer"])
def test_half_a_character_is_bad(tmp_path: Path, path: str) -> None:
    code = packed(tmp_path, json.dumps(changed(SIGNED, path, "\ud800")).encode())
    assert outcome(VERIFIER, code) == "bad: not JSON"


def test_statements_do_not_show_whom_they_are_about() -> None:
    found = read_statements(changed(DOCUMENT, "credentialSubject.id", "3275000000000001"))
    for shown in (repr(found), repr(read_statements(DOCUMENT).quads)):
        assert "Siti" not in shown
        assert "3275" not in shown


def test_two_halves_are_a_character() -> None:
    assert json_object(rb'{"a": "\ud834\udd1e"}') == {"a": "\U0001d11e"}
    with pytest.raises(BadCredential):
        json_object(rb'{"a": {"\udd1e": 1}}')


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_only_the_packings_that_issuers_use_are_unpacked(tmp_path: Path, method: int) -> None:
    data = json.dumps(SIGNED).encode()
    assert "oddly packed" in outcome(VERIFIER, packed(tmp_path, data, method))
    assert outcome(VERIFIER, packed(tmp_path, data, zipfile.ZIP_STORED)) == "good"


def test_a_key_in_an_old_list_and_a_new_one_is_as_young_as_the_new_one() -> None:
    issuer = DccIssuer("AT")
    code = issuer.sign(VACCINATION, NOW - timedelta(days=3), timedelta(days=100))
    old = replace(issuer.trusted, listed_at=NOW - timedelta(days=99))
    new = replace(issuer.trusted, listed_at=NOW)
    for keys in ([old, new], [new, old]):
        assert outcome(EuDcc(TrustList(keys, timedelta(days=30))), code) == "good"
    assert outcome(EuDcc(TrustList([old], timedelta(days=30))), code) == "eu_dcc.list_age"


def card(resources: list[dict[str, Any]]) -> dict[str, Any]:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}
    credential = {"type": ["https://smarthealth.cards#health-card"], "rid": "abc"}
    subject = {"fhirVersion": "4.0.1", "fhirBundle": bundle}
    return {"iss": "https://x.example", "nbf": 1_620_992_383, "vc": {**credential, "credentialSubject": subject}}


DOSE: dict[str, Any] = {
    "resourceType": "Immunization",
    "status": "completed",
    "vaccineCode": {
        "coding": [{"display": "COVID-19 vaccine"}, {"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}]
    },
    "occurrenceDateTime": "2021-06-01",
}


def test_a_card_taken_back_in_any_list_is_refused() -> None:
    issuer = CardIssuer("https://x.example")
    code = issuer.sign(card([DOSE]))
    taken = replace(issuer.trusted, revoked=frozenset({"abc"}), listed_at=NOW - timedelta(days=9))
    for keys in ([issuer.trusted, taken], [taken, replace(issuer.trusted, listed_at=NOW)]):
        assert outcome(SmartHealthCard(TrustList(keys)), code) == "smart_health_card.revocation"


@pytest.mark.parametrize(
    ("entry", "refused"),
    [("abc.x", True), ("abc.1.5", True), ("abc.\u00b2", True), ("abc.1", False), ("abc.1620992384", True)],
)
def test_a_revocation_that_is_no_number_refuses_and_does_not_fail(entry: str, refused: bool) -> None:
    issuer = CardIssuer("https://x.example", revoked=frozenset({entry}))
    found = outcome(SmartHealthCard(TrustList([issuer.trusted])), issuer.sign(card([DOSE])))
    assert found == ("smart_health_card.revocation" if refused else "good")


def test_a_coding_without_a_code_is_passed_over_and_a_dose_told_twice_is_one() -> None:
    issuer = CardIssuer("https://x.example")
    found = verify(SmartHealthCard(TrustList([issuer.trusted])), issuer.sign(card([DOSE, DOSE])))
    assert [(dose.on.isoformat(), dose.product) for dose in found.doses] == [("2021-06-01", "CVX:207")]
    assert isinstance(found.doses[0], Dose)


def test_a_recovery_at_the_end_of_the_calendar_is_not_yet_valid() -> None:
    rule = HealthRule(recovery=RecoveryRule())
    far = Credential("eu_dcc", "ID", "k", recoveries=(Recovery(date.max),))
    assert decide(far, (rule,), WHEN) == Refer(Reason.NOT_YET_VALID, "recovery.from_days")


def test_only_an_authority_is_imported_as_a_root() -> None:
    seals = SealIssuer("AU")
    assert root_key(seals.authority, "vds_nc").issuer == "AU"
    with pytest.raises(KioskError, match="no authority"):
        root_key(seals.signer, "vds_nc")
