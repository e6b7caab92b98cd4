"""One symbol gathered from several pictures: what glare, a band or a smear hides in one, the next one shows.

Rule 1: a symbol is never put together from two different codes. A picture joins the gathering that it agrees with, or
begins one of its own; and what comes out must agree, in every block's check symbols, with every picture that went in:
two codes that differ anywhere in a block differ in most of its check symbols. A picture that objects is put out.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from kiosk.scanner.symbol.code import codewords, standard
from kiosk.scanner.symbol.code.codewords import Soft
from kiosk.scanner.symbol.code.standard import Bits
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.read import Symbol, payload
from kiosk.scanner.symbol.sample import modules
from kiosk.scanner.symbol.sample.bands import REACH_MODULES, level_rows
from kiosk.scanner.symbol.sample.pose import Pose, Values, cut

MOST_PICTURES = 12
MOST_GATHERINGS = 2  # a badly seen picture, or another code, must not put an end to a good one
TOGETHER = 3  # pictures that one equaliser draws on; more win little and cost the square of their number
FORGET_AFTER_S = 1.0  # a symbol that was not seen for so long may be another one
SAME = 0.25  # agreement of a picture with the rest from which on it joins; unrelated symbols agree to less than 0.1
_AGREES = 0.35  # agreement with the whole symbol under which a picture cannot be told from one of another symbol
_OBJECTION = 0.5  # share of that agreement which it must show in each block's check symbols; another code shows none
_HEARD = 40.0  # a block of less weight than this (a few modules seen for sure) has no voice


@dataclass(frozen=True, slots=True)
class _Seen:
    """`alone`: what one picture says; `together`: with the ones before it; `sampled`: what they are equalised from."""

    alone: Soft
    together: Soft
    sampled: Values


@dataclass(slots=True)
class _Gathering:
    """Pictures of one symbol."""

    version: int
    last_s: float = -math.inf
    seen: deque[_Seen] = field(default_factory=lambda: deque(maxlen=MOST_PICTURES))

    def agreement(self, alone: Soft) -> float:
        """How well a picture fits what was gathered."""
        return likeness(alone, np.sum([seen.alone for seen in self.seen], axis=0), self.version)

    def add(self, alone: Soft, sampled: Values, at_s: float) -> None:
        """Take up a picture."""
        lately = [seen.sampled for seen in self.seen][1 - TOGETHER :]
        self.seen.append(_Seen(alone, modules.equalise_together([*lately, sampled], self.version), sampled))
        self.last_s = at_s

    def told(self) -> Bits | None:
        """The symbol, once every picture agrees with it; those that do not are put out."""
        for total in self._sums():
            symbol = codewords.restore(np.clip(total, -2 * modules.SURE, 2 * modules.SURE), self.version)
            if symbol is None:
                continue
            kept = [seen for seen in self.seen if not objects(seen.alone, symbol, self.version)]
            if len(kept) == len(self.seen):
                return symbol
            self.seen.clear()
            self.seen.extend(_Seen(seen.alone, seen.alone, seen.sampled) for seen in kept)
            return None
        return None

    def _sums(self) -> Iterator[Soft]:
        """Two ways of adding up: motion is better seen through together, glare and scratches one by one."""
        yield np.sum([seen.together for seen in self.seen], axis=0)
        yield np.sum([seen.alone for seen in self.seen], axis=0)


class Gatherer:
    """Gathers symbols from a stream of pictures."""

    def __init__(self) -> None:
        self._gatherings: list[_Gathering] = []
        self._levelled = True

    def feed(self, grey: Grey, exact: Pose, at_s: float) -> Symbol | None:
        """Add what is seen at this place; the symbol as soon as it can be told."""
        near, there = cut(grey, exact, REACH_MODULES // 2)
        self._levelled = not self._levelled
        alone = look(near, there, self._levelled)
        gathering = self._joined(alone, exact.version, at_s)
        gathering.add(alone, modules.sampled(near, there), at_s)
        symbol = gathering.told()
        data = None if symbol is None else payload(symbol)
        return None if data is None else Symbol(data, exact)

    def _joined(self, alone: Soft, version: int, at_s: float) -> _Gathering:
        """The gathering that a picture belongs to, or a new one for it."""
        fresh = [each for each in self._gatherings if each.seen and at_s - each.last_s <= FORGET_AFTER_S]
        alike = [(each.agreement(alone), each.last_s, each) for each in fresh if each.version == version]
        best = max(alike, key=lambda one: one[:2], default=None)
        if best is not None and best[0] >= SAME:
            self._gatherings = fresh
            return best[2]
        new = _Gathering(version)
        self._gatherings = [*sorted(fresh, key=lambda each: -each.last_s)[: MOST_GATHERINGS - 1], new]
        return new


def look(near: Grey, there: Pose, levelled: bool) -> Soft:
    """The modules as both ways of looking see them; `levelled` for bands, else for what wanders more slowly."""
    seen = level_rows(near, REACH_MODULES * there.module_px()) if levelled else near
    return (modules.two_levels(seen, there) + modules.equalise(seen, there)) * np.float32(0.5)


def likeness(seen: Soft, gathered: Soft, version: int) -> float:
    """Agreement of two views of a symbol where both saw something: 1 the same, 0 unrelated."""
    data = standard.layout_of(version).data
    one, other = seen.flat[data], gathered.flat[data]
    both = one * other
    weight = float(np.abs(both).sum())
    return float(both.sum()) / weight if weight else 0.0


def objects(seen: Soft, symbol: Bits, version: int) -> bool:
    """Whether a picture speaks against the symbol: in some block its check symbols are seen, and are others."""
    data = standard.layout_of(version).data
    agrees = np.where(symbol, seen, -seen).flat[data].sum(1)
    weight = np.abs(seen).flat[data].sum(1)
    overall = float(agrees.sum()) / max(float(weight.sum()), 1e-9)
    blocks = standard.blocks_of(version, _level(symbol, version))
    checks = blocks.order[:, -blocks.checks :]
    spoken = weight[checks].sum(1)
    disagrees = agrees[checks].sum(1) < _OBJECTION * overall * spoken
    return overall < _AGREES or bool(((spoken > _HEARD) & disagrees).any())


def _level(symbol: Bits, version: int) -> str:
    """The error correction level that a clean symbol states in its format word."""
    seen = symbol.flat[standard.layout_of(version).format_bits[0]]
    word = int((standard.format_words() == seen).all(1).argmax())
    return standard.LEVEL_OF_INDICATOR[word >> 3]
