"""One request to a service and its answer, within one limit for name lookup, connection, TLS, head and body.

Theory: the exchange runs on a thread of its own. Its owner waits for the thread's result, or looks now and then whether
it is there. When the limit is over, the owner cancels the connection (`connection`) and decides by one fact: whether
the request may have been sent. A name lookup cannot be cancelled. While one is still pending, further requests fail at
once as unreachable, so that there is never more than one such thread for a client.

Rule 1: the limit is measured in real time, even if the kiosk's clock is virtual, because sockets wait in real time.
Rule 2: no exception of the network leaves this module: requests attaches the request, with its content, to each one.
Rule 3: a failure is `UNREACHABLE` only if nothing of the request was sent. A site may let visitors pass on this
    failure, so no code may be able to cause it.
Rule 4: an answer is read only if it is JSON, not compressed, and no longer than the limit.
"""

import logging
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, wait
from functools import cache
from pathlib import Path

import requests
from requests import PreparedRequest, Response
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError, SSLError

from kiosk.errors import SettingsError
from kiosk.support.https.connection import CancellableConnection, SingleRequestSession
from kiosk.support.https.outcome import JsonAnswer, RequestFailure, RequestOutcome

CANCEL_S = 0.25
"""Longest wait until a cancelled exchange ends. It ends at once, unless it is waiting for a name lookup."""


@cache
def public_authorities() -> ssl.SSLContext:
    """Return the context that trusts the public certificate authorities; to read its 140 certificates takes 15 ms."""
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


class PendingAnswer:
    """The answer to a request that was sent; all methods must be called on one thread, that of the owner.

    Raises, in `poll` and `wait`, an exception that is not from the network: it is a mistake in this program.
    """

    def __init__(self, connection: CancellableConnection, outcome: Future[RequestOutcome], limit_s: float) -> None:
        self._connection = connection
        self._outcome = outcome
        self._limit_s = limit_s
        self._ends_at_s = time.monotonic() + limit_s

    @property
    def done(self) -> bool:
        """True if the exchange has ended, so that its client can begin another one."""
        return self._outcome.done()

    @property
    def sent(self) -> bool:
        """True if a part of the request may have been sent."""
        return self._connection.sent

    def poll(self) -> RequestOutcome | None:
        """Return the outcome, or None if it is not known yet; never wait. The limit ends the exchange."""
        if self._outcome.done():
            return self._outcome.result()
        return self._give_up() if time.monotonic() >= self._ends_at_s else None

    def wait(self) -> RequestOutcome:
        """Return the outcome within the limit and `CANCEL_S` seconds."""
        try:
            return self._outcome.result(self._limit_s)
        except TimeoutError:
            return self._give_up()
        finally:
            self.cancel()
            wait([self._outcome], CANCEL_S)

    def cancel(self) -> None:
        """End the exchange; its outcome does not count any more."""
        self._connection.cancel()

    def _give_up(self) -> RequestFailure:
        self._connection.cancel()  # before `sent` is read, which does not change after it
        return RequestFailure.BROKEN_OFF if self._connection.sent else RequestFailure.UNREACHABLE


