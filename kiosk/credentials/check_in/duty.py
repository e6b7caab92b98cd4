"""The worker that gets the venue's one-time codes for a visit and hears the result; it never waits.

| what happens                                          | what follows                                              |
|-------------------------------------------------------|-----------------------------------------------------------|
| a code came                                           | it is shown; its result is asked for until there is one    |
| the code ends in less than `renew_s`                  | the next code is asked for and replaces it                |
| "pending"                                             | nothing                                                   |
| "scanned": a phone opened the code                    | the code is hidden; the visitor has `agree_s` to decide   |
| "expired", or HTTP 404 with JSON                      | the code is hidden; the next one is asked for             |
| a word in the settings' table                         | the verdict of the table; the code is spent               |
| another word                                          | status_unknown, "unlisted_status"; the code is spent      |
| the request for the result breaks off                 | it is asked once more, within `DOUBT_S`; then as below    |
| any failure, or an answer that is not right and bound | the code is hidden; another one is asked for after a pause |

Rule 1: one code counts at a time, the newest; a code that is hidden or replaced is withdrawn at the server, and an
    answer about it is not read. A code ends by the kiosk's own clock, counted from before it was asked for.
Rule 2: an answer counts only if it repeats kiosk, visit and nonce, which the kiosk chose, and the id of the code.
Rule 3: no failure passes or refers anybody. Without the server the step is what it is without this worker.
Rule 4: after the end of the visit every request is cancelled, and nothing is posted any more.
"""

import logging
import secrets
from collections import deque
from collections.abc import Callable
from typing import TypeGuard

from kiosk.credentials.check_in.messages import (
    Binding,
    code_request,
    read_code,
    read_result,
    result_request,
    withdrawal,
)
from kiosk.credentials.check_in.offer import LiveCode, Offer
from kiosk.credentials.check_in.venue_server import Endpoint, VenueRequest, VenueServer
from kiosk.credentials.content.status_meanings import UNLISTED, verdicts_of
from kiosk.flow.commands import OfferCheckIn, StopCheckIn
from kiosk.flow.events import CheckInAnswered, CheckInScanned, CheckInShown, Event
from kiosk.model import Clock
from kiosk.settings.schema.services import CheckInSettings
from kiosk.support.delivery import Delivery
from kiosk.support.https.outcome import JsonAnswer, RequestFailure, RequestOutcome

logger = logging.getLogger(__name__)

