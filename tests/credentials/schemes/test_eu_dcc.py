import base64
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.content.credential import Dose, Recovery, TestResult
from kiosk.credentials.content.rules import decide
from kiosk.credentials.formats import base45
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.trust.trust_list import Purpose, TrustedKey, TrustList
from kiosk.model import Reason, Refer, WallTime
from kiosk.settings.schema.health import DosesRule, HealthRule
from kiosk.simulator.issuers import DccIssuer, wrap_cwt
from tests.credentials.samples import NOW, RECOVERY, TEST, VACCINATION, WHEN, changed, outcome, verify

ISSUER = DccIssuer("ID")
OTHER = DccIssuer("ID")
VERIFIER = EuDcc(TrustList([ISSUER.trusted]))
ISSUED = NOW - timedelta(days=30)
YEAR = timedelta(days=365)
GOOD = ISSUER.sign(VACCINATION, ISSUED, YEAR)


def claims(**changes: Any) -> dict[int, Any]:
    made: dict[int, Any] = {1: "ID", 6: int(ISSUED.timestamp()), 4: int((ISSUED + YEAR).timestamp())}
    return {**made, -260: {1: VACCINATION}, **{int(key.strip("c").replace("m", "-")): v for key, v in changes.items()}}


def sign(content: dict[str, Any]) -> bytes:
    return ISSUER.sign(content, ISSUED, YEAR)


def test_a_vaccination_has_dose_total_day_and_product() -> None:
    found = verify(VERIFIER, GOOD)
    assert found.doses == (Dose(1, 2, NOW.date().replace(month=8), "CoronaVac"),)
    assert (found.scheme, found.issuer, found.key_id) == ("eu_dcc", "ID", ISSUER.trusted.key_id)
    assert found.expires_at == ISSUED.replace(microsecond=0) + YEAR


def test_a_test_has_result_kind_and_time() -> None:
    assert verify(VERIFIER, sign(TEST)).tests == (TestResult(False, True, NOW - timedelta(hours=12)),)
    rapid = changed(changed(TEST, "t.0.tt", "LP217198-3"), "t.0.tr", "260373001")
    assert verify(VERIFIER, sign(changed(rapid, "t.0.ma", "1331"))).tests[0].detected


def test_a_recovery_has_its_days() -> None:
    day = NOW.date()
    assert verify(VERIFIER, sign(RECOVERY)).recoveries == (
        Recovery(day.replace(month=6), day.replace(month=6, day=12), day.replace(month=11, day=28)),
    )


def test_the_holder_is_read_and_not_in_the_repr() -> None:
    found = verify(VERIFIER, GOOD)
    assert found.holder.name == "CONTOH<<SITI"
    assert "CONTOH" not in repr(found)
    assert "1980" not in repr(found)


def test_ps256_is_accepted_like_es256() -> None:
    issuer = DccIssuer("BE", rsa.generate_private_key(65537, 2048))
    code = issuer.sign(VACCINATION, ISSUED, YEAR)
    assert outcome(EuDcc(TrustList([issuer.trusted])), code) == "good"
    assert outcome(VERIFIER, code) == "eu_dcc.key"


def test_a_signature_by_another_key_is_refused() -> None:
    assert outcome(VERIFIER, OTHER.sign(VACCINATION, ISSUED, YEAR)) == "eu_dcc.key"
    lying = OTHER.sign_claims(claims(), {1: -7, 4: base64.b64decode(ISSUER.trusted.key_id)})
    assert outcome(VERIFIER, lying) == "eu_dcc.signature"


def test_a_key_of_the_wrong_type_does_not_verify_a_signature() -> None:
    wrong = DccIssuer("ID", rsa.generate_private_key(65537, 2048))
    lying = wrong.sign_claims(claims(), {1: -37, 4: base64.b64decode(ISSUER.trusted.key_id)})
    assert outcome(VERIFIER, lying) == "eu_dcc.signature"


def test_every_key_under_one_id_is_tried() -> None:
    clash = TrustedKey("eu_dcc", "XX", ISSUER.trusted.key_id, OTHER.trusted.key)
    assert verify(EuDcc(TrustList([clash, ISSUER.trusted])), GOOD).issuer == "ID"
    assert verify(EuDcc(TrustList([ISSUER.trusted, clash])), GOOD).issuer == "ID"


