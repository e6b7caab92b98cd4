"""The parts of the state about the doors and about the people who go through the building door."""

from dataclasses import dataclass

from kiosk.model import Door, Mark


@dataclass(frozen=True, slots=True)
class DoorState:
    """The part of the state about the doors.

    opened: the doors that stand open.
    alarm_at_s: when the open building door is reported; `None` if the door is shut or already reported.
    may_open_until_s: an opening of the building door up to this time is not a forced opening.
    used: the building door was opened since the visitor was admitted.
    moved_at_s: when a door moved last, or somebody went through the building door.
    street_alarm_at_s: when the open street door of an airlock is reported; `None` if it is shut or already reported.
    street_locked_at_s: when the street door of an airlock was locked last.
    street_may_open_until_s: an opening of a locked street door up to this time is not a forced opening.
    street_held_until_s: an opening of the street door before this time is one of a locked door: the bolt of the
        building door moves first, or the contact is slower than the interlock that stopped a treatment.
    """

    opened: frozenset[Door] = frozenset()
    alarm_at_s: float | None = None
    may_open_until_s: float = 0.0
    used: bool = False
    moved_at_s: float = float("-inf")
    street_alarm_at_s: float | None = None
    street_locked_at_s: float = float("-inf")
    street_may_open_until_s: float = float("-inf")
    street_held_until_s: float = float("-inf")


@dataclass(frozen=True, slots=True)
class PassageState:
    """The part of the state about people who go through the building door; see `kiosk.flow.passages`.

    admitted: the number of the visit on whose admission passages count; `None` if they count for nobody's.
    through: the number of people who went through on it.
    mark: the credential that was used for it, until it is used up; `None` if there is none.
    ends_at_s: when passages cease to count for it; `None` while the door is unlocked or open.
    exits: requests to come out that no passage has answered. exit_until_s: a passage up to this time may answer them.
    leaving: the building door was opened from inside while nobody was admitted, and has not fallen shut since.
    counted: the number of all people who went in since the start.
    """

    admitted: int | None = None
    through: int = 0
    mark: Mark | None = None
    ends_at_s: float | None = None
    exits: int = 0
    exit_until_s: float = float("-inf")
    leaving: bool = False
    counted: int = 0


ALL_SHUT, NOBODY_THROUGH = DoorState(), PassageState()
"""The parts at the start."""
