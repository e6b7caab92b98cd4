"""One picture, one symbol: locate, sample, mend, and give the clean drawing to the decoder that reads all the others.

Rule 1: a payload is returned only when every check symbol of the corrected code agrees (see `codewords`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import zxingcpp

from kiosk.scanner.symbol.budget import UNLIMITED, Budget
from kiosk.scanner.symbol.code import codewords
from kiosk.scanner.symbol.code.codewords import Soft
from kiosk.scanner.symbol.code.standard import QUIET_ZONE, Bits
from kiosk.scanner.symbol.grey import Grey
from kiosk.scanner.symbol.sample import lattice, modules, pose
from kiosk.scanner.symbol.sample.bands import REACH_MODULES, level_rows
from kiosk.scanner.symbol.sample.pose import Pose


@dataclass(frozen=True, slots=True)
class Way:
    """Of looking at modules; `ms` and `ms_a_side` (for each module of a side) are what it takes with the mending."""

    look: Callable[[Grey, Pose], Soft]
    ms: float
    ms_a_side: float


WAYS = (Way(modules.two_levels, 1.5, 0.02), Way(modules.equalise, 3.0, 0.125))
"""The cheaper one first."""

WAYS_BLURRED = WAYS[::-1]
"""Where blur is to be expected."""

_BEND_MS, _BEND_MS_A_MODULE = 3.0, 1.3e-3  # for the shape of bent paper


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol that was read: its bytes and where it lies."""

    data: bytes = field(repr=False)
    place: Pose


def guess(result: zxingcpp.Barcode) -> Pose | None:
    """The place of a symbol that zxing-cpp located and could not read (`return_errors=True`)."""
    version = int((getattr(result, "extra", None) or {}).get("Version", 0))
    if version not in range(1, 41):
        return None
    at = result.position
    corners = [(p.x + 0.5, p.y + 0.5) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)]
    return pose.from_corners(np.array(corners), version)


def read_at(grey: Grey, where: Pose, budget: Budget = UNLIMITED) -> Symbol | None:
    """The symbol at about this place, by each way of looking at its modules that the budget allows."""
    return _read(grey, pose.pull(grey, where), budget, WAYS) if budget.allows(pose.PULL_MS) else None


def read(grey: Grey, places: Iterable[Pose], budget: Budget = UNLIMITED, ways: Sequence[Way] = WAYS) -> Symbol | None:
    """The first of these places that can be read; they must be exact."""
    for where in places:
        symbol = _read(grey, where, budget, ways)
        if symbol is not None:
            return symbol
    return None


def payload(symbol: Bits) -> bytes | None:
    """What a clean symbol says."""
    picture = np.where(np.pad(symbol, QUIET_ZONE), 0, 255).astype(np.uint8)
    results = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode, is_pure=True)
    return bytes(results[0].bytes) if results and results[0].valid else None


def _read(grey: Grey, where: Pose, budget: Budget, ways: Sequence[Way]) -> Symbol | None:
    near, there = pose.cut(grey, where, REACH_MODULES // 2)
    if min(near.shape) < pose.MARGIN:
        return None  # the guess lies outside the picture
    for shape in _shapes(near, there, budget):
        for soft in looks(near, shape, budget, ways):
            symbol = codewords.restore(soft, where.version)
            data = None if symbol is None else payload(symbol)
            if data is not None:
                return Symbol(data, where)
    return None


def _shapes(grey: Grey, flat: Pose, budget: Budget) -> Iterator[Pose]:
    """The symbol as it lies on flat paper, and on bent paper if its modules tell."""
    yield flat
    bent = lattice.bend(grey, flat) if budget.allows(_BEND_MS + _BEND_MS_A_MODULE * flat.size**2) else None
    if bent is not None:
        yield bent


def looks(grey: Grey, where: Pose, budget: Budget, ways: Sequence[Way]) -> Iterator[Soft]:
    """Each way of looking at the symbol's modules, while the budget allows it and the mending of what was seen."""
    for levelled in (False, True):
        picture = level_rows(grey, REACH_MODULES * where.module_px()) if levelled else grey
        for way in ways:
            if budget.allows(way.ms + way.ms_a_side * where.size):
                yield way.look(picture, where)
