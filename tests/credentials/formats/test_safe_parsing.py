import re
from collections.abc import Iterator

import pytest

from kiosk.credentials.formats import safe_parsing
from kiosk.credentials.formats.safe_parsing import MAX_JSON_DEPTH, json_object
from kiosk.errors import BadCredential


class CountedTokens:
    """Stands for the pattern of JSON tokens, and keeps every token that was found."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern
        self.tokens: list[bytes] = []

    def finditer(self, data: bytes) -> Iterator[re.Match[bytes]]:
        for match in self._pattern.finditer(data):
            self.tokens.append(match.group())
            yield match


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> CountedTokens:
    tokens = CountedTokens(safe_parsing._NESTING)
    monkeypatch.setattr(safe_parsing, "_NESTING", tokens)
    return tokens


@pytest.mark.parametrize(
    ("data", "tokens"),
    [
        (b'{"' + rb"\"" * 16_000, [b"{", b'"' + rb"\"" * 16_000]),
        (b'"' + rb"\\" * 16_000 + b"\\", [b'"' + rb"\\" * 16_000]),
    ],
)
def test_a_text_without_its_end_is_scanned_once(data: bytes, tokens: list[bytes], counted: CountedTokens) -> None:
    with pytest.raises(BadCredential, match="not JSON"):
        json_object(data)
    assert counted.tokens == tokens


def test_the_scan_stops_at_the_greatest_depth(counted: CountedTokens) -> None:
    with pytest.raises(BadCredential, match="deeper"):
        json_object(b'{"a' * 10_000)
    assert len(counted.tokens) == 2 * MAX_JSON_DEPTH + 1


def test_a_surrogate_pair_is_a_character_and_a_lone_surrogate_is_refused() -> None:
    assert json_object(rb'{"a": "\ud834\udd1e"}') == {"a": "\U0001d11e"}
    with pytest.raises(BadCredential):
        json_object(rb'{"a": {"\udd1e": 1}}')
