"""Connections to the venue's server on the virtual clock: to its desk without a network, or over HTTP at once."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.credentials.check_in.venue_server import Endpoint, HttpsVenueServer
from kiosk.model import Clock
from kiosk.settings.schema.services import CheckInSettings
from kiosk.simulator.services.venue_desk import VenueDesk
from kiosk.support.https.outcome import JsonAnswer, RequestFailure, RequestOutcome


class DeskLink:
    """The connection of one kiosk to `desk`; it takes the place of `HttpsVenueServer`.

    failure: the outcome of every request while it is set. late_s: how long each answer is on its way.
    """

    def __init__(self, desk: VenueDesk, clock: Clock) -> None:
        self.desk = desk
        self.failure: RequestFailure | None = None
        self.late_s = 0.0
        self._clock = clock

    def begin(self, endpoint: Endpoint, body: bytes, limit_s: float) -> "DeskRequest":
        """Send `body` to the desk."""
        return DeskRequest(self, self._clock, endpoint, json.loads(body), limit_s)


class DeskRequest:
    """A request on its way to the desk and back."""

    def __init__(self, link: DeskLink, clock: Clock, endpoint: Endpoint, asked: dict[str, Any], limit_s: float) -> None:
        self._link = link
        self._clock = clock
        self._endpoint = endpoint
        self._asked = asked
        self._begun_at_s = clock.now_s()
        self._limit_s = limit_s
        self._answered: tuple[float, RequestOutcome] | None = None
        self.cancelled = False

    def poll(self) -> RequestOutcome | None:
        """Return the outcome if it has arrived by now."""
        now_s = self._clock.now_s()
        if self._link.failure:
            return self._link.failure
        if self._answered is None and (answer := self._answer(now_s)):
            self._answered = now_s + self._link.late_s, answer
        if self._answered and now_s >= self._answered[0]:
            return self._answered[1]
        return RequestFailure.BROKEN_OFF if now_s >= self._begun_at_s + self._limit_s else None

    def cancel(self) -> None:
        """End the request."""
        self.cancelled = True

    def _answer(self, now_s: float) -> RequestOutcome | None:
        match self._endpoint:
            case Endpoint.CODES:
                return _json(self._link.desk.issue(self._asked))
            case Endpoint.WITHDRAWALS:
                self._link.desk.withdraw(self._asked)
                return _json({})
            case Endpoint.RESULTS:
                answer = self._link.desk.result(self._asked)
                if answer is None:
                    return JsonAnswer(is_known=False, body=b"")
                held = answer.get("status") == self._asked["known"] and now_s < self._begun_at_s + self._asked["wait_s"]
                return None if held else _json(answer)


def _json(members: dict[str, Any]) -> JsonAnswer:
    return JsonAnswer(is_known=True, body=json.dumps(members).encode())


class PromptVenue:
    """The venue's server over HTTP for a kiosk on the virtual clock: each request is answered before time goes on."""

    def __init__(self, settings: CheckInSettings, folder: Path) -> None:
        self._server = HttpsVenueServer(settings, folder)

    def begin(self, endpoint: Endpoint, body: bytes, limit_s: float) -> "Answered | None":
        """Send `body` and wait for the outcome."""
        request = self._server.begin(endpoint, body, limit_s)
        return Answered(request.wait()) if request else None


@dataclass(frozen=True, slots=True)
class Answered:
    """A request whose outcome is known."""

    outcome: RequestOutcome

    def poll(self) -> RequestOutcome:
        """Return the outcome."""
        return self.outcome

    def cancel(self) -> None:
        """Do nothing; the request has ended."""
