"""Drives the machine like a story: each line says what happens at which second."""

from collections.abc import Sequence

from kiosk.flow import events as e
from kiosk.flow.commands import Command, StartSpray
from kiosk.flow.machine import step
from kiosk.flow.rules import Rules
from kiosk.flow.state import State, Visit
from kiosk.model import Phase, Verdict

DEVICES = frozenset({"thermometer", "camera"})


class Entrance:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.state = State(unanswered=rules.essential)
        self.commands: tuple[Command, ...] = ()
        self.sprayer_answers = True

    def feed(self, *events: e.Event) -> "Entrance":
        for event in events:
            self.state, self.commands = step(self.state, event, self.rules)
            if self.sprayer_answers and any(isinstance(command, StartSpray) for command in self.commands):
                self.state, _ = step(self.state, e.SprayStarted(event.at_s), self.rules)
        return self

    @property
    def phase(self) -> Phase:
        return self.state.phase

    @property
    def visit(self) -> Visit:
        visit = self.state.visit or self.state.ended
        assert visit is not None
        return visit

    def time_is_up(self) -> "Entrance":
        assert self.state.deadline_s is not None
        return self.feed(e.DeadlinePassed(self.state.deadline_s))

    def read(self, body_c: float, at_s: float = 20.0) -> "Entrance":
        state = self.state
        return self.feed(e.TemperatureRead(at_s, self.visit.number, state.request, body_c, body_c - 2, 25.0))

    def judged(self, verdict: Verdict, at_s: float = 30.0) -> "Entrance":
        return self.feed(e.CredentialChecked(at_s, self.visit.number, self.state.request, verdict, "site_pass"))


def ready(rules: Rules | None = None) -> Entrance:
    entrance = Entrance(rules or Rules(essential=DEVICES))
    answers: Sequence[e.Event] = [e.DeviceRecovered(1.0, device) for device in sorted(entrance.rules.essential)]
    return entrance.feed(*answers)
