"""The tables of stages: how a picture is prepared, who reads it or locates a symbol in it, and what that costs.

The order is what was measured to win most for least on drawn phone screens and on photographs, spoilt ones too: the
plain picture first, then what is cheap, then our own reading of the textured windows, then what seldom wins.
"""

from dataclasses import dataclass

import zxingcpp

from kiosk.scanner.cascade.own import located, mended, searched
from kiosk.scanner.cascade.prepare import (
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
    stretched,
    thicken,
    thin,
)
from kiosk.scanner.cascade.readers import SymbolReader, zbar, zxing
from kiosk.scanner.cascade.views import FrameView, Scope
from kiosk.scanner.symbol.locate.search import (
    ALIKE_LARGE,
    ALIKE_MIDDLE,
    ALIKE_SMALL,
    outlines,
    outlines_of_one,
    outlines_of_two,
)
from kiosk.scanner.symbol.read import WAYS_BLURRED

COSTED_PX = 1280 * 720


@dataclass(frozen=True, slots=True)
class Stage:
    """One try at reading.

    cost_ms: what nine of ten drawn pictures took at most, for 1280x720 pixels of them, on one core of the machine in
    README's table; for our own reading, which asks the budget as it goes, what it needs to find nothing. A stage is
    begun only when this still fits the budget, so on a slower machine the last one overruns by its own slowness.
    """

    name: str
    prepare: Prepare
    read: SymbolReader
    cost_ms: float
    scope: Scope = Scope.FRAME

    def cost_on(self, view: FrameView) -> float:
        """Milliseconds to be expected for this view."""
        return self.cost_ms * view.grey.size / COSTED_PX


_plain = zxing()
_global = zxing(zxingcpp.Binarizer.GlobalHistogram)

STAGES: tuple[Stage, ...] = (
    Stage("plain", same, _plain, 1.0),
    Stage("place", same, _plain, 2.0, Scope.PLACE),
    Stage("global", same, _global, 1.0),
    Stage("half", scaled(0.5), _plain, 0.6),
    Stage("half global", scaled(0.5), _global, 0.4),
    Stage("place equalise", equalise, _plain, 5.0, Scope.PLACE),
    Stage("place erasures", same, mended, 5.0, Scope.PLACE),
    Stage("half levelled", both(scaled(0.5), levelled), _plain, 3.0, Scope.WINDOW),
    Stage("outlines", stretched, searched(outlines), 12.0, Scope.WINDOW),
    Stage("thicken", thicken, _plain, 1.5, Scope.WINDOW),
    Stage("half sharpen", both(scaled(0.5), sharpen), _plain, 1.5, Scope.WINDOW),
    Stage("gamma 3", gamma(3.0), _plain, 2.0, Scope.WINDOW),
    Stage("gamma 0.45", gamma(0.45), _plain, 2.0, Scope.WINDOW),
    Stage("alike large", same, searched(ALIKE_LARGE, WAYS_BLURRED), 8.0, Scope.WINDOW),
    Stage("alike middle", same, searched(ALIKE_MIDDLE, WAYS_BLURRED), 14.0, Scope.WINDOW),
    Stage("equalise", equalise, _plain, 5.0, Scope.WINDOW),
    Stage("alike small", same, searched(ALIKE_SMALL, WAYS_BLURRED), 30.0, Scope.WINDOW),
    Stage("place gamma 3", gamma(3.0), _plain, 2.5, Scope.PLACE),
    Stage("place thicken", thicken, _plain, 2.0, Scope.PLACE),
    Stage("twice", scaled(2.0), _plain, 9.0, Scope.WINDOW),
    Stage("outlines levelled", levelled, searched(outlines), 15.0, Scope.WINDOW),
    Stage("place adaptive", adaptive(31), _plain, 3.5, Scope.PLACE),
    Stage("place sharpen", sharpen, _plain, 5.0, Scope.PLACE),
    Stage("place thin", thin, _plain, 2.0, Scope.PLACE),
    Stage("sharpen", sharpen, _plain, 8.0, Scope.WINDOW),
    Stage("outlines of two", stretched, searched(outlines_of_two), 12.0, Scope.WINDOW),
    Stage("place local norm", local_norm(151), _plain, 9.0, Scope.PLACE),
    Stage("place blur 2.2", blur(2.2), _plain, 3.5, Scope.PLACE),
    Stage("adaptive", adaptive(61), _plain, 3.0, Scope.WINDOW),
    Stage("1.5 times", scaled(1.5), _plain, 5.0, Scope.WINDOW),
    Stage("outlines of one", same, searched(outlines_of_one), 20.0, Scope.WINDOW),
    Stage("zbar half", scaled(0.5), zbar, 40.0, Scope.WINDOW),
    Stage("outlines inverted", inverted, searched(outlines), 20.0, Scope.WINDOW),
    Stage("local norm", local_norm(151), _plain, 10.0, Scope.WINDOW),
    Stage("median", median, _plain, 1.5),
    Stage("zbar blur", blur(1.2), zbar, 60.0, Scope.WINDOW),
)

_outlines = Stage("outlines", stretched, located(outlines), 12.0, Scope.WINDOW)
_alike_middle = Stage("alike middle", same, located(ALIKE_MIDDLE), 14.0, Scope.WINDOW)

SEEKERS: tuple[Stage, ...] = (
    _outlines,
    _alike_middle,
    Stage("outlines inverted", inverted, located(outlines), 12.0, Scope.WINDOW),
    _alike_middle,
    Stage("alike large", same, located(ALIKE_LARGE), 8.0, Scope.WINDOW),
    Stage("outlines of two", stretched, located(outlines_of_two), 12.0, Scope.WINDOW),
    _alike_middle,
    Stage("outlines levelled", levelled, located(outlines), 15.0, Scope.WINDOW),
    _outlines,
    Stage("outlines of one", same, located(outlines_of_one), 20.0, Scope.WINDOW),
    _alike_middle,
    Stage("alike middle inverted", inverted, located(ALIKE_MIDDLE), 14.0, Scope.WINDOW),
    Stage("alike small", same, located(ALIKE_SMALL), 30.0, Scope.WINDOW),
)
"""Searches that locate what the first stage does not. What they find is followed and read from several pictures, so in
a stream they come sooner and more often than in one picture, where each of them has to read by itself."""

OWN = frozenset({"place erasures"} | {stage.name for stage in SEEKERS})
"""Stages of one picture that following takes the place of."""
