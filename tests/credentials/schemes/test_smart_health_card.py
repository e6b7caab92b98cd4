import zlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.content.credential import Dose, TestResult
from kiosk.credentials.schemes.smart_health_card.smart_health_card import SmartHealthCard
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.model import WallTime
from kiosk.simulator.issuers import CardIssuer, as_json, card_code
from tests.credentials.samples import NOW, WHEN, changed, outcome, verify

URL = "https://demo.example/issuer"
ISSUER = CardIssuer(URL)
VERIFIER = SmartHealthCard(TrustList([ISSUER.trusted]))


def immunization(code: str, day: str, **changes: Any) -> dict[str, Any]:
    coding = {"system": "http://hl7.org/fhir/sid/cvx", "code": code}
    made = {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"coding": [coding]}}
    return {"resource": {**made, "occurrenceDateTime": day, **changes}}


def observation(code: str = "94500-6", result: str = "260415000", **changes: Any) -> dict[str, Any]:
    made = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": "2021-09-30T21:00:00Z",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": result}]},
    }
    return {"resource": {**made, **changes}}


PATIENT = {
    "resource": {
        "resourceType": "Patient",
        "name": [{"family": "Contoh", "given": ["Siti"]}],
        "birthDate": "1980-02-29",
    }
}


def card(*entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "iss": URL,
        "nbf": (NOW - timedelta(days=30)).timestamp(),
        "vc": {
            "type": ["https://smarthealth.cards#health-card", "https://smarthealth.cards#covid19"],
            "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": {"entry": [PATIENT, *entries]}},
        },
    }


CARD = card(immunization("207", "2021-06-30"), immunization("207", "2021-06-01"))
GOOD = ISSUER.sign(CARD)


def test_doses_come_in_the_order_of_their_days() -> None:
    found = verify(VERIFIER, GOOD)
    assert found.doses == (
        Dose(None, None, date(2021, 6, 1), "CVX:207"),
        Dose(None, None, date(2021, 6, 30), "CVX:207"),
    )
    assert (found.issuer, found.key_id, found.holder.name) == (URL, ISSUER.key_id, "Siti Contoh")
    assert "Contoh" not in repr(found)


@pytest.mark.parametrize(
    "entry",
    [
        immunization("140", "2021-06-01"),
        immunization("207", "2021-06-01", status="not-done"),
        immunization("207", "2021-06-01", status="entered-in-error"),
        immunization("207", "2021-06-01", vaccineCode={}),
        immunization("207", "2021-06-01", vaccineCode=None),
        immunization("207", "2021-06-01", vaccineCode={"coding": [{"system": "urn:own", "code": "207"}]}),
        observation("94564-2"),
        observation(result="455371000124106"),
        observation(status="preliminary"),
    ],
)
def test_a_resource_that_does_not_count_is_left_out(entry: dict[str, Any]) -> None:
    found = verify(VERIFIER, ISSUER.sign(card(entry)))
    assert (found.doses, found.tests) == ((), ())


def test_an_icd_11_code_names_a_vaccine() -> None:
    coding = {"coding": [{"system": "http://id.who.int/icd/release/11/mms", "code": "XM1NL1"}]}
    assert (
        verify(VERIFIER, ISSUER.sign(card(immunization("", "2021-06-01", vaccineCode=coding)))).doses[0].product
        == "XM1NL1"
    )


