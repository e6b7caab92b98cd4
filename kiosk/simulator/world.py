"""The world of the demo: visitors arrive one after the other and act by their scripts; each ending is reported."""

from collections.abc import Callable, Iterator

from kiosk.display.server import MachineView, VisitView
from kiosk.flow.state import State
from kiosk.model import Alarm, Clock, Phase
from kiosk.simulator.booth import SimulatedBooth
from kiosk.simulator.people.personas import Persona
from kiosk.simulator.people.visitor import LOOK_S, Ending, Visitor
from kiosk.simulator.services.check_in_server import CheckInServer
from kiosk.simulator.services.status_server import StatusServer
from kiosk.simulator.services.venue_phone import VenuePhone

BETWEEN_S = 2.0
"""Time between the end of one visit and the next arrival."""


class World:
    """Sends one visitor at a time.

    Args:
        personas: the scripts of the visitors, in order.
        booth: the sensors and doors that they act on.
        service, venue: the status service and the venue's check-in server, whose faults are those of the present
            visitor's script.
        clock: calls the world every `LOOK_S` seconds.
        state: returns the state of the kiosk, as far as the screen shows it.
        venue_code: returns the code of the venue that the page shows now, or None.
        on_ending: is called with the ending of each visit.
    """

    def __init__(
        self,
        personas: Iterator[Persona],
        booth: SimulatedBooth,
        service: StatusServer,
        venue: CheckInServer,
        clock: Clock,
        state: Callable[[], State],
        venue_code: Callable[[], dict[str, int | str] | None],
        on_ending: Callable[[Ending], None],
    ) -> None:
        self._personas = personas
        self._booth = booth
        self._service = service
        self._venue = venue
        self._venue_code = venue_code
        self._phone: VenuePhone | None = None
        self._clock = clock
        self._state = state
        self._on_ending = on_ending
        self._visitor: Visitor | None = None
        self._next_at_s = clock.now_s() + BETWEEN_S
        self._sent = 0
        self._views: list[VisitView] = []
        self._alarm: Alarm | None = None

    def start(self) -> None:
        """Begin: the first visitor arrives after `BETWEEN_S`."""
        self._alarm = self._clock.call_at(self._clock.now_s() + LOOK_S, self._look)

    def stop(self) -> None:
        """Stop: no visitor arrives or acts any more."""
        if self._alarm:
            self._alarm.cancel()

    def machine(self) -> MachineView:
        """Return the state of the booth and the last visits, for the demo's page."""
        persona = self._visitor.persona.name if self._visitor else ""
        return self._booth.machine(self._state().phase.value, persona, list(self._views))

    def _look(self) -> None:
        self._alarm = self._clock.call_at(self._clock.now_s() + LOOK_S, self._look)
        state, now_s = self._state(), self._clock.now_s()
        if self._visitor is None:
            inviting = state.phase is Phase.IDLE and not state.presence.seen and self._booth.street_is_free
            if inviting and now_s >= self._next_at_s:
                persona = next(self._personas, None)
                if persona:
                    self._sent += 1
                    self._service.fault = persona.service
                    self._venue.fault, self._venue.desk.fault = persona.check_in, persona.desk
                    self._phone = VenuePhone(self._venue.desk, persona.phone) if persona.phone else None
                    self._visitor = Visitor(persona, self._booth, self._sent, now_s)
            return
        self._visitor.look(state, now_s)
        if self._phone:
            self._phone.look(self._venue_code() if self._visitor.has_phone(state, now_s) else None, now_s)
        if self._visitor.is_over(state, now_s):
            ending = self._visitor.ending(state)
            self._visitor = None
            self._next_at_s = self._clock.now_s() + BETWEEN_S
            result = ending.outcome.value if ending.outcome else "lost"
            reason = ending.reason.value if ending.reason else ""
            self._views = [VisitView(who=ending.persona.name, result=result, reason=reason), *self._views][:8]
            self._on_ending(ending)
