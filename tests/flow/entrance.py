"""Drives the flow in tests: each line says what happens at which second."""

from collections.abc import Sequence

from kiosk.flow import events as e
from kiosk.flow.commands import Command, StartSpray
from kiosk.flow.machine import step
from kiosk.flow.rules import Rules
from kiosk.flow.state import Situation, State, Visit
from kiosk.model import ChamberWhen, HealthQuestion, Phase, SkipRule, Step, Verdict

DEVICES = frozenset({"thermometer", "camera"})

RULES = Rules(
    sequence=(Step.DISINFECT, Step.TEMPERATURE, Step.CREDENTIAL),
    essential=DEVICES,
    has_presence=True,
    has_passage=True,
    has_door_contact=True,
    chamber_when=ChamberWhen.OCCUPIED,
    warn_s=3.0,
    spray_s=5.0,
    again_s=30.0,
    chamber_wait_s=20.0,
    skip=SkipRule.REFER,
    high_c=37.5,
    low_c=34.0,
    measure_s=12.0,
    retest_pause_s=30.0,
    unreliable_attempts=2,
    questions=tuple(HealthQuestion),
    refer_yes=frozenset({HealthQuestion.FEVER, HealthQuestion.CONTACT}),
    answer_s=20.0,
    scan_s=45.0,
    wrong_codes=5,
    check_s=6.0,
    offers_check_in=False,
    agree_s=60.0,
    keep_s=120.0,
    same_spot=False,
    hold_s=5.0,
    open_alarm_s=20.0,
    reports_forced=True,
    linger_s=1.5,
    stuck_s=900.0,
    refer_s=20.0,
    airlock=None,
    refer_longest_s=120.0,
)
"""The rules of the tests; a test that needs another value says `replace(RULES, ...)`, which mypy checks."""


class Entrance:
    """The flow with its newest state and commands. The sprayer confirms each spray while `sprayer_answers`."""

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
    def situation(self) -> Situation:
        return self.state.situation

    @property
    def visit(self) -> Visit:
        visit = self.state.visit or self.state.ended
        assert visit is not None
        return visit

    def time_is_up(self) -> "Entrance":
        assert self.state.deadline_s is not None
        return self.feed(e.DeadlinePassed(self.state.deadline_s))

    def falls_due(self) -> "Entrance":
        """The deadline, or the alarm of the open door if it is earlier."""
        assert self.state.due_s is not None
        return self.feed(e.DeadlinePassed(self.state.due_s))

    def read(self, body_c: float, at_s: float = 20.0, high_c: float | None = None) -> "Entrance":
        visit = self.visit
        return self.feed(e.TemperatureRead(at_s, visit.number, visit.measuring, body_c, body_c - 2, 25.0, high_c))

    def judged(self, verdict: Verdict, at_s: float = 30.0) -> "Entrance":
        visit = self.visit
        return self.feed(e.CredentialChecked(at_s, visit.number, visit.checking, verdict, "site_pass"))


def ready(rules: Rules = RULES) -> Entrance:
    """An entrance in IDLE: every essential device has answered."""
    entrance = Entrance(rules)
    answers: Sequence[e.Event] = [e.DeviceRecovered(1.0, device) for device in sorted(entrance.rules.essential)]
    return entrance.feed(*answers)
