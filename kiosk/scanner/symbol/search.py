"""The ways of searching a picture for symbols."""

from collections.abc import Callable, Sequence

from kiosk.scanner.symbol import finders, likeness, triples
from kiosk.scanner.symbol.place import Grey, Place

Search = Callable[[Grey], Sequence[Place]]


def outlines(grey: Grey) -> list[Place]:
    """By the outlines of finder patterns: at any tilt, sharp or nearly so."""
    found = finders.find(grey)
    return triples.places(grey, found, sharp=0) or triples.places_of_two(grey, found)


def alike(modules_px: tuple[float, ...]) -> Search:
    """By likeness to a finder pattern with modules of about these sizes: blurred, cracked, or a pixel a module."""
    return lambda grey: triples.places(grey, likeness.find_alike(grey, modules_px))


ALIKE_LARGE = alike(likeness.COARSE_PX[3:])
ALIKE_MIDDLE = alike(likeness.COARSE_PX[:4])
ALIKE_SMALL = alike(likeness.FINE_PX)
