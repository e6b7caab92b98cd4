import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.judging.registry import Judgement, Registry
from kiosk.credentials.schemes.site_pass import site_pass
from kiosk.credentials.schemes.site_pass.pass_text import PassKind, SignedPass, read_text, write_text
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.errors import BadCredential
from kiosk.model import Pass, PassUse, Payload, Proof, Reason, Refer, Verdict, WallTime
from kiosk.office.pass_office import issue_order
from kiosk.office.pass_orders import PassOrder, weekdays_of
from tests.credentials import passes
from tests.credentials.passes import KEY, MONDAY, NOON_UTC_S, ORDER, OTHER_KEY, SITE, SURE, UNSURE

GOOD = passes.text()
FIELDS = {1: b"12345678", 2: "bekasi-city-hall", 3: 1, 4: NOON_UTC_S - 60, 5: NOON_UTC_S + 60}


def verdict(data: bytes, when: WallTime = SURE) -> Verdict:
    return Registry([passes.scheme()]).judge(Payload(data), when).verdict


def test_a_pass_of_this_site_admits_staff() -> None:
    assert verdict(GOOD) == Pass("staff")


def test_a_pass_of_this_site_admits_an_invited_visitor() -> None:
    assert verdict(passes.text(kind=PassKind.INVITED)) == Pass("invited")


def test_a_pass_printed_by_an_earlier_version_is_read() -> None:
    printed = (
        b"KP1:0CK1SGZ GFV0P8QA92.QM1 SA+AQI2RDGOU7:F6-V6:9NO:3-244X75.40ZJ8KA XAGRL.AJH P./AM.M9TE5CCC8QIY1OK8*8IU9HP*I"
        b"$N2V%KR49X507H0QS0**0F9E/ CHECFDDOPCRWEEX5AECLTDZ503F3BMB2VG3F3BMBR5"
    )
    assert verdict(printed) == Pass("staff")


def test_only_a_text_with_the_prefix_is_claimed() -> None:
    assert passes.scheme().claims(b"KP1:")
    assert not passes.scheme().claims(b"KP2:")
    assert not passes.scheme().claims(b"kp1:")


def test_a_pass_of_an_unknown_key_has_an_untrusted_issuer() -> None:
    assert verdict(passes.text(key=OTHER_KEY)) == Refer(Reason.UNTRUSTED_ISSUER)


