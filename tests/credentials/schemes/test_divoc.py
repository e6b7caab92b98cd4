import base64
import io
import json
import tracemalloc
import zipfile
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.content.credential import Dose
from kiosk.credentials.content.rules import decide
from kiosk.credentials.content.vaccines import possible_vaccines, vaccine_name
from kiosk.credentials.formats.linked_data import TYPE, Statements
from kiosk.credentials.formats.quads import Quad
from kiosk.credentials.schemes.divoc.divoc import Divoc, _DivocContent
from kiosk.credentials.schemes.divoc.divoc_zip import undo_mojibake, unwrap
from kiosk.credentials.trust.trust_list import TrustedKey, TrustList
from kiosk.errors import BadCredential
from kiosk.model import Pass, Reason, Refer, WallTime
from kiosk.settings.schema.health import DosesRule, HealthRule, UnsignedHolder
from kiosk.simulator.divoc_issuer import DivocIssuer, zipped
from tests.credentials.samples import NOW, WHEN, changed, outcome, verify

INDONESIA = DivocIssuer("did:demo-indonesia")
INDIA = DivocIssuer("did:demo-india", rsa.generate_private_key(65537, 2048))
TRUST = TrustList([INDONESIA.trusted, INDIA.trusted])
STRICT = Divoc(TRUST, UnsignedHolder.REFER)
LENIENT = Divoc(TRUST, UnsignedHolder.ACCEPT)

DOCUMENT: dict[str, Any] = {
    "@context": [
        "https://www.w3.org/2018/credentials/v1",
        "https://www.pedulilindungi.id/credentials/vaccination/v2",
    ],
    "type": ["VerifiableCredential", "ProofOfVaccinationCredential"],
    "credentialSubject": {
        "type": "Person",
        "id": "did:demo-indonesia:123",
        "refId": "123",
        "name": "Siti Contoh",
        "gender": "Female",
        "dob": "1980-02-29",
        "nationality": "Indonesia",
        "address": {"streetAddress": "Jalan Contoh 1", "city": "Bekasi", "addressCountry": "ID"},
    },
    "issuer": "https://www.demo.example/",
    "issuanceDate": "2021-08-02T00:00:00Z",
    "evidence": [
        {
            "id": "https://www.demo.example/vaccine/123",
            "type": ["Vaccination"],
            "certificateId": "123",
            "batch": "202108",
            "vaccine": "CoronaVac",
            "manufacturer": "Sinovac Life Sciences",
            "date": "2021-08-01",
            "effectiveStart": "2021-08-01",
            "effectiveUntil": "2022-08-01",
            "dose": 1,
            "totalDoses": 2,
            "verifier": {"name": "Dokter Contoh"},
            "facility": {"name": "Puskesmas Contoh", "address": {"city": "Bekasi", "addressCountry": "ID"}},
        }
    ],
    "nonTransferable": "true",
}
SIGNED = INDONESIA.sign(DOCUMENT)
GOOD = zipped(SIGNED)

RELATIVE = changed(DOCUMENT, "credentialSubject.id", "3275000000000001")
SIGNED_2021 = INDONESIA.sign(RELATIVE)
"""As Indonesia signed in 2021: the subject's id is not absolute, so that nothing about the holder is signed."""


def test_a_certificate_has_dose_total_day_and_product() -> None:
    found = verify(STRICT, GOOD)
    assert found.doses == (Dose(1, 2, date(2021, 8, 1), "CoronaVac", date(2021, 8, 1)),)
    assert (found.issuer, found.key_id, found.holder.name) == (INDONESIA.did, INDONESIA.did, "Siti Contoh")
    assert "Siti" not in repr(found)


def test_the_rsa_suite_is_accepted() -> None:
    india = changed(DOCUMENT, "@context.1", "https://cowin.gov.in/credentials/vaccination/v1")
    without_dob = changed(india, "credentialSubject.dob", ...)
    assert outcome(STRICT, zipped(INDIA.sign(without_dob))) == "good"


def test_the_text_form_is_accepted() -> None:
    assert outcome(STRICT, b"B64:" + base64.b64encode(GOOD)) == "good"
    assert outcome(STRICT, b"b64:" + base64.b64encode(GOOD)) == "good"


