"""The WHO's digital yellow card: specimens signed by our own keys, in each published form."""

import zlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import cbor2
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.content.credential import Dose, Vaccination
from kiosk.credentials.content.rules import decide
from kiosk.credentials.formats import base45
from kiosk.credentials.schemes.eu_dcc.eu_dcc import EuDcc
from kiosk.credentials.schemes.yellow_card.yellow_card import YellowCard
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.model import Pass, Reason, Refer, Verdict, WallTime
from kiosk.settings.schema.health import Disease, HealthRule, YellowCardRule
from kiosk.simulator.issuers import DccIssuer, wrap_cwt
from tests.credentials.samples import NOW, TEST, VACCINATION, WHEN, changed, outcome, verify

ISSUER = DccIssuer("ID")
VERIFIER = YellowCard(TrustList([ISSUER.trusted]))
YELLOW_FEVER = "YellowFeverProductd2c75a15ed309658b3968519ddb31690"
POLIO = "PolioVaccineOralOPVBivalProductdecf3a77facc0b8f1443db5f7a806857"
OLD: dict[str, Any] = {
    "n": "Siti Contoh",
    "dob": "1980-02-28",
    "s": "female",
    "ntl": "IDN",
    "v": {
        "dn": "Primary",
        "tg": "1D47",
        "vp": "XM0N24",
        "mp": "1",
        "ma": "Contoh",
        "dt": "2019-03-04",
        "bo": "1",
        "vls": "2019-03-14",
        "vle": "2099-12-31",
        "is": "ID",
    },
}
"""As in draft 0.2."""
CARD: dict[str, Any] = {**OLD, "v": {"vp": YELLOW_FEVER, "dt": "2019-03-04", "bo": "1", "cn": "dr. Contoh"}}
"""As in draft 0.3 of October 2025."""
NEW: dict[str, Any] = {
    **{name: OLD[name] for name in ("n", "dob", "s")},
    "nt": "IDN",
    "v": "1.0",
    "d": "2019-03-05",
    "vx": {"vp": YELLOW_FEVER, "dv": "2019-03-04", "bo": "1", "is": "IDN"},
}
"""As in the draft of 2026."""
GIVEN = date(2019, 3, 4)
RULES = (HealthRule(yellow_card=(YellowCardRule(),)),)


def claims(card: object) -> dict[int, Any]:
    return {1: "ID", 6: int((NOW - timedelta(days=9)).timestamp()), -260: {-6: card}}


def code(card: object) -> bytes:
    return ISSUER.sign_claims(claims(card))


GOOD = code(CARD)


@pytest.mark.parametrize(
    ("card", "product"),
    [(OLD, "XM0N24"), (CARD, YELLOW_FEVER), (NEW, YELLOW_FEVER), ({**CARD, "v": [CARD["v"]]}, YELLOW_FEVER)],
)
def test_each_published_form_is_read(card: dict[str, Any], product: str) -> None:
    found = verify(VERIFIER, code(card))
    assert found.vaccinations == (Vaccination(Disease.YELLOW_FEVER, product, GIVEN),)
    assert (found.scheme, found.issuer, found.doses) == ("yellow_card", "ID", ())
    assert (found.holder.name, found.holder.birth_date) == ("Siti Contoh", "1980-02-28")
    assert "Siti" not in repr(found)


def test_a_card_in_a_list_of_one_is_read() -> None:
    assert verify(VERIFIER, code([CARD])).vaccinations
    assert outcome(VERIFIER, code([CARD, CARD])).startswith("incomplete: card is not a list of at most 1")
    assert outcome(VERIFIER, code([])) == "incomplete: card is not an object"


@pytest.mark.parametrize(
    ("vaccination", "disease"),
    [
        ({"vp": POLIO}, Disease.POLIO),
        ({"vp": "XM0N24", "tg": "1C81"}, Disease.POLIO),
        ({"vp": "XM0N24", "tg": "1C1C"}, Disease.MENINGOCOCCAL),
        ({"vp": YELLOW_FEVER, "tg": "1F03"}, Disease.MEASLES),
    ],
)
def test_the_disease_is_that_of_the_code_or_else_of_the_product(vaccination: dict[str, str], disease: Disease) -> None:
    card = {**CARD, "v": {"dt": "2019-03-04", **vaccination}}
    assert [found.disease for found in verify(VERIFIER, code(card)).vaccinations] == [disease]


