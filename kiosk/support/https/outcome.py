"""The outcome of one request: a JSON answer, not yet parsed, or the kind of failure."""

from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """An answer of the service.

    is_known: False if the service does not know what it was asked for (HTTP 404 with JSON). body: the JSON text of the
    answer. date: the header "Date" (RFC 9110 section 6.6.1), "" without one.
    """

    is_known: bool
    body: bytes = field(repr=False)
    date: str = ""


class RequestFailure(Enum):
    """The reason why there is no usable answer. Its value is the rule in a verdict.

    UNREACHABLE: nothing of the request was sent: no name, no connection, or a TLS handshake that timed out or was cut.
    BROKEN_OFF: after the request was sent: reset, closed, silent, half an answer, too slow. SERVICE_ERROR: HTTP 5xx or
    429. QUESTION_REFUSED: any other HTTP status than 200, or than 404 with JSON. UNTRUSTED_CERTIFICATE: certificate or
    TLS not right. NOT_UNDERSTOOD: compressed, too long, not JSON.
    """

    UNREACHABLE = "unreachable"
    BROKEN_OFF = "broken_off"
    SERVICE_ERROR = "service_error"
    QUESTION_REFUSED = "question_refused"
    UNTRUSTED_CERTIFICATE = "untrusted_certificate"
    NOT_UNDERSTOOD = "not_understood"

    @property
    def may_come_from_the_request(self) -> bool:
        """True if the failure came after the request was sent, so that its content may have caused it."""
        return self not in (RequestFailure.UNREACHABLE, RequestFailure.UNTRUSTED_CERTIFICATE)

    @property
    def is_worth_a_retry(self) -> bool:
        """True if the same request may succeed if it is sent again at once."""
        return self in (RequestFailure.UNREACHABLE, RequestFailure.BROKEN_OFF, RequestFailure.SERVICE_ERROR)


RequestOutcome = JsonAnswer | RequestFailure
"""The result of one request."""