@pytest.mark.parametrize(
    ("records", "doses"),
    [
        ([("207", "2021-06-01"), ("217", "2021-06-01")], [("2021-06-01", None, "CVX:207", ("CVX:217",))]),
        ([("207", "2021-06-02"), ("207", "2021-06-01")], [("2021-06-01", "2021-06-02", "CVX:207", ())]),
        ([("207", "2021-06-01"), ("207", "2021-06-10")], [("2021-06-01", "2021-06-10", "CVX:207", ())]),
        (
            [("207", "2021-06-01"), ("207", "2021-06-11")],
            [("2021-06-01", None, "CVX:207", ()), ("2021-06-11", None, "CVX:207", ())],
        ),
        (
            [("207", "2021-06-01"), ("207", "2021-06-08"), ("207", "2021-06-15")],
            [("2021-06-01", "2021-06-08", "CVX:207", ()), ("2021-06-15", None, "CVX:207", ())],
        ),
    ],
)
def test_records_of_one_vaccination_are_one_dose(
    records: list[tuple[str, str]], doses: list[tuple[str, str | None, str, tuple[str, ...]]]
) -> None:
    found = verify(VERIFIER, ISSUER.sign(card(*(immunization(code, day) for code, day in records))))
    assert found.doses == tuple(
        Dose(None, None, date.fromisoformat(on), product, date.fromisoformat(latest) if latest else None, others)
        for on, latest, product, others in doses
    )


def test_a_code_for_any_vaccine_against_covid_19_adds_no_product() -> None:
    general = {"coding": [{"system": "http://snomed.info/sct", "code": "1119349007"}]}
    records = (immunization("", "2021-06-01", vaccineCode=general), immunization("207", "2021-06-01"))
    assert verify(VERIFIER, ISSUER.sign(card(*records))).doses == (Dose(None, None, date(2021, 6, 1), "CVX:207"),)


def test_a_card_about_two_patients_is_refused() -> None:
    own, other = ({"reference": f"resource:{number}"} for number in (0, 1))
    first, second = (immunization("207", day, patient=own) for day in ("2021-06-01", "2021-06-30"))
    unreferred = immunization("207", "2021-06-01", patient={"display": "Siti"})
    assert outcome(VERIFIER, ISSUER.sign(card(first, second, unreferred))) == "good"
    test_of_other = {"resource": {**observation()["resource"], "subject": other}}
    for stranger in (immunization("207", "2021-06-30", patient=other), test_of_other, PATIENT):
        found = outcome(VERIFIER, ISSUER.sign(card(first, stranger)))
        assert found == "incomplete: the bundle is about several patients"


def test_patients_that_are_named_by_identifiers_only_are_told_apart() -> None:
    def shot(day: str, **patient: Any) -> dict[str, Any]:
        return immunization("207", day, patient=patient)

    siti, budi = ({"system": "https://nik.example", "value": value} for value in ("1", "2"))
    first = shot("2021-06-01", identifier=siti)
    for second in (shot("2021-06-30", identifier=siti), shot("2021-06-30", identifier="unreadable")):
        assert outcome(VERIFIER, ISSUER.sign(card(first, second))) == "good"
    patient = {"resource": {**PATIENT["resource"], "identifier": [siti, {**siti, "system": "https://kk.example"}]}}
    several = "incomplete: the bundle is about several patients"
    referred = shot("2021-06-30", reference="resource:0")
    for second in (shot("2021-06-30", identifier=budi), referred):
        assert outcome(VERIFIER, ISSUER.sign(card(first, second))) == several
    for entries, found in (((first, referred), "good"), ((shot("2021-06-01", identifier=budi), referred), several)):
        known = card(*entries)
        known["vc"]["credentialSubject"]["fhirBundle"]["entry"][0] = patient
        assert outcome(VERIFIER, ISSUER.sign(known)) == found


@pytest.mark.parametrize("issuer", ["https://card.example.ca/issuer", "https://card.example.sn", "https://x.example"])
def test_a_breach_of_one_country_is_tolerated_for_its_issuers_alone(issuer: str) -> None:
    signer = CardIssuer(issuer)
    verifier = SmartHealthCard(TrustList([signer.trusted]))
    plain = as_json({**CARD, "iss": issuer})
    marked = zlib.compress(b"\xef\xbb\xbf" + plain, wbits=-15)
    trailed = zlib.compress(plain, wbits=-15) + bytes(8)
    assert outcome(verifier, signer.sign_bytes(zlib.compress(plain, wbits=-15))) == "good"
    assert (outcome(verifier, signer.sign_bytes(marked)) == "good") is issuer.startswith("https://card.example.ca")
    assert (outcome(verifier, signer.sign_bytes(trailed)) == "good") is issuer.endswith(".sn")
    assert outcome(verifier, signer.sign_bytes(trailed + b"x")).startswith("incomplete: ")


