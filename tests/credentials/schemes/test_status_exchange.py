from http.client import BadStatusLine, RemoteDisconnected

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError, ResponseError

from kiosk.credentials.schemes.online_status.status_answer import Trouble
from kiosk.credentials.schemes.online_status.status_exchange import trouble_of

CONNECTION = HTTPConnection("status.example")
POOL = HTTPConnectionPool("status.example")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.ConnectTimeout(), Trouble.UNREACHABLE),
        (requests.ReadTimeout(), Trouble.UNREACHABLE),
        (
            requests.ConnectionError(MaxRetryError(POOL, "/", NewConnectionError(CONNECTION, "no route"))),
            Trouble.UNREACHABLE,
        ),
        (
            requests.ConnectionError(MaxRetryError(POOL, "/", NameResolutionError("x", CONNECTION, OSError()))),  # type: ignore[arg-type]
            Trouble.UNREACHABLE,
        ),
        (requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError())), Trouble.UNREACHABLE),
        (requests.ConnectionError(ProtocolError("Connection aborted.", RemoteDisconnected(""))), Trouble.UNREACHABLE),
        (requests.ConnectionError(ProtocolError("Connection aborted.", BadStatusLine("x"))), Trouble.NOT_UNDERSTOOD),
        (requests.ConnectionError(MaxRetryError(POOL, "/", ResponseError("x"))), Trouble.NOT_UNDERSTOOD),
        (requests.ConnectionError(ProtocolError("x")), Trouble.NOT_UNDERSTOOD),
        (requests.ConnectionError(), Trouble.NOT_UNDERSTOOD),
        (requests.exceptions.SSLError(), Trouble.UNTRUSTED),
        (requests.exceptions.ProxyError(), Trouble.NOT_UNDERSTOOD),
        (requests.exceptions.InvalidHeader(), Trouble.NOT_UNDERSTOOD),
        (requests.TooManyRedirects(), Trouble.NOT_UNDERSTOOD),
    ],
)
def test_only_the_networks_silence_counts_as_unreachable(error: requests.RequestException, expected: Trouble) -> None:
    assert trouble_of(error) is expected
