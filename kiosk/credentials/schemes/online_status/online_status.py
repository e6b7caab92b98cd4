"""The online status of a health app: a verdict for each answer of the app's status service, and for each failure.

| what happens                                        | verdict                                 | retry | pause |
|-----------------------------------------------------|-----------------------------------------|-------|-------|
| 200, JSON, status in the settings' table            | as the table says; rule = the status    |       |       |
| 200, JSON, status not in the table                  | status_unknown, "unlisted_status"       | no    | no    |
| 404, JSON: the service does not know the code       | not_a_credential, "not_known"           | no    | no    |
| no name, no connection, TLS handshake cut or silent | by `unreachable`, "unreachable"         | yes   | yes   |
| after the request was sent: reset, closed, silent,  | status_unknown, "broken_off"            | yes   | no    |
| half an answer, too slow                            |                                         |       |       |
| 5xx, 429                                            | status_unknown, "service_error"         | yes   | no    |
| any other HTTP status: 401, a redirection, 404 HTML | status_unknown, "question_refused"      | no    | no    |
| certificate or TLS not right                        | status_unknown, "untrusted_certificate" | no    | no    |
| compressed, too long, not JSON, no status field     | status_unknown, "not_understood"        | no    | no    |

Layers: a `StatusRequest` in JSON; one HTTP POST over verified TLS, within a time limit (`support.https.exchange`); the
HTTP status and the headers of the answer; its JSON body; the word in the status field; the settings' table of meanings.
Each layer is checked before the next one is read, and the size of the body is limited before it is parsed.

Rule 1: `unreachable: pass` never follows from the code that a visitor shows. It applies only while no connection to the
    service can be made, and nothing is sent before that. If an answer failed, a later attempt for the same code cannot
    make the service unreachable, and for `SUSPECT_S` seconds no other code can: a code may have ended the service.
    A person who cuts the network cable gains what the site chose to allow; no program can tell that from an outage.
Rule 2: all requests about one code together take no longer than `credentials.timeout_s`.
Rule 3: after two codes in a row for which the service was unreachable, further codes get the last verdict at once, so
    that no visitor waits for a service that is down. After `PAUSE_S` one code is sent again, without a retry. A failure
    after the request was sent starts no pause: one visitor can cause it, and must not be able to close the door to
    all others. For the same reason such a failure is reported as a fault only after `FAILED_ANSWERS_BEFORE_REPORT`
    codes in a row.
Rule 4: the code is in the body of the request and nowhere else: in no address, log, exception or rule.

The service judges a visitor's dates by its own clock, so an unsure clock of the kiosk does not refer anybody here. TLS
judges the service's certificate by the kiosk's clock: a clock that is far off refuses a good certificate, and a clock
in the past accepts an expired one. With `dated_status`, the meaning of an answer depends on the day, so an unsure clock
gives `clock_unsure`.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from kiosk.credentials.content.status_meanings import UNLISTED, verdicts_of
from kiosk.credentials.schemes.online_status.status_answer import REMEDIES, read_status
from kiosk.credentials.schemes.online_status.status_request import HttpsStatusService, OpenStatus
from kiosk.errors import BadCredential
from kiosk.model import Clock, Pass, Proof, Reason, Refer, Verdict, WallTime
from kiosk.settings.schema.services import OnlineStatusSettings, Unreachable
from kiosk.support.https.outcome import RequestFailure

logger = logging.getLogger(__name__)

FAILURES_BEFORE_PAUSE = 2
PAUSE_S = 15.0
FAILED_ANSWERS_BEFORE_REPORT = 3
SUSPECT_S = 60.0
"""Time after a failed answer in which `unreachable: pass` is not applied: if a code has made the service crash, the
service has time to start again."""
RESERVE_S = 0.4
"""Part of `credentials.timeout_s` in which no request runs: time to cancel a connection and to act on the verdict."""
MIN_REQUEST_S = 0.1
"""If less time is left than this, no further request is sent."""

NOT_KNOWN = Refer(Reason.NOT_A_CREDENTIAL, "not_known")


class OnlineStatus:
    """Asks the health app's service for the status of a code.

    folder: the folder at which relative file names in the settings start. timeout_s: `credentials.timeout_s`.
    on_reachable: called at each change, with True if the service gives usable answers and False if it does not.
    open_service: makes the service.

    Raises:
        SettingsError: the settings describe a request that cannot be sent.
    """

    name = "online_status"

    def __init__(
        self,
        settings: OnlineStatusSettings,
        folder: Path,
        clock: Clock,
        timeout_s: float,
        on_reachable: Callable[[bool], None],
        open_service: OpenStatus = HttpsStatusService,
    ) -> None:
        self.max_bytes = settings.max_code_bytes
        self._prefixes = tuple(prefix.encode("utf-8") for prefix in settings.prefixes)
        self._service = open_service(settings, folder)
        self._status_path = tuple(settings.status_field.split("."))
        self._verdicts = verdicts_of(settings.status)
        dated = sorted(settings.dated_status, key=lambda one: one.first_day, reverse=True)
        self._dated_verdicts = [(one.first_day, verdicts_of(one.status)) for one in dated]
        self._may_pass_unreachable = settings.unreachable is Unreachable.PASS
        self._request_timeout_s = settings.request_timeout_s
        self._retries = settings.retries
        self._limit_s = max(timeout_s - RESERVE_S, MIN_REQUEST_S)
        self._clock = clock
        self._on_reachable = on_reachable
        self._failure: RequestFailure | None = None
        self._failures_in_row = 0
        self._failed_answers_in_row = 0
        self._reported_reachable = True
        self._suspect_until_s = clock.now_s()
        self._pause_ends_at_s = clock.now_s()

    def claims(self, data: bytes) -> bool:
        """Return True if the code begins with one of the app's prefixes."""
        return data.startswith(self._prefixes)

    def judge(self, data: bytes, when: WallTime) -> Verdict:
        """Ask the service and return the verdict, within `credentials.timeout_s`.

        Raises:
            BadCredential: the code is not UTF-8.
        """
        try:
            code = data.decode("utf-8")
        except UnicodeDecodeError:
            raise BadCredential("not UTF-8") from None
        if self._dated_verdicts and not when.sure:
            return Refer(Reason.CLOCK_UNSURE, "dated_status")
        # The newest table whose first day is not after today.
        verdicts = next((table for first_day, table in self._dated_verdicts if first_day <= when.day), self._verdicts)
        if self._failure and self._service_is_down and self._clock.now_s() < self._pause_ends_at_s:
            return self._verdict_on_failure(self._failure)
        outcome = self._ask_with_retries(code, verdicts)
        if isinstance(outcome, RequestFailure):
            self._note(outcome)
            return self._verdict_on_failure(outcome)
        self._note(None)
        return replace(outcome, proof=Proof(data)) if isinstance(outcome, Pass) else outcome

    @property
    def _service_is_down(self) -> bool:
        return self._failures_in_row >= FAILURES_BEFORE_PAUSE

    def _ask_with_retries(self, code: str, verdicts: Mapping[str, Verdict]) -> Verdict | RequestFailure:
        ends_at_s = self._clock.now_s() + self._limit_s
        outcome = self._ask_once(code, min(self._request_timeout_s, self._limit_s), verdicts)
        for _ in range(0 if self._service_is_down else self._retries):
            left_s = ends_at_s - self._clock.now_s()
            if not isinstance(outcome, RequestFailure) or not outcome.is_worth_a_retry or left_s < MIN_REQUEST_S:
                break
            before, outcome = outcome, self._ask_once(code, min(self._request_timeout_s, left_s), verdicts)
            if outcome is RequestFailure.UNREACHABLE and before.may_come_from_the_request:
                return before
        return outcome

    def _ask_once(self, code: str, limit_s: float, verdicts: Mapping[str, Verdict]) -> Verdict | RequestFailure:
        answer = self._service.ask(code, limit_s)
        if isinstance(answer, RequestFailure):
            return answer
        if not answer.is_known:
            return NOT_KNOWN
        status = read_status(answer.body, self._status_path)
        return RequestFailure.NOT_UNDERSTOOD if status is None else verdicts.get(status, UNLISTED)

    def _verdict_on_failure(self, failure: RequestFailure) -> Verdict:
        if (
            failure is RequestFailure.UNREACHABLE
            and self._may_pass_unreachable
            and self._clock.now_s() >= self._suspect_until_s
        ):
            return Pass(failure.value)
        return Refer(Reason.STATUS_UNKNOWN, failure.value)

    def _note(self, failure: RequestFailure | None) -> None:
        """Count the failures that lead to a pause; log and report a change. failure: None after a usable answer."""
        before, self._failure = self._failure, failure
        self._failures_in_row = self._failures_in_row + 1 if failure and failure is RequestFailure.UNREACHABLE else 0
        self._pause_ends_at_s = self._clock.now_s() + PAUSE_S
        provoked = failure is not None and failure.may_come_from_the_request
        self._failed_answers_in_row = self._failed_answers_in_row + 1 if provoked else 0
        if provoked:
            self._suspect_until_s = self._clock.now_s() + SUSPECT_S
        if failure and failure is not before:
            logger.warning("the status service gives no usable answer: %s; %s", failure.value, REMEDIES[failure])
        if before and not failure:
            logger.info("the status service answers again")
        if provoked and self._failed_answers_in_row < FAILED_ANSWERS_BEFORE_REPORT:
            return  # says nothing yet about the service
        if self._reported_reachable is not (failure is None):
            self._reported_reachable = failure is None
            self._on_reachable(failure is None)