def test_the_damage_of_scanners_is_repaired() -> None:
    damaged = GOOD.decode("latin-1").encode("utf-8")
    assert len(damaged) > len(GOOD)
    assert outcome(STRICT, damaged) == "good"
    assert undo_mojibake(damaged) == GOOD


SIGNED_MEMBERS = [
    ("credentialSubject.id", "did:demo-indonesia:124"),
    ("credentialSubject.refId", "124"),
    ("credentialSubject.name", "Budi Contoh"),
    ("credentialSubject.gender", "Male"),
    ("credentialSubject.dob", "1990-02-28"),
    ("credentialSubject.nationality", "Other"),
    ("credentialSubject.name", ...),
    ("credentialSubject.name", None),
    ("issuer", "https://other.example/"),
    ("issuanceDate", "2021-08-03T00:00:00Z"),
    ("evidence.0.certificateId", "124"),
    ("evidence.0.batch", "2"),
    ("evidence.0.vaccine", "Comirnaty"),
    ("evidence.0.manufacturer", "Other"),
    ("evidence.0.date", "2021-09-01"),
    ("evidence.0.date", "2020-09-01"),
    ("evidence.0.dose", 2),
    ("evidence.0.dose", "1"),
    ("evidence.0.totalDoses", 1),
    ("evidence.0.totalDoses", ...),
    ("evidence.0.facility.name", "Other"),
    ("evidence.0.facility.address.city", "Other"),
    ("evidence.0.verifier.name", "Other"),
    ("expirationDate", "2031-01-01T00:00:00Z"),
    ("nonTransferable", "false"),
    ("type", ["VerifiableCredential"]),
    ("credentialSubject.type", ["Person", "Vaccination"]),
]


@pytest.mark.parametrize(("path", "value"), SIGNED_MEMBERS)
@pytest.mark.parametrize("verifier", [STRICT, LENIENT])
def test_no_signed_member_can_be_changed(verifier: Divoc, path: str, value: object) -> None:
    assert outcome(verifier, zipped(changed(SIGNED, path, value))) == "divoc.signature"


UNSIGNED_CHANGES = [
    ("credentialSubject.name", "Somebody Else"),
    ("credentialSubject.dob", "2001-01-01"),
    ("credentialSubject.gender", "Male"),
    ("credentialSubject.age", "20"),
    ("credentialSubject.nationality", "Other"),
    ("credentialSubject.refId", "9"),
    ("credentialSubject.id", "3275000000000002"),
    ("credentialSubject.passport", "X1234567"),
]


@pytest.mark.parametrize(("path", "value"), UNSIGNED_CHANGES)
def test_an_unsigned_holder_is_refused_and_a_site_that_accepts_it_does_not_show_it(path: str, value: object) -> None:
    code = zipped(changed(SIGNED_2021, path, value))
    assert outcome(STRICT, code) == "divoc.holder"
    found = verify(LENIENT, code)
    assert found == verify(LENIENT, zipped(SIGNED_2021))
    assert (found.holder.name, found.holder.birth_date) == ("", "")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("evidence.0.dose", 2),
        ("evidence.0.date", "2021-09-01"),
        ("evidence.0.vaccine", "Comirnaty"),
        ("evidence.0.certificateId", "9"),
        ("issuer", "https://other.example/"),
        ("credentialSubject.address.city", "Other"),
    ],
)
def test_members_that_indonesia_signed_in_2021_cannot_be_changed(path: str, value: object) -> None:
    assert outcome(LENIENT, zipped(changed(SIGNED_2021, path, value))) == "divoc.signature"


