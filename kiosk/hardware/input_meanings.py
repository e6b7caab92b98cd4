"""The meaning of each input's level: the events that the flow gets of it, and how surely it gets them."""

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.flow.events import (
    AnswerGiven,
    DeviceFailed,
    DeviceRecovered,
    DoorClosed,
    DoorOpened,
    EmergencyCleared,
    EmergencyRaised,
    Event,
    ExitRequested,
    OfficerPressed,
    PassageSeen,
    PresenceLost,
    PresenceSeen,
    ServiceKeyTurned,
    SkipPressed,
    StopPressed,
    StreetExitRequested,
)
from kiosk.model import Door


@dataclass(frozen=True, slots=True)
class InputMeaning:
    """The meaning of an input's level.

    event: makes the event of a level and a time in monotonic seconds, or None if this level has none.
    must_arrive: the event is delivered until the inbox accepts it. at_once: see `Debounce`.
    guards: the interlocks of the sprayer and of the doors are asked again at each edge.
    """

    event: Callable[[bool, float], Event | None]
    must_arrive: bool = False
    guards: bool = False
    at_once: bool = False


def door(which: Door) -> Callable[[bool, float], Event]:
    """Return the function that makes the events of the contact of the door `which`."""
    return lambda on, at_s: DoorOpened(at_s, which) if on else DoorClosed(at_s, which)


MEANINGS: dict[str, InputMeaning] = {
    "emergency": InputMeaning(
        lambda on, at_s: EmergencyRaised(at_s) if on else EmergencyCleared(at_s),
        must_arrive=True,
        guards=True,
        at_once=True,
    ),
    "door_contact": InputMeaning(door(Door.BUILDING), must_arrive=True, guards=True),
    "street_contact": InputMeaning(door(Door.STREET), must_arrive=True, guards=True),
    "presence": InputMeaning(
        lambda on, at_s: PresenceSeen(at_s) if on else PresenceLost(at_s), must_arrive=True, guards=True
    ),
    "service": InputMeaning(lambda on, at_s: ServiceKeyTurned(at_s, on), must_arrive=True),
    "stop": InputMeaning(lambda on, at_s: StopPressed(at_s) if on else None, must_arrive=True, at_once=True),
    "tamper": InputMeaning(
        lambda on, at_s: (
            DeviceFailed(at_s, "enclosure", "enclosure_opened") if on else DeviceRecovered(at_s, "enclosure")
        ),
        must_arrive=True,
    ),
    "street_exit": InputMeaning(
        lambda on, at_s: StreetExitRequested(at_s) if on else None, must_arrive=True, guards=True
    ),
    "street_bolt": InputMeaning(lambda _on, _at_s: None, guards=True),
    "exit": InputMeaning(lambda on, at_s: ExitRequested(at_s) if on else None),
    "officer": InputMeaning(lambda on, at_s: OfficerPressed(at_s) if on else None),
    "yes": InputMeaning(lambda on, at_s: AnswerGiven(at_s, yes=True) if on else None),
    "no": InputMeaning(lambda on, at_s: AnswerGiven(at_s, yes=False) if on else None),
    "skip": InputMeaning(lambda on, at_s: SkipPressed(at_s) if on else None),
    "passage": InputMeaning(lambda on, at_s: PassageSeen(at_s) if on else None),
}
"""The meaning of each input by its name; at start, the events are posted in this order, the most urgent first."""
