"""Safe parsing of foreign bytes: sizes are limited before work is done, and bad input raises one exception.

A code can be shown by anybody, so every parser assumes an attacker. Two rules make the parsers safe to compose.

Bounds before work. The size of the result or the shape of the input is limited before the step that could be costly:
inflating stops one byte after the limit; JSON is scanned for its depth and its number of parts by one linear pass over
the raw bytes, and only then given to the real parser; whole numbers are limited in digits, because converting them
takes quadratic time.

One exit. Every function here raises `BadCredential` and no other exception, for any input. A caller needs one `except`
clause, and the visitor gets one answer. No message contains the data itself, because messages are logged.
"""

import base64
import binascii
import json
import re
import zlib
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from kiosk.errors import BadCredential

MAX_JSON_DEPTH = 24
MAX_JSON_ITEMS = 4000
MAX_INTEGER_DIGITS = 20
MAX_TEXT = 2000
"""Greatest number of characters of one field; the formats themselves allow 80 to 200."""

EARLIEST_S, LATEST_S = 0, 253_402_300_799
"""Seconds since 1970 of the years 1970 to 9999; Python's calendar ends after 9999."""

_BASE64URL = re.compile(rb"[A-Za-z0-9_-]*\Z")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Matches a JSON string. A string without its closing quote matches to the end of the data. Otherwise the search would
start again at each following quote and take quadratic time: seconds for 32 kB."""

_OPENING = b"{["
_NO_BRACKETS = bytes(character for character in range(256) if character not in b"{}[]")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def inflate(data: bytes, max_bytes: int, window_bits: int, trailer_bytes: int = 0) -> bytes:
    """Inflate one complete deflate stream.

    window_bits: 15 for zlib (RFC 1950), -15 for raw deflate (RFC 1951).
    trailer_bytes: greatest number of bytes that may follow the stream; they are ignored.

    Raises:
        BadCredential: the stream is malformed or incomplete, gives more than `max_bytes`, or too much data
            follows.
    """
    engine = zlib.decompressobj(window_bits)
    try:
        plain = engine.decompress(data, max_bytes + 1)
    except zlib.error:
        raise BadCredential("not deflated data") from None
    if len(plain) > max_bytes:
        raise BadCredential(f"inflates to more than {max_bytes} bytes")
    if not engine.eof or len(engine.unused_data) > trailer_bytes:
        raise BadCredential("deflated data is incomplete or has more data behind its end")
    return plain


def base64url(text: bytes) -> bytes:
    """Decode base64url without padding (RFC 7515 section 2); raises `BadCredential` if `text` is not base64url."""
    if not _BASE64URL.match(text):
        raise BadCredential("not base64url")
    try:
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        raise BadCredential("base64url of an impossible length") from None


def json_object(data: bytes, max_items: int = MAX_JSON_ITEMS) -> dict[str, Any]:
    """Read one JSON object in UTF-8, of at most `max_items` parts.

    Escapes of lone surrogates are refused, because no encoding can write them (RFC 7493 section 2.1).

    Raises:
        BadCredential: the data is not a JSON object, is nested too deep, has too many parts, repeats a key, or has NaN,
            Infinity, a whole number of more than 20 digits or a lone surrogate.
    """
    _bound_json(data, max_items)
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            object_pairs_hook=_without_repeated_keys,
        )
        if _SURROGATE_ESCAPE.search(data):
            json.dumps(value, ensure_ascii=False).encode()  # fails for a lone surrogate; a pair is a character
    except (ValueError, RecursionError):
        raise BadCredential("not JSON") from None
    return as_object(value, "the whole")


def _bound_json(data: bytes, max_items: int) -> None:
    """Raise `BadCredential` if `data` is nested too deep or has too many parts, in one pass over the bytes."""
    outside, strings = _STRING.subn(b"", data)
    brackets = outside.translate(None, _NO_BRACKETS)
    depth = deepest = 0
    for bracket in brackets:
        if bracket in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    if deepest > MAX_JSON_DEPTH or strings + len(brackets) + outside.count(b",") > max_items:
        raise BadCredential(f"JSON deeper than {MAX_JSON_DEPTH} or of more than {max_items} parts")


def _refuse_constant(_: str) -> NoReturn:
    raise BadCredential("JSON with NaN or Infinity")


def _bounded_int(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS:
        raise BadCredential("JSON with a huge number")
    return int(digits)


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadCredential("JSON object with a key given twice")
    return found


def as_object(value: object, name: str) -> dict[str, Any]:
    """Return `value` if it is an object; otherwise raises `BadCredential`, which names the member `name`."""
    if not isinstance(value, dict):
        raise BadCredential(f"{name} is not an object")
    return value


def as_list(value: object, name: str, max_items: int = 50) -> list[Any]:
    """Return `value` if it is a list of at most `max_items` items; otherwise raises `BadCredential` with `name`."""
    if not isinstance(value, list) or len(value) > max_items:
        raise BadCredential(f"{name} is not a list of at most {max_items}")
    return value


def as_text(value: object, name: str, max_characters: int = MAX_TEXT) -> str:
    """Return `value` if it is a text of at most `max_characters`; otherwise raises `BadCredential` with `name`."""
    if not isinstance(value, str) or len(value) > max_characters:
        raise BadCredential(f"{name} is not a text of at most {max_characters} characters")
    return value


def as_time(value: object, name: str) -> datetime:
    """Return `value`, a number of seconds since 1970 (NumericDate of RFC 7519), as a time in UTC.

    Raises:
        BadCredential: `value` is not a number, or lies outside the years 1970 to 9999.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not EARLIEST_S <= value <= LATEST_S:
        raise BadCredential(f"{name} is not a time in seconds since 1970")
    return datetime.fromtimestamp(value, UTC)


def as_day(value: object, name: str) -> date:
    """Return the day in `value`, an ISO 8601 date with or without a time; raises `BadCredential` for other text."""
    match = _DAY.match(as_text(value, name, 40))
    try:
        return date(*map(int, match.groups())) if match else _refuse_day(name)
    except ValueError:
        _refuse_day(name)


def _refuse_day(name: str) -> NoReturn:
    raise BadCredential(f"{name} is not a date YYYY-MM-DD")


def as_moment(value: object, name: str) -> datetime:
    """Return `value`, an ISO 8601 date and time, in UTC. A time without a zone is taken as UTC.

    Raises:
        BadCredential: `value` is not a date and time, or its time in UTC lies outside Python's calendar.
    """
    try:
        moment = datetime.fromisoformat(as_text(value, name, 40).strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadCredential(f"{name} is not a date and time") from None