def test_test_results_are_read() -> None:
    at = NOW - timedelta(hours=12)
    found = verify(VERIFIER, ISSUER.sign(card(observation(), observation("94558-4", "260373001")))).tests
    assert found == (TestResult(False, True, at), TestResult(True, False, at))


def test_another_key_another_issuer_and_a_forged_signature_are_refused() -> None:
    assert outcome(VERIFIER, CardIssuer(URL).sign(CARD)) == "smart_health_card.key"
    assert outcome(VERIFIER, ISSUER.sign({**CARD, "iss": "https://other.example"})) == "smart_health_card.issuer"
    header = {"alg": "ES256", "zip": "DEF", "kid": ISSUER.key_id}
    payload = zlib.compress(as_json(CARD), wbits=-15)
    assert outcome(VERIFIER, CardIssuer(URL).sign_bytes(payload, header)) == "smart_health_card.signature"
    assert outcome(VERIFIER, ISSUER.sign_bytes(payload, header)) == "good"


def test_two_issuers_may_share_a_key() -> None:
    other = CardIssuer("https://other.example", ISSUER.key)
    verifier = SmartHealthCard(TrustList([other.trusted, ISSUER.trusted]))
    assert verify(verifier, GOOD).issuer == URL


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "zip": "DEF", "kid": "x"},
        {"alg": "HS256", "zip": "DEF", "kid": "x"},
        {"alg": "ES256", "kid": "x"},
        {"alg": "ES256", "zip": "GZ", "kid": "x"},
        {"alg": "ES256", "zip": "DEF"},
        {"alg": "ES256", "zip": "DEF", "kid": 7},
        {"alg": "ES256", "zip": "DEF", "kid": "x", "crit": ["exp"]},
        {"alg": "ES256", "zip": "DEF", "kid": "x", "b64": False},
    ],
)
def test_headers_that_the_specification_does_not_allow_are_refused(header: dict[str, Any]) -> None:
    assert outcome(VERIFIER, ISSUER.sign_bytes(b"x", header)).startswith("bad: ")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("nbf", ...),
        ("nbf", 1618554442496),
        ("nbf", True),
        ("exp", "never"),
        ("exp", 1e300),
        ("vc", ...),
        ("vc", []),
        ("vc.type", []),
        ("vc.type", "health-card"),
        ("vc.rid", 7),
        ("vc.credentialSubject", []),
        ("vc.credentialSubject.fhirBundle", ...),
        ("vc.credentialSubject.fhirBundle.entry", {}),
        ("vc.credentialSubject.fhirBundle.entry.0", []),
        ("vc.credentialSubject.fhirBundle.entry.0.resource", ...),
        ("vc.credentialSubject.fhirBundle.entry.1.resource.occurrenceDateTime", "2021"),
        ("vc.credentialSubject.fhirBundle.entry.1.resource.occurrenceDateTime", ...),
        ("vc.credentialSubject.fhirBundle.entry.1.resource.vaccineCode", []),
        ("vc.credentialSubject.fhirBundle.entry.1.resource.vaccineCode.coding.0", "207"),
        ("vc.credentialSubject.fhirBundle.entry.1.resource.vaccineCode.coding.0.code", 207),
        ("iss", ["x"]),
    ],
)
def test_a_payload_of_a_wrong_shape_is_refused(path: str, value: object) -> None:
    assert outcome(VERIFIER, ISSUER.sign(changed(CARD, path, value))).startswith("incomplete: ")


@pytest.mark.parametrize("value", [..., [], "x", [7], [{"given": "x"}], [{"given": [{}]}]])
def test_a_name_of_a_wrong_shape_does_not_change_the_verdict(value: object) -> None:
    assert (
        outcome(VERIFIER, ISSUER.sign(changed(CARD, "vc.credentialSubject.fhirBundle.entry.0.resource.name", value)))
        == "good"
    )