def test_the_protected_key_id_has_priority_over_the_unprotected_one() -> None:
    right = base64.b64decode(ISSUER.trusted.key_id)
    assert outcome(VERIFIER, ISSUER.sign_claims(claims(), {1: -7, 4: right}, {4: b"wrong"})) == "good"
    assert outcome(VERIFIER, ISSUER.sign_claims(claims(), {1: -7, 4: b"wrong"}, {4: right})) == "eu_dcc.key"
    assert outcome(VERIFIER, ISSUER.sign_claims(claims(), {1: -7}, {4: right})) == "good"
    assert outcome(VERIFIER, ISSUER.sign_claims(claims(), {}, {1: -7, 4: right})) == "good"


@pytest.mark.parametrize(
    ("protected", "message"),
    [
        ({1: -7}, "without a key id"),
        ({1: -8, 4: b"x"}, "without ES256 or PS256"),
        ({1: "ES256", 4: b"x"}, "without ES256 or PS256"),
        ({1: -7, 2: [3], 4: b"x"}, "critical"),
        ([], "not a map"),
    ],
)
def test_headers_that_the_specification_does_not_allow_are_refused(protected: Any, message: str) -> None:
    assert message in outcome(VERIFIER, ISSUER.sign_claims(claims(), protected))


def test_a_certificate_is_valid_from_its_issue_to_its_expiry() -> None:
    assert outcome(VERIFIER, GOOD, WallTime(ISSUED + YEAR - timedelta(seconds=1), sure=True)) == "good"
    assert outcome(VERIFIER, GOOD, WallTime(ISSUED + YEAR, sure=True)) == "eu_dcc.expiry"
    assert outcome(VERIFIER, GOOD, WallTime(ISSUED + YEAR + timedelta(seconds=2), sure=True)) == "eu_dcc.expiry"
    assert outcome(VERIFIER, GOOD, WallTime(ISSUED - timedelta(minutes=4), sure=True)) == "good"
    assert outcome(VERIFIER, GOOD, WallTime(ISSUED - timedelta(minutes=6), sure=True)) == "eu_dcc.not_before"


def test_an_unsure_clock_refers() -> None:
    assert outcome(VERIFIER, GOOD, WallTime(NOW, sure=False)) == "eu_dcc.clock"


def test_a_key_outside_its_own_validity_is_refused() -> None:
    old = TrustedKey("eu_dcc", "ID", ISSUER.trusted.key_id, ISSUER.trusted.key, not_after=NOW - timedelta(days=1))
    assert outcome(EuDcc(TrustList([old])), GOOD) == "eu_dcc.key_dates"


@pytest.mark.parametrize(
    ("usage", "content", "expected"),
    [
        ("1.3.6.1.4.1.1847.2021.1.1", TEST, "good"),
        ("1.3.6.1.4.1.0.1847.2021.1.1", TEST, "good"),
        ("1.3.6.1.4.1.1847.2021.1.2", VACCINATION, "good"),
        ("1.3.6.1.4.1.1847.2021.1.3", RECOVERY, "good"),
        ("1.3.6.1.4.1.1847.2021.1.1", VACCINATION, "eu_dcc.key_purpose"),
        ("1.3.6.1.4.1.1847.2021.1.2", RECOVERY, "eu_dcc.key_purpose"),
        ("1.3.6.1.4.1.0.1847.2021.1.3", TEST, "eu_dcc.key_purpose"),
        ("1.3.6.1.5.5.7.3.2", TEST, "good"),
    ],
)
def test_a_key_signs_only_the_purposes_of_its_certificate(usage: str, content: dict[str, Any], expected: str) -> None:
    issuer = DccIssuer("ID", usages=(usage,))
    assert outcome(EuDcc(TrustList([issuer.trusted])), issuer.sign(content, ISSUED, YEAR)) == expected


