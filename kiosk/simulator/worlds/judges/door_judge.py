"""The judge of the building door's alarms: a forced door, and a door that is held open, must be in the journal.

A door is forced when it opens although its relay locks it and nobody inside asked to come out. Nothing is judged
without a door contact, in a story in which the contact lies or the card does not answer, and around the times in which
people go freely: while the kiosk starts, and in an emergency.
"""

from collections.abc import Callable

from kiosk.model import Clock, Phase
from kiosk.settings.schema.settings import Settings
from kiosk.simulator.worlds.bodies import Leaf
from kiosk.simulator.worlds.judges.journal_rows import JournalRows

FORCED = "a forced door is reported"
HELD_OPEN = "a door that is held open is reported"

REPORT_S = 2.0
"""An alarm is reported within this time."""

GRACE_S = 2.5
"""So long after it was unlocked, the door may open without being forced: a hand may be on it."""

EXIT_S = 10.5
"""A press of the exit button explains an open door for this long."""

FREE = frozenset({Phase.STARTING, Phase.EMERGENCY, None})
"""While the screen shows one of these, or nothing, people go freely."""


class DoorJudge:
    """Judges each opening of the building door. rows: reads the journal's file. accuse: notes a broken promise."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        rows: JournalRows,
        accuse: Callable[[str, str], None],
        *,
        is_spoiled: bool,
    ) -> None:
        self._door = settings.door
        self._clock = clock
        self._rows = rows
        self._accuse = accuse
        self._is_spoiled = is_spoiled or settings.inputs.door_contact is None
        self._unlocked = False
        self._unlocked_s = self._exit_s = self._officer_s = self._free_s = -1e9
        self._is_free = True
        self._openings = 0

    def lock_moved(self, unlocked: bool) -> None:
        """The lock of the building door was released or locked."""
        self._unlocked, self._unlocked_s = unlocked, self._clock.now_s()

    def exit_pressed(self) -> None:
        """Somebody inside asks to come out."""
        self._exit_s = self._clock.now_s()

    def officer_pressed(self) -> None:
        """The officer pressed the button, which may acknowledge an alarm."""
        self._officer_s = self._clock.now_s()

    def screen_shows(self, phase: Phase | None) -> None:
        """The screen shows this phase now; None: it is dark."""
        if self._is_free:
            self._free_s = self._clock.now_s()
        self._is_free = phase in FREE

    def leaf_moved(self, leaf: Leaf) -> None:
        """The building door opened or fell shut."""
        now_s = self._clock.now_s()
        self._openings += 1
        if self._is_spoiled or not leaf.open:
            return
        opening, alarm_s = self._openings, now_s + self._door.open_alarm_s
        if leaf.forced and self._door.report_forced and self._must_be_shut(now_s):
            self._clock.call_at(now_s + REPORT_S, lambda: self._check(opening, now_s, FORCED, "door_forced"))
        self._clock.call_at(alarm_s + REPORT_S, lambda: self._check(opening, now_s, HELD_OPEN, "door_held_open"))

    def _must_be_shut(self, now_s: float) -> bool:
        is_locked = not self._unlocked and now_s - self._unlocked_s > GRACE_S
        return is_locked and now_s - self._exit_s > EXIT_S and not self._people_go_freely(now_s - GRACE_S)

    def _people_go_freely(self, since_s: float) -> bool:
        return self._is_free or self._free_s > since_s

    def _check(self, opening: int, opened_s: float, promise: str, fault: str) -> None:
        if opening != self._openings or self._people_go_freely(opened_s) or self._officer_s > opened_s:
            return  # it was shut meanwhile, or people went freely, or the alarm may be acknowledged
        if not self._rows.fault_stands(fault):
            self._accuse(promise, f"the building door is open since {self._clock.now_s() - opened_s:.1f} s")