def test_a_pass_of_an_unknown_key_is_verified_with_the_decoy_key(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    verify = site_pass._is_signed_by

    def recorded(key: Ed25519PublicKey, signed: SignedPass) -> bool:
        seen.append(key)
        return verify(key, signed)

    monkeypatch.setattr(site_pass, "_is_signed_by", recorded)
    assert verdict(passes.text(key=OTHER_KEY)) == Refer(Reason.UNTRUSTED_ISSUER)
    assert seen == [site_pass._DECOY]


def test_a_pass_signed_with_the_decoy_key_has_an_untrusted_issuer() -> None:
    decoy = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert verdict(passes.text(key=decoy)) == Refer(Reason.UNTRUSTED_ISSUER)


def test_two_keys_are_trusted_while_one_replaces_the_other() -> None:
    scheme = SitePass("bekasi-city-hall", passes.keys(KEY, OTHER_KEY))
    assert scheme.judge(passes.text(key=KEY), SURE) == Pass("staff")
    assert scheme.judge(passes.text(key=OTHER_KEY), SURE) == Pass("staff")


def test_a_signature_of_another_key_under_a_trusted_key_id_is_bad() -> None:
    forged = replace(read_text(passes.text(key=OTHER_KEY)), key_id=read_text(GOOD).key_id)
    assert verdict(write_text(forged).encode()) == Refer(Reason.BAD_SIGNATURE)


def test_a_signature_made_over_the_claims_alone_is_bad() -> None:
    signed = read_text(GOOD)
    forged = replace(signed, signature=KEY.sign(signed.key_id + signed.claims))
    assert verdict(write_text(forged).encode()) == Refer(Reason.BAD_SIGNATURE)


def test_a_pass_is_valid_until_its_last_second() -> None:
    assert verdict(passes.text(ends_utc_s=NOON_UTC_S + 1)) == Pass("staff")
    assert verdict(passes.text(ends_utc_s=NOON_UTC_S)) == Refer(Reason.EXPIRED)
    last_moment = WallTime(SURE.utc - timedelta(microseconds=1), sure=True)
    assert verdict(passes.text(ends_utc_s=NOON_UTC_S), last_moment) == Pass("staff")


def test_a_pass_is_valid_from_its_first_second() -> None:
    assert verdict(passes.text(begins_utc_s=NOON_UTC_S)) == Pass("staff")
    assert verdict(passes.text(begins_utc_s=NOON_UTC_S + 1)) == Refer(Reason.NOT_YET_VALID)


@pytest.mark.parametrize("begins_utc_s", [NOON_UTC_S - 60, NOON_UTC_S + 30])
def test_an_unsure_clock_refers(begins_utc_s: int) -> None:
    assert verdict(passes.text(begins_utc_s=begins_utc_s), UNSURE) == Refer(Reason.CLOCK_UNSURE)


def test_an_unsure_clock_does_not_hide_a_forgery() -> None:
    assert verdict(passes.text(key=OTHER_KEY), UNSURE) == Refer(Reason.UNTRUSTED_ISSUER)


def test_a_pass_of_another_site_is_not_a_credential() -> None:
    assert verdict(passes.text(site="bekasi-city-hall-2")) == Refer(Reason.NOT_A_CREDENTIAL, "other_site")


@pytest.mark.parametrize("field", [0, 9, 10, 23, -1, 2**40])
def test_a_pass_with_an_unknown_field_is_refused(field: int) -> None:
    assert verdict(passes.text_of_fields(FIELDS)) == Pass("staff")
    assert verdict(passes.text_of_fields(FIELDS | {field: 1})) == Refer(Reason.NOT_A_CREDENTIAL, "unknown_field")


def judge_order(order: PassOrder, at: datetime = MONDAY, scheme: SitePass | None = None) -> Verdict:
    issued = issue_order(passes.KEY, SITE, order)
    scheme = scheme or SitePass(SITE, passes.keys(passes.KEY), area="lobby")
    return scheme.judge(issued.text.encode(), WallTime(at, True, ZoneInfo("Asia/Jakarta")))


def test_a_pass_for_working_days_is_valid_on_them_in_the_sites_own_time() -> None:
    order = replace(ORDER, weekdays=weekdays_of("mon-fri"))
    assert judge_order(order) == Pass("staff")
    saturday = datetime(2021, 10, 9, 2, 0, tzinfo=UTC)
    assert judge_order(order, saturday) == Refer(Reason.NOT_YET_VALID, "other_weekday")
    sunday_in_utc_and_monday_in_bekasi = datetime(2021, 10, 10, 20, 0, tzinfo=UTC)
    assert judge_order(order, sunday_in_utc_and_monday_in_bekasi) == Pass("staff")


def test_a_pass_for_areas_is_valid_in_those_areas_only() -> None:
    assert judge_order(replace(ORDER, areas=("lab", "lobby"))) == Pass("staff")
    assert judge_order(replace(ORDER, areas=("lab",))) == Refer(Reason.STATUS_DENIED, "other_area")
    anywhere = SitePass(SITE, passes.keys(passes.KEY))
    assert judge_order(replace(ORDER, areas=("lab",)), scheme=anywhere) == Refer(Reason.STATUS_DENIED, "other_area")
    assert judge_order(ORDER, scheme=anywhere) == Pass("staff")


@pytest.mark.parametrize("changes", [{6: 0}, {6: 128}, {6: "x"}, {7: 1}, {6: b"x"}, {8: 3}, {8: -1}, {8: "1"}])
def test_weekdays_areas_or_use_of_a_wrong_type_are_refused(changes: dict[int, object]) -> None:
    with pytest.raises(BadCredential, match="weekdays, areas or use"):
        passes.scheme().judge(passes.text_of_fields(FIELDS | changes), passes.SURE)


@pytest.mark.parametrize("fields", [{}, [], None, {1: 1}, FIELDS | {3: True}, FIELDS | {4: NOON_UTC_S - 60.0}])
def test_claims_of_a_wrong_shape_are_refused_although_signed(fields: object) -> None:
    assert verdict(passes.text_of_fields(fields)) == Refer(Reason.NOT_A_CREDENTIAL)


def test_claims_in_another_order_are_refused_although_signed() -> None:
    backwards = dict(reversed(FIELDS.items()))
    assert verdict(passes.text_of_fields(backwards, canonical=False)) == Refer(Reason.NOT_A_CREDENTIAL)


def test_a_pass_with_one_changed_character_is_refused() -> None:
    for at in range(len(GOOD)):
        for flipped in {GOOD[at] ^ (1 << bit) for bit in range(8)}:
            changed = GOOD[:at] + bytes([flipped]) + GOOD[at + 1 :]
            assert isinstance(verdict(changed), Refer)


def test_a_pass_with_one_changed_byte_before_encoding_is_refused() -> None:
    signed = read_text(GOOD)
    packed = signed.key_id + signed.signature + signed.claims
    for at in range(len(packed)):
        changed = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]
        text = write_text(replace(signed, key_id=changed[:8], signature=changed[8:72], claims=changed[72:]))
        expected = Reason.UNTRUSTED_ISSUER if at < 8 else Reason.BAD_SIGNATURE
        assert verdict(text.encode()) == Refer(expected)


