import ssl
from http.client import BadStatusLine, RemoteDisconnected

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ResponseError,
    SSLError,
)

from kiosk.support.https.exchange import failure_of
from kiosk.support.https.outcome import RequestFailure

CONNECTION = HTTPConnection("status.example")
POOL = HTTPConnectionPool("status.example")


BEFORE, BROKEN = RequestFailure.UNREACHABLE, RequestFailure.BROKEN_OFF
GARBLED, UNTRUSTED = RequestFailure.NOT_UNDERSTOOD, RequestFailure.UNTRUSTED_CERTIFICATE


@pytest.mark.parametrize(
    ("error", "before", "after"),
    [
        (requests.ConnectTimeout(), BEFORE, BROKEN),
        (requests.ReadTimeout(), BEFORE, BROKEN),
        (
            requests.ConnectionError(MaxRetryError(POOL, "/", NewConnectionError(CONNECTION, "no route"))),
            BEFORE,
            BROKEN,
        ),
        (
            requests.ConnectionError(MaxRetryError(POOL, "/", NameResolutionError("x", CONNECTION, OSError()))),  # type: ignore[arg-type]
            BEFORE,
            BROKEN,
        ),
        (requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError())), BEFORE, BROKEN),
        (requests.ConnectionError(ProtocolError("Connection aborted.", RemoteDisconnected(""))), BEFORE, BROKEN),
        (requests.ConnectionError(ProtocolError("Connection aborted.", BadStatusLine("x"))), GARBLED, GARBLED),
        (requests.ConnectionError(MaxRetryError(POOL, "/", ResponseError("x"))), GARBLED, GARBLED),
        (requests.ConnectionError(ProtocolError("x")), GARBLED, GARBLED),
        (requests.ConnectionError(), GARBLED, GARBLED),
        (requests.exceptions.SSLError(MaxRetryError(POOL, "/", SSLError(ssl.SSLEOFError()))), BEFORE, BROKEN),
        (
            requests.exceptions.SSLError(MaxRetryError(POOL, "/", SSLError(ssl.SSLCertVerificationError()))),
            UNTRUSTED,
            UNTRUSTED,
        ),
        (requests.exceptions.SSLError(), UNTRUSTED, UNTRUSTED),
        (requests.exceptions.ProxyError(), GARBLED, GARBLED),
        (requests.exceptions.InvalidHeader(), GARBLED, GARBLED),
        (requests.TooManyRedirects(), GARBLED, GARBLED),
    ],
)
def test_only_a_failure_before_the_request_counts_as_unreachable(
    error: requests.RequestException, before: RequestFailure, after: RequestFailure
) -> None:
    assert failure_of(error, sent=False) is before
    assert failure_of(error, sent=True) is after