def test_a_bundle_without_a_patient_has_no_holder() -> None:
    assert (
        verify(
            VERIFIER,
            ISSUER.sign(
                changed(
                    CARD,
                    "vc.credentialSubject.fhirBundle.entry.0",
                    CARD["vc"]["credentialSubject"]["fhirBundle"]["entry"][1],
                )
            ),
        ).holder.name
        == ""
    )


def test_a_card_is_valid_from_its_start_to_its_expiry() -> None:
    expiring = {**CARD, "exp": (NOW + timedelta(days=1)).timestamp()}
    assert outcome(VERIFIER, ISSUER.sign(expiring)) == "good"
    late = WallTime(NOW + timedelta(days=2), sure=True)
    assert outcome(VERIFIER, ISSUER.sign(expiring), late) == "smart_health_card.expiry"
    assert outcome(VERIFIER, GOOD, WallTime(NOW - timedelta(days=31), sure=True)) == "smart_health_card.not_before"
    assert outcome(VERIFIER, GOOD, WallTime(NOW, sure=False)) == "smart_health_card.clock"


@pytest.mark.parametrize(
    ("revoked", "expected"),
    [
        ({"AAAA"}, "smart_health_card.revocation"),
        ({"BBBB"}, "good"),
        ({f"AAAA.{int(NOW.timestamp())}"}, "smart_health_card.revocation"),
        ({"AAAA.1600000000"}, "good"),
    ],
)
def test_a_revoked_card_is_refused(revoked: set[str], expected: str) -> None:
    issuer = CardIssuer(URL, ISSUER.key, frozenset(revoked))
    code = issuer.sign(changed(CARD, "vc.rid", "AAAA"))
    assert outcome(SmartHealthCard(TrustList([issuer.trusted])), code) == expected
    assert outcome(SmartHealthCard(TrustList([issuer.trusted])), GOOD) == "good"


@pytest.mark.parametrize("code", [b"shc:/1/2/5676", b"shc:/2/2/5676", b"shc:/1/1/" + GOOD[5:]])
def test_a_card_of_several_codes_is_refused_with_its_reason(code: bytes) -> None:
    assert outcome(VERIFIER, code) == "smart_health_card.chunks"


@pytest.mark.parametrize(
    "code", [b"shc:/", b"shc:/567", b"shc:/7878", b"shc:/56 6", b"shc:/\xd9\xa1\xd9\xa1", b"shc:/0145", b"HC1:"]
)
def test_digits_that_stand_for_no_jws_are_refused(code: bytes) -> None:
    assert outcome(VERIFIER, code).startswith("bad: ")


def test_a_card_truncated_at_any_length_is_refused() -> None:
    for length in range(len(GOOD)):
        found = outcome(VERIFIER, GOOD[:length])
        assert found.startswith("bad: ") or found == "smart_health_card.signature"


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (zlib.compress(bytes(2_000_000), wbits=-15), "inflates to more than 65536 bytes"),
        (zlib.compress(b"[" * 60_000, wbits=-15), "deeper"),
        (zlib.compress(b'{"a":' * 30 + b"1" + b"}" * 30, wbits=-15), "deeper"),
        (zlib.compress(b"[" + b"1," * 9000 + b"1]", wbits=-15), "parts"),
        (zlib.compress(b'{"a":' + b"9" * 5000 + b"}", wbits=-15), "huge number"),
        (zlib.compress(b'{"a":NaN}', wbits=-15), "NaN"),
        (zlib.compress(b'{"a":-Infinity}', wbits=-15), "NaN"),
        (zlib.compress(b'{"a":1,"a":2}', wbits=-15), "given twice"),
        (zlib.compress(b'{"a":"\xff"}', wbits=-15), "not JSON"),
        (zlib.compress(b'{"a":"\\', wbits=-15), "not JSON"),
        (zlib.compress(b"[]", wbits=-15), "not an object"),
        (b"plain", "deflated"),
        (zlib.compress(b"{}", wbits=-15) + b"x", "behind its end"),
    ],
)
def test_hostile_payloads_are_refused(payload: bytes, message: str) -> None:
    assert message in outcome(VERIFIER, ISSUER.sign_bytes(payload))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_without_another_exception(data: bytes) -> None:
    for code in (data, b"shc:/" + data, b"shc:/" + data.hex().encode(), ISSUER.sign_bytes(data)):
        assert outcome(VERIFIER, code).startswith(("bad: ", "incomplete: ")) or b"/" in code[5:]