@pytest.mark.parametrize(
    ("path", "value"),
    [("note", "x"), ("evidence.0.note", "x"), ("evidence.0.facility.note", "x"), ("note", None)],
)
@pytest.mark.parametrize("verifier", [STRICT, LENIENT])
def test_a_member_that_no_context_maps_is_refused_outside_the_holder(verifier: Divoc, path: str, value: object) -> None:
    assert outcome(verifier, zipped(changed(SIGNED, path, value))) == "divoc.members"
    assert outcome(verifier, zipped(INDONESIA.sign(changed(DOCUMENT, path, value)))) == "divoc.members"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("evidence.0.id", "123"),
        ("evidence.0.id", ""),
        ("issuer", "ministry"),
        ("type", ["VerifiableCredential", "Unknown"]),
    ],
)
@pytest.mark.parametrize("verifier", [STRICT, LENIENT])
def test_identifiers_that_are_not_absolute_are_refused_outside_the_holder(
    verifier: Divoc, path: str, value: object
) -> None:
    assert outcome(verifier, zipped(INDONESIA.sign(changed(DOCUMENT, path, value)))) == "divoc.members"


@pytest.mark.parametrize("identifier", ["did:demo 123", "NIK: 3275000000000001", "a b:c", "3275 0001", ":"])
def test_a_relative_identifier_of_the_holder_leaves_only_the_holder_unsigned(identifier: str) -> None:
    code = zipped(INDONESIA.sign(changed(DOCUMENT, "credentialSubject.id", identifier)))
    assert outcome(STRICT, code) == "divoc.holder"
    assert outcome(LENIENT, code) == "good"


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("name", ["Siti\tContoh", "Siti\x7f\x01\x0c\x08Contoh", 'Siti "\\\r\n'])
def test_control_characters_are_read_as_older_and_as_newer_issuers_write_them(name: str, newer: bool) -> None:
    signed = INDONESIA.sign(changed(DOCUMENT, "credentialSubject.name", name), newer)
    assert outcome(STRICT, zipped(signed)) == "good"
    assert outcome(STRICT, zipped(changed(signed, "credentialSubject.name", "Siti Contoh"))) == "divoc.signature"


def test_exchanging_members_of_one_term_does_not_help_the_visitor() -> None:
    swapped = changed(changed(SIGNED, "evidence.0.dose", 2), "evidence.0.totalDoses", 1)
    assert outcome(STRICT, zipped(swapped)) == "good"
    assert verify(STRICT, zipped(swapped)) == verify(STRICT, GOOD)
    rule = HealthRule(doses=DosesRule(least=2))
    assert decide(verify(STRICT, zipped(swapped)), (rule,), WHEN) == Refer(Reason.BELOW_MINIMUM_DOSES, "doses.least")


def test_waiting_counts_from_the_later_date_and_lapsing_from_the_earlier() -> None:
    document = changed(DOCUMENT, "evidence.0.effectiveStart", "2021-07-20")
    dose = verify(STRICT, zipped(INDONESIA.sign(document))).doses[0]
    assert (dose.on, dose.latest) == (date(2021, 7, 20), date(2021, 8, 1))


def rule_of(*vaccines: str) -> HealthRule:
    return HealthRule(doses=DosesRule(vaccines=vaccines))


TERM = ("vaccine", "manufacturer", "batch", "certificateId")
"""Members that the context maps to one identifier."""
MANUFACTURERS_ALONE = {"Sinovac Life Sciences", "Serum Institute of India"}
"""Manufacturers whose name is not the name of a vaccine."""


