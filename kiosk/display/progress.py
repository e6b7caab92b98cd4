"""The progress of a visit on the screen: the bar of its steps, and countdowns. Pure."""

from dataclasses import dataclass
from enum import Enum

from kiosk.display import keys
from kiosk.display.looks import CURRENT
from kiosk.flow.rules import Rules
from kiosk.flow.state import State
from kiosk.model import Phase, Step


class Standing(Enum):
    """The progress of one step: done, in progress, or still to come."""

    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class StepMark:
    """One step of the progress bar; `name` is a key of the texts."""

    name: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Countdown:
    """The countdown on a screen: its end in monotonic seconds, and its whole duration in seconds.

    urges: True if the visitor must act before the end; the page then warns on the screen and by voice (EN 301 549; WCAG
    2.2.1).
    """

    ends_at_s: float
    total_s: float
    urges: bool = False


def marks(state: State, rules: Rules) -> tuple[StepMark, ...]:
    """Return the progress bar. A step that passed before it came is shown as done, as a confirmation without speech."""
    done = {*state.visit.done, *state.visit.passed_ahead} if state.visit else set()
    current = CURRENT.get(state.phase)
    steps = tuple(StepMark(keys.step(step), _standing(step, current, done)) for step in rules.visitor_steps)
    enters = Standing.CURRENT if state.phase is Phase.ADMITTING else Standing.AHEAD
    return (*steps, StepMark(keys.ENTER, enters)) if steps else ()


def _standing(step: Step, current: Step | None, done: set[Step]) -> Standing:
    if step is current:
        return Standing.CURRENT
    return Standing.DONE if step in done else Standing.AHEAD
