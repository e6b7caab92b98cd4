"""What the status service answered, or why it did not; and its bytes → the word in the status field, or None.

Rule 1: one exit for bad input, None: not UTF-8, not JSON, too deep, a key twice, no such field, no plain value.
Rule 2: nothing of an answer is kept or logged but a word that the settings know.
"""

import json
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MAX_DEPTH = 16
"""Real answers nest two or three deep; Python's own limit is 1000."""
TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
"""Texts, so that brackets in them do not count, and brackets; linear in the length of the answer."""


class StatusFailure(Enum):
    """Why there is no usable answer; the value becomes the rule of the verdict (table in `status`)."""

    UNREACHABLE = "unreachable"
    BROKEN_OFF = "broken_off"
    SERVICE_ERROR = "service_error"
    REFUSED = "question_refused"
    UNTRUSTED = "untrusted_certificate"
    NOT_UNDERSTOOD = "not_understood"

    @property
    def costs_time(self) -> bool:
        """Whether a visitor had to wait for nothing."""
        return self in (StatusFailure.UNREACHABLE, StatusFailure.BROKEN_OFF)

    @property
    def may_pass_by_itself(self) -> bool:
        """Whether asking again at once may help."""
        return self.costs_time or self is StatusFailure.SERVICE_ERROR

    @property
    def remedy(self) -> str:
        """What a technician does about it."""
        return REMEDIES[self]


REMEDIES = {
    StatusFailure.UNREACHABLE: "check the network and 'credentials.online_status.address'",
    StatusFailure.BROKEN_OFF: "check the network; else raise 'request_timeout_s' or ask the service's operator",
    StatusFailure.SERVICE_ERROR: "ask the service's operator (HTTP 5xx or 429)",
    StatusFailure.REFUSED: "check 'address', 'headers' and 'secret_headers' (HTTP 3xx or 4xx)",
    StatusFailure.UNTRUSTED: "check 'address', 'ca_file' and the kiosk's clock; somebody may stand in for the service",
    StatusFailure.NOT_UNDERSTOOD: "check 'address' and 'status_field'; a network's sign-in page may stand in between",
}


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """What the service said: `is_known` False when it does not know the code; `body` is its JSON, not yet parsed."""

    is_known: bool
    body: bytes = field(repr=False)


def read_status(body: bytes, path: tuple[str, ...]) -> str | None:
    """The word at `path` in the JSON `body`; `true`, `false` and whole numbers count as their own spelling."""
    try:
        found = _parse(body.decode("utf-8"))
    except ValueError:
        return None
    for name in path:
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return _word(found)


def _parse(text: str) -> Any:
    if _is_deep(text):
        raise ValueError("nested too deep")
    return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)


def _is_deep(text: str) -> bool:
    depth = 0
    for token in TOKENS.finditer(text):
        match token.group()[0]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
        if depth > MAX_DEPTH:
            return True
    return False


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")  # RFC 8259 section 6


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _word(value: object) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case _:
            return None