def test_a_card_against_covid_19_counts_as_one_dose() -> None:
    found = verify(VERIFIER, code({**CARD, "v": {"vp": "XM1NL1", "tg": "RA01", "dt": "2021-07-04"}}))
    assert (found.doses, found.vaccinations) == ((Dose(None, None, date(2021, 7, 4), "XM1NL1"),), ())


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("n", ..., "n is not a text of at most 160 characters"),
        ("n", " ", "n is empty"),
        ("n", 7, "n is not a text of at most 160 characters"),
        ("dob", ..., "dob is not a text of at most 10 characters"),
        ("dob", "", "dob is empty"),
        ("dob", "1980-02-28T00:00", "dob is not a text of at most 10 characters"),
        ("v", ..., "vaccination is not an object"),
        ("v", "1.0", "vaccination is not an object"),
        ("v.vp", ..., "vp is not a text of at most 80 characters"),
        ("v.vp", "", "vp is empty"),
        ("v.vp", "XM0N24", "vp is no product of the WHO's catalogue that names its disease, and there is no tg"),
        ("v.vp", "YellowFeverProduct1", "vp is no product of the WHO's catalogue that names its disease"),
        ("v.vp", f"Diphtheria{YELLOW_FEVER}", "vp is no product of the WHO's catalogue that names its disease"),
        ("v.tg", "XX", "tg is no disease that is known here"),
        ("v.tg", [1], "tg is not a text of at most 20 characters"),
        ("v.tg", {}, "tg is not a text of at most 20 characters"),
        ("v.tg", 7, "tg is not a text of at most 20 characters"),
        ("v.dt", ..., "day of the vaccination is not a text of at most 40 characters"),
        ("v.dt", "4 March", "day of the vaccination is not a date YYYY-MM-DD"),
        ("v.vls", "soon", "vls is not a date YYYY-MM-DD"),
        ("v.vle", 2099, "vle is not a text of at most 40 characters"),
    ],
)
def test_a_genuine_card_without_a_deciding_member_goes_to_the_officer(path: str, value: object, message: str) -> None:
    assert outcome(VERIFIER, code(changed(CARD, path, value))).startswith(f"incomplete: {message}")


@pytest.mark.parametrize("member", ["s", "ntl", "v.bo", "v.cn"])
def test_members_that_decide_nothing_may_be_missing(member: str) -> None:
    assert outcome(VERIFIER, code(changed(CARD, member, ...))) == "good"


def test_every_forged_member_is_refused() -> None:
    signed = cbor2.loads(_cwt(GOOD)).value
    for path in ("n", "dob", "s", "ntl", "v.vp", "v.dt", "v.bo", "v.cn"):
        forged = cbor2.dumps(claims(changed(CARD, path, "1979-01-01")))
        cwt = cbor2.CBORTag(18, [signed[0], signed[1], forged, signed[3]])
        assert outcome(VERIFIER, wrap_cwt(cbor2.dumps(cwt))) == "yellow_card.signature"


def _cwt(card: bytes) -> bytes:
    return zlib.decompress(base45.decode(card[4:]))


def test_a_truncated_card_is_never_good() -> None:
    for length in range(len(GOOD)):
        assert outcome(VERIFIER, GOOD[:length]).startswith("bad: ")
        assert not VERIFIER.claims(GOOD[:length])
    cwt = _cwt(GOOD)
    for length in range(len(cwt)):
        assert outcome(VERIFIER, wrap_cwt(cwt[:length])).startswith("bad: ")


def test_a_card_of_an_unknown_issuer_or_under_another_key_is_refused() -> None:
    stranger = DccIssuer("ID")
    assert outcome(VERIFIER, stranger.sign_claims(claims(CARD))) == "yellow_card.key"
    headers = {1: -7, 4: ISSUER.certificate.fingerprint(SHA256())[:8]}
    assert outcome(VERIFIER, stranger.sign_claims(claims(CARD), headers)) == "yellow_card.signature"


def test_a_key_for_tests_signs_no_card() -> None:
    tests_only = DccIssuer("ID", usages=("1.3.6.1.4.1.1847.2021.1.1",))
    verifier = YellowCard(TrustList([tests_only.trusted]))
    assert outcome(verifier, tests_only.sign_claims(claims(CARD))) == "yellow_card.key_purpose"


@pytest.mark.parametrize(
    ("health", "message"),
    [
        ({1: VACCINATION}, "incomplete: claim -260 is not one certificate under -6"),
        ({-6: CARD, 1: VACCINATION}, "incomplete: claim -260 is not one certificate under -6"),
        ({}, "incomplete: claim -260 is not one certificate under -6"),
        ("x", "incomplete: hcert is not an object"),
    ],
)
def test_a_certificate_of_another_kind_is_no_card(health: object, message: str) -> None:
    assert outcome(VERIFIER, ISSUER.sign_claims({1: "ID", -260: health})) == message
    assert outcome(VERIFIER, ISSUER.sign_claims({1: "ID"})) == "incomplete: claim -260 is not one certificate under -6"