BROKEN = [
    ("ver", "2.0.0"),
    ("ver", ...),
    ("ver", 1),
    ("nam", ...),
    ("nam", {}),
    ("nam", []),
    ("dob", "yesterday"),
    ("dob", ...),
    ("v", ...),
    ("v", []),
    ("v", {}),
    ("v", {"a": 1}),
    ("v", [[]]),
    ("t", TEST["t"]),
    *[(f"v.0.{name}", ...) for name in VACCINATION["v"][0]],
    ("v.0.tg", "840539007"),
    ("v.0.co", "XY"),
    ("v.0.co", "x"),
    ("v.0.vp", "J07"),
    ("v.0.mp", "!"),
    ("v.0.ma", "ORG-99999999"),
    ("v.0.dn", 0),
    ("v.0.dn", True),
    ("v.0.dn", 1.5),
    ("v.0.dn", float("nan")),
    ("v.0.dn", float("inf")),
    ("v.0.dn", 2**70),
    ("v.0.dn", "1"),
    ("v.0.sd", 100),
    ("v.0.dt", "2021-02-30"),
    ("v.0.dt", "01.08.2021"),
    ("v.0.is", "x" * 200),
]


@pytest.mark.parametrize(("path", "value"), BROKEN)
def test_a_breach_of_the_schema_is_refused_although_it_is_signed(path: str, value: object) -> None:
    assert outcome(VERIFIER, sign(changed(VACCINATION, path, value))).startswith("incomplete: ")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tt", "LP1"),
        ("tr", "1"),
        ("sc", "2021-09-30"),
        ("sc", "soon"),
        ("sc", "0001-01-01T00:00:00+14:00"),
        ("ma", "9999"),
        ("ma", "0"),
        ("ma", 7),
    ],
)
def test_a_breach_of_the_schema_in_a_test_is_refused(path: str, value: object) -> None:
    found = outcome(VERIFIER, sign(changed(TEST, f"t.0.{path}", value)))
    assert found.startswith("incomplete: ") or (path, value, found) == ("sc", "2021-09-30", "good")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("v.0.ma", ""),
        ("v.0.ma", "Sinovac- Biontech"),
        ("v.0.vp", ""),
        ("v.0.mp", " CoronaVac "),
        ("v.0.dn", 1.0),
        ("v.0.dt", "2021-08-01T00:00:00+07:00"),
        ("v.0.co", "UNHCR"),
        ("v.0.mp", "IndoVac"),
        ("v.0.vp", "1162643001000001"),
        ("v.0.ma", "Bio Farma"),
        ("t", None),
        ("r", []),
        ("dob", "1980-02-29T00:00:00"),
        ("dob", "1980-XX-XX"),
        ("nam.fnt", "CONTOH-É"),
        ("nam.fnt", None),
    ],
)
def test_the_tolerated_breaches_of_the_table_are_accepted(path: str, value: object) -> None:
    assert outcome(VERIFIER, sign(changed(VACCINATION, path, value))) == "good"


BREACHES = {
    "ID": {"v.0.ma": "", "v.0.vp": "", "v.0.mp": ""},
    "PY": {"v.0.vp": "EU/1/20/1528"},
    "SM": {"v.0.ma": "ORG-1000302155"},
}


@pytest.mark.parametrize("signer", ["ID", "PY", "SM", "SG"])
@pytest.mark.parametrize(
    ("country", "path"), [(country, path) for country, paths in BREACHES.items() for path in paths]
)
def test_a_breach_of_one_country_is_tolerated_for_its_signers_alone(country: str, path: str, signer: str) -> None:
    issuer = DccIssuer(signer)
    document = changed(changed(VACCINATION, "v.0.co", signer), path, BREACHES[country][path])
    found = outcome(EuDcc(TrustList([issuer.trusted])), issuer.sign(document, ISSUED, YEAR))
    assert found == ("good" if signer == country else f"incomplete: {path.replace('.0', '')} is not in its value set")


@pytest.mark.parametrize("label", ["IDN", "Republic", ""])
def test_the_name_of_an_issuer_in_the_trust_list_does_not_matter(label: str) -> None:
    relabelled = EuDcc(TrustList([replace(ISSUER.trusted, issuer=label)]))
    document = VACCINATION
    for path in BREACHES["ID"]:
        document = changed(document, path, "")
    assert outcome(relabelled, sign(document)) == "good"
    rule = HealthRule(doses=DosesRule(vaccines=("coronavac",)))
    assert decide(verify(relabelled, sign(document)), (rule,), WHEN) == (
        Refer(Reason.BELOW_MINIMUM_DOSES, "doses.vaccines")
    )


@pytest.mark.parametrize(
    ("nam", "found"),
    [
        ({"gn": "Siti"}, "good"),
        ({"fn": "Contoh"}, "good"),
        ({"gnt": "SITI"}, "good"),
        ({}, "incomplete: nam has neither fnt, gnt, fn nor gn"),
    ],
)
def test_one_part_of_a_name_is_enough(nam: dict[str, str], found: str) -> None:
    assert outcome(VERIFIER, sign(changed(VACCINATION, "nam", nam))) == found


