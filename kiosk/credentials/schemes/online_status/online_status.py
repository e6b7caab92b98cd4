"""The online status of a health app: what the service's answer, or its silence, means at the door.

| what happens                                        | verdict                               | ask again | pause |
|-----------------------------------------------------|---------------------------------------|-----------|-------|
| 200, JSON, status in the settings' table            | as the table says; rule = the status  |           |       |
| 200, JSON, status not in the table                  | status_unknown, "unlisted_status"     | no        | no    |
| 404, JSON: the service does not know the code       | not_a_credential, "not_known"         | no        | no    |
| no name, no route, refused, reset, silent           | by `unreachable`, "unreachable"       | yes       | yes   |
| began to answer, then broke off or took too long    | status_unknown, "broken_off"          | yes       | yes   |
| 5xx, 429                                            | status_unknown, "service_error"       | yes       | no    |
| any other HTTP status: 401, a redirection, 404 HTML | status_unknown, "question_refused"    | no        | no    |
| certificate or TLS not right                        | status_unknown, "untrusted_certificate" | no      | no    |
| packed, too long, not JSON, no status field         | status_unknown, "not_understood"      | no        | no    |

Rule 1: `unreachable: pass` is for silence alone: who forges, breaks or garbles an answer gains nothing. Who cuts the
whole line gains what the site chose to allow, and no program can tell that from an outage.
Rule 2: all questions about one code together stay within `credentials.timeout_s`.
Rule 3: after two codes in a row that got no answer, the next ones get the last verdict at once, so that nobody waits
for a service that is down; a single question tries again after `PAUSE_S`. What one visitor can provoke (an error of
the service, a refused question) starts no pause, or one visitor could close the door for all.
Rule 4: the code is in the body of the question and nowhere else: no address, log, exception or rule.

The service judges a visitor's dates by its own clock, so an unsure clock of the kiosk does not refer anybody here. TLS
does judge the service's certificate by it: a clock that is far off refuses a good one, one in the past accepts an old.
Where the answers mean something else from some day on (`dated_status`), an unsure clock refers to `clock_unsure`.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from kiosk.credentials.schemes.online_status.status_answer import StatusFailure, read_status
from kiosk.errors import BadCredential
from kiosk.model import Clock, Pass, Reason, Refer, Verdict, WallTime
from kiosk.settings.schema.policy import OnlineStatusSettings, StatusMeaning, Unreachable

logger = logging.getLogger(__name__)

SILENT_CODES = 2
PAUSE_S = 15.0
RESERVE_S = 0.4
"""Kept from the visitor's time limit: for cutting a connection, and for the verdict's way to the door."""
LEAST_QUESTION_S = 0.1
"""With less time left than this no further question is asked."""

NOT_KNOWN = Refer(Reason.NOT_A_CREDENTIAL, "not_known")
UNLISTED = Refer(Reason.STATUS_UNKNOWN, "unlisted_status")


class OnlineStatus:
    """Asks the health app's service for the status of a code.

    folder: where relative file names in the settings start. timeout_s: `credentials.timeout_s`.
    on_reachable: called once per change, with whether the service gives usable answers.

    Raises:
        SettingsError: the settings describe no question that could be sent.
    """

    name = "online_status"

    def __init__(
        self,
        settings: OnlineStatusSettings,
        folder: Path,
        clock: Clock,
        timeout_s: float,
        on_reachable: Callable[[bool], None],
    ) -> None:
        # requests takes 60 ms and some MB, which a site without a status service does not pay.
        from kiosk.credentials.schemes.online_status.status_exchange import Exchange

        self.max_bytes = settings.max_code_bytes
        self._prefixes = tuple(prefix.encode("utf-8") for prefix in settings.prefixes)
        self._exchange = Exchange(settings, folder)
        self._path = tuple(settings.status_field.split("."))
        self._table = _table_of(settings.status)
        dated = sorted(settings.dated_status, key=lambda one: one.first_day, reverse=True)
        self._dated = [(one.first_day, _table_of(one.status)) for one in dated]
        self._may_pass_unreachable = settings.unreachable is Unreachable.PASS
        self._question_s = settings.request_timeout_s
        self._questions = 1 + settings.retries
        self._limit_s = max(timeout_s - RESERVE_S, LEAST_QUESTION_S)
        self._clock = clock
        self._on_reachable = on_reachable
        self._trouble: StatusFailure | None = None
        self._silent_codes = 0
        self._pause_ends_at_s = clock.now_s()

    def claims(self, data: bytes) -> bool:
        """Whether the code begins as the app's codes do."""
        return data.startswith(self._prefixes)

    def judge(self, data: bytes, when: WallTime) -> Verdict:
        """Ask the service; answers within the visitor's time limit.

        Raises:
            BadCredential: the code is not text.
        """
        try:
            code = data.decode("utf-8")
        except UnicodeDecodeError:
            raise BadCredential("not UTF-8") from None
        if self._dated and not when.sure:
            return Refer(Reason.CLOCK_UNSURE, "dated_status")
        table = self._table_at(when.utc.date())
        if self._trouble and self._silent_codes >= SILENT_CODES and self._clock.now_s() < self._pause_ends_at_s:
            return self._verdict_without_answer(self._trouble)
        outcome = self._ask(code, table)
        self._note(outcome if isinstance(outcome, StatusFailure) else None)
        return self._verdict_without_answer(outcome) if isinstance(outcome, StatusFailure) else outcome

    def _table_at(self, day: date) -> Mapping[str, Verdict]:
        """What the answers mean on `day`: the newest table whose first day has come."""
        return next((table for first_day, table in self._dated if first_day <= day), self._table)

    def _ask(self, code: str, table: Mapping[str, Verdict]) -> Verdict | StatusFailure:
        ends_at_s = self._clock.now_s() + self._limit_s
        outcome = self._ask_once(code, min(self._question_s, self._limit_s), table)
        further = 0 if self._silent_codes >= SILENT_CODES else self._questions - 1
        for _ in range(further):
            left_s = ends_at_s - self._clock.now_s()
            if not isinstance(outcome, StatusFailure) or not outcome.may_pass_by_itself or left_s < LEAST_QUESTION_S:
                break
            outcome = self._ask_once(code, min(self._question_s, left_s), table)
        return outcome

    def _ask_once(self, code: str, limit_s: float, table: Mapping[str, Verdict]) -> Verdict | StatusFailure:
        answer = self._exchange.ask(code, limit_s)
        if isinstance(answer, StatusFailure):
            return answer
        if not answer.is_known:
            return NOT_KNOWN
        status = read_status(answer.body, self._path)
        return StatusFailure.NOT_UNDERSTOOD if status is None else table.get(status, UNLISTED)

    def _verdict_without_answer(self, trouble: StatusFailure) -> Verdict:
        if trouble is StatusFailure.UNREACHABLE and self._may_pass_unreachable:
            return Pass(trouble.value)
        return Refer(Reason.STATUS_UNKNOWN, trouble.value)

    def _note(self, trouble: StatusFailure | None) -> None:
        before, self._trouble = self._trouble, trouble
        self._silent_codes = self._silent_codes + 1 if trouble and trouble.costs_time else 0
        self._pause_ends_at_s = self._clock.now_s() + PAUSE_S
        if trouble and trouble is not before:
            logger.warning("the status service gives no usable answer: %s; %s", trouble.value, trouble.remedy)
        if before and not trouble:
            logger.info("the status service answers again")
        if bool(before) is not bool(trouble):
            self._on_reachable(trouble is None)


def _table_of(meanings: Mapping[str, StatusMeaning]) -> Mapping[str, Verdict]:
    return {status: _verdict_of(status, meaning) for status, meaning in meanings.items()}


def _verdict_of(status: str, meaning: StatusMeaning) -> Verdict:
    return Pass(status) if meaning is StatusMeaning.PASS else Refer(Reason(meaning.value), status)
