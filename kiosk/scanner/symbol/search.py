"""The ways of searching a picture for symbols."""

from collections.abc import Callable, Sequence

from kiosk.scanner.symbol import finders, likeness, triples
from kiosk.scanner.symbol.companions import companions
from kiosk.scanner.symbol.place import Grey, Place

Search = Callable[[Grey], Sequence[Place]]

_MOST_ALONE, _MOST = 3, 2  # outlines that are looked around, places that are worth reading


def outlines(grey: Grey) -> list[Place]:
    """By the outlines of finder patterns: at any tilt, sharp or nearly so."""
    found = finders.find(grey)
    return triples.places(grey, found, sharp=0) or triples.places_of_two(grey, found)


def outlines_of_one(grey: Grey) -> list[Place]:
    """By one outline, and what looks like finder patterns in the direction of its sides."""
    seen: list[Place] = []
    for finder in finders.find(grey)[:_MOST_ALONE]:
        group = [finder, *companions(grey, finder)]
        seen += triples.places(grey, group, sharp=0) or triples.places_of_two(grey, group)
    return sorted(seen, key=lambda place: -triples.fit(grey, place))[:_MOST]


def alike(modules_px: tuple[float, ...]) -> Search:
    """By likeness to a finder pattern with modules of about these sizes: blurred, cracked, or a pixel a module."""
    return lambda grey: triples.places(grey, likeness.find_alike(grey, modules_px))


ALIKE_LARGE = alike(likeness.COARSE_PX[3:])
ALIKE_MIDDLE = alike(likeness.COARSE_PX[:4])
ALIKE_SMALL = alike(likeness.FINE_PX)