@given(st.integers(0, 10_000), st.integers(1, 63))
def test_no_character_of_the_card_can_be_changed(at: int, step: int) -> None:
    text = bytearray(int(GOOD[place : place + 2]) + 45 for place in range(5, len(GOOD), 2))
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = at % (len(text) - 1)
    text[place] = alphabet[(alphabet.find(text[place]) + step) % 64] if text[place] != ord(".") else ord("A")
    assert outcome(VERIFIER, card_code(bytes(text))) != "good"


def test_only_its_own_prefix_is_claimed() -> None:
    assert VERIFIER.claims(GOOD)
    assert not VERIFIER.claims(b"shc:" + GOOD[5:])
    assert WHEN.sure


def revocable_card(resources: list[dict[str, Any]]) -> dict[str, Any]:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}
    credential = {"type": ["https://smarthealth.cards#health-card"], "rid": "abc"}
    subject = {"fhirVersion": "4.0.1", "fhirBundle": bundle}
    return {"iss": "https://x.example", "nbf": 1_620_992_383, "vc": {**credential, "credentialSubject": subject}}


CODED_TWICE: dict[str, Any] = {
    "resourceType": "Immunization",
    "status": "completed",
    "vaccineCode": {
        "coding": [{"display": "COVID-19 vaccine"}, {"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}]
    },
    "occurrenceDateTime": "2021-06-01",
}


def test_a_card_taken_back_in_any_list_is_refused() -> None:
    issuer = CardIssuer("https://x.example")
    code = issuer.sign(revocable_card([CODED_TWICE]))
    taken = replace(issuer.trusted, revoked=frozenset({"abc"}), listed_at=NOW - timedelta(days=9))
    for keys in ([issuer.trusted, taken], [taken, replace(issuer.trusted, listed_at=NOW)]):
        assert outcome(SmartHealthCard(TrustList(keys)), code) == "smart_health_card.revocation"


@pytest.mark.parametrize(
    ("entry", "refused"),
    [("abc.x", True), ("abc.1.5", True), ("abc.\u00b2", True), ("abc.1", False), ("abc.1620992384", True)],
)
def test_a_revocation_that_is_no_number_refuses_and_does_not_fail(entry: str, refused: bool) -> None:
    issuer = CardIssuer("https://x.example", revoked=frozenset({entry}))
    found = outcome(SmartHealthCard(TrustList([issuer.trusted])), issuer.sign(revocable_card([CODED_TWICE])))
    assert found == ("smart_health_card.revocation" if refused else "good")


def test_a_coding_without_a_code_is_passed_over_and_a_dose_told_twice_is_one() -> None:
    issuer = CardIssuer("https://x.example")
    found = verify(
        SmartHealthCard(TrustList([issuer.trusted])), issuer.sign(revocable_card([CODED_TWICE, CODED_TWICE]))
    )
    assert [(dose.on.isoformat(), dose.product) for dose in found.doses] == [("2021-06-01", "CVX:207")]
    assert isinstance(found.doses[0], Dose)


def test_an_issuer_whose_name_is_no_address_has_no_country() -> None:
    issuer = CardIssuer("https://[::1")
    assert outcome(SmartHealthCard(TrustList([issuer.trusted])), issuer.sign({**CARD, "iss": issuer.issuer})) == "good"