@pytest.mark.parametrize(
    "changes",
    [
        {"dob": None},
        {"dob": cbor2.undefined},
        {"v.0.ci": None},
        {"v.0.ci": cbor2.undefined},
        {"v.0.dn": 0},
        {"v.0.dn": 100},
        {"v.0.sd": -1},
        {"t": cbor2.undefined},
        {"t": TEST["t"]},
    ],
)
def test_a_detail_that_decides_is_not_read_leniently(changes: dict[str, object]) -> None:
    [(path, value)] = changes.items()
    assert outcome(VERIFIER, sign(changed(VACCINATION, path, value))).startswith("incomplete: ")


@pytest.mark.parametrize("version", ["1.0.0", "1.2.1", "1.3.0", "1.3.4"])
def test_several_entries_are_read_in_schemas_before_1_3(version: str) -> None:
    entries = [VACCINATION["v"][0], {**VACCINATION["v"][0], "dn": 2, "dt": "2021-09-01"}]
    two = changed(changed(VACCINATION, "ver", version), "v", entries)
    if version.startswith("1.3."):
        assert outcome(VERIFIER, sign(two)).startswith("incomplete: v is")
    else:
        assert [dose.number for dose in verify(VERIFIER, sign(two)).doses] == [1, 2]
    assert outcome(VERIFIER, sign(changed(two, "v", entries * 6))).startswith("incomplete: v is")


@pytest.mark.parametrize(
    "changes",
    [
        {"c4": None},
        {"c4": "2031"},
        {"c4": True},
        {"c4": float("nan")},
        {"c4": float("inf")},
        {"c4": -1},
        {"c4": 2**60},
        {"c6": "now"},
        {"cm260": []},
        {"cm260": {1: b"x"}},
        {"cm260": {}},
    ],
)
def test_claims_of_a_wrong_type_are_refused(changes: dict[str, Any]) -> None:
    assert outcome(VERIFIER, ISSUER.sign_claims(claims(**changes))).startswith("incomplete: ")


def test_not_before_is_checked_like_issued_at() -> None:
    late = int((NOW + timedelta(days=1)).timestamp())
    assert outcome(VERIFIER, ISSUER.sign_claims(claims(c5=late))) == "eu_dcc.not_before"
    without = claims()
    del without[6]
    assert outcome(VERIFIER, ISSUER.sign_claims(without)) == "good"


def test_times_with_a_cbor_tag_are_read() -> None:
    assert outcome(VERIFIER, ISSUER.sign_claims(claims(c6=cbor2.CBORTag(1, int(ISSUED.timestamp()))))) == "good"


@pytest.mark.parametrize(
    "cwt",
    [
        b"",
        b"\xff",
        b"\x01\x02",
        b"\x81" * 40,
        b"\x9b" + b"\xff" * 8,
        b"\x5b" + b"\x7f" * 8,
        b"\xbf\x61a",
        b"\xc2\x49" + b"\xff" * 9,
        b"\xd8\x1d\x00",
        b"\xd8\x23\x63(((",
        b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\xa2\x01\x01\x01\x02",
        b"\xd2\x84\x40\xa0\x40",
        b"\xd2\x84\x40\xa0\x40\x01",
        b"\xd2\x84\x41\xff\xa0\x40\x40",
        b"\x9f" * 100,
    ],
)
def test_hostile_cbor_is_refused(cwt: bytes) -> None:
    assert outcome(VERIFIER, wrap_cwt(cwt)).startswith("bad: ")


def test_a_compression_bomb_is_refused_at_the_size_limit() -> None:
    bomb = b"HC1:" + base45.encode(zlib.compress(bytes(2_000_000), 9))
    assert outcome(VERIFIER, bomb[:4296]) == "bad: inflates to more than 16384 bytes"


def test_bytes_after_the_end_are_refused() -> None:
    packed = zlib.compress(b"\x01")
    assert "behind its end" in outcome(VERIFIER, b"HC1:" + base45.encode(packed + b"x"))
    assert "behind it" in outcome(VERIFIER, wrap_cwt(b"\x01\x01"))


