"""The answer of the status service: how the status is found in its JSON body, and the remedies of its failures.

Every body that cannot be used gives the same result, None. The reasons are: not UTF-8, not JSON, nested too deep, a
member given twice, no such field, or a value that is not a plain word. No part of an answer is kept or logged except a
status that the settings list.
"""

from kiosk.credentials.formats.safe_parsing import json_object
from kiosk.errors import BadCredential
from kiosk.support.https.outcome import RequestFailure

REMEDIES = {
    RequestFailure.UNREACHABLE: "check the network and 'credentials.online_status.address'",
    RequestFailure.BROKEN_OFF: "check the network; else raise 'request_timeout_s' or ask the service's operator",
    RequestFailure.SERVICE_ERROR: "ask the service's operator (HTTP 5xx or 429)",
    RequestFailure.QUESTION_REFUSED: "check 'address', 'headers' and 'secret_headers' (HTTP 3xx or 4xx)",
    RequestFailure.UNTRUSTED_CERTIFICATE: (
        "check 'address', 'ca_file' and the kiosk's clock; another machine may pretend to be the service"
    ),
    RequestFailure.NOT_UNDERSTOOD: "check 'address' and 'status_field'; the network's sign-in page may have answered",
}
"""The remedy of each failure for the technician, for the log."""


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
