"""Keeping an eye on one symbol from picture to picture, to gather what each of them shows of it."""

import math
from collections.abc import Sequence

from kiosk.scanner.symbol.gather import Gatherer
from kiosk.scanner.symbol.place import Grey, Place, pull
from kiosk.scanner.symbol.read import Symbol
from kiosk.scanner.symbol.triples import fit

LOST_AFTER_S = 0.3
_STILL_THERE = 0.3  # agreement of the modules that the version fixes, at the place to which the patterns pulled


class Follower:
    """Follows the symbol that was located last."""

    def __init__(self) -> None:
        self._gatherer = Gatherer()
        self._where: Place | None = None
        self._located_s = -math.inf

    def hint(self, guesses: Sequence[Place], at_s: float) -> None:
        """A symbol was located in the picture taken at `at_s`, too late to be looked at in it."""
        if guesses:
            self._where, self._located_s = guesses[0], at_s

    def feed(self, grey: Grey, guesses: Sequence[Place], at_s: float) -> Symbol | None:
        """Look at the symbol where it was located in this picture, else near where it was in the last one."""
        for guess in (*guesses[:1], *self._remembered(at_s)):
            where = pull(grey, guess)
            if fit(grey, where) >= _STILL_THERE:
                self.hint([where], at_s)
                return self._gatherer.feed(grey, where, at_s)
        return None

    def _remembered(self, at_s: float) -> tuple[Place, ...]:
        fresh = self._where is not None and at_s - self._located_s <= LOST_AFTER_S
        return (self._where,) if fresh and self._where is not None else ()
