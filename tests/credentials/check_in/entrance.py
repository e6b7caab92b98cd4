"""A `CheckInDuty` before the venue's desk, on the virtual clock, and the phones of visitors."""

from typing import Any

from kiosk.credentials.check_in.duty import CheckInDuty
from kiosk.flow.commands import OfferCheckIn, StopCheckIn
from kiosk.flow.events import CheckInAnswered, CheckInShown, Event
from kiosk.model import Pass
from kiosk.settings.schema.services import CheckInSettings, StatusMeaning
from kiosk.simulator.clock import VirtualClock
from kiosk.simulator.services.desk_link import DeskLink
from kiosk.simulator.services.venue_desk import VenueDesk

MEANINGS = {
    "green": StatusMeaning.PASS,
    "black": StatusMeaning.STATUS_DENIED,
    "declined": StatusMeaning.NOT_A_CREDENTIAL,
}
KIOSK = "gate-1"


def settings(**changes: Any) -> CheckInSettings:
    return CheckInSettings(**{"address": "https://venue.test/check-in", "status": MEANINGS, **changes})


class Gate:
    """events: what the duty posted. reports: the calls of `on_reachable`. inbox_full: the inbox accepts nothing."""

    def __init__(
        self, valid_s: float = 60.0, kiosk: str = KIOSK, desk: VenueDesk | None = None, **changes: Any
    ) -> None:
        self.clock = VirtualClock()
        self.desk = desk or VenueDesk(self.clock.now_s, "https://venue.test/c/", valid_s)
        self.link = DeskLink(self.desk, self.clock)
        self.events: list[Event] = []
        self.reports: list[bool] = []
        self.inbox_full = False
        self.duty = CheckInDuty(self.link, settings(**changes), kiosk, self.clock, self._post, self.reports.append)

    def _post(self, event: Event) -> bool:
        if not self.inbox_full:
            self.events.append(event)
        return not self.inbox_full

    def offer(self, visit: int = 1, request: int = 1) -> None:
        self.duty.handle(OfferCheckIn(visit, request))
        self.run(0.2)

    def stop(self) -> None:
        self.duty.handle(StopCheckIn())
        self.run(0.2)

    def run(self, for_s: float) -> None:
        """Let the worker run for this long."""
        until_s = self.clock.now_s() + for_s
        while True:
            wait_s = self.duty.tick()
            if wait_s is None or self.clock.now_s() + wait_s > until_s:
                break
            self.clock.advance(wait_s)
        self.clock.advance_to(until_s)

    @property
    def code(self) -> str:
        """The code that the screen shows now."""
        return next((event.code for event in reversed(self.events) if isinstance(event, CheckInShown)), "")

    @property
    def answers(self) -> list[CheckInAnswered]:
        return [event for event in self.events if isinstance(event, CheckInAnswered)]

    @property
    def admits(self) -> bool:
        return any(isinstance(answer.verdict, Pass) for answer in self.answers)
