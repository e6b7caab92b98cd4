"""The table of stages: how a picture is prepared, which reader reads it, on which views, and what that costs.

The order of `STAGES` is the one that reads most in the least time, measured on drawn phone screens and on photographs,
with and without faults: first the plain picture, then cheap stages, then our own reading of the textured windows, then
stages that seldom read what the others do not. `bench/stages.py` measures what each stage wins; a stage that won
nothing was dropped, except for ZBar, which is the second opinion of another decoder.
"""

from dataclasses import dataclass

import zxingcpp

from kiosk.scanner.cascade.own import read_located, search_and_read, search_only
from kiosk.scanner.cascade.prepare import (
    Prepare,
    both,
    calmed,
    gamma,
    inverted,
    levelled,
    same,
    scaled,
    stretched,
)
from kiosk.scanner.cascade.readers import SymbolReader, zbar, zxing
from kiosk.scanner.cascade.views import FrameView, Scope
from kiosk.scanner.symbol.locate.search import (
    TEMPLATE_LARGE,
    TEMPLATE_MIDDLE,
    TEMPLATE_SMALL,
    by_contours,
    by_one_contour,
    by_two_contours,
)
from kiosk.scanner.symbol.read import SAMPLERS_FOR_BLUR

COSTED_PX = 1280 * 720


@dataclass(frozen=True, slots=True)
class Stage:
    """One attempt to read a picture: a preparation and a reader.

    cost_ms: the milliseconds that were enough for nine of ten drawn pictures, scaled to 1280x720 pixels, on one core of
    the machine named in docs/scanner.md. For our own reading, which asks the budget before each step, it is
    the time to find nothing. A slower machine takes longer by a factor that `machine` measures and the budget knows.
    tracked: True if tracking does the work of this stage in a stream, so that it has no turn there.
    """

    name: str
    prepare: Prepare
    read: SymbolReader
    cost_ms: float
    scope: Scope = Scope.FRAME
    tracked: bool = False

    def cost_on(self, view: FrameView) -> float:
        """Return the milliseconds to expect for this view."""
        return self.cost_ms * view.grey.size / COSTED_PX


_plain = zxing()
_global = zxing(zxingcpp.Binarizer.GlobalHistogram)

STAGES: tuple[Stage, ...] = (
    Stage("plain", calmed, _plain, 1.0),
    Stage("close-up", same, _plain, 2.0, Scope.CLOSE_UP),
    Stage("global", same, _global, 1.0),
    Stage("close-up erasures", same, read_located, 5.0, Scope.CLOSE_UP, tracked=True),
    Stage("half global", scaled(0.5), _global, 0.4),
    Stage("half", scaled(0.5), _plain, 0.6),
    Stage("half levelled", both(scaled(0.5), levelled), _plain, 3.0, Scope.WINDOW),
    Stage("contours", stretched, search_and_read(by_contours), 12.0, Scope.WINDOW, tracked=True),
    Stage("gamma 3", gamma(3.0), _plain, 2.0, Scope.WINDOW),
    Stage("template large", same, search_and_read(TEMPLATE_LARGE, SAMPLERS_FOR_BLUR), 8.0, Scope.WINDOW, tracked=True),
    Stage(
        "template middle", same, search_and_read(TEMPLATE_MIDDLE, SAMPLERS_FOR_BLUR), 14.0, Scope.WINDOW, tracked=True
    ),
    Stage("two contours", stretched, search_and_read(by_two_contours), 12.0, Scope.WINDOW, tracked=True),
    Stage("template small", same, search_and_read(TEMPLATE_SMALL, SAMPLERS_FOR_BLUR), 30.0, Scope.WINDOW, tracked=True),
    Stage("twice", scaled(2.0), _plain, 9.0, Scope.WINDOW),
    Stage("one contour", same, search_and_read(by_one_contour), 20.0, Scope.WINDOW, tracked=True),
    Stage("contours inverted", inverted, search_and_read(by_contours), 12.0, Scope.WINDOW, tracked=True),
    Stage("zbar half", scaled(0.5), zbar, 15.0, Scope.WINDOW),
)

_contours = Stage("contours", stretched, search_only(by_contours), 12.0, Scope.WINDOW)
_template_middle = Stage("template middle", same, search_only(TEMPLATE_MIDDLE), 14.0, Scope.WINDOW)

SEEKERS: tuple[Stage, ...] = (
    _contours,
    _template_middle,
    Stage("contours inverted", inverted, search_only(by_contours), 12.0, Scope.WINDOW),
    _template_middle,
    Stage("template large", same, search_only(TEMPLATE_LARGE), 8.0, Scope.WINDOW),
    Stage("two contours", stretched, search_only(by_two_contours), 12.0, Scope.WINDOW),
    _template_middle,
    Stage("contours levelled", levelled, search_only(by_contours), 15.0, Scope.WINDOW),
    _contours,
    Stage("one contour", same, search_only(by_one_contour), 20.0, Scope.WINDOW),
    _template_middle,
    Stage("template middle inverted", inverted, search_only(TEMPLATE_MIDDLE), 14.0, Scope.WINDOW),
    Stage("template small", same, search_only(TEMPLATE_SMALL), 30.0, Scope.WINDOW),
)
"""Stages of a stream that only locate symbols, for symbols that the first stage does not locate.

A located symbol is tracked and read from several pictures. In a single picture each search has to read by itself; in a
stream the searches therefore come sooner and more often.
"""
