"""The time of one `step` of the flow, over whole visits."""

import time
from collections.abc import Callable
from dataclasses import replace

from bench.figures import Row
from kiosk.composition.site_rules import rules_of
from kiosk.flow.events import (
    CodeSeen,
    CredentialChecked,
    DeadlinePassed,
    DoorClosed,
    DoorOpened,
    Event,
    PassageSeen,
    PresenceLost,
    PresenceSeen,
    SprayStarted,
    TemperatureRead,
)
from kiosk.flow.machine import step
from kiosk.flow.state import Outcome, Situation, State
from kiosk.model import ChamberWhen, Door, Pass, Payload, Phase
from kiosk.settings.schema.doors import DoorSettings
from kiosk.settings.schema.settings import Settings

VISITS = 3000
BETWEEN_S = 5.0
"""Between two events. The warning lasts as long and the spray twice as long, so that their deadlines have passed."""

STORY: tuple[Callable[[State, float], Event], ...] = (
    lambda _, at_s: PresenceSeen(at_s),
    lambda _, at_s: DeadlinePassed(at_s),
    lambda _, at_s: SprayStarted(at_s),
    lambda _, at_s: DeadlinePassed(at_s),
    lambda state, at_s: TemperatureRead(at_s, state.visits, state.request, 36.6, 34.6, 26.0),
    lambda state, at_s: CodeSeen(at_s, Payload(b"a code"), state.watched_visit),
    lambda state, at_s: CredentialChecked(at_s, state.visits, state.request, Pass("staff"), "site_pass"),
    lambda _, at_s: DoorOpened(at_s, Door.BUILDING),
    lambda _, at_s: PassageSeen(at_s),
    lambda _, at_s: DoorClosed(at_s, Door.BUILDING),
    lambda _, at_s: PresenceLost(at_s),
)
"""The events of one admitted visitor, from the arrival until the visitor is gone."""


def rows() -> list[Row]:
    """The time of one step."""
    rules = replace(
        rules_of(Settings(door=DoorSettings(relay_pin=17))),
        has_presence=True,
        chamber_when=ChamberWhen.OCCUPIED,
        warn_s=BETWEEN_S,
        spray_s=2 * BETWEEN_S,
    )
    state, at_s, samples_us = State(Situation.IDLE), 0.0, []
    for _ in range(VISITS):
        for happens in STORY:
            at_s += BETWEEN_S
            event = happens(state, at_s)
            began_ns = time.perf_counter_ns()
            state, _commands = step(state, event, rules)
            samples_us.append((time.perf_counter_ns() - began_ns) / 1e3)
    assert state.phase is Phase.IDLE
    assert state.ended
    assert (state.ended.number, state.ended.outcome) == (VISITS, Outcome.ADMITTED)
    return [Row(f"one `step` of the flow ({len(STORY)} events a visit)", samples_us, "µs", tail=0.99)]