def test_a_certificate_truncated_at_any_length_is_refused() -> None:
    for length in range(len(GOOD)):
        assert outcome(VERIFIER, GOOD[:length]).startswith("bad: ")


def test_only_its_own_prefix_is_claimed() -> None:
    assert VERIFIER.claims(GOOD)
    assert not VERIFIER.claims(b"HC2:" + GOOD[4:])
    assert outcome(VERIFIER, b"HC2:" + GOOD[4:]) == "bad: does not begin with HC1:"


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_the_signed_message_can_be_changed(at: int, flip: int) -> None:
    cwt = bytearray(zlib.decompress(base45.decode(GOOD[4:])))
    cwt[at % len(cwt)] ^= flip
    assert outcome(VERIFIER, wrap_cwt(bytes(cwt))) != "good" or _same_meaning(bytes(cwt))


def _same_meaning(cwt: bytes) -> bool:
    """Return True if only the outer tag was changed, which the signature does not cover (18, or 61)."""
    return bytes(cwt)[1:] == zlib.decompress(base45.decode(GOOD[4:]))[1:]


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_without_another_exception(data: bytes) -> None:
    for code in (data, b"HC1:" + data, b"HC1:" + base45.encode(data), wrap_cwt(data)):
        assert outcome(VERIFIER, code).startswith("bad: ")


WHO: dict[str, Any] = {
    "name": "Contoh",
    "birthDate": "1980-02-29",
    "disease": {"code": "840539006", "system": "http://snomed.info/sct"},
    "vaccine": {"code": "1119349007", "system": "http://snomed.info/sct"},
    "brand": {"code": "XM0CX4"},
    "dose": 2,
    "total_doses": 2,
    "date": "2021-07-08",
    "hcid": "ID111",
}
WHO_TEST: dict[str, Any] = {
    "name": "Contoh",
    "test": {
        "pathogen": {"code": "XN109"},
        "result": {"code": "260415000"},
        "type": {"code": "LP6464-4"},
        "date": "2021-09-30T06:15:00Z",
    },
}


def test_the_whos_flat_map_is_read_in_each_of_its_places() -> None:
    for health in (WHO, {1: WHO}):
        doses = verify(VERIFIER, ISSUER.sign_claims(claims(cm260=health))).doses
        assert [(dose.number, dose.total, dose.product) for dose in doses] == [(2, 2, "XM0CX4")]
    bare: dict[Any, Any] = {key: value for key, value in claims().items() if key != -260}
    bare.update(WHO)
    assert verify(VERIFIER, ISSUER.sign_claims(bare)).doses[0].number == 2


def test_the_whos_test_result_is_read() -> None:
    assert not verify(VERIFIER, ISSUER.sign_claims(claims(cm260=WHO_TEST))).tests[0].detected


@pytest.mark.parametrize(
    ("path", "value"),
    [("disease.code", "38341003"), ("dose", "two"), ("dose", 0), ("date", ""), ("vaccine", {}), ("vaccine", ["x"])],
)
def test_a_ddcc_with_a_wrong_member_is_refused(path: str, value: object) -> None:
    broken = changed({**WHO, "brand": None}, path, value)
    assert outcome(VERIFIER, ISSUER.sign_claims(claims(cm260=broken))).startswith("incomplete: ")


@pytest.mark.parametrize("path", ["test.pathogen", "test.result", "test.type", "test.date", "test"])
def test_a_ddcc_test_with_a_wrong_member_is_refused(path: str) -> None:
    broken = changed(WHO_TEST, path, {"code": "wrong"})
    assert outcome(VERIFIER, ISSUER.sign_claims(claims(cm260=broken))).startswith("incomplete: ")


def test_a_ddcc_without_total_and_brand_is_accepted() -> None:
    small = {key: WHO[key] for key in ("vaccine", "dose", "date")}
    assert verify(VERIFIER, ISSUER.sign_claims(claims(cm260=small))).doses[0].product == "1119349007"


