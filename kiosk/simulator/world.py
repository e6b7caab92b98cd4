"""The world before the kiosk: people come one after the other, each as the script says, and each ending is noted."""

from collections.abc import Callable, Iterator

from kiosk.display.server import MachineView, VisitView
from kiosk.flow.state import State
from kiosk.model import Alarm, Clock, Phase
from kiosk.simulator.booth import SimulatedBooth
from kiosk.simulator.personas import Persona
from kiosk.simulator.status_server import StatusServer
from kiosk.simulator.visitor import LOOK_S, Ending, Visitor

BETWEEN_S = 2.0
"""Between one visitor gone and the next."""

READY = frozenset({Phase.IDLE})


class World:
    """Sends `people` in, one at a time; `state` is what the screen shows; `on_ending` is told how each visit went."""

    def __init__(
        self,
        people: Iterator[Persona],
        booth: SimulatedBooth,
        service: StatusServer,
        clock: Clock,
        state: Callable[[], State],
        on_ending: Callable[[Ending], None],
    ) -> None:
        self._people = people
        self._booth = booth
        self._service = service
        self._clock = clock
        self._state = state
        self._on_ending = on_ending
        self._visitor: Visitor | None = None
        self._next_at_s = clock.now_s() + BETWEEN_S
        self._sent = 0
        self._views: list[VisitView] = []
        self._alarm: Alarm | None = None

    def start(self) -> None:
        """Let time in the world begin."""
        self._alarm = self._clock.call_at(self._clock.now_s() + LOOK_S, self._live)

    def stop(self) -> None:
        """Nobody comes any more."""
        if self._alarm:
            self._alarm.cancel()

    def machine(self) -> MachineView:
        """What the page shows of the machine and its people."""
        person = self._visitor.person.who if self._visitor else ""
        return self._booth.machine(self._state().phase.value, person, list(self._views))

    def _live(self) -> None:
        self._alarm = self._clock.call_at(self._clock.now_s() + LOOK_S, self._live)
        state, now_s = self._state(), self._clock.now_s()
        if self._visitor is None:
            if state.phase in READY and not state.presence.seen and now_s >= self._next_at_s:
                self._send_next(now_s)
            return
        self._visitor.look(state, now_s)
        if self._visitor.is_over(state, now_s):
            self._end(self._visitor.ending(state))

    def _send_next(self, now_s: float) -> None:
        person = next(self._people, None)
        if person is None:
            return
        self._sent += 1
        self._service.fault = person.service
        self._visitor = Visitor(person, self._booth, self._sent, now_s)

    def _end(self, ending: Ending) -> None:
        self._visitor = None
        self._next_at_s = self._clock.now_s() + BETWEEN_S
        result = ending.outcome.value if ending.outcome else "lost"
        reason = ending.reason.value if ending.reason else ""
        self._views = [VisitView(who=ending.person.who, result=result, reason=reason), *self._views][:8]
        self._on_ending(ending)
