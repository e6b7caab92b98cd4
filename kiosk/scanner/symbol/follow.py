"""Keeping an eye on one symbol from picture to picture, to gather what each of them shows of it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from kiosk.scanner.symbol.code import standard
from kiosk.scanner.symbol.gather import Gatherer
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.locate.triples import fit
from kiosk.scanner.symbol.read import Symbol
from kiosk.scanner.symbol.sample.lattice import bend
from kiosk.scanner.symbol.sample.pose import MARGIN, Pose, Values, cut, flatten, level, pull

LOST_AFTER_S = 0.3
STILL_THERE = 0.4  # agreement of the modules that the version fixes, at the place to which the patterns pulled
SURE = 0.55  # agreement from which on no other place need be tried; a neighbouring version reaches 0.5
FLAT = 0.98  # agreement from which on nothing is to be won by bending
MOST_BENDINGS = 3  # tries for one symbol
_WORSE = 0.01  # agreement that a shape may cost: what the version fixes lies mostly at the edges, which bend least
_STRIDE = 8  # modules that a trembling hand may carry the symbol on from one picture to the next


class Follower:
    """Follows the symbol that was located last, be it dark on light or light on dark."""

    def __init__(self) -> None:
        self._gatherer = Gatherer()
        self._where: Pose | None = None
        self._light_on_dark = False
        self._located_s = self._seen_s = -math.inf
        self._bendings = 0

    def sees(self, at_s: float) -> bool:
        """Whether the symbol was seen in the picture taken at `at_s`."""
        return self._seen_s == at_s

    def hint(self, grey: Grey, guesses: Sequence[Pose], at_s: float) -> None:
        """A symbol was located in this picture, which there is no time to look at now."""
        if guesses and at_s - self._seen_s > LOST_AFTER_S:
            self._where, self._light_on_dark, self._located_s = guesses[0], fit(grey, guesses[0]) < 0, at_s

    def feed(self, grey: Grey, guesses: Sequence[Pose], at_s: float) -> Symbol | None:
        """Look at the symbol where it was located in this picture, else near where it was in the last one."""
        best, likeness, inverted = None, STILL_THERE, False
        for picture, guess, light_on_dark in self._candidates(grey, guesses, at_s):
            where = pull(picture, guess)
            alike = fit(picture, where)
            if alike >= likeness:
                best, likeness, inverted = (picture, where), alike, light_on_dark
            if alike >= SURE:
                break
        if best is None:
            return None
        picture, where = best
        if at_s - self._seen_s > LOST_AFTER_S:
            self._bendings = 0
        where = self._bent(picture, where, likeness)
        self._where, self._light_on_dark, self._located_s, self._seen_s = where, inverted, at_s, at_s
        return self._gatherer.feed(picture, where, at_s)

    def _candidates(self, grey: Grey, guesses: Sequence[Pose], at_s: float) -> Iterator[tuple[Grey, Pose, bool]]:
        """Pictures in which the symbol is dark on light, where it may be, and whether they were inverted for that."""
        if self._where is not None and at_s - self._located_s <= LOST_AFTER_S:
            picture = _inverted(grey) if self._light_on_dark else grey
            yield picture, _slid(picture, self._where), self._light_on_dark
        for guess in guesses[:2]:
            light_on_dark = fit(grey, guess) < 0
            yield _inverted(grey) if light_on_dark else grey, guess, light_on_dark

    def _bent(self, picture: Grey, flat: Pose, likeness: float) -> Pose:
        """The place on bent paper, when the symbol fits so; the shape is kept from picture to picture."""
        if flat.bend is not None or likeness > FLAT or self._bendings >= MOST_BENDINGS:
            return flat
        self._bendings += 1
        near, there = cut(picture, flat, MARGIN)
        bent = bend(near, there)
        return flat if bent is None or fit(near, bent) < likeness - _WORSE else replace(flat, bend=bent.bend)


def _inverted(grey: Grey) -> Grey:
    inverted: Grey = cv2.bitwise_not(grey)
    return inverted


def _slid(grey: Grey, last: Pose) -> Pose:
    """The place moved, whole modules along its own sides, to where the modules that the version fixes agree most."""
    layout = standard.layout_of(last.version)
    colour = np.where(layout.colour, 1.0, -1.0)
    fixed: Values = np.where(layout.known, colour - colour[layout.known].mean(), 0).astype(np.float32)
    around = level(flatten(grey, last, 1, _STRIDE), 1)
    _, _, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(around, fixed, cv2.TM_CCORR))
    step = np.array([[1, 0, x - _STRIDE], [0, 1, y - _STRIDE], [0, 0, 1.0]])
    return replace(last, matrix=last.matrix @ step)