TICK_S = 0.05
"""Time between two looks at the requests that run."""
POLL_S = 1.0
"""Least time from one request for the result to the next, if the server answers at once."""
DOUBT_S = 1.0
"""Time limit of the request that tells whether a server that broke off a request is still there."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0
"""Pause after a failure, which doubles with each further one, and its limit."""
FAILURES_BEFORE_REPORT = 2
REMEMBERED_IDS = 64

REMEDIES = {
    RequestFailure.UNREACHABLE: "check the network and 'credentials.check_in.address'",
    RequestFailure.BROKEN_OFF: "check the network; else raise 'request_timeout_s' or ask the server's operator",
    RequestFailure.SERVICE_ERROR: "ask the server's operator (HTTP 5xx or 429)",
    RequestFailure.QUESTION_REFUSED: "check 'address', 'headers' and 'secret_headers' (HTTP 3xx or 4xx)",
    RequestFailure.UNTRUSTED_CERTIFICATE: (
        "check 'address', 'ca_file' and the kiosk's clock; another machine may pretend to be the server"
    ),
    RequestFailure.NOT_UNDERSTOOD: "compare the server with docs/site/check_in.md; a sign-in page may have answered",
}


class CheckInDuty:
    """Gets codes and results from `server`.

    kiosk: the name of this kiosk. post: offers an event to the loop's inbox and returns False if it is full.
    on_reachable: called at each change, with True if the server gives usable answers and False if it does not.
    """

    name = "check_in"

    def __init__(
        self,
        server: VenueServer,
        settings: CheckInSettings,
        kiosk: str,
        clock: Clock,
        post: Callable[[Event], bool],
        on_reachable: Callable[[bool], None],
    ) -> None:
        self._server = server
        self._settings = settings
        self._verdicts = verdicts_of(settings.status)
        self._kiosk = kiosk
        self._clock = clock
        self._events = Delivery[Event](post)
        self._on_reachable = on_reachable
        self._offer: Offer | None = None
        self._withdrawing: VenueRequest | None = None
        self._used_ids: deque[str] = deque(maxlen=REMEMBERED_IDS)
        self._failure: RequestFailure | None = None
        self._failed: Endpoint | None = None
        self._failures_in_row = 0
        self._reported_reachable = True

    def handle(self, job: OfferCheckIn | StopCheckIn) -> None:
        """Begin to offer codes for a visit, or withdraw them. A new offer replaces the one before."""
        self._end()
        self._events.cancel()
        if isinstance(job, OfferCheckIn):
            self._offer = Offer(job, _random_text(), ask_at_s=self._clock.now_s())

    def tick(self) -> float | None:
        """Do what is due; return the seconds until the next look, or None if there is nothing to do."""
        if self._withdrawing and self._withdrawing.poll() is not None:
            self._withdrawing = None
        now_s = self._clock.now_s()
        if self._offer:
            self._drop_ended_code(self._offer, now_s)
            self._take_result(self._offer, now_s)
        if self._offer:  # no result yet
            self._take_code(self._offer, now_s)
            self._ask_for_code(self._offer, now_s)
            self._listen(self._offer, now_s)
        self._events.deliver()
        return TICK_S if self._offer or self._withdrawing or self._events.waiting else None

    def close(self) -> None:
        """Withdraw the code and end every request; what was not sent by now is not sent."""
        self._end()
        if self._withdrawing:
            self._withdrawing.cancel()

    # --- codes --------------------------------------------------------------------------------------------------------

    def _ask_for_code(self, offer: Offer, now_s: float) -> None:
        wanted = offer.code is None or (not offer.code.scanned and now_s >= offer.code.renew_at_s)
        if offer.asking or not wanted or now_s < offer.ask_at_s:
            return
        binding = Binding(self._kiosk, offer.visit, _random_text())
        offer.asking = self._server.begin(Endpoint.CODES, code_request(binding), self._settings.request_timeout_s)
        offer.asking_for, offer.asked_at_s = binding, now_s

    def _take_code(self, offer: Offer, now_s: float) -> None:
        outcome = offer.asking.poll() if offer.asking else None
        if outcome is None or offer.asking_for is None:
            return
        offer.asking = None
        if offer.code and offer.code.scanned:
            return  # a phone opened the old code meanwhile; it stays the one that counts
        issued = read_code(outcome.body, offer.asking_for) if _is_known(outcome) else None
        if issued is None or issued.id in self._used_ids:
            self._fail(Endpoint.CODES, offer, outcome, now_s)
            return
        self._succeed(Endpoint.CODES)
        self._used_ids.append(issued.id)
        if offer.code:
            self._withdraw(offer.code)
        ends_at_s = offer.asked_at_s + issued.valid_s
        renew_at_s = ends_at_s - min(self._settings.renew_s, issued.valid_s / 2)
        offer.code = LiveCode(offer.asking_for, issued, ends_at_s, renew_at_s, listen_at_s=now_s)
        self._post(CheckInShown(now_s, offer.job.visit, offer.job.request, issued.code))

    def _drop_ended_code(self, offer: Offer, now_s: float) -> None:
        if offer.code and now_s >= offer.code.ends_at_s:
            self._hide(offer, offer.code, now_s)

    def _hide(self, offer: Offer, code: LiveCode, now_s: float) -> None:
        self._withdraw(code)
        offer.code = None
        self._post(CheckInShown(now_s, offer.job.visit, offer.job.request, ""))

    def _withdraw(self, code: LiveCode) -> None:
        """Cancel the request for the result, and tell the server that the code must not be used any more."""
        if code.listening:
            code.listening.cancel()
        if self._withdrawing:
            self._withdrawing.cancel()
        body = withdrawal(code.binding, code.issued.id)
        self._withdrawing = self._server.begin(Endpoint.WITHDRAWALS, body, self._settings.request_timeout_s)

    # --- results ------------------------------------------------------------------------------------------------------

    def _listen(self, offer: Offer, now_s: float) -> None:
        code = offer.code
        if code is None or code.listening or now_s < code.listen_at_s:
            return
        wait_s = 0 if code.doubted else self._settings.wait_s
        limit_s = DOUBT_S if code.doubted else wait_s + self._settings.request_timeout_s
        request = result_request(code.binding, code.issued.id, "scanned" if code.scanned else "pending", wait_s)
        code.listening = self._server.begin(Endpoint.RESULTS, request, limit_s)
        code.listen_at_s = now_s + POLL_S

    def _take_result(self, offer: Offer, now_s: float) -> None:
        code = offer.code
        outcome = code.listening.poll() if code and code.listening else None
        if code is None or outcome is None:
            return
        code.listening = None
        if outcome in (RequestFailure.BROKEN_OFF, RequestFailure.UNREACHABLE) and not code.doubted:
            code.doubted, code.listen_at_s = True, now_s
            return
        gone = isinstance(outcome, JsonAnswer) and not outcome.is_known
        word = read_result(outcome.body, code.binding, code.issued.id) if _is_known(outcome) else None
        if word is None and not gone:
            self._hide(offer, code, now_s)
            self._fail(Endpoint.RESULTS, offer, outcome, now_s)
            return
        self._succeed(Endpoint.RESULTS)
        code.doubted = False
        match word:
            case "pending":
                pass
            case "scanned":
                self._note_scanned(offer, code, now_s)
            case None | "expired":
                self._hide(offer, code, now_s)
                offer.ask_at_s = now_s + FIRST_PAUSE_S
            case _:
                self._offer = None
                verdict = self._verdicts.get(word, UNLISTED)
                self._post(CheckInAnswered(now_s, offer.job.visit, offer.job.request, verdict))

    def _note_scanned(self, offer: Offer, code: LiveCode, now_s: float) -> None:
        if not code.scanned:
            code.scanned, code.listen_at_s = True, now_s
            code.ends_at_s = now_s + self._settings.agree_s
            self._post(CheckInScanned(now_s, offer.job.visit, offer.job.request))

    # --- ends and failures --------------------------------------------------------------------------------------------

    def _end(self) -> None:
        offer, self._offer = self._offer, None
        if offer and offer.asking:
            offer.asking.cancel()
        if offer and offer.code:
            self._withdraw(offer.code)

    def _post(self, event: Event) -> None:
        self._events.offer(event)

    def _succeed(self, endpoint: Endpoint) -> None:
        """Note a usable answer. A code alone does not say that the server's results are usable again."""
        if self._failed is Endpoint.RESULTS and endpoint is Endpoint.CODES:
            return
        if self._failure:
            logger.info("the check-in server answers again")
        self._failure, self._failed, self._failures_in_row = None, None, 0
        self._report(True)

    def _fail(self, endpoint: Endpoint, offer: Offer, outcome: RequestOutcome, now_s: float) -> None:
        """Note a failure, or an answer that is not right. No code is asked for during the pause that follows."""
        failure = outcome if isinstance(outcome, RequestFailure) else RequestFailure.NOT_UNDERSTOOD
        self._failed = endpoint
        if failure is not self._failure:
            logger.warning("the check-in server gives no usable answer: %s; %s", failure.value, REMEDIES[failure])
        self._failure = failure
        offer.ask_at_s = now_s + min(FIRST_PAUSE_S * 2.0**self._failures_in_row, LONGEST_PAUSE_S)
        self._failures_in_row += 1
        if self._failures_in_row >= FAILURES_BEFORE_REPORT:
            self._report(False)

    def _report(self, reachable: bool) -> None:
        if reachable is not self._reported_reachable:
            self._reported_reachable = reachable
            self._on_reachable(reachable)


def _is_known(outcome: RequestOutcome) -> TypeGuard[JsonAnswer]:
    return isinstance(outcome, JsonAnswer) and outcome.is_known


def _random_text() -> str:
    """Return 128 random bits (secrets.token_urlsafe), more than anybody can guess."""
    return secrets.token_urlsafe(16)
