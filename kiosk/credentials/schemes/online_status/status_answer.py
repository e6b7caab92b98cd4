"""The status service's answer: its kinds of failure, and the status word inside its JSON.

Every body that cannot be used gives the same result, None: not UTF-8, not JSON, nested too deep, a member given twice,
no such field, or a value that is not a plain word. Nothing of an answer is kept or logged except a status that the
settings list.
"""

from dataclasses import dataclass, field
from enum import Enum

from kiosk.credentials.formats.safe_parsing import json_object
from kiosk.errors import BadCredential


class StatusFailure(Enum):
    """The reason why there is no usable answer; the value is the rule of the verdict (table in `online_status`)."""

    UNREACHABLE = "unreachable"
    BROKEN_OFF = "broken_off"
    SERVICE_ERROR = "service_error"
    QUESTION_REFUSED = "question_refused"
    UNTRUSTED_CERTIFICATE = "untrusted_certificate"
    NOT_UNDERSTOOD = "not_understood"

    @property
    def leads_to_pause(self) -> bool:
        """True if two such failures in a row start a pause: no code can bring them about."""
        return self is StatusFailure.UNREACHABLE

    @property
    def may_come_from_the_code(self) -> bool:
        """True if it came after the request was sent: a code that the service stumbles over may have provoked it."""
        return self not in (StatusFailure.UNREACHABLE, StatusFailure.UNTRUSTED_CERTIFICATE)

    @property
    def is_worth_a_retry(self) -> bool:
        """True if the same request may succeed when it is sent again at once."""
        return self in (StatusFailure.UNREACHABLE, StatusFailure.BROKEN_OFF, StatusFailure.SERVICE_ERROR)

    @property
    def remedy(self) -> str:
        """The advice to the technician, for the log."""
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

    is_known: False if the service does not know the code. body: the JSON of the answer, not yet parsed.
    """

    is_known: bool
    body: bytes = field(repr=False)


def read_status(body: bytes, path: tuple[str, ...]) -> str | None:
    """Return the status at `path` in the JSON object `body`, or None if `body` cannot be used.

    `true`, `false` and whole numbers are returned as JSON spells them, so that the settings can list them.
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
