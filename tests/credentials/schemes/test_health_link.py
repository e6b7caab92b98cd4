"""SMART Health Links and the pilgrims' health card: recognised, their envelope verified, and nothing is fetched."""

import base64
import socket
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.content.credential import CheckRefused, Examination
from kiosk.credentials.judging.offline import OfflineScheme
from kiosk.credentials.schemes.health_link.health_link import HealthLink
from kiosk.credentials.trust.trust_list import TrustList
from kiosk.errors import BadCredential
from kiosk.model import Reason, Refer, WallTime
from kiosk.simulator.issuers import DccIssuer, as_json
from kiosk.simulator.specimens import LINK, link_code
from tests.credentials.samples import NOW, VACCINATION, WHEN, outcome

ISSUER = DccIssuer("SA")
VERIFIER = HealthLink(TrustList([ISSUER.trusted]))
REFUSED = "health_link.certificate_itself"
BARE = link_code(LINK, "shlink:/")


def card(value: object) -> bytes:
    return ISSUER.sign_claims({1: "SA", 6: int((NOW - timedelta(days=9)).timestamp()), -260: {5: value}})


CARD = card(link_code(LINK).decode())


@pytest.mark.parametrize(
    "code",
    [
        BARE,
        link_code(LINK, "vhlink:/"),
        link_code({"url": LINK["url"]}, "shlink:/") + b"==",
        b"https://viewer.example/ips#" + BARE,
        CARD,
        card([BARE.decode()]),
        card({"u": BARE.decode()}),
        card([{"u": BARE.decode()}]),
    ],
)
def test_a_link_is_recognised_and_the_certificate_itself_is_asked_for(code: bytes) -> None:
    assert VERIFIER.claims(code)
    examination = Examination("health_link")
    with pytest.raises(CheckRefused) as refused:
        VERIFIER.verify(code, WHEN, examination)
    assert refused.value.verdict == Refer(Reason.LINK_ONLY, REFUSED)
    written = str([(check.name, check.detail) for check in examination.checks])
    assert "demo.example; it is not fetched" in written
    assert LINK["key"] not in written
    assert "manifest" not in written


def test_the_envelope_of_a_pilgrims_card_is_verified() -> None:
    examination = Examination("health_link")
    assert OfflineScheme(VERIFIER, ()).examine(CARD, WHEN, examination) == Refer(Reason.LINK_ONLY, REFUSED)
    assert [check.name for check in examination.checks if check.passed] == [
        *("prefix", "base45", "compression", "cose", "key", "signature", "claims", "link"),
        *("clock", "not_before", "expiry", "key_dates", "list_age", "revocation", "address", "flags"),
    ]


def test_a_forged_or_strange_pilgrims_card_is_told_as_such() -> None:
    stranger = DccIssuer("SA")
    claims = {1: "SA", -260: {5: BARE.decode()}}
    assert outcome(VERIFIER, stranger.sign_claims(claims)) == "health_link.key"
    header = {1: -7, 4: base64.b64decode(ISSUER.trusted.key_id)}
    assert outcome(VERIFIER, stranger.sign_claims(claims, header)) == "health_link.signature"
    assert outcome(VERIFIER, card(BARE.decode()), WallTime(NOW, sure=False)) == "health_link.clock"
    late = ISSUER.sign_claims({4: int(NOW.timestamp()), **claims})
    assert outcome(VERIFIER, late) == "health_link.expiry"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("https://example.org", "not shlink:/ or vhlink:/ with base64url"),
        ("shlink:/", "not shlink:/ or vhlink:/ with base64url"),
        ("shlink:/!", "not shlink:/ or vhlink:/ with base64url"),
        ("shlink:/e30", "url is not a text of at most 1000 characters"),
        ("shlink:/eA", "not JSON"),
        ("shlink:/e", "base64url of an impossible length"),
        (link_code({"url": "http://a.example"}).decode(), "url is no address with https"),
        (link_code({"url": "https://"}).decode(), "url is no address with https"),
        (link_code({"url": "https://[a"}).decode(), "url is no address with https"),
        (link_code({"url": 7}).decode(), "url is not a text of at most 1000 characters"),
        (7, "link is not a text of at most 2000 characters"),
        ([], "link is not a text of at most 2000 characters"),
        ({"u": 7}, "link is not a text of at most 2000 characters"),
        ([BARE.decode(), BARE.decode()], "link is not a list of at most 1"),
    ],
)
def test_a_genuine_card_without_a_link_goes_to_the_officer(value: object, message: str) -> None:
    assert outcome(VERIFIER, card(value)) == f"incomplete: {message}"


@pytest.mark.parametrize("code", [b"shlink:/", b"shlink:/e30", b"vhlink:/\xff", b"https://a.example#shlink:/x y"])
def test_a_bare_link_that_cannot_be_read_is_no_credential(code: bytes) -> None:
    assert VERIFIER.claims(code)
    with pytest.raises(BadCredential):
        VERIFIER.verify(code, WHEN, Examination("health_link"))


def test_a_truncated_card_or_link_never_passes() -> None:
    for code in (CARD, BARE):
        for length in range(len(code)):
            assert outcome(VERIFIER, code[:length]).startswith(("bad: ", REFUSED))


def test_other_codes_are_not_claimed() -> None:
    others = (ISSUER.sign(VACCINATION, NOW, timedelta(days=1)), b"https://a.example/", b"link:/e30", b"HC1:", b"")
    assert not any(map(VERIFIER.claims, others))


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", fail)
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    for code in (CARD, BARE):
        assert outcome(VERIFIER, code) == REFUSED


@given(st.dictionaries(st.sampled_from(("url", "key", "exp", "flag")), st.text(max_size=20) | st.integers()))
def test_any_link_has_an_outcome_and_never_passes(link: dict[str, Any]) -> None:
    code = b"shlink:/" + link_code(link, "")
    assert as_json(link)
    assert outcome(VERIFIER, code).startswith(("bad: ", REFUSED))
