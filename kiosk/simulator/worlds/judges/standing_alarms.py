"""Alarms that must stand in the journal until the officer acknowledges them.

A press of the officer's button acknowledges only while nobody is served; during a visit it admits the visitor. A new
start of the kiosk ends the alarms of before.
"""

from collections.abc import Callable

from kiosk.model import Clock, Phase
from kiosk.simulator.worlds.judges.journal_rows import JournalRows
from kiosk.simulator.worlds.stay import SLACK_S

LATCHED = "an alarm stands until the officer acknowledges it"

NOBODY_IS_SERVED = frozenset(
    {Phase.STARTING, Phase.IDLE, Phase.OUT_OF_SERVICE, Phase.MAINTENANCE, Phase.EMERGENCY, None}
)
"""While the screen shows one of these, or nothing, a press may acknowledge an alarm."""


class StandingAlarms:
    """Remembers alarms that stand. rows: reads the journal's file. accuse: notes a broken promise."""

    def __init__(self, clock: Clock, rows: JournalRows, accuse: Callable[[str, str], None]) -> None:
        self._clock = clock
        self._rows = rows
        self._accuse = accuse
        self._standing: set[str] = set()
        self._phase: Phase | None = None
        self._idle_s = self._ended_s = -1e9

    def stands(self, fault: str, since_s: float) -> None:
        """The journal tells `fault`, for something that happened at `since_s`."""
        if since_s > self._ended_s:
            self._standing.add(fault)

    def officer_pressed(self) -> None:
        """The officer pressed the button."""
        if self._phase in NOBODY_IS_SERVED:
            self.end()
            return
        pressed_s = self._clock.now_s()
        self._clock.call_at(pressed_s + SLACK_S, lambda: self._press_in_visit(pressed_s))

    def screen_shows(self, phase: Phase | None) -> None:
        """The screen shows this phase now; None: it is dark, because the kiosk's life ended."""
        if phase in NOBODY_IS_SERVED:
            self._idle_s = self._clock.now_s()
        self._phase = phase
        if phase is None:
            self.end()

    def end(self) -> None:
        """Accuse the kiosk of each alarm that does not stand any more. From now on, the others may end."""
        for fault in sorted(self._standing):
            if not self._rows.fault_stands(fault):
                self._accuse(LATCHED, f"{fault} has ended, and nobody acknowledged it")
        self._let_go()

    def _press_in_visit(self, pressed_s: float) -> None:
        """The visit may have ended before the press was debounced; then it acknowledged."""
        if self._idle_s >= pressed_s:
            self._let_go()

    def _let_go(self) -> None:
        self._standing.clear()
        self._ended_s = self._clock.now_s()
