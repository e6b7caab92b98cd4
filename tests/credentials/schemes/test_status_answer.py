import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials.formats.safe_parsing import _STRING
from kiosk.credentials.schemes.online_status.status_answer import REMEDIES, read_status
from kiosk.support.https.outcome import JsonAnswer, RequestFailure

PATH = ("status",)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"status": "green"}', "green"),
        (b' {"status": "gr\\u0065en", "more": [1, {"status": "black"}]} ', "green"),
        ('{"status": "hijau é"}'.encode(), "hijau é"),
        (b'{"status": true}', "true"),
        (b'{"status": false}', "false"),
        (b'{"status": 1}', "1"),
        (b'{"status": -12}', "-12"),
        (b'{"status": ""}', ""),
        (b'{"status": "[[[[[[[[[[[[[[[[[[[[[[[[["}', "[[[[[[[[[[[[[[[[[[[[[[[[["),
        (b'{"x": ' + b"[" * 15 + b"]" * 15 + b', "status": "green"}', "green"),
    ],
)
def test_the_status_is_found(body: bytes, expected: str) -> None:
    assert read_status(body, PATH) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"green",
        b'"green"',
        b"[]",
        b'["status"]',
        b"null",
        b"{}",
        b'{"Status": "green"}',
        b'{"status": null}',
        b'{"status": 1.0}',
        b'{"status": ["green"]}',
        b'{"status": {"status": "green"}}',
        b'{"status": "green"} x',
        b'{"status": "green"}{"status": "green"}',
        b'{"status": "green", "status": "black"}',
        b'{"status": "green", "x": {"y": 1, "y": 1}}',
        b'{"status": "green", "x": NaN}',
        b'{"status": "green", "x": -Infinity}',
        b'{"status": "gre\xffen"}',
        b'\xef\xbb\xbf{"status": "green"}',
        '{"status": "green"}'.encode("utf-16"),
        b'{"status": ' + b"1" * 5000 + b"}",
        b'{"x": ' + b"[" * 24 + b"]" * 24 + b', "status": "green"}',
        b"[" * 60_000,
        b'{"x":' * 60_000,
    ],
)
def test_any_other_body_has_no_status(body: bytes) -> None:
    assert read_status(body, PATH) is None


def test_the_path_goes_through_objects_only() -> None:
    assert read_status(b'{"data": {"status": "green"}}', ("data", "status")) == "green"
    assert read_status(b'{"data": [{"status": "green"}]}', ("data", "status")) is None
    assert read_status(b'{"data": "status"}', ("data", "status")) is None


@given(st.binary(max_size=200))
def test_any_bytes_give_a_text_or_none(body: bytes) -> None:
    assert isinstance(read_status(body, PATH), str | None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.just("status"), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(json_values)
def test_any_json_gives_a_text_or_none(value: object) -> None:
    assert isinstance(read_status(json.dumps(value).encode(), PATH), str | None)


@pytest.mark.parametrize("part", [b'"', b'\\"', b"[]", b'"\\', b"\\", b"{"])
def test_the_longest_hostile_answer_is_refused_and_scanned_once(part: bytes) -> None:
    body = (b'"' + part * 1_048_576)[:1_048_576]
    assert read_status(body, PATH) is None
    # Each quotation mark is inside a match, so that no search for the end of a text fails and is repeated.
    assert b'"' not in _STRING.sub(b"", body)


def test_an_answer_does_not_show_its_body() -> None:
    assert "Budi" not in repr(JsonAnswer(is_known=True, body=b'{"name": "Budi"}'))


def test_every_failure_has_a_remedy() -> None:
    assert set(REMEDIES) == set(RequestFailure)