def test_a_shortened_pass_is_refused() -> None:
    for length in range(len(GOOD)):
        assert isinstance(verdict(GOOD[:length]), Refer)


@pytest.mark.parametrize("tail", [b"0", b"00", b"000", b" ", b"\n", b"KP1:", GOOD])
def test_a_pass_followed_by_more_text_is_refused(tail: bytes) -> None:
    assert isinstance(verdict(GOOD + tail), Refer)


@given(st.binary(max_size=310))
def test_any_bytes_are_referred_without_an_exception(data: bytes) -> None:
    for shown in (data, b"KP1:" + data):
        judgement = Registry([passes.scheme()]).judge(Payload(shown), SURE)
        assert isinstance(judgement.verdict, Refer)
        assert judgement.verdict.rule != "scheme_failed"


@given(st.binary(min_size=1, max_size=128))
def test_any_signed_claims_are_judged_without_an_exception(claims: bytes) -> None:
    judgement = Registry([passes.scheme()]).judge(Payload(passes.text_of_bytes(claims)), SURE)
    assert judgement == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "site_pass")


def test_neither_message_nor_log_quotes_the_pass(caplog: pytest.LogCaptureFixture) -> None:
    damaged = GOOD[:-1] + b"!"
    with caplog.at_level(logging.DEBUG), pytest.raises(BadCredential) as bad:
        passes.scheme().judge(damaged, SURE)
    assert GOOD.decode()[4:20] not in f"{bad.value!r} {bad.value.__cause__!r} {caplog.text}"


@pytest.mark.parametrize("use", PassUse)
def test_a_pass_tells_how_often_it_may_be_used_and_is_known_again_by_its_id(use: PassUse) -> None:
    found = judge_order(replace(ORDER, use=use))
    assert isinstance(found, Pass)
    assert found.proof
    assert found.proof.use == use
    assert found.proof.identity != judge_proof(replace(ORDER, use=use)).identity, "another pass has another id"
    assert "identity" not in repr(found)


def judge_proof(order: PassOrder) -> Proof:
    found = judge_order(order)
    assert isinstance(found, Pass)
    assert found.proof
    return found.proof
