import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.judging.registry import Judgement, Registry
from kiosk.credentials.schemes.site_pass import site_pass
from kiosk.credentials.schemes.site_pass.pass_text import PassKind, SignedPass, read_text, write_text
from kiosk.credentials.schemes.site_pass.site_pass import SitePass
from kiosk.errors import BadCredential
from kiosk.model import Pass, Payload, Reason, Refer, Verdict, WallTime
from tests.credentials import passes
from tests.credentials.passes import KEY, NOON_UTC_S, OTHER_KEY, SURE, UNSURE

GOOD = passes.text()
FIELDS = {1: b"12345678", 2: "bekasi-city-hall", 3: 1, 4: NOON_UTC_S - 60, 5: NOON_UTC_S + 60}


def verdict(data: bytes, when: WallTime = SURE) -> Verdict:
    return Registry([passes.scheme()]).judge(Payload(data), when).verdict


def test_a_pass_of_this_site_lets_staff_in() -> None:
    assert verdict(GOOD) == Pass("staff")


def test_a_pass_of_this_site_lets_an_invited_visitor_in() -> None:
    assert verdict(passes.text(kind=PassKind.INVITED)) == Pass("invited")


def test_a_pass_printed_once_is_read_for_ever() -> None:
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


def test_a_pass_of_an_unknown_key_is_verified_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    verify = site_pass._is_signed_by

    def noted(key: Ed25519PublicKey, signed: SignedPass) -> bool:
        seen.append(key)
        return verify(key, signed)

    monkeypatch.setattr(site_pass, "_is_signed_by", noted)
    assert verdict(passes.text(key=OTHER_KEY)) == Refer(Reason.UNTRUSTED_ISSUER)
    assert seen == [site_pass._DECOY]


def test_what_the_decoys_own_key_signed_is_of_an_unknown_issuer() -> None:
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


def test_a_pass_is_good_to_its_last_second_and_not_beyond() -> None:
    assert verdict(passes.text(ends_utc_s=NOON_UTC_S + 1)) == Pass("staff")
    assert verdict(passes.text(ends_utc_s=NOON_UTC_S)) == Refer(Reason.EXPIRED)
    last_moment = WallTime(SURE.utc - timedelta(microseconds=1), sure=True)
    assert verdict(passes.text(ends_utc_s=NOON_UTC_S), last_moment) == Pass("staff")


def test_a_pass_is_good_from_its_first_second_and_not_before() -> None:
    assert verdict(passes.text(begins_utc_s=NOON_UTC_S)) == Pass("staff")
    assert verdict(passes.text(begins_utc_s=NOON_UTC_S + 1)) == Refer(Reason.NOT_YET_VALID)


@pytest.mark.parametrize("begins_utc_s", [NOON_UTC_S - 60, NOON_UTC_S + 30])
def test_an_unsure_clock_lets_nobody_in(begins_utc_s: int) -> None:
    assert verdict(passes.text(begins_utc_s=begins_utc_s), UNSURE) == Refer(Reason.CLOCK_UNSURE)


def test_an_unsure_clock_does_not_hide_a_forgery() -> None:
    assert verdict(passes.text(key=OTHER_KEY), UNSURE) == Refer(Reason.UNTRUSTED_ISSUER)


def test_a_pass_of_another_site_is_none_here() -> None:
    assert verdict(passes.text(site="bekasi-city-hall-2")) == Refer(Reason.NOT_A_CREDENTIAL, "other_site")


@pytest.mark.parametrize("field", [0, 8, 9, 23, -1, 2**40])
def test_a_restriction_that_this_version_does_not_know_refuses_the_pass(field: int) -> None:
    assert verdict(passes.text_of_fields(FIELDS)) == Pass("staff")
    assert verdict(passes.text_of_fields(FIELDS | {field: 1})) == Refer(Reason.NOT_A_CREDENTIAL, "unknown_field")


@pytest.mark.parametrize("fields", [{}, [], None, {1: 1}, FIELDS | {3: True}, FIELDS | {4: NOON_UTC_S - 60.0}])
def test_claims_that_are_none_are_refused_although_signed(fields: object) -> None:
    assert verdict(passes.text_of_fields(fields)) == Refer(Reason.NOT_A_CREDENTIAL)


def test_claims_in_another_order_are_refused_although_signed() -> None:
    backwards = dict(reversed(FIELDS.items()))
    assert verdict(passes.text_of_fields(backwards, canonical=False)) == Refer(Reason.NOT_A_CREDENTIAL)


def test_no_pass_with_any_character_changed_lets_anybody_in() -> None:
    for at in range(len(GOOD)):
        for flipped in {GOOD[at] ^ (1 << bit) for bit in range(8)}:
            changed = GOOD[:at] + bytes([flipped]) + GOOD[at + 1 :]
            assert isinstance(verdict(changed), Refer)


def test_no_pass_with_any_byte_behind_the_text_changed_lets_anybody_in() -> None:
    signed = read_text(GOOD)
    packed = signed.key_id + signed.signature + signed.claims
    for at in range(len(packed)):
        changed = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]
        text = write_text(replace(signed, key_id=changed[:8], signature=changed[8:72], claims=changed[72:]))
        expected = Reason.UNTRUSTED_ISSUER if at < 8 else Reason.BAD_SIGNATURE
        assert verdict(text.encode()) == Refer(expected)


def test_no_shortened_pass_lets_anybody_in() -> None:
    for length in range(len(GOOD)):
        assert isinstance(verdict(GOOD[:length]), Refer)


@pytest.mark.parametrize("tail", [b"0", b"00", b"000", b" ", b"\n", b"KP1:", GOOD])
def test_nothing_may_follow_a_pass(tail: bytes) -> None:
    assert isinstance(verdict(GOOD + tail), Refer)


@given(st.binary(max_size=310))
def test_any_bytes_get_a_referral_and_never_an_exception(data: bytes) -> None:
    for shown in (data, b"KP1:" + data):
        judgement = Registry([passes.scheme()]).judge(Payload(shown), SURE)
        assert isinstance(judgement.verdict, Refer)
        assert judgement.verdict.rule != "scheme_failed"


@given(st.binary(min_size=1, max_size=128))
def test_any_claims_get_a_verdict_and_never_an_exception(claims: bytes) -> None:
    judgement = Registry([passes.scheme()]).judge(Payload(passes.text_of_bytes(claims)), SURE)
    assert judgement == Judgement(Refer(Reason.NOT_A_CREDENTIAL), "site_pass")


def test_neither_message_nor_log_quotes_the_pass(caplog: pytest.LogCaptureFixture) -> None:
    torn = GOOD[:-1] + b"!"
    with caplog.at_level(logging.DEBUG), pytest.raises(BadCredential) as bad:
        passes.scheme().judge(torn, SURE)
    assert GOOD.decode()[4:20] not in f"{bad.value!r} {bad.value.__cause__!r} {caplog.text}"