@pytest.mark.parametrize("accepted", ["coronavac", "vaxzevria", "comirnaty", "covishield", "zycov-d"])
@pytest.mark.parametrize(
    ("vaccine", "manufacturer"),
    [
        ("CoronaVac", "Sinovac Life Sciences"),
        ("Covishield", "AstraZeneca Vaxzevria"),
        ("Covishield", "Serum Institute of India"),
        ("ZyCoV-D", "Pfizer"),
        ("AstraZeneca", "CoronaVac"),
    ],
)
def test_exchanging_the_texts_of_one_term_changes_no_verdict(vaccine: str, manufacturer: str, accepted: str) -> None:
    texts = dict(zip(TERM, (vaccine, manufacturer, "4120Z001", "7123456789"), strict=True))
    document = INDONESIA.sign(changed(DOCUMENT, "evidence.0", {**DOCUMENT["evidence"][0], **texts}))
    verdicts = set()
    for order in permutations(texts.values()):
        evidence = {**document["evidence"][0], **dict(zip(TERM, order, strict=True))}
        found = verify(STRICT, zipped(changed(document, "evidence", [evidence])))
        verdicts.add(decide(found, (rule_of(accepted),), WHEN))
    assert len(verdicts) == 1
    accepted_as_signed = accepted == vaccine_name(vaccine) and manufacturer in MANUFACTURERS_ALONE
    assert verdicts == {Pass("doses") if accepted_as_signed else Refer(Reason.BELOW_MINIMUM_DOSES, "doses.vaccines")}


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        ((), ()),
        (("202108", "CTMAV532", "https://www.demo.example/7"), ()),
        (("PT. Bio Farma", "AstraZeneca"), ("AstraZeneca",)),
        (("PT. Bio Farma", "4120Z001"), ("PT. Bio Farma",)),
        (("Covishield", "Serum  Institute of India", "4120Z001"), ("Covishield",)),
        (("XM8NQ0", "New Vaccine", "Pfizer"), ("XM8NQ0", "New Vaccine", "Pfizer")),
        (("GEMCOVAC-19", "Pfizer", "4120Z001"), ("Pfizer", "GEMCOVAC-19")),
        (("GEMCOVAC-19", "Bharat Biotech", "37F21037A"), ("GEMCOVAC-19",)),
        (("Corbevax 2", "https://www.demo.example/Certificate/7"), ("Corbevax 2",)),
        (("MVC-COV1901", "SCB-2019", "CTMAV532", "FJ1966"), ("MVC-COV1901", "SCB-2019")),
        (("Covishield", "LOT-4120"), ("Covishield",)),
        (("", "-", "Pfizer"), ("Pfizer",)),
        (("Pfizer", "Bharat Biotech", "LOT-4120"), ("Pfizer",)),
    ],
)
def test_lot_numbers_and_manufacturers_are_no_vaccines(texts: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert possible_vaccines(texts) == names


@pytest.mark.parametrize("order", list(permutations(("GEMCOVAC-19", "Pfizer", "4120Z001"))))
def test_an_unknown_product_with_digits_is_not_taken_for_the_product_of_its_manufacturer(
    order: tuple[str, str, str],
) -> None:
    texts = dict(zip(("vaccine", "manufacturer", "batch"), order, strict=True))
    document = changed(DOCUMENT, "evidence.0", {**DOCUMENT["evidence"][0], **texts})
    found = verify(STRICT, zipped(INDONESIA.sign(document)))
    (dose,) = found.doses
    assert {dose.product, *dose.other_products} >= {"GEMCOVAC-19", "Pfizer"}
    assert decide(found, (rule_of("comirnaty"),), WHEN) == Refer(Reason.BELOW_MINIMUM_DOSES, "doses.vaccines")


def test_two_vaccinations_are_two_doses() -> None:
    second = {**DOCUMENT["evidence"][0], "id": "https://www.demo.example/vaccine/124", "dose": 2, "date": "2021-08-02"}
    document = changed(DOCUMENT, "evidence", [DOCUMENT["evidence"][0], second])
    assert [dose.number for dose in verify(STRICT, zipped(INDONESIA.sign(document))).doses] == [1, 2]


def test_a_single_evidence_may_stand_without_a_list() -> None:
    document = changed(DOCUMENT, "evidence", DOCUMENT["evidence"][0])
    assert len(verify(STRICT, zipped(INDONESIA.sign(document))).doses) == 1


def test_evidence_of_another_kind_is_not_a_dose() -> None:
    document = changed(DOCUMENT, "evidence", [])
    assert verify(STRICT, zipped(INDONESIA.sign(document))).doses == ()
    document = changed(DOCUMENT, "evidence", ["https://www.demo.example/vaccine/123"])
    assert verify(STRICT, zipped(INDONESIA.sign(document))).doses == ()


def test_a_holder_without_id_is_covered() -> None:
    document = changed(DOCUMENT, "credentialSubject.id", ...)
    assert verify(STRICT, zipped(INDONESIA.sign(document))).holder.name == "Siti Contoh"
    document = changed(DOCUMENT, "credentialSubject", "did:demo-indonesia:123")
    assert verify(STRICT, zipped(INDONESIA.sign(document))).holder.name == ""


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("evidence.0.dose", 100, "numbers of doses"),
        ("evidence.0.dose", 0, "numbers of doses"),
        ("issuanceDate", "soon", "issuanceDate"),
        ("issuanceDate", "2020-01-01T00:00:00Z", "after the certificate's issue"),
        ("evidence.0.type", "Unknown", "divoc.members"),
        ("expirationDate", "0001-01-01T00:00:00+14:00", "expirationDate"),
        ("type", ["ProofOfVaccinationCredential"], "not one verifiable credential"),
    ],
)
def test_signed_members_of_a_wrong_shape_are_refused(path: str, value: object, message: str) -> None:
    found = outcome(STRICT, zipped(INDONESIA.sign(changed(DOCUMENT, path, value))))
    assert message in found or found == "divoc.members"