def test_only_a_card_is_claimed() -> None:
    assert VERIFIER.claims(GOOD)
    assert VERIFIER.claims(code(NEW))
    others = (
        ISSUER.sign(VACCINATION, NOW, timedelta(days=1)),
        ISSUER.sign(TEST, NOW, timedelta(days=1)),
        ISSUER.sign_claims({-260: {5: "vhlink:/e30"}}),
        ISSUER.sign_claims({1: "ID"}),
        b"HC1:",
        b"HC1:!",
        b"hello",
        GOOD + b"0" * 4296,
    )
    assert not any(map(VERIFIER.claims, others))


def test_a_site_that_accepts_the_eu_dcc_alone_sends_a_card_to_the_officer() -> None:
    assert outcome(EuDcc(TrustList([ISSUER.trusted])), GOOD).startswith("incomplete: ")


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        ("2019-03-13T16:59", "yellow_card.valid_from"),
        ("2019-03-13T17:00", "good"),  # the 14th begins in Jakarta
        ("2099-12-31T16:59", "good"),
        ("2099-12-31T17:00", "yellow_card.valid_until"),
    ],
)
def test_the_validity_on_the_card_counts_in_days_of_the_site(utc: str, expected: str) -> None:
    when = WallTime(datetime.fromisoformat(f"{utc}+00:00"), True, ZoneInfo("Asia/Jakarta"))
    trusted = replace(ISSUER.trusted, not_before=None, not_after=None)
    early = ISSUER.sign_claims({-260: {-6: OLD}})
    assert outcome(YellowCard(TrustList([trusted])), early, when) == expected


def test_a_card_is_refused_after_the_expiry_of_its_signature_and_while_the_clock_is_unsure() -> None:
    past = {**claims(CARD), 4: int(NOW.timestamp())}
    assert outcome(VERIFIER, ISSUER.sign_claims(past)) == "yellow_card.expiry"
    assert outcome(VERIFIER, GOOD, WallTime(NOW, sure=False)) == "yellow_card.clock"


def judge(card: dict[str, Any], when: WallTime = WHEN, *rules: YellowCardRule) -> Verdict:
    found = verify(VERIFIER, code(card))
    return decide(found, (HealthRule(yellow_card=rules or (YellowCardRule(),)),), when)


@pytest.mark.parametrize(
    ("days", "expected"), [(9, Refer(Reason.NOT_YET_VALID, "yellow_card.since_days")), (10, Pass("yellow_card"))]
)
def test_a_card_against_yellow_fever_counts_from_day_ten_on(days: int, expected: Verdict) -> None:
    given = NOW.date() - timedelta(days=days)
    assert judge(changed(CARD, "v.dt", given.isoformat())) == expected


def test_disease_vaccine_and_age_are_the_rules_of_the_site() -> None:
    polio = YellowCardRule(disease=Disease.POLIO, since_days=0, lapse_days=365)
    assert judge(CARD, WHEN, polio) == Refer(Reason.BELOW_MINIMUM_DOSES, "yellow_card.disease")
    assert judge(CARD, WHEN, polio, YellowCardRule()) == Pass("yellow_card")
    drop = changed(changed(CARD, "v.vp", POLIO), "v.dt", "2021-09-30")
    assert judge(drop, WHEN, polio) == Pass("yellow_card")
    old = changed(drop, "v.dt", "2020-09-30")
    assert judge(old, WHEN, polio) == Refer(Reason.EXPIRED, "yellow_card.lapse_days")
    assert judge(CARD, WHEN, YellowCardRule(vaccines=(YELLOW_FEVER,))) == Pass("yellow_card")
    other = YellowCardRule(vaccines=("XM0N24",))
    assert judge(CARD, WHEN, other) == Refer(Reason.BELOW_MINIMUM_DOSES, "yellow_card.vaccines")


def test_a_card_does_not_count_where_only_doses_count() -> None:
    assert decide(verify(VERIFIER, GOOD), (), WHEN) == Refer(Reason.BELOW_MINIMUM_DOSES, "rules.nothing_that_counts")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-300, 300) | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("n", "dob", "v", "vx", "vp")), inner),
    max_leaves=12,
)


@given(_JSON)
def test_any_signed_card_has_an_outcome(card: object) -> None:
    assert outcome(VERIFIER, code(card)).startswith(("good", "incomplete: ", "yellow_card."))
