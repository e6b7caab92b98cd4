import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.check_in.messages import (
    Binding,
    IssuedCode,
    code_request,
    read_code,
    read_result,
    result_request,
    withdrawal,
)

BINDING = Binding("gate-1", "visit-text", "nonce-text")
ID = "c0de-c0de-c0de-1"
BOUND = {"kiosk": "gate-1", "visit": "visit-text", "nonce": "nonce-text"}
ISSUED = {**BOUND, "id": ID, "code": "https://venue.test/c/1", "valid_s": 60}
RESULT = {**BOUND, "id": ID, "status": "green"}


def text(members: dict[str, Any]) -> bytes:
    return json.dumps(members).encode()


def test_the_requests_are_those_of_the_protocol_page() -> None:
    assert json.loads(code_request(BINDING)) == BOUND
    asked = {**BOUND, "id": ID, "known": "pending", "wait_s": 20}
    assert json.loads(result_request(BINDING, ID, "pending", 20)) == asked
    assert json.loads(withdrawal(BINDING, ID)) == {**BOUND, "id": ID}


def test_a_right_answer_is_read_and_what_else_it_says_is_not() -> None:
    more = {"name": "Budi", "nik": "3275010101010001"}
    assert read_code(text(ISSUED | more), BINDING) == IssuedCode(ID, "https://venue.test/c/1", 60.0)
    assert read_result(text(RESULT | more), BINDING, ID) == "green"


@pytest.mark.parametrize("member", ["kiosk", "visit", "nonce", "id"])
@pytest.mark.parametrize("value", ["", "other", None, 1, ["gate-1"], {"gate-1": 1}])
def test_an_answer_about_something_else_counts_as_none(member: str, value: object) -> None:
    assert read_result(text(RESULT | {member: value}), BINDING, ID) is None
    if member != "id":
        assert read_code(text(ISSUED | {member: value}), BINDING) is None


@pytest.mark.parametrize("member", sorted(ISSUED))
def test_a_code_without_a_member_is_none(member: str) -> None:
    assert read_code(text({name: value for name, value in ISSUED.items() if name != member}), BINDING) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "short"},
        {"id": "x" * 129},
        {"id": "c0de c0de c0de 1"},
        {"code": ""},
        {"code": "x" * 301},
        {"code": "with space"},
        {"code": "é"},
        {"code": 5},
        {"valid_s": 9.9},
        {"valid_s": 3600.1},
        {"valid_s": True},
        {"valid_s": "60"},
        {"valid_s": None},
        {"valid_s": 1e999},
    ],
    ids=str,
)
def test_a_code_outside_its_limits_is_none(wrong: dict[str, Any]) -> None:
    assert read_code(text(ISSUED | wrong), BINDING) is None


@pytest.mark.parametrize("status", ["", "Green", "green ", "x" * 33, "3275010101010001", None, True, ["green"]])
def test_a_status_that_is_no_word_is_none(status: object) -> None:
    assert read_result(text(RESULT | {"status": status}), BINDING, ID) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        text(RESULT)[:-1],
        text(RESULT) + text(RESULT),
        text(RESULT)[:-1] + b', "status": "green"}',
        text(RESULT)[:-1] + b', "more": ' + b"[" * 30 + b"]" * 30 + b"}",
        text(RESULT | {"more": list(range(100))}),
        text(RESULT).replace(b"green", b"gre\xff"),
    ],
)
def test_a_body_that_is_not_one_small_object_is_none(body: bytes) -> None:
    assert read_result(body, BINDING, ID) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_none(body: bytes) -> None:
    assert read_code(body, BINDING) is None
    assert read_result(body, BINDING, ID) is None


def test_no_repr_shows_what_identifies_a_code() -> None:
    assert ID not in repr(IssuedCode(ID, "https://venue.test/c/1", 60.0))
    assert "nonce-text" not in repr(BINDING)
