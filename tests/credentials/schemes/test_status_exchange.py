from http.client import BadStatusLine, RemoteDisconnected

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError, ResponseError

from kiosk.credentials.schemes.online_status.status_answer import StatusFailure
from kiosk.credentials.schemes.online_status.status_exchange import failure_of

CONNECTION = HTTPConnection("status.example")
POOL = HTTPConnectionPool("status.example")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.ConnectTimeout(), StatusFailure.UNREACHABLE),
        (requests.ReadTimeout(), StatusFailure.UNREACHABLE),
        (
            requests.ConnectionError(MaxRetryError(POOL, "/", NewConnectionError(CONNECTION, "no route"))),
            StatusFailure.UNREACHABLE,
        ),
        (
            requests.ConnectionError(MaxRetryError(POOL, "/", NameResolutionError("x", CONNECTION, OSError()))),  # type: ignore[arg-type]
            StatusFailure.UNREACHABLE,
        ),
        (
            requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError())),
            StatusFailure.UNREACHABLE,
        ),
        (
            requests.ConnectionError(ProtocolError("Connection aborted.", RemoteDisconnected(""))),
            StatusFailure.UNREACHABLE,
        ),
        (
            requests.ConnectionError(ProtocolError("Connection aborted.", BadStatusLine("x"))),
            StatusFailure.NOT_UNDERSTOOD,
        ),
        (requests.ConnectionError(MaxRetryError(POOL, "/", ResponseError("x"))), StatusFailure.NOT_UNDERSTOOD),
        (requests.ConnectionError(ProtocolError("x")), StatusFailure.NOT_UNDERSTOOD),
        (requests.ConnectionError(), StatusFailure.NOT_UNDERSTOOD),
        (requests.exceptions.SSLError(), StatusFailure.UNTRUSTED_CERTIFICATE),
        (requests.exceptions.ProxyError(), StatusFailure.NOT_UNDERSTOOD),
        (requests.exceptions.InvalidHeader(), StatusFailure.NOT_UNDERSTOOD),
        (requests.TooManyRedirects(), StatusFailure.NOT_UNDERSTOOD),
    ],
)
def test_only_silence_of_the_network_counts_as_unreachable(
    error: requests.RequestException, expected: StatusFailure
) -> None:
    assert failure_of(error) is expected
