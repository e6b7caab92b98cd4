"""The messages of the check-in protocol, which docs/site/check_in.md describes.

Each request carries a `Binding` that the kiosk chose; each answer must repeat it. So an answer to another request, of
another visit or for another kiosk does not count, whoever recorded it.

Rule 1: an answer that is not right in every member that the kiosk reads counts as no answer; `None` stands for it.
Rule 2: other members are not read, kept or logged: a server may send more than the kiosk should know.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.credentials.formats.safe_parsing import json_object
from kiosk.errors import BadCredential

ID = re.compile(r"[A-Za-z0-9._~-]{16,128}")
"""The id of a code: characters that RFC 3986 section 2.3 calls unreserved; long enough that it cannot be guessed."""

CODE = re.compile(r"[!-~]{1,300}")
"""The text of a code: ASCII without spaces, short enough for a QR code that a phone reads from the screen."""

WORD = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""A word that says how far a check-in is, as `CheckInWord` in the settings."""

SHORTEST_S, LONGEST_S = 10.0, 3600.0
"""Least and greatest time for which a code is valid. In less time, a visitor cannot take out a phone."""

MAX_ITEMS = 64
"""Greatest number of parts of an answer."""


@dataclass(frozen=True, slots=True)
class Binding:
    """The values that bind an answer to its request.

    kiosk: the name of the kiosk. visit: a random text for one visit. nonce: a random text for one code.
    """

    kiosk: str
    visit: str = field(repr=False)
    nonce: str = field(repr=False)

    @property
    def members(self) -> dict[str, str]:
        """The members that each request and each answer contains."""
        return {"kiosk": self.kiosk, "visit": self.visit, "nonce": self.nonce}


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code from the server: its id, its text for the screen, and for how many seconds it is valid."""

    id: str = field(repr=False)
    code: str = field(repr=False)
    valid_s: float


def code_request(binding: Binding) -> bytes:
    """Return the request for a new code."""
    return _json(binding.members)


def result_request(binding: Binding, code_id: str, known: str, wait_s: int) -> bytes:
    """Return the request for the result of a code.

    The server may hold it for `wait_s` seconds, while the result is the word `known`.
    """
    return _json({**binding.members, "id": code_id, "known": known, "wait_s": wait_s})


def withdrawal(binding: Binding, code_id: str) -> bytes:
    """Return the message that a code must not be used any more."""
    return _json({**binding.members, "id": code_id})


def read_code(body: bytes, binding: Binding) -> IssuedCode | None:
    """Return the code in an answer, or None if the answer is not right or not for this binding."""
    answer = _bound_answer(body, binding)
    match answer:
        case {"id": str(code_id), "code": str(code), "valid_s": int() | float() as valid_s} if (
            not isinstance(valid_s, bool) and SHORTEST_S <= valid_s <= LONGEST_S
        ):
            found = ID.fullmatch(code_id) and CODE.fullmatch(code)
            return IssuedCode(code_id, code, float(valid_s)) if found else None
        case _:
            return None


def read_result(body: bytes, binding: Binding, code_id: str) -> str | None:
    """Return the word that says how far the check-in with this code is, or None if the answer is not right or bound."""
    match _bound_answer(body, binding):
        case {"id": str(found_id), "status": str(word)} if found_id == code_id and WORD.fullmatch(word):
            return word
        case _:
            return None


def _json(members: Mapping[str, str | int]) -> bytes:
    return json.dumps(members).encode("ascii")


def _bound_answer(body: bytes, binding: Binding) -> dict[str, object]:
    """Return the members of an answer that repeats the whole binding, otherwise no members."""
    try:
        answer = json_object(body, MAX_ITEMS)
    except BadCredential:
        return {}
    return answer if all(answer.get(name) == value for name, value in binding.members.items()) else {}
