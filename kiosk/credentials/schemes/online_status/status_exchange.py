"""One request to the status service and its answer, within one limit for name lookup, connection, TLS, head and body.

Theory: the exchange runs on a thread of its own. The caller waits for the thread's result until the limit is over, then
cancels the connection (`status_connection`) and decides by one fact: whether the request may have been sent. A name
lookup cannot be cancelled. While one is still pending, further requests fail at once as unreachable, so that there is
never more than one such thread.

Rule 1: the limit is measured in real time, even if the kiosk's clock is virtual, because sockets wait in real time.
Rule 2: no exception of the network leaves this module: requests attaches the request, with the code, to each one.
Rule 3: a failure is `UNREACHABLE` only if nothing of the request was sent: no name, no connection, or a TLS handshake
    that timed out or was cut. A site may let visitors pass on this failure, so no code may be able to cause it.
Rule 4: an answer is read only if it is JSON, not compressed, and no longer than the settings allow.
"""

import logging
import ssl
import threading
from concurrent.futures import Future, wait
from pathlib import Path

import requests
from requests import PreparedRequest, Response
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError, SSLError

from kiosk.credentials.schemes.online_status.status_answer import StatusAnswer, StatusFailure
from kiosk.credentials.schemes.online_status.status_connection import CancellableConnection, SingleRequestSession
from kiosk.credentials.schemes.online_status.status_request import StatusRequest
from kiosk.errors import SettingsError
from kiosk.settings.schema.policy import OnlineStatusSettings

CANCEL_S = 0.25
"""Longest wait until a cancelled exchange ends. It ends at once, unless it is waiting for a name lookup."""


class Exchange:
    """Sends requests to the status service, one at a time and from one thread.

    Raises:
        SettingsError: the settings describe a request that cannot be sent, or `ca_file` cannot be read.
    """

    def __init__(self, settings: OnlineStatusSettings, folder: Path) -> None:
        self._request = StatusRequest(settings, folder)
        address, headers = self._request.address, dict(self._request.headers)
        try:
            self._template = requests.Request("POST", address, headers=headers).prepare()
        except requests.RequestException:
            raise SettingsError(f"address '{address}' cannot be asked; correct it") from None
        ca_file = folder / settings.ca_file if settings.ca_file else None
        try:
            self._tls = ssl.create_default_context(cafile=ca_file or DEFAULT_CA_BUNDLE_PATH)
        except OSError as error:
            raise SettingsError(
                f"ca_file '{ca_file}' holds no certificates that can be read: {error.strerror}"
            ) from None
        self._max_bytes = settings.max_answer_bytes
        self._pending: tuple[Future[StatusAnswer | StatusFailure], CancellableConnection] | None = None
        # urllib3 warns of a malformed head and quotes it, and a service may repeat the code there.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    def ask(self, code: str, limit_s: float) -> StatusAnswer | StatusFailure:
        """Return the answer for `code`, or the failure, within `limit_s` + `CANCEL_S` seconds.

        An exception that is not from the network is a mistake in this program; it is raised again here.
        """
        if self._pending and not self._pending[0].done():
            return StatusFailure.BROKEN_OFF if self._pending[1].sent else StatusFailure.UNREACHABLE
        request = self._template.copy()
        request.prepare_body(self._request.body(code), None)
        connection = CancellableConnection()
        outcome: Future[StatusAnswer | StatusFailure] = Future()

        def run() -> None:
            try:
                outcome.set_result(self._send(request, connection, limit_s))
            except BaseException as mistake:  # noqa: BLE001 - `outcome.result` raises it in the calling thread
                outcome.set_exception(mistake)

        threading.Thread(target=run, name="status", daemon=True).start()
        self._pending = outcome, connection
        try:
            return outcome.result(limit_s)
        except TimeoutError:
            connection.cancel()  # before `sent` is read, which does not change after it
            return StatusFailure.BROKEN_OFF if connection.sent else StatusFailure.UNREACHABLE
        finally:
            connection.cancel()
            wait([outcome], CANCEL_S)

    def _send(
        self, request: PreparedRequest, connection: CancellableConnection, limit_s: float
    ) -> StatusAnswer | StatusFailure:
        try:
            with (
                SingleRequestSession(connection, self._tls) as session,
                session.send(request, stream=True, timeout=limit_s, allow_redirects=False) as response,
            ):
                return _read_answer(response, self._max_bytes)
        except HTTPError:  # raised by urllib3 while the body is read
            return StatusFailure.BROKEN_OFF
        except requests.RequestException as error:
            return failure_of(error, connection.sent)
        finally:
            connection.close()


def failure_of(error: requests.RequestException, sent: bool) -> StatusFailure:
    """Return the failure for the exception `error`. sent: True if the request may have been sent before the error."""
    silence = StatusFailure.BROKEN_OFF if sent else StatusFailure.UNREACHABLE
    match error:
        # The other side ended the connection in the middle of TLS; Python 3.11.2 (Debian 12) raises the second error.
        case requests.exceptions.SSLError(
            args=(MaxRetryError(reason=SSLError(args=(ssl.SSLEOFError() | ssl.SSLZeroReturnError(),))),)
        ):
            return silence
        case requests.exceptions.SSLError():
            return StatusFailure.UNTRUSTED_CERTIFICATE
        case requests.Timeout():
            return silence
        case requests.ConnectionError(args=(MaxRetryError(reason=NewConnectionError()),)):
            return silence
        case requests.ConnectionError(args=(ProtocolError(args=(_, OSError())),)):
            return silence
        case _:
            return StatusFailure.NOT_UNDERSTOOD


def _read_answer(response: Response, max_bytes: int) -> StatusAnswer | StatusFailure:
    media_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    is_json = media_type == "application/json" or media_type.endswith("+json")
    if response.status_code == requests.codes.not_found and is_json:
        return StatusAnswer(is_known=False, body=b"")
    if response.status_code == requests.codes.too_many_requests or response.status_code >= 500:
        return StatusFailure.SERVICE_ERROR
    if response.status_code != requests.codes.ok:
        return StatusFailure.QUESTION_REFUSED
    if not is_json or response.headers.get("Content-Encoding", "identity").lower() != "identity":
        return StatusFailure.NOT_UNDERSTOOD
    body = b""
    # Read until nothing more comes: only then does urllib3 notice that the body is shorter than the head promised.
    while part := response.raw.read(max_bytes + 1 - len(body), decode_content=False):
        body += part
    return StatusFailure.NOT_UNDERSTOOD if len(body) > max_bytes else StatusAnswer(is_known=True, body=body)
