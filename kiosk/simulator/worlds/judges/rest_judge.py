"""The judge of a kiosk that finds no rest: it begins and ends visits without a pause, although nothing happens."""

from collections.abc import Callable

from kiosk.model import Clock

MOST_TURNS = 500
"""A kiosk that acts so often before any time passes would go on for ever, as fast as its camera and its card allow."""


class RestJudge:
    """Counts the turns of the kiosk in the same instant. accuse: notes a broken promise."""

    def __init__(self, clock: Clock, accuse: Callable[[str, str], None]) -> None:
        self._clock = clock
        self._accuse = accuse
        self._turned_s, self._turns = clock.now_s(), 0

    def rests_after_turn(self) -> bool:
        """Count a turn. Return False, and accuse the kiosk, if there were too many in this instant."""
        before_s, self._turned_s = self._turned_s, self._clock.now_s()
        self._turns = self._turns + 1 if self._turned_s == before_s else 0
        if self._turns > MOST_TURNS:
            self._accuse("the kiosk comes to rest", f"it acted {MOST_TURNS} times in the same instant")
        return self._turns <= MOST_TURNS
