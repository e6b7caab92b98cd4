import re

import pytest

from kiosk.credentials.formats import safe_parsing
from kiosk.credentials.formats.safe_parsing import MAX_JSON_DEPTH, MAX_JSON_ITEMS, json_object
from kiosk.errors import BadCredential


@pytest.mark.parametrize("data", [b'{"' + rb"\"" * 16_000, b'"' + rb"\\" * 16_000 + b"\\", b'{"a": "' + b"b" * 32_000])
def test_a_text_without_its_end_is_scanned_once(data: bytes) -> None:
    with pytest.raises(BadCredential, match="not JSON"):
        json_object(data)
    begin = data.index(b'"', 1) if data.startswith(b'{"a"') else 0
    matches = [match.span() for match in re.finditer(safe_parsing._STRING, data[begin:])]
    assert len(matches) <= 2, "the search does not begin again at each quote"


@pytest.mark.parametrize("excess", [0, 1])
def test_the_depth_and_the_number_of_parts_are_limited(excess: int) -> None:
    deep = MAX_JSON_DEPTH + excess
    nested = b'{"a":' * deep + b"1" + b"}" * deep
    wide = b'{"a":[' + b",".join([b"1"] * (MAX_JSON_ITEMS - 4 + excess)) + b"]}"
    for data in (nested, wide):
        if excess:
            with pytest.raises(BadCredential, match="deeper"):
                json_object(data)
        else:
            assert json_object(data)


def test_brackets_and_commas_inside_texts_do_not_count() -> None:
    assert json_object(b'{"a": "' + b"[{,]" * 9000 + b'"}')


def test_a_surrogate_pair_is_a_character_and_a_lone_surrogate_is_refused() -> None:
    assert json_object(rb'{"a": "\ud834\udd1e"}') == {"a": "\U0001d11e"}
    with pytest.raises(BadCredential):
        json_object(rb'{"a": {"\udd1e": 1}}')
