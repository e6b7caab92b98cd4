"""The presses of the officer: which of them may open the building door.

A press that resets an emergency, starts the kiosk again after a stop, or acknowledges alarms opens nothing, and neither
does a second one right after it: it belongs to the first one. The rows of the journal tell what a press did. The row of
an admission comes after them, so they are durable when the door is unlocked.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.model import Clock
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.stay import SLACK_S

OFFICER_S = 1.5
"""An unlocking this long after the officer pressed is the officer's."""

DOUBLE_PRESS_S = 2.0
"""A second press within this time belongs to the first one; docs/worlds.md promises it."""

ALARMS = ("door_forced", "door_held_open", "passage_unadmitted", "street_door_forced")
"""Faults that a press of the officer ends, as docs/faults.md says."""


@dataclass(frozen=True, slots=True)
class OfficerPress:
    """A press, and what stood in the journal then: the emergency, the stop, and alarms."""

    at_s: float
    stood: frozenset[str]


class OfficerJudge:
    """Remembers the presses of this life of the kiosk. rows: reads the journal's file."""

    def __init__(self, clock: Clock, rows: JournalRows) -> None:
        self._clock = clock
        self._rows = rows
        self._presses: list[OfficerPress] = []

    @property
    def pressed_lately(self) -> bool:
        """True shortly after a press."""
        return any(True for _ in self._latest(OFFICER_S))

    @property
    def may_open(self) -> bool:
        """True if a press may be the reason why the door is unlocked now."""
        lately = list(self._latest(OFFICER_S + DOUBLE_PRESS_S))
        standing = self._standing() if lately else frozenset[str]()
        spent_s = [press.at_s for press in lately if press.stood - standing]
        return any(
            not any(0.0 <= press.at_s - at_s < DOUBLE_PRESS_S - SLACK_S for at_s in spent_s)
            for press in self._latest(OFFICER_S)
        )

    def pressed(self) -> None:
        """The officer pressed the button."""
        self._presses = [*self._latest(OFFICER_S + DOUBLE_PRESS_S), OfficerPress(self._clock.now_s(), self._standing())]

    def kiosk_is_up(self) -> None:
        """The kiosk started again: it knows nothing of earlier presses."""
        self._presses.clear()

    def _latest(self, within_s: float) -> Iterator[OfficerPress]:
        """Yield the presses of the last `within_s` seconds."""
        return (press for press in self._presses if self._clock.now_s() - press.at_s <= within_s)

    def _standing(self) -> frozenset[str]:
        """Return what a press may end, as the journal tells it."""
        rows = self._rows
        stands = {"emergency": rows.emergency_stands(), "stop": rows.stop_stands()}
        stands |= {fault: rows.fault_stands(fault) for fault in ALARMS}
        return frozenset(name for name, is_so in stands.items() if is_so)
