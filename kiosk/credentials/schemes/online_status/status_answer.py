"""The answer of the status service: the kinds of failure, and how the status is found in the JSON body.

Every body that cannot be used gives the same result, None. The reasons are: not UTF-8, not JSON, nested too deep, a
member given twice, no such field, or a value that is not a plain word. No part of an answer is kept or logged except a
status that the settings list.
"""

from dataclasses import dataclass, field
from enum import Enum

from kiosk.credentials.formats.safe_parsing import json_object
from kiosk.errors import BadCredential


class StatusFailure(Enum):
    """The reason why there is no usable answer. Its value is the rule in the verdict (table in `online_status`)."""

    UNREACHABLE = "unreachable"
    BROKEN_OFF = "broken_off"
    SERVICE_ERROR = "service_error"
    QUESTION_REFUSED = "question_refused"
    UNTRUSTED_CERTIFICATE = "untrusted_certificate"
    NOT_UNDERSTOOD = "not_understood"

    @property
    def leads_to_pause(self) -> bool:
        """True if failures of this kind lead to a pause: no code that a visitor shows can cause them."""
        return self is StatusFailure.UNREACHABLE

    @property
    def may_come_from_the_code(self) -> bool:
        """True if the failure came after the request was sent, so that the code in the request may have caused it."""
        return self not in (StatusFailure.UNREACHABLE, StatusFailure.UNTRUSTED_CERTIFICATE)

    @property
    def is_worth_a_retry(self) -> bool:
        """True if the same request may succeed if it is sent again at once."""
        return self in (StatusFailure.UNREACHABLE, StatusFailure.BROKEN_OFF, StatusFailure.SERVICE_ERROR)

    @property
    def remedy(self) -> str:
        """The remedy for the technician, for the log."""
        return REMEDIES[self]


REMEDIES = {
    StatusFailure.UNREACHABLE: "check the network and 'credentials.online_status.address'",
    StatusFailure.BROKEN_OFF: "check the network; else raise 'request_timeout_s' or ask the service's operator",
    StatusFailure.SERVICE_ERROR: "ask the service's operator (HTTP 5xx or 429)",
    StatusFailure.QUESTION_REFUSED: "check 'address', 'headers' and 'secret_headers' (HTTP 3xx or 4xx)",
    StatusFailure.UNTRUSTED_CERTIFICATE: (
        "check 'address', 'ca_file' and the kiosk's clock; another machine may pretend to be the service"
    ),
    StatusFailure.NOT_UNDERSTOOD: "check 'address' and 'status_field'; the network's sign-in page may have answered",
}


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """An answer of the service.

    is_known: False if the service does not know the code. body: the JSON text of the answer, not yet parsed.
    """

    is_known: bool
    body: bytes = field(repr=False)


def read_status(body: bytes, path: tuple[str, ...]) -> str | None:
    """Return the status at `path` in the JSON object `body`, or None if `body` cannot be used.

    The JSON values true, false and whole numbers are returned as text, so that the settings can list them.
    """
    try:
        # The number of parts is not limited: `max_answer_bytes` has already limited the size.
        value: object = json_object(body, max_items=len(body))
    except BadCredential:
        return None
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case _:
            return None