def test_empty_dates_are_left_out() -> None:
    document = changed(DOCUMENT, "evidence.0.effectiveStart", "")
    assert verify(STRICT, zipped(INDONESIA.sign(document))) == verify(STRICT, GOOD)
    for name in ("date", "effectiveStart", "effectiveUntil"):
        document = changed(document, f"evidence.0.{name}", "soon")
    assert "date is missing" in outcome(STRICT, zipped(INDONESIA.sign(document)))


def test_a_zip_bomb_is_not_inflated_beyond_the_limit() -> None:
    bomb = bytearray(zipped({"x": " " * 9_700_000}))
    directory = bomb.rindex(b"PK\x01\x02")
    bomb[directory + 24 : directory + 28] = (30_000).to_bytes(4, "little")  # it says that it holds 30 kB
    tracemalloc.start()
    try:
        with pytest.raises(BadCredential):
            unwrap(bytes(bomb))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 500_000


def test_a_certificate_without_dose_and_issue_date_is_read() -> None:
    bare = changed(changed(DOCUMENT, "evidence.0.dose", ...), "evidence.0.totalDoses", ...)
    assert "numbers of doses" in outcome(STRICT, zipped(INDONESIA.sign(bare)))
    undated = changed(DOCUMENT, "issuanceDate", ...)
    assert verify(STRICT, zipped(INDONESIA.sign(undated))).doses[0].latest == date(2022, 8, 1)


def test_a_certificate_is_valid_from_its_issue_to_its_expiry() -> None:
    assert outcome(STRICT, GOOD, WallTime(NOW - timedelta(days=100), sure=True)) == "divoc.not_before"
    expiring = changed(DOCUMENT, "expirationDate", "2021-09-30T00:00:00Z")
    assert outcome(STRICT, zipped(INDONESIA.sign(expiring))) == "divoc.expiry"
    assert outcome(STRICT, GOOD, WallTime(NOW, sure=False)) == "divoc.clock"


def test_a_key_is_found_by_its_did_and_must_fit_the_suite() -> None:
    stranger = DivocIssuer("did:stranger")
    assert outcome(STRICT, zipped(stranger.sign(DOCUMENT))) == "divoc.key"
    forger = DivocIssuer(INDONESIA.did)
    assert outcome(STRICT, zipped(forger.sign(DOCUMENT))) == "divoc.signature"
    wrong_suite = DivocIssuer(INDONESIA.did, INDIA.key)
    assert outcome(STRICT, zipped(wrong_suite.sign(DOCUMENT))) == "divoc.signature"
    old = TrustedKey("divoc", "x", INDONESIA.did, INDONESIA.trusted.key, not_after=NOW - timedelta(days=1))
    assert outcome(Divoc(TrustList([old]), UnsignedHolder.REFER), GOOD) == "divoc.key_dates"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("proof", ...),
        ("proof", []),
        ("proof.type", "RsaSignature2018"),
        ("proof.type", "JsonWebSignature2020"),
        ("proof.created", "yesterday"),
        ("proof.created", '2021-09-01T00:00:00Z"'),
        ("proof.verificationMethod", "indonesia"),
        ("proof.verificationMethod", "did:x> <y"),
        ("proof.proofPurpose", "authentication"),
        ("proof.domain", "x"),
        ("proof.jws", "a.b"),
        ("proof.jws", "e30..AAAA"),
        ("proof.jws", "!..AAAA"),
        ("proof.jws", 7),
        ("@context", "https://www.w3.org/2018/credentials/v1"),
        ("@context", []),
        ("@context.1", "https://evil.example/context"),
        ("@context.1", {"name": "schema:nothing"}),
        ("@context", ["https://cowin.gov.in/credentials/vaccination/v2"]),
        ("@context", DOCUMENT["@context"] * 3),
        ("@id", "did:x"),
        ("@graph", []),
        ("schema:date", "2021-01-01"),
        ("credentialSubject.@type", "Person"),
        ("credentialSubject.name", ["a", "b"]),
        ("credentialSubject.name", {"@value": "a"}),
        ("credentialSubject.name", "x" * 3000),
        ("credentialSubject.id", 7),
        ("evidence", [{}] * 5),
        ("evidence.0.facility.address.address", {"address": {"address": {"address": {}}}}),
        ("type", {"a": 1}),
    ],
)
def test_a_document_of_a_wrong_shape_is_refused(path: str, value: object) -> None:
    assert outcome(LENIENT, zipped(changed(SIGNED, path, value))).startswith("bad: ")


