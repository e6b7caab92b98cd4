"""One question to the status service and its answer, with a limit over all of it: name, connection, TLS, head, body.

Rule 1: the limit is real time, also where the clock is virtual: sockets wait in real time.
Rule 2: no exception of the network leaves this file: requests hangs the question, with the code, on each of them.
Rule 3: an answer is read only when it is JSON, not packed, and no longer than the settings allow.
"""

import logging
import ssl
import threading
from concurrent.futures import Future
from pathlib import Path

import requests
from requests import PreparedRequest, Response
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError

from kiosk.credentials.schemes.online_status.status_answer import StatusAnswer, StatusFailure
from kiosk.credentials.schemes.online_status.status_connection import OneQuestion, StatusConnection
from kiosk.credentials.schemes.online_status.status_question import StatusQuestion
from kiosk.errors import SettingsError
from kiosk.settings.schema.policy import OnlineStatusSettings

CUT_S = 0.25
"""A cut connection ends its thread at once; only looking up a name, which cannot be cut, goes on for longer."""


class Exchange:
    """Asks the status service; one question at a time, from one thread.

    Raises:
        SettingsError: the settings describe no question that could be sent.
    """

    def __init__(self, settings: OnlineStatusSettings, folder: Path) -> None:
        self._question = StatusQuestion(settings, folder)
        self._template = _prepare(self._question)
        self._context = _trusting(folder / settings.ca_file if settings.ca_file else None)
        self._max_bytes = settings.max_answer_bytes
        self._thread: threading.Thread | None = None
        # urllib3 warns of a malformed head by quoting it, and a service may well repeat the code there.
        logging.getLogger("urllib3").setLevel(logging.ERROR)

    def ask(self, code: str, limit_s: float) -> StatusAnswer | StatusFailure:
        """Ask for `code`; answers within `limit_s` seconds (and `CUT_S`), whatever the network does."""
        if self._thread and self._thread.is_alive():
            return StatusFailure.UNREACHABLE
        line = StatusConnection()
        outcome: Future[StatusAnswer | StatusFailure] = Future()
        question = self._template.copy()
        question.prepare_body(self._question.body(code), None)
        self._thread = threading.Thread(
            target=self._exchange, args=(question, line, limit_s, outcome), name="status", daemon=True
        )
        self._thread.start()
        try:
            return outcome.result(limit_s)
        except TimeoutError:
            return StatusFailure.BROKEN_OFF if line.answered else StatusFailure.UNREACHABLE
        finally:
            line.cut()
            self._thread.join(CUT_S)

    def _exchange(
        self,
        question: PreparedRequest,
        line: StatusConnection,
        limit_s: float,
        outcome: Future[StatusAnswer | StatusFailure],
    ) -> None:
        try:
            outcome.set_result(self._send(question, line, limit_s))
        except BaseException as mistake:  # noqa: BLE001 - the asking thread raises it
            outcome.set_exception(mistake)
        finally:
            line.release()

    def _send(self, question: PreparedRequest, line: StatusConnection, limit_s: float) -> StatusAnswer | StatusFailure:
        try:
            with (
                OneQuestion(line, self._context) as session,
                session.send(question, stream=True, timeout=limit_s, allow_redirects=False) as response,
            ):
                line.answered = True
                return _read(response, self._max_bytes)
        except HTTPError:  # what urllib3 raises while the body is read
            return StatusFailure.BROKEN_OFF
        except requests.RequestException as trouble:
            return trouble_of(trouble)


def _prepare(question: StatusQuestion) -> PreparedRequest:
    try:
        return requests.Request("POST", question.address, headers=dict(question.headers)).prepare()
    except requests.RequestException:
        raise SettingsError(f"address '{question.address}' cannot be asked; correct it") from None


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or DEFAULT_CA_BUNDLE_PATH)
    except OSError as trouble:
        raise SettingsError(f"ca_file '{ca_file}' holds no certificates that can be read: {trouble.strerror}") from None


def trouble_of(trouble: requests.RequestException) -> StatusFailure:
    """Only what is surely the network's silence is `UNREACHABLE`: a site may let people pass by it."""
    match trouble:
        case requests.exceptions.SSLError():
            return StatusFailure.UNTRUSTED
        case requests.Timeout():
            return StatusFailure.UNREACHABLE
        case requests.ConnectionError(args=(MaxRetryError(reason=NewConnectionError()),)):
            return StatusFailure.UNREACHABLE
        case requests.ConnectionError(args=(ProtocolError(args=(_, OSError())),)):
            return StatusFailure.UNREACHABLE
        case _:
            return StatusFailure.NOT_UNDERSTOOD


def _read(response: Response, max_bytes: int) -> StatusAnswer | StatusFailure:
    if response.status_code == requests.codes.not_found and _is_json(response):
        return StatusAnswer(is_known=False, body=b"")
    if response.status_code == requests.codes.too_many_requests or response.status_code >= 500:
        return StatusFailure.SERVICE_ERROR
    if response.status_code != requests.codes.ok:
        return StatusFailure.REFUSED
    if not _is_json(response) or response.headers.get("Content-Encoding", "identity").lower() != "identity":
        return StatusFailure.NOT_UNDERSTOOD
    body = _read_body(response, max_bytes + 1)
    return StatusFailure.NOT_UNDERSTOOD if len(body) > max_bytes else StatusAnswer(is_known=True, body=body)


def _read_body(response: Response, up_to_bytes: int) -> bytes:
    body = b""
    # Read on until nothing comes: only then does urllib3 notice that less came than the head had promised.
    while part := response.raw.read(up_to_bytes - len(body), decode_content=False):
        body += part
    return body


def _is_json(response: Response) -> bool:
    media_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")