def test_a_ddcc_is_valid_on_its_own_days_and_needs_no_expiry() -> None:
    bare: dict[Any, Any] = {1: "ID", -260: {**WHO, "valid_from": "2021-07-08", "valid_until": "2021-10-01"}}
    assert outcome(VERIFIER, ISSUER.sign_claims(bare)) == "good"
    assert outcome(VERIFIER, ISSUER.sign_claims(bare), WallTime(NOW + timedelta(days=2), sure=True)) == "eu_dcc.expiry"
    early = WallTime(NOW - timedelta(days=90), sure=True)
    assert outcome(VERIFIER, ISSUER.sign_claims(bare), early) == "eu_dcc.not_before"
    assert "exp is missing" in outcome(VERIFIER, ISSUER.sign_claims({1: "ID", -260: {1: VACCINATION}}))


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        ("2021-07-07T16:54", "eu_dcc.not_before"),
        ("2021-07-07T16:55", "good"),  # the 8th begins at 17:00 UTC in Jakarta, with 5 minutes for a slow clock
        ("2021-10-01T16:59", "good"),
        ("2021-10-01T17:00", "eu_dcc.expiry"),
    ],
)
def test_the_days_of_a_ddcc_begin_and_end_in_the_sites_time_zone(utc: str, expected: str) -> None:
    days = {1: "ID", -260: {**WHO, "valid_from": "2021-07-08", "valid_until": "2021-10-01"}}
    when = WallTime(datetime.fromisoformat(f"{utc}+00:00"), sure=True, zone=ZoneInfo("Asia/Jakarta"))
    assert outcome(VERIFIER, ISSUER.sign_claims(days), when) == expected


@pytest.mark.parametrize(("name", "day"), [("valid_from", "0001-01-01"), ("valid_until", "9999-12-31")])
def test_the_first_and_the_last_day_of_the_calendar_are_accepted(name: str, day: str) -> None:
    assert outcome(VERIFIER, ISSUER.sign_claims({1: "ID", -260: {**WHO, name: day}})) == "good"


def test_a_key_of_a_list_that_is_too_old_is_refused() -> None:
    key = replace(ISSUER.trusted, listed_at=NOW - timedelta(days=31))
    assert outcome(EuDcc(TrustList([key], timedelta(days=30))), GOOD) == "eu_dcc.list_age"
    assert outcome(EuDcc(TrustList([key], timedelta(days=31))), GOOD) == "good"
    assert outcome(EuDcc(TrustList([key])), GOOD) == "good"


def test_there_are_three_purposes() -> None:
    assert {purpose.value for purpose in Purpose} == {"vaccination", "test", "recovery"}


def test_a_key_on_another_curve_is_not_usable() -> None:
    from kiosk.credentials.formats.signatures import usable

    assert not usable(ec.generate_private_key(ec.SECP384R1()).public_key())
    assert not usable("key")


def test_the_time_of_these_tests_is_sure() -> None:
    assert WHEN.sure


def test_claims_that_are_no_map_are_bad() -> None:
    assert outcome(VERIFIER, ISSUER.sign_claims([1, 2])) == "incomplete: CBOR is not a map"


def test_a_key_in_an_old_list_and_a_new_one_is_as_young_as_the_new_one() -> None:
    issuer = DccIssuer("AT")
    code = issuer.sign(VACCINATION, NOW - timedelta(days=3), timedelta(days=100))
    old = replace(issuer.trusted, listed_at=NOW - timedelta(days=99))
    new = replace(issuer.trusted, listed_at=NOW)
    for keys in ([old, new], [new, old]):
        assert outcome(EuDcc(TrustList(keys, timedelta(days=30))), code) == "good"
    assert outcome(EuDcc(TrustList([old], timedelta(days=30))), code) == "eu_dcc.list_age"


@pytest.mark.parametrize(
    ("zone", "days", "expected"),
    [
        ("Pacific/Kiritimati", {"valid_from": "0001-01-01"}, "good"),
        ("Pacific/Midway", {"valid_until": "9999-12-31"}, "good"),
    ],
)
def test_the_first_and_the_last_day_of_the_calendar_are_limits_too(
    zone: str, days: dict[str, str], expected: str
) -> None:
    when = WallTime(WHEN.utc, True, ZoneInfo(zone))
    assert outcome(VERIFIER, ISSUER.sign_claims({1: "ID", -260: {**WHO, **days}}), when) == expected


def test_a_signed_map_with_a_repeated_key_is_refused() -> None:
    """Two readers of such a map may see two certificates."""
    once = cbor2.dumps(claims())
    assert outcome(VERIFIER, ISSUER.sign_payload(once)) == "good"
    twice = bytes([once[0] + 1]) + cbor2.dumps(1) + cbor2.dumps("XX") + once[1:]
    assert outcome(VERIFIER, ISSUER.sign_payload(twice)) != "good"