def archive(name: str = "certificate.json", data: bytes = b"{}", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as opened:
        opened.writestr(name, data)
    return target.getvalue()


def encrypted() -> bytes:
    made = bytearray(archive())
    made[6] |= 1
    place = made.rfind(b"PK\x01\x02")
    made[place + 8] |= 1
    return bytes(made)


def with_a_false_size() -> bytes:
    made = bytearray(archive(data=bytes(100_000)))
    place = made.rfind(b"PK\x01\x02")
    made[place + 24 : place + 28] = (50).to_bytes(4, "little")
    return bytes(made)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (archive("other.json"), "without certificate.json"),
        (archive(data=bytes(100_000)), "more than 32768 bytes"),
        (with_a_false_size(), ""),
        (encrypted(), "encrypted"),
        (archive(data=b"[]"), "not an object"),
        (b"PK\x03\x04", "not a ZIP archive"),
        (b"PK\x03\x04\xc3\xa4\xff", "not a ZIP archive"),
        (b"B64:%%%", "without base64"),
        (b"B64:AAAA", "not a ZIP archive"),
        (b"HC1:", "neither"),
    ],
)
def test_hostile_archives_are_refused(code: bytes, message: str) -> None:
    found = outcome(STRICT, code)
    assert found.startswith("bad: ")
    assert message in found


def test_a_certificate_truncated_at_any_length_is_refused() -> None:
    for length in range(len(GOOD)):
        assert outcome(STRICT, GOOD[:length]).startswith("bad: ")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_without_another_exception(data: bytes) -> None:
    for code in (b"PK\x03\x04" + data, b"B64:" + base64.b64encode(data), archive(data=data)):
        assert outcome(STRICT, code).startswith("bad: ")


def test_only_zip_archives_and_their_text_form_are_claimed() -> None:
    assert STRICT.claims(GOOD)
    assert STRICT.claims(b"b64:xx")
    assert not STRICT.claims(b"PK")
    assert not STRICT.claims(b"HC1:")


def test_a_document_of_two_credentials_is_refused() -> None:
    kind = "https://www.w3.org/2018/credentials#VerifiableCredential"
    two = Statements("", "", (Quad("a:1", TYPE, kind), Quad("a:2", TYPE, kind)), frozenset(), frozenset())
    with pytest.raises(BadCredential, match="not one verifiable credential"):
        _DivocContent(two)


def test_two_dates_of_issue_are_refused() -> None:
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
        _DivocContent(twice)


@pytest.mark.parametrize("path", ["credentialSubject.name", "proof.jws", "issuer"])
def test_half_a_character_is_bad(path: str) -> None:
    code = archive(data=json.dumps(changed(SIGNED, path, "\ud800")).encode())
    assert outcome(STRICT, code) == "bad: not JSON"


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_only_the_packings_that_issuers_use_are_unpacked(method: int) -> None:
    data = json.dumps(SIGNED).encode()
    assert "oddly packed" in outcome(STRICT, archive(data=data, method=method))
    assert outcome(STRICT, archive(data=data, method=zipfile.ZIP_STORED)) == "good"
