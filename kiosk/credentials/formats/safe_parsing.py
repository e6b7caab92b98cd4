"""Reading foreign bytes: every size is bounded before work is done, and there is one exit for bad input.

Rule 1: every function raises BadCredential and nothing else, whatever it is given.
Rule 2: no message contains what was read.
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
MAX_TEXT = 2000
"""The longest text in one field that is looked at; the formats themselves allow 80 to 200 characters."""

EARLIEST_S, LATEST_S = 0, 253_402_300_799
"""Times outside 1970 to 9999 are no times; beyond them the calendar of Python ends."""

_BASE64URL = re.compile(rb"[A-Za-z0-9_-]*\Z")
_NESTING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
"""A text without its end is taken to the end of all: to look for it again from each sign in it takes seconds."""
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def inflate(data: bytes, max_bytes: int, window_bits: int) -> bytes:
    """Inflate one whole stream; `window_bits` 15 for zlib (RFC 1950), -15 for raw deflate (RFC 1951)."""
    engine = zlib.decompressobj(window_bits)
    try:
        plain = engine.decompress(data, max_bytes + 1)
    except zlib.error:
        raise BadCredential("not deflated data") from None
    if len(plain) > max_bytes:
        raise BadCredential(f"inflates to more than {max_bytes} bytes")
    if not engine.eof or engine.unused_data:
        raise BadCredential("deflated data is cut short or goes on behind its end")
    return plain


def base64url(text: bytes) -> bytes:
    """Decode base64url without padding (RFC 7515 section 2)."""
    if not _BASE64URL.match(text):
        raise BadCredential("not base64url")
    try:
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        raise BadCredential("base64url of an impossible length") from None


def json_object(data: bytes, max_items: int = MAX_JSON_ITEMS) -> dict[str, Any]:
    """Read one JSON object in UTF-8; depth, number of items, doubled keys, NaN and huge numbers are refused.

    So are the escapes of half a character, which no encoding can write (RFC 7493 section 2.1).
    """
    _bound_json(data, max_items)
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            object_pairs_hook=_without_doubles,
        )
        if _HALF_CHARACTER.search(data):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadCredential("not JSON") from None
    return as_object(value, "the whole")


def _bound_json(data: bytes, max_items: int) -> None:
    depth = 0
    for items, match in enumerate(_NESTING.finditer(data)):
        sign = match.group()
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
        if depth > MAX_JSON_DEPTH or items > max_items:
            raise BadCredential(f"JSON deeper than {MAX_JSON_DEPTH} or of more than {max_items} parts")


def _refuse_constant(_: str) -> NoReturn:
    raise BadCredential("JSON with NaN or Infinity")


def _bounded_int(digits: str) -> int:
    if len(digits) > 20:
        raise BadCredential("JSON with a huge number")
    return int(digits)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadCredential("JSON object with a key given twice")
    return found


def as_object(value: object, name: str) -> dict[str, Any]:
    """`value`, which must be an object."""
    if not isinstance(value, dict):
        raise BadCredential(f"{name} is not an object")
    return value


def as_list(value: object, name: str, max_items: int = 50) -> list[Any]:
    """`value`, which must be a list of at most `max_items`."""
    if not isinstance(value, list) or len(value) > max_items:
        raise BadCredential(f"{name} is not a list of at most {max_items}")
    return value


def as_text(value: object, name: str, max_characters: int = MAX_TEXT) -> str:
    """`value`, which must be a text of at most `max_characters`."""
    if not isinstance(value, str) or len(value) > max_characters:
        raise BadCredential(f"{name} is not a text of at most {max_characters} characters")
    return value


def as_time(value: object, name: str) -> datetime:
    """`value`, seconds since 1970 (NumericDate of RFC 7519), which must lie in 1970 to 9999."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not EARLIEST_S <= value <= LATEST_S:
        raise BadCredential(f"{name} is not a time in seconds since 1970")
    return datetime.fromtimestamp(value, UTC)


def as_day(value: object, name: str) -> date:
    """The day of `value`, an ISO 8601 date or a date with a time behind it."""
    match = _DAY.match(as_text(value, name, 40))
    try:
        return date(*map(int, match.groups())) if match else _no_day(name)
    except ValueError:
        _no_day(name)


def _no_day(name: str) -> NoReturn:
    raise BadCredential(f"{name} is not a date YYYY-MM-DD")


def as_moment(value: object, name: str) -> datetime:
    """`value`, an ISO 8601 date and time; without a zone it is taken for UTC."""
    try:
        moment = datetime.fromisoformat(as_text(value, name, 40).strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadCredential(f"{name} is not a date and time") from None
