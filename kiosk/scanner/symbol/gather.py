"""One symbol gathered from several pictures: what glare or a band hides in one, the next one shows.

Rule 1: a symbol is never put together from two different codes. A picture is added only when it agrees with what was
gathered, else the gathering begins again with it; and what comes out must agree, in every block's check symbols, with
every picture that went in: two codes that differ anywhere in a block differ in most of its check symbols.
"""

import math
from collections import deque

import numpy as np

from kiosk.scanner.symbol import codewords, modules, standard
from kiosk.scanner.symbol.bands import REACH_MODULES, level_rows
from kiosk.scanner.symbol.codewords import Soft
from kiosk.scanner.symbol.place import Grey, Place, cut
from kiosk.scanner.symbol.read import Symbol, payload
from kiosk.scanner.symbol.standard import Bits

MOST_PICTURES = 12
FORGET_AFTER_S = 1.0  # a symbol that was not seen for so long may be another one
SAME = 0.5  # agreement of a picture with the rest from which on it is the same symbol
OTHER = 0.2  # agreement under which it is another one; between the two it was seen too badly to tell
_OBJECTION = 0.4  # agreement of a picture's check symbols in one block under which it objects
_HEARD = 40.0  # a block of less weight than this (a few modules seen for sure) has no voice


class Gatherer:
    """Gathers one symbol from a stream of pictures."""

    def __init__(self) -> None:
        self._version = 0
        self._seen: deque[Soft] = deque(maxlen=MOST_PICTURES)
        self._last_s = -math.inf

    def feed(self, grey: Grey, exact: Place, at_s: float) -> Symbol | None:
        """Add what is seen at this place; the symbol as soon as it can be told."""
        seen = look(grey, exact)
        if exact.version != self._version or at_s - self._last_s > FORGET_AFTER_S:
            self._seen.clear()
        if self._seen and not self._take_up(seen, exact.version):
            return None
        self._version, self._last_s = exact.version, at_s
        self._seen.append(seen)
        symbol = self._told()
        data = None if symbol is None else payload(symbol)
        return None if data is None else Symbol(data, exact)

    def _take_up(self, seen: Soft, version: int) -> bool:
        """Whether the picture is to be added; when it shows another symbol, what was gathered is dropped."""
        alike = likeness(seen, self._sum(), version)
        if alike < OTHER:
            self._seen.clear()
        return alike < OTHER or alike >= SAME

    def _sum(self) -> Soft:
        total: Soft = np.sum(self._seen, axis=0)
        return total

    def _told(self) -> Bits | None:
        total = np.clip(self._sum(), -2 * modules.SURE, 2 * modules.SURE)
        symbol = codewords.restore(total, self._version)
        if symbol is None or any(objects(seen, symbol, self._version) for seen in self._seen):
            return None
        return symbol


def look(grey: Grey, where: Place) -> Soft:
    """The modules as both ways of looking see them once the rows are levelled."""
    near, there = cut(grey, where, REACH_MODULES // 2)
    level = level_rows(near, REACH_MODULES * there.module_px())
    return (modules.two_levels(level, there) + modules.equalise(level, there)) * np.float32(0.5)


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
    blocks = standard.blocks_of(version, _level(symbol, version))
    checks = blocks.order[:, -blocks.checks :]
    spoken = weight[checks].sum(1)
    return bool(((spoken > _HEARD) & (agrees[checks].sum(1) < _OBJECTION * spoken)).any())


def _level(symbol: Bits, version: int) -> str:
    """The error correction level that a clean symbol states in its format word."""
    seen = symbol.flat[standard.layout_of(version).format_bits[0]]
    word = int((standard.format_words() == seen).all(1).argmax())
    return standard.LEVEL_OF_INDICATOR[word >> 3]
