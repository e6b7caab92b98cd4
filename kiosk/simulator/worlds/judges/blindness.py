"""The faults of a story that take away what a promise is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.simulator.worlds.story import StoryLine


@dataclass(frozen=True, slots=True)
class Blindness:
    """True for each source of knowledge that fails at some time of a story.

    passages: a sensor by which passages are counted lies, or the card does not answer. doors: the same for the
    contact of the building door. street_door: the same for that of the street door. checks_late_s: answers of the
    credential check come so late. thermometer: it has faults. card: it does not answer.
    """

    passages: bool = False
    doors: bool = False
    street_door: bool = False
    checks_late_s: float = 0.0
    thermometer: bool = False
    card: bool = False


def blindness_of(lines: Sequence[StoryLine]) -> Blindness:
    """Return the blindness of a story with these lines."""
    subjects = {line.subject for line in lines}
    lies = {line.name for line in lines if line.subject in ("sensor", "wire")}
    return Blindness(
        passages="card" in subjects or bool(lies & {"passage", "exit", "door_contact"}),
        doors="card" in subjects or bool(lies & {"exit", "door_contact"}),
        street_door="card" in subjects or bool(lies & {"street_exit", "street_contact"}),
        checks_late_s=max((float(line.word) for line in lines if line.verb == "late_s"), default=0.0),
        thermometer="thermometer" in subjects,
        card="card" in subjects,
    )
