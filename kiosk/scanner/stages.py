"""The table of stages: how a picture is prepared, who reads it, on what, and what that costs.

The order is what was measured to win most for least on public photographs and drawn phone screens: the plain picture
first, then cheap pictures of the whole frame, then the place where a symbol was located, then the dear ones.
"""

from dataclasses import dataclass
from enum import Enum

import zxingcpp

from kiosk.scanner.own import mended, searched
from kiosk.scanner.prepare import (
    Prepare,
    adaptive,
    blur,
    both,
    equalise,
    gamma,
    inverted,
    levelled,
    local_norm,
    median,
    same,
    scaled,
    sharpen,
    thicken,
    thin,
)
from kiosk.scanner.readers import Reader, zbar, zxing
from kiosk.scanner.symbol.search import ALIKE_LARGE, ALIKE_MIDDLE, ALIKE_SMALL, outlines, outlines_of_one


class Scope(Enum):
    """What a stage works on: the whole frame, or the enlarged place of a symbol that could not be read."""

    FRAME = "frame"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Stage:
    """One try at reading.

    cost_ms: median for an empty frame of 1280x720, or one place, on one core of the machine in README's table; a stage
    is begun only when this still fits the budget, so on a slower machine the last one overruns by its own slowness.
    """

    name: str
    prepare: Prepare
    read: Reader
    cost_ms: float
    scope: Scope = Scope.FRAME


_plain = zxing()
_global = zxing(zxingcpp.Binarizer.GlobalHistogram)

STAGES: tuple[Stage, ...] = (
    Stage("plain", same, _plain, 1.0),
    Stage("global", same, _global, 0.4),
    Stage("half", scaled(0.5), _plain, 0.3),
    Stage("half global", scaled(0.5), _global, 0.2),
    Stage("thicken", thicken, _plain, 1.0),
    Stage("gamma 0.45", gamma(0.45), _plain, 1.3),
    Stage("gamma 3", gamma(3.0), _plain, 1.3),
    Stage("half sharpen", both(scaled(0.5), sharpen), _plain, 0.9),
    Stage("place", same, _plain, 0.6, Scope.PLACE),
    Stage("place gamma 3", gamma(3.0), _plain, 0.7, Scope.PLACE),
    Stage("place sharpen", sharpen, _plain, 2.0, Scope.PLACE),
    Stage("place local norm", local_norm(151), _plain, 3.3, Scope.PLACE),
    Stage("place blur 2.2", blur(2.2), _plain, 1.4, Scope.PLACE),
    Stage("erasures", same, mended, 1.0),
    Stage("outlines", same, searched(outlines), 5.0),
    Stage("place adaptive", adaptive(31), _plain, 1.2, Scope.PLACE),
    Stage("place blur 1.2", blur(1.2), _plain, 1.0, Scope.PLACE),
    Stage("place thin", thin, _plain, 0.5, Scope.PLACE),
    Stage("place thicken", thicken, _plain, 0.5, Scope.PLACE),
    Stage("place gamma 0.45", gamma(0.45), _plain, 0.7, Scope.PLACE),
    Stage("place equalise", equalise, _plain, 1.7, Scope.PLACE),
    Stage("median", median, _plain, 1.0),
    Stage("sharpen", sharpen, _plain, 3.1),
    Stage("adaptive", adaptive(61), _plain, 1.8),
    Stage("blur", blur(2.2), _plain, 2.3),
    Stage("half blur", both(blur(2.2), scaled(0.5)), _plain, 1.6),
    Stage("1.5 times", scaled(1.5), _plain, 3.5),
    Stage("zbar half", scaled(0.5), zbar, 6.0),
    Stage("twice", scaled(2.0), _plain, 7.8),
    Stage("local norm", local_norm(151), _plain, 15.0),
    Stage("outlines levelled", levelled, searched(outlines), 36.0),
    Stage("outlines of one", same, searched(outlines_of_one), 5.0),
    Stage("outlines twice", scaled(2.0), searched(outlines), 14.0),
    Stage("outlines inverted", inverted, searched(outlines), 5.0),
    Stage("alike large", same, searched(ALIKE_LARGE), 35.0),
    Stage("alike middle", same, searched(ALIKE_MIDDLE), 45.0),
    Stage("zbar blur", blur(1.2), zbar, 24.0),
    Stage("alike small", same, searched(ALIKE_SMALL), 190.0),
)
