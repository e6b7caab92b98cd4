"""Accumulation of one symbol over several pictures: modules that are hidden in one picture are visible in the next.

The soft bits of independent views of a module are log-likelihood ratios, so their sum is the log-likelihood ratio of
all views together. A module in glare adds nothing. In addition, one equaliser is learnt over up to three pictures
together: contrast that motion destroyed along one direction is in a picture that is smeared along another direction.

The danger is a symbol that is put together from two codes, if one replaces the other in the picture. Three measures
prevent that:

1. A picture joins the gathering with which its soft bits agree best, or it starts a gathering of its own. So neither a
   smeared picture nor a second code spoils a good gathering.
2. A result is compared with every picture that contributed, block by block, on the check symbols alone: two codes that
   differ anywhere in a block differ in most of its check symbols.
3. If a picture contradicts the result, the result is dropped, and so is the picture.
"""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from kiosk.scanner.symbol.code import codewords, standard
from kiosk.scanner.symbol.code.codewords import SoftBits
from kiosk.scanner.symbol.code.standard import Bits
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.read import Symbol, payload_of
from kiosk.scanner.symbol.sample import modules
from kiosk.scanner.symbol.sample.bands import REACH_MODULES, normalise_rows
from kiosk.scanner.symbol.sample.pose import Pose, Values, crop

MAX_PICTURES = 12
MAX_GATHERINGS = 2  # a badly seen picture, or another code, must not end a good gathering
JOINT_PICTURES = 3  # pictures under one equaliser; more win little and cost the square of their number
FORGET_AFTER_S = 1.0  # a symbol that was not seen for this time may be another one
SAME = 0.25  # agreement at which a picture joins a gathering; unrelated symbols agree to less than 0.1
_MIN_AGREEMENT = 0.35  # with the whole symbol; below, a picture may be one of another symbol
_MIN_CHECKS_SHARE = 0.5  # of that agreement, in each block's check symbols; those of another code agree to 0
_MIN_WEIGHT = 40.0  # of a block's check symbols to be heard: a few modules that were seen with certainty


@dataclass(frozen=True, slots=True)
class _View:
    """The contribution of one picture.

    alone: the soft bits of this picture. joint: those of an equaliser over this picture and the ones before it.
    darkness: the samples from which that equaliser is learnt.
    """

    alone: SoftBits
    joint: SoftBits
    darkness: Values


@dataclass(slots=True)
class _Gathering:
    """The views of one symbol."""

    version: int
    last_s: float = -math.inf
    views: deque[_View] = field(default_factory=lambda: deque(maxlen=MAX_PICTURES))

    def add(self, alone: SoftBits, darkness: Values, at_s: float) -> None:
        """Add a picture taken at `at_s`."""
        recent = [view.darkness for view in self.views][1 - JOINT_PICTURES :]
        self.views.append(_View(alone, modules.equalise_jointly([*recent, darkness], self.version), darkness))
        self.last_s = at_s

    def restore(self) -> Bits | None:
        """Return the symbol if it can be corrected and every picture agrees with it.

        The joint soft bits see through motion better, those of single pictures see through glare and scratches better,
        so both sums are tried. Pictures that contradict a result are removed.
        """
        for parts in ([view.joint for view in self.views], [view.alone for view in self.views]):
            soft = np.clip(np.sum(parts, axis=0), -2 * modules.MAX_LLR, 2 * modules.MAX_LLR)
            symbol = codewords.restore(soft, self.version)
            if symbol is None:
                continue
            kept = [view for view in self.views if not contradicts(view.alone, symbol, self.version)]
            if len(kept) == len(self.views):
                return symbol
            self.views.clear()
            self.views.extend(_View(view.alone, view.alone, view.darkness) for view in kept)
            return None
        return None


class Gatherer:
    """Accumulates symbols over a stream of pictures."""

    def __init__(self) -> None:
        self._gatherings: list[_Gathering] = []
        self._by_row = True

    def feed(self, grey: Grey, exact: Pose, at_s: float) -> Symbol | None:
        """Add the symbol at this refined pose, seen at `at_s` (monotonic seconds).

        Returns the symbol if it can be read by now. Rows are normalised in every second picture: with it, dark bands
        are removed; without it, slower changes of light are kept.
        """
        part, pose = crop(grey, exact, REACH_MODULES // 2)
        self._by_row = not self._by_row
        picture = normalise_rows(part, REACH_MODULES * pose.module_px()) if self._by_row else part
        alone = (modules.two_levels(picture, pose) + modules.equalise(picture, pose)) * np.float32(0.5)
        gathering = self._gathering_for(alone, exact.version, at_s)
        gathering.add(alone, modules.sample_darkness(part, pose), at_s)
        symbol = gathering.restore()
        data = None if symbol is None else payload_of(symbol)
        return None if data is None else Symbol(data, exact)

    def _gathering_for(self, alone: SoftBits, version: int, at_s: float) -> _Gathering:
        """Return the gathering with which a picture agrees, or a new one. Old gatherings are dropped."""
        fresh = [each for each in self._gatherings if each.views and at_s - each.last_s <= FORGET_AFTER_S]
        scored = []
        for each in fresh:
            if each.version == version:
                gathered = np.sum([view.alone for view in each.views], axis=0)
                scored.append((agreement(alone, gathered, version), each.last_s, each))
        best = max(scored, key=lambda one: one[:2], default=None)
        if best is not None and best[0] >= SAME:
            self._gatherings = fresh
            return best[2]
        new = _Gathering(version)
        self._gatherings = [*sorted(fresh, key=lambda each: -each.last_s)[: MAX_GATHERINGS - 1], new]
        return new


def agreement(one: SoftBits, other: SoftBits, version: int) -> float:
    """Return the agreement of two views where both saw something: 1 for the same symbol, 0 for unrelated ones."""
    data = standard.layout_of(version).data
    both = one.flat[data] * other.flat[data]
    weight = float(np.abs(both).sum())
    return float(both.sum()) / weight if weight else 0.0


def contradicts(soft: SoftBits, symbol: Bits, version: int) -> bool:
    """Return True if a picture's soft bits contradict `symbol`.

    They do if they agree with it too little as a whole, or if the check symbols of some block were seen and are others.
    """
    layout = standard.layout_of(version)
    agrees = np.where(symbol, soft, -soft).flat[layout.data].sum(1)
    weight = np.abs(soft).flat[layout.data].sum(1)
    overall = float(agrees.sum()) / max(float(weight.sum()), 1e-9)
    word = int((standard.format_words() == symbol.flat[layout.format_bits[0]]).all(1).argmax())
    blocks = standard.blocks_of(version, standard.LEVEL_OF_INDICATOR[word >> 3])
    checks = blocks.order[:, -blocks.checks :]
    seen = weight[checks].sum(1)
    disagrees = agrees[checks].sum(1) < _MIN_CHECKS_SHARE * overall * seen
    return overall < _MIN_AGREEMENT or bool(((seen > _MIN_WEIGHT) & disagrees).any())