class HttpsClient:
    """Sends JSON requests to one address, one at a time and from one thread.

    headers: as `headers.headers_of` returns them. ca_file: the certificate authority of the service; None: the public
    ones. name: the name of the threads.

    Raises:
        SettingsError: the address cannot be asked, or `ca_file` cannot be read.
    """

    def __init__(
        self, address: str, headers: Mapping[str, str], ca_file: Path | None, max_answer_bytes: int, name: str
    ) -> None:
        try:
            self._template = requests.Request("POST", address, headers=dict(headers)).prepare()
        except requests.RequestException:
            raise SettingsError(f"address '{address}' cannot be asked; correct it") from None
        try:
            self._tls = ssl.create_default_context(cafile=ca_file) if ca_file else public_authorities()
        except OSError as error:
            raise SettingsError(
                f"ca_file '{ca_file}' holds no certificates that can be read: {error.strerror}"
            ) from None
        self._max_bytes = max_answer_bytes
        self._name = name
        self._newest: PendingAnswer | None = None
        # urllib3 warns of a malformed head and quotes it, and a service may repeat the question there.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    @property
    def busy(self) -> bool:
        """True while a request has not ended; a request that is sent now fails at once."""
        return self._newest is not None and not self._newest.done

    def begin(self, body: bytes, limit_s: float) -> PendingAnswer:
        """Send `body`; the outcome is there within `limit_s` seconds."""
        connection, outcome = CancellableConnection(), Future[RequestOutcome]()
        pending = PendingAnswer(connection, outcome, limit_s)
        if self._newest and not self._newest.done:
            outcome.set_result(RequestFailure.BROKEN_OFF if self._newest.sent else RequestFailure.UNREACHABLE)
            return pending
        request = self._template.copy()
        request.prepare_body(body, None)

        def run() -> None:
            try:
                outcome.set_result(self._send(request, connection, limit_s))
            except BaseException as mistake:  # noqa: BLE001 - `outcome.result` raises it in the owner's thread
                outcome.set_exception(mistake)

        threading.Thread(target=run, name=self._name, daemon=True).start()
        self._newest = pending
        return pending

    def _send(self, request: PreparedRequest, connection: CancellableConnection, limit_s: float) -> RequestOutcome:
        try:
            with (
                SingleRequestSession(connection, self._tls) as session,
                session.send(request, stream=True, timeout=limit_s, allow_redirects=False) as response,
            ):
                return _read_answer(response, self._max_bytes)
        except HTTPError:  # raised by urllib3 while the body is read
            return RequestFailure.BROKEN_OFF
        except requests.RequestException as error:
            return failure_of(error, connection.sent)
        finally:
            connection.close()


def failure_of(error: requests.RequestException, sent: bool) -> RequestFailure:
    """Return the failure for the exception `error`. sent: True if the request may have been sent before the error."""
    silence = RequestFailure.BROKEN_OFF if sent else RequestFailure.UNREACHABLE
    match error:
        # The other side ended the connection in the middle of TLS; Python 3.11.2 (Debian 12) raises the second error.
        case requests.exceptions.SSLError(
            args=(MaxRetryError(reason=SSLError(args=(ssl.SSLEOFError() | ssl.SSLZeroReturnError(),))),)
        ):
            return silence
        case requests.exceptions.SSLError():
            return RequestFailure.UNTRUSTED_CERTIFICATE
        case requests.Timeout():
            return silence
        case requests.ConnectionError(args=(MaxRetryError(reason=NewConnectionError()),)):
            return silence
        case requests.ConnectionError(args=(ProtocolError(args=(_, OSError())),)):
            return silence
        case _:
            return RequestFailure.NOT_UNDERSTOOD


def _read_answer(response: Response, max_bytes: int) -> RequestOutcome:
    media_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    is_json = media_type == "application/json" or media_type.endswith("+json")
    date = response.headers.get("Date", "")
    if response.status_code == requests.codes.not_found and is_json:
        return JsonAnswer(is_known=False, body=b"", date=date)
    if response.status_code == requests.codes.too_many_requests or response.status_code >= 500:
        return RequestFailure.SERVICE_ERROR
    if response.status_code != requests.codes.ok:
        return RequestFailure.QUESTION_REFUSED
    if not is_json or response.headers.get("Content-Encoding", "identity").lower() != "identity":
        return RequestFailure.NOT_UNDERSTOOD
    body = b""
    # Read until nothing more comes: only then does urllib3 notice that the body is shorter than the head promised.
    while part := response.raw.read(max_bytes + 1 - len(body), decode_content=False):
        body += part
    return RequestFailure.NOT_UNDERSTOOD if len(body) > max_bytes else JsonAnswer(is_known=True, body=body, date=date)
